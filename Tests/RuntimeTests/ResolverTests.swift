import TestSupport
import Testing
import Wire

@testable import Runtime

@Suite("Resolver", .timeLimit(.minutes(1)))
struct ResolverTests {
    @Test func `NAPTR, SRV and address records are read`() async throws {
        try await withEventLoop { loop in
            let server = try NameServer(on: loop)
            let resolver = server.resolver(on: loop)
            let pointers = try await resolver.ask(.namingAuthority("ims.test")).get()
            #expect(
                pointers
                    == .namingAuthority([
                        .init(
                            order: 50,
                            preference: 10,
                            flags: "s",
                            service: "SIPS+D2T",
                            replacement: "_sips._tcp.ims.test"
                        )
                    ])
            )
            let services = try await resolver.ask(.service("_sips._tcp.ims.test")).get()
            #expect(services == .service([.init(priority: 1, weight: 2, port: 5061, target: "p.ims.test")]))
            guard case .addresses(let addresses) = try await resolver.ask(.addresses("p.ims.test")).get()
            else {
                Issue.record("no addresses")
                return
            }
            #expect(Set(addresses) == ["127.0.0.9", "::1"])
            server.close()
        }
    }

    @Test func `a name that is not there, and a server that refuses or fails are told apart`() async throws {
        try await withEventLoop { loop in
            let server = try NameServer(on: loop)
            let resolver = server.resolver(on: loop)
            let missing = await resolver.ask(.service("_sip._udp.missing.test"))
            #expect(missing == .failure(.notFound))
            let missingHost = await resolver.ask(.addresses("missing.test"))
            #expect(missingHost == .failure(.notFound))
            let empty = await resolver.ask(.namingAuthority("p.ims.test"))
            #expect(empty == .failure(.notFound))
            let refused = await resolver.ask(.service("refused.test"))
            #expect(refused == .failure(.refused))
            let failed = await resolver.ask(.service("failed.test"))
            #expect(failed == .failure(.refused))
            let bad = await resolver.ask(.service(String(repeating: "x", count: 64) + ".test"))
            #expect(bad == .failure(.badName))
            server.close()
        }
    }

    @Test func `a server that keeps silent is given up after its time, one that is not there at once`()
        async throws
    {
        try await withEventLoop { loop in
            let server = try NameServer(on: loop)
            let resolver = server.resolver(on: loop, timeout: .milliseconds(10))
            let silent = await resolver.ask(.service("silent.test"))
            #expect(silent == .failure(.timedOut))
            let socket = try DatagramSocket.deaf(on: loop)
            let dead = await NameServer.resolver(at: socket.local, on: loop).ask(
                .service("_sips._tcp.ims.test")
            )
            #expect(dead == .failure(.refused))
            socket.close()
            server.close()
        }
    }

    @Test func `addresses and names of the hosts file need no server`() async throws {
        try await withEventLoop { loop in
            let server = try NameServer(on: loop)
            let resolver = server.resolver(on: loop)
            let literal = await resolver.ask(.addresses("192.0.2.1"))
            #expect(literal == .success(.addresses(["192.0.2.1"])))
            guard case .success(.addresses(let local)) = await resolver.ask(.addresses("localhost")) else {
                Issue.record("no localhost")
                return
            }
            #expect(local.contains("127.0.0.1") || local.contains("::1"))
            #expect(server.questions.withLock { $0 } == [])
            server.close()
        }
    }

    @Test func `a question that is given up is answered all the same`() async throws {
        try await withEventLoop { loop in
            let server = try NameServer(on: loop)
            let resolver = server.resolver(on: loop)
            let inbox = Inbox<Result<DNSAnswer, DNSFailure>>()
            resolver.ask(.service("silent.test")) { inbox.put($0) }
            resolver.cancel()
            let answer = try await inbox.next()
            #expect(answer == .failure(.unavailable))
            server.close()
        }
    }

    @Test func `answers of random bytes do no harm`() async throws {
        try await withEventLoop { loop in
            let server = try NameServer(on: loop)
            let resolver = server.resolver(on: loop)
            for number in 0..<20 {
                for question in [
                    DNSQuestion.service("random\(number).test"), .namingAuthority("random\(number).test"),
                    .addresses("random\(number).test"),
                ] {
                    // Some noise is an answer; what counts is that there is one, of either kind, for each question.
                    _ = await resolver.ask(question)
                }
            }
            server.close()
        }
    }
}

