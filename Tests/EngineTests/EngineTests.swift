import Lab
import Runtime
import Store
import Testing
import Wire

import enum SIP.TransportProtocol

@testable import Engine

@Suite("Engine against the pocket core", .timeLimit(.minutes(1)))
struct EngineTests {
    @Test(
        "registers over each transport and tells what was granted",
        arguments: [TransportProtocol.udp, .tcp]
    )
    func registers(_ transport: TransportProtocol) async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice", transport: transport)
            let status = try await engine.register()
            #expect(status.identities.first == "sip:alice@ims.test")
            #expect(status.transport == transport)
            #expect(!status.serviceRoute.isEmpty)
            #expect(await engine.registration != nil)
            await engine.shutDown(keepRegistration: false)
            #expect(await engine.registration == nil)
        }
    }

    @Test("calls made while a registration is under way share its outcome")
    func sharedRegistration() async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice")
            async let first = engine.register()
            async let second = engine.register()
            let (one, two) = try await (first, second)
            #expect(one.contact == two.contact)
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("a message reaches the other side with the asserted identity, and both histories hold it")
    func message() async throws {
        try await EngineBench.run { bench in
            let alice = try bench.engine(of: "alice", transport: .tcp)
            let bob = try bench.engine(of: "bob")
            let events = EventReader(await bob.events())
            _ = try await bob.register()
            let report = try await alice.send(OutgoingMessage("on my way", to: "sip:bob@ims.test"))
            #expect(report.outcome == .accepted)
            let message = try await events.first { kind -> IncomingMessage? in
                if case .message(let message) = kind { message } else { nil }
            }
            #expect(message.asserted == "sip:alice@ims.test")
            #expect(String(decoding: message.body, as: UTF8.self) == "on my way")
            #expect(message.callID == report.callID)
            let sent = try await alice.history(peer: "bob", limit: 10)
            #expect(sent.map(\.state) == [.accepted])
            let received = try await bob.history(peer: "sip:alice@ims.test", limit: 10)
            #expect(received.map(\.state) == [.received])
            #expect(try await bob.history(peer: nil, holding: "MY WAY", limit: 10) == received)
            #expect(try await bob.history(peer: nil, holding: "elsewhere", limit: 10).isEmpty)
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }

    @Test(
        "outcomes are told apart",
        arguments: [
            ("202", HistoryEntry.State.stored), ("603", .refused), ("480", .notStored),
        ]
    )
    func outcomes(_ fault: String, _ state: HistoryEntry.State) async throws {
        try await EngineBench.run { bench in
            #expect(!bench.lab.control("fault \(fault)").hasPrefix("error:"))
            let engine = try bench.engine(of: "alice")
            let report = try await engine.send(OutgoingMessage("hi", to: "bob"))
            switch (report.outcome, state) {
            case (.storedForLater, .stored), (.notStored, .notStored), (.refused, .refused): break
            default: Issue.record("\(fault) became \(report.outcome)")
            }
            #expect(try await engine.history(peer: nil, limit: 1).map(\.state) == [state])
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("a wrong password is told as such, not as a refusal without a reason")
    func wrongPassword() async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice", password: "nonsense")
            let error = await #expect(throws: EngineError.self) { try await engine.register() }
            guard case .authentication(.credentialsRefused(let identity, _))? = error else {
                Issue.record("told as \(String(describing: error))")
                return
            }
            #expect(identity == "alice@ims.test")
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("a P-CSCF that is not there is told with its address, at once")
    func unreachable() async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice", transport: .tcp) { $0.proxy.port = 1 }
            let error = await #expect(throws: EngineError.self) { try await engine.register() }
            guard case .unreachable(let target, _)? = error else {
                Issue.record("told as \(String(describing: error))")
                return
            }
            #expect(target == "127.0.0.1:1")
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("a P-CSCF that does not speak SIP is told as such, not as one that hung up")
    func noise() async throws {
        try await EngineBench.run { bench in
            let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
            let listener = try Listener(at: address, on: bench.loop) { connection in
                { event in
                    if case .received = event { try? connection.send(Array("HTTP/1.1 400 No\r\n\r\n".utf8)) }
                }
            }
            defer { listener.close() }
            let configuration = try bench.configuration(of: "alice", transport: .tcp) {
                $0.proxy.port = listener.local.port
            }
            let engine = Engine(configuration, on: bench.loop)
            let error = await #expect(throws: EngineError.self) { try await engine.register() }
            guard case .unreachable(_, let detail)? = error else {
                Issue.record("told as \(String(describing: error))")
                return
            }
            #expect(detail.contains("not SIP"))
            await engine.shutDown(keepRegistration: true)
        }
    }

    @Test("--timeout bounds the wait for an answer that does not come")
    func timeout() async throws {
        try await EngineBench.run { bench in
            _ = bench.lab.control("drop 100")
            var configuration = try bench.configuration(of: "alice")
            configuration.timeout = .milliseconds(50)
            let engine = Engine(configuration, on: bench.loop)
            let error = await #expect(throws: EngineError.self) { try await engine.register() }
            #expect(error == .noAnswer(method: "REGISTER"))
            await engine.shutDown(keepRegistration: true)
        }
    }

    @Test("an identity the network does not list cannot be used, and those it lists are named")
    func foreignIdentity() async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice")
            let message = OutgoingMessage("hi", to: "bob", identity: "sip:mallory@ims.test")
            let error = await #expect(throws: EngineError.self) { try await engine.send(message) }
            guard case .identityNotAvailable("sip:mallory@ims.test", let available)? = error else {
                Issue.record("told as \(String(describing: error))")
                return
            }
            #expect(available.first == "sip:alice@ims.test")
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("without a store the message is sent all the same, and that history is not kept is told once")
    func noStore() async throws {
        try await EngineBench.run { bench in
            var configuration = try bench.configuration(of: "alice")
            configuration.storePath = "/proc/nowhere/ims.db"
            let engine = Engine(configuration, on: bench.loop)
            let events = EventReader(await engine.events())
            _ = bench.lab.control("fault 202")
            let report = try await engine.send(OutgoingMessage("hi", to: "bob"))
            #expect(report.outcome == .storedForLater)
            let isTold = try await events.first { kind -> Bool? in
                if case .warning(.historyNotKept) = kind { true } else { nil }
            }
            #expect(isTold)
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("the next run goes on with the nonce of this one and is not challenged")
    func keptNonce() async throws {
        try await EngineBench.run { bench in
            let first = try bench.engine(of: "alice")
            _ = try await first.register()
            await first.shutDown(keepRegistration: false)

            var configuration = try bench.configuration(of: "alice")
            let (statuses, tell) = AsyncStream.makeStream(of: String.self)
            configuration.trace = { record in
                if record.direction == .received { tell.yield(String(record.text.prefix(11))) }
            }
            let second = Engine(configuration, on: bench.loop)
            _ = try await second.register()
            tell.finish()
            var seen: [String] = []
            for await status in statuses { seen.append(status) }
            #expect(!seen.contains("SIP/2.0 401"))
            await second.shutDown(keepRegistration: false)
        }
    }

    @Test("a registration left behind over UDP is taken up by the next run that registers, and taken back")
    func leftBehind() async throws {
        try await EngineBench.run { bench in
            let first = try bench.engine(of: "alice")
            let left = try await first.register()
            await first.shutDown(keepRegistration: true)
            let reader = try bench.engine(of: "alice")
            _ = try await reader.history(peer: nil, limit: 1)
            await reader.shutDown(keepRegistration: false)
            let second = try bench.engine(of: "alice")
            let taken = try await second.register()
            #expect(taken.contact == left.contact)
            await second.shutDown(keepRegistration: false)
            #expect(!bench.lab.control("status").contains(left.contact))
        }
    }

    @Test("a deregistration by the network is told, and the engine returns")
    func deregistered() async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice", transport: .tcp)
            let events = EventReader(await engine.events())
            _ = try await engine.register()
            // The subscription stands once its first notification has come.
            while !bench.lab.control("status").contains("subscri") { await Task.yield() }
            _ = bench.lab.control("deregister alice")
            let isReturning = try await events.first { kind -> Bool? in
                if case .unregistered(.byNetwork(_, let isReturning)) = kind { isReturning } else { nil }
            }
            #expect(isReturning)
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("after shutdown every call ends at once")
    func shutDown() async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice")
            await engine.shutDown(keepRegistration: false)
            await #expect(throws: EngineError.interrupted) { try await engine.register() }
        }
    }
}