extension Resolver {
    fileprivate func ask(_ question: DNSQuestion) async -> Result<DNSAnswer, DNSFailure> {
        await withCheckedContinuation { continuation in ask(question) { continuation.resume(returning: $0) } }
    }
}

/// A name server on loopback that knows one domain.
private struct NameServer: Sendable {
    let socket: DatagramSocket
    let questions: Lock<[String]>

    init(on loop: EventLoop) throws {
        let (owner, questions) = (Lock<DatagramSocket?>(nil), Lock<[String]>([]))
        self.questions = questions
        socket = try DatagramSocket(bind: .loopback(), on: loop) { event in
            guard case .received(let query, let client) = event else { return }
            questions.withLock { $0.append(String(decoding: query, as: UTF8.self)) }
            if let answer = Self.answer(query) { try? owner.withLock { $0 }?.send(answer, to: client) }
        }
        owner.withLock { [socket] in $0 = socket }
    }

    func close() { socket.close() }

    func resolver(on loop: EventLoop, timeout: Duration = .seconds(30)) -> Resolver {
        Self.resolver(at: socket.local, on: loop, timeout: timeout)
    }

    static func resolver(
        at address: SocketAddress,
        on loop: EventLoop,
        timeout: Duration = .seconds(30)
    ) -> Resolver {
        var configuration = Resolver.Configuration()
        configuration.servers = [address]
        configuration.timeout = timeout
        configuration.tries = 1
        return Resolver(on: loop, configuration: configuration)
    }

    private static func answer(_ query: [UInt8]) -> [UInt8]? {
        var (labels, position): ([String], Int) = ([], 12)
        while position < query.count, query[position] > 0 {
            let end = position + 1 + Int(query[position])
            labels.append(String(decoding: query[position + 1..<end], as: UTF8.self))
            position = end
        }
        let question = query[12..<position + 5]
        let (name, type) = (labels.joined(separator: "."), query[position + 2])
        switch (name, type) {
        case ("silent.test", _): return nil
        case ("refused.test", _): return reply(query, question, code: 5)
        case ("failed.test", _): return reply(query, question, code: 2)
        case ("ims.test", 35):
            let data =
                [0, 50, 0, 10] + text("s") + text("SIPS+D2T") + text("") + Self.name("_sips._tcp.ims.test")
            return reply(query, question, record: data)
        case ("_sips._tcp.ims.test", 33):
            return reply(
                query,
                question,
                record: [0, 1, 0, 2, 0x13, 0xC5] + Self.name("p.ims.test")
            )
        case ("p.ims.test", 1): return reply(query, question, record: [127, 0, 0, 9])
        case ("p.ims.test", 28): return reply(query, question, record: [UInt8](repeating: 0, count: 15) + [1])
        case ("p.ims.test", _): return reply(query, question)
        case (let name, _) where name.hasPrefix("random"):
            let noise = (0..<Int.random(in: 1...60)).map { _ in UInt8.random(in: 0...255) }
            return reply(query, question, record: noise)
        default: return reply(query, question, code: 3)
        }
    }

    private static func reply(
        _ query: [UInt8],
        _ question: ArraySlice<UInt8>,
        record: [UInt8]? = nil,
        code: UInt8 = 0
    ) -> [UInt8] {
        let counts: [UInt8] = [0, 1, 0, record == nil ? 0 : 1, 0, 0, 0, 0]
        let answer = query[0..<2] + [0x81, 0x80 | code] + counts + question
        guard let record else { return Array(answer) }
        // The name of the record points at that of the question; its type and class are those of the question.
        let head: [UInt8] = [0xC0, 12] + question.suffix(4) + [0, 0, 0, 60, 0, UInt8(record.count)]
        return answer + head + record
    }

    private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

    private static func name(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { text(String($0)) } + [0]
    }
}
