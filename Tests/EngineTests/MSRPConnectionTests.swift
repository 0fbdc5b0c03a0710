import MSRP
import Runtime
import SDP
import TestSupport
import Testing
import Wire

@testable import Engine

/// One side of message sessions, on real sockets.
private final class PeerEnd: @unchecked Sendable {
    let transport: MSRPTransport
    let identity: TLSIdentity
    let events = Inbox<MSRPTransport.Event>()
    private let driver: Driver
    /// Called when a connection was refused and is about to be tried again.
    var onRetry: () -> Void = {}

    /// Takes what sockets report back to the transport, as the engine does.
    private final class Driver: @unchecked Sendable {
        weak var transport: MSRPTransport?
        weak var end: PeerEnd?
        let events: Inbox<MSRPTransport.Event>

        init(_ events: Inbox<MSRPTransport.Event>) { self.events = events }

        func drive(_ first: (MSRPTransport) -> [MSRPTransport.Event]) {
            guard let transport else { return }
            var told = first(transport)
            repeat {
                for event in told { events.put(event) }
                told = transport.flush()
            } while !told.isEmpty
        }
    }

    init(on loop: EventLoop, ports: ClosedRange<UInt16>? = nil) throws {
        identity = try TLSIdentity.make(at: .now)
        let driver = Driver(events)
        self.driver = driver
        transport = MSRPTransport(on: loop, ports: ports) { [driver] id, input in
            driver.drive { $0.take(input, for: id) }
        } retry: { [driver] local in
            driver.end?.onRetry()
            driver.drive { $0.connectAgain(local) }
        } resume: { [driver] local in
            driver.drive {
                $0.goOn(local)
                return []
            }
        }
        (driver.transport, driver.end) = (transport, self)
        transport.tls = try TLSContext(between: identity, trusting: .system)
    }

    func uri(_ session: String, isSecure: Bool = false, host: String = "127.0.0.1") throws -> MSRPURI {
        let port = try transport.listen(on: host, isSecure: isSecure).port
        return try MSRPURI(host: host, port: port, sessionID: session, isSecure: isSecure)
    }

    func add(
        _ local: MSRPURI,
        to target: MSRPURI,
        _ approach: MSRPTransport.Approach = .waiting,
        check: PeerCheck? = nil,
        matching: PathMatching = .exact
    ) {
        var setup = SessionConfiguration(
            local: local,
            target: MSRPPath(target),
            delivery: .whole(limit: 1_000_000)
        )
        setup.pathMatching = matching
        driver.drive { $0.add(Session(setup), approach, check: check) }
    }

    func say(_ text: String, in local: MSRPURI) {
        let message = MSRP.OutgoingMessage(
            messageID: ByteString("m\(text.count)"),
            contentType: "text/plain",
            content: .whole(ByteString(text))
        )
        driver.drive { transport in
            #expect(transport.send(message, in: local))
            return []
        }
    }

    /// Who the other side must take this one for.
    var check: PeerCheck {
        PeerCheck(fingerprints: [Fingerprint(of: identity.encoded, .sha256)], name: "127.0.0.1")
    }

    func opened() async throws -> (MSRPURI, ConnectionSecurity) {
        while true {
            if case .opened(let local, let security) = try await events.next() { return (local, security) }
        }
    }

    func closed() async throws -> MSRPTransport.Failure {
        while true { if case .closed(_, let failure) = try await events.next() { return failure } }
    }

    /// What was wrong with the other side's certificate: the next session ends for that.
    func mistrust() async throws -> String {
        let failure = try await closed()
        guard case .certificate(let detail) = failure else { throw Unexpected(failure: failure) }
        return detail
    }

    /// A session ended for something else than the test waits for.
    struct Unexpected: Error { let failure: MSRPTransport.Failure }

    /// The text of the next message, and the session it came in.
    func message() async throws -> (session: MSRPURI, text: String) {
        while true {
            if case .session(let local, .incoming(.message(_, let body))) = try await events.next(),
                !body.isEmpty
            {
                return (local, body.text)
            }
        }
    }
}

private func hop(_ uri: MSRPURI, via hosts: [String] = []) throws -> MSRPTransport.Approach {
    let port = try #require(uri.port)
    let addresses = (hosts + [uri.hostAddress]).compactMap { SocketAddress(host: $0, port: port) }
    return .connecting(to: MSRPTransport.FirstHop(addresses: addresses, name: uri.hostAddress))
}

@Suite("Connections of message sessions", .timeLimit(.minutes(1)))
struct MSRPConnectionTests {
    /// Gives alice and bob a loop; bob listens at `port`, if it is given.
    private func run(
        port: UInt16? = nil,
        _ body: @escaping @Sendable (PeerEnd, PeerEnd) async throws -> Void
    ) async throws {
        try await withEventLoop { loop in
            let (alice, bob) = (try PeerEnd(on: loop), try PeerEnd(on: loop, ports: port.map { $0...$0 }))
            try await body(alice, bob)
            alice.transport.closeAll()
            bob.transport.closeAll()
        }
    }

    @Test(
        "sessions with the same first hop share a connection until the last one ends",
        arguments: [true, false]
    )
    func shared(_ isSecure: Bool) async throws {
        try await run { alice, bob in
            let (a1, b1) = (try alice.uri("a1", isSecure: isSecure), try bob.uri("b1", isSecure: isSecure))
            let (a2, b2) = (try alice.uri("a2", isSecure: isSecure), try bob.uri("b2", isSecure: isSecure))
            let (ofAlice, ofBob) = (isSecure ? alice.check : nil, isSecure ? bob.check : nil)
            bob.add(b1, to: a1, check: ofAlice)
            bob.add(b2, to: a2, check: ofAlice)
            // The second waits for the connection of the first.
            alice.add(a1, to: b1, try hop(b1), check: ofBob)
            alice.add(a2, to: b2, try hop(b2), check: ofBob)
            _ = (try await alice.opened(), try await alice.opened())
            _ = (try await bob.opened(), try await bob.opened())
            #expect(alice.transport.links.count == 1)
            #expect(bob.transport.links.count == 1)
            alice.transport.remove(a1)
            alice.say("still here", in: a2)
            let heard = try await bob.message()
            #expect(heard == (b2, "still here"))
            // A third finds it open.
            let (a3, b3) = (try alice.uri("a3", isSecure: isSecure), try bob.uri("b3", isSecure: isSecure))
            bob.add(b3, to: a3, check: ofAlice)
            alice.add(a3, to: b3, try hop(b3), check: ofBob)
            _ = (try await alice.opened(), try await bob.opened())
            #expect(bob.transport.links.count == 1)
            alice.transport.remove(a2)
            alice.transport.remove(a3)
            let isOver = alice.transport.links.values.allSatisfy { $0.isEnding }
            #expect(isOver)
        }
    }

    @Test("a session whose peer must be somebody else does not share, and is refused")
    func notShared() async throws {
        try await run { alice, bob in
            let (a1, b1) = (try alice.uri("a1", isSecure: true), try bob.uri("b1", isSecure: true))
            bob.add(b1, to: a1, check: alice.check)
            alice.add(a1, to: b1, try hop(b1), check: bob.check)
            _ = try await alice.opened()
            let (a2, b2) = (try alice.uri("a2", isSecure: true), try bob.uri("b2", isSecure: true))
            bob.add(b2, to: a2, check: alice.check)
            alice.add(a2, to: b2, try hop(b2), check: alice.check)
            guard case .certificate = try await alice.closed() else {
                Issue.record("another failure")
                return
            }
            alice.say("the first goes on", in: a1)
            #expect(try await bob.message().session == b1)
        }
    }

    @Test("a session that comes onto a connection as it ends gets one of its own")
    func ending() async throws {
        try await run { alice, bob in
            let (a1, b1) = (try alice.uri("a1"), try bob.uri("b1"))
            bob.add(b1, to: a1)
            alice.add(a1, to: b1, try hop(b1))
            _ = (try await alice.opened(), try await bob.opened())
            let (a2, b2) = (try alice.uri("a2"), try bob.uri("b2"))
            bob.add(b2, to: a2)
            for id in bob.transport.links.keys { bob.transport.drop(id) }
            alice.add(a2, to: b2, try hop(b2))
            #expect(try await bob.opened().0 == b2)
            alice.say("here", in: a2)
            #expect(try await bob.message().session == b2)
        }
    }

    @Test("over TLS each side knows the other by its fingerprint")
    func fingerprints() async throws {
        try await run { alice, bob in
            let (a, b) = (try alice.uri("a", isSecure: true), try bob.uri("b", isSecure: true))
            bob.add(b, to: a, check: alice.check)
            alice.add(a, to: b, try hop(b), check: bob.check)
            let (seen, other) = (try await alice.opened().1, try await bob.opened().1)
            guard case .tls(_, .fingerprint(let ofBob)) = seen,
                case .tls(_, .fingerprint(let ofAlice)) = other
            else {
                Issue.record("\(seen) \(other)")
                return
            }
            #expect(ofBob == bob.check.fingerprints[0].value.text)
            #expect(ofAlice == alice.check.fingerprints[0].value.text)
        }
    }

    @Test("another certificate than the announced one ends the session, and both fingerprints are told")
    func mismatch() async throws {
        try await run { alice, bob in
            let (seen, expected) = (
                bob.check.fingerprints[0].value.text, alice.check.fingerprints[0].value.text
            )
            let (a, b) = (try alice.uri("a", isSecure: true), try bob.uri("b", isSecure: true))
            bob.add(b, to: a, check: alice.check)
            alice.add(a, to: b, try hop(b), check: alice.check)
            let detail = try await alice.mistrust()
            #expect(detail.contains("the fingerprint \(seen), expected was \(expected)"))
        }
    }

    @Test("who is connected to finds out too, when it learns which session it is")
    func mismatchOfClient() async throws {
        try await run { alice, bob in
            let (a, b) = (try alice.uri("a", isSecure: true), try bob.uri("b", isSecure: true))
            bob.add(b, to: a, check: bob.check)
            alice.add(a, to: b, try hop(b), check: bob.check)
            let detail = try await bob.mistrust()
            #expect(detail.contains(alice.check.fingerprints[0].value.text))
            #expect(detail.contains(bob.check.fingerprints[0].value.text))
            #expect(bob.transport.links.isEmpty)
        }
    }

    @Test("a fingerprint of another strong function does as well, SHA-256 is preferred")
    func otherHash() async throws {
        try await run { alice, bob in
            let (a, b) = (try alice.uri("a", isSecure: true), try bob.uri("b", isSecure: true))
            bob.add(b, to: a, check: alice.check)
            let check = PeerCheck(
                fingerprints: [Fingerprint(of: bob.identity.encoded, .sha512)],
                name: "127.0.0.1"
            )
            alice.add(a, to: b, try hop(b), check: check)
            guard case .tls(_, .fingerprint(let text)) = try await alice.opened().1 else {
                Issue.record("not by fingerprint")
                return
            }
            #expect(text.hasPrefix("sha-512 "))
        }
    }

    @Test("without a fingerprint an authority must vouch for the one that is connected to")
    func noFingerprint() async throws {
        try await run { alice, bob in
            let (a, b) = (try alice.uri("a", isSecure: true), try bob.uri("b", isSecure: true))
            bob.add(b, to: a, check: PeerCheck(fingerprints: [], name: "127.0.0.1"))
            alice.add(a, to: b, try hop(b), check: PeerCheck(fingerprints: [], name: "127.0.0.1"))
            let detail = try await alice.mistrust()
            #expect(detail.contains("self-signed"))
            // The one that connects need only know the session (RFC 4975 §5.4).
            var lax = bob.check
            lax.authority = .withoutFingerprint
            alice.transport.remove(a)
            alice.add(a, to: b, try hop(b), check: lax)
            guard case .tls(_, .none) = try await bob.opened().1 else {
                Issue.record("known by something")
                return
            }
        }
    }

    @Test("a session over TLS does not exist on a connection without it")
    func notEncrypted() async throws {
        try await run { alice, bob in
            let b = try bob.uri("b", isSecure: true)
            bob.add(b, to: try alice.uri("a", isSecure: true), check: alice.check)
            let plain = try bob.transport.listen(on: "127.0.0.1")
            let inbox = Inbox<StreamConnection.Event>()
            let connection = StreamConnection(to: plain, on: bob.transport.loop) { inbox.put($0) }
            let request = "MSRP abcd1234 SEND\r\nTo-Path: \(b)\r\nFrom-Path: msrps://x.invalid:1/a;tcp\r\n"
            try connection.send(Array((request + "Message-ID: 1\r\n-------abcd1234$\r\n").utf8))
            var answer = ""
            while !answer.contains("$\r\n") {
                if case .received(let bytes) = try await inbox.next() {
                    answer += String(decoding: bytes, as: UTF8.self)
                }
            }
            #expect(answer.hasPrefix("MSRP abcd1234 481"))
            connection.abort()
        }
    }

    @Test("what comes before the answer waits for it", arguments: [true, false])
    func early(_ isSecure: Bool) async throws {
        try await run { alice, bob in
            let (a, b) = (try alice.uri("a", isSecure: isSecure), try bob.uri("b", isSecure: isSecure))
            bob.transport.expect(b)
            alice.add(a, to: b, try hop(b), check: isSecure ? bob.check : nil)
            _ = try await alice.opened()
            alice.say("early", in: a)
            while bob.transport.links.values.first?.early == nil { await Task.yield() }
            bob.add(b, to: a, check: isSecure ? alice.check : nil)
            #expect(try await bob.message().text == "early")
        }
    }

    @Test("on hold nobody connects, and nobody waits for it")
    func held() async throws {
        try await run { alice, bob in
            let (a, b) = (try alice.uri("a"), try bob.uri("b"))
            alice.add(a, to: b, .held)
            #expect(alice.transport.nextDeadline == nil)
            #expect(alice.transport.fire(at: .now + .seconds(3600)).isEmpty)
            #expect(alice.transport.links.isEmpty)
        }
    }

    @Test("behind a gateway that rewrites paths the session id is enough, elsewhere it is not")
    func gateway() async throws {
        try await run { alice, bob in
            let (a, b) = (try alice.uri("a"), try bob.uri("b"))
            let seen = try MSRPURI(host: "198.51.100.7", port: 4000, sessionID: "b")
            bob.add(b, to: a, matching: .sessionID)
            alice.add(a, to: seen, try hop(b))
            #expect(try await bob.opened().0 == b)
            let (a2, b2) = (try alice.uri("a2"), try bob.uri("b2"))
            bob.add(b2, to: a2)
            alice.add(a2, to: try MSRPURI(host: "198.51.100.7", port: 4000, sessionID: "b2"), try hop(b2))
            while true {
                guard case .session(let local, .ended(let code)) = try await alice.events.next() else {
                    continue
                }
                #expect(local == a2)
                #expect(code.rawValue == 481)
                return
            }
        }
    }

    @Test("who listens late is connected to as soon as he does (RFC 4975 §5.4)")
    func listensLate() async throws {
        let port = try freePort()
        try await run(port: port) { alice, bob in
            let a = try alice.uri("a")
            let b = try MSRPURI(host: "127.0.0.1", port: port, sessionID: "b", isSecure: false)
            bob.add(b, to: a)
            var refusals = 0
            alice.onRetry = {
                refusals += 1
                if refusals == 2 { _ = try? bob.uri("b") }
            }
            alice.add(a, to: b, try hop(b))
            _ = try await alice.opened()
            #expect(refusals == 2)
            alice.say("at last", in: a)
            #expect(try await bob.message().text == "at last")
        }
    }

    @Test("the addresses of a name are tried in turn, over IPv4 and IPv6")
    func addresses() async throws {
        // One that the system gives to nobody, so that nobody else listens at it on the other address.
        try await run(port: freePort()) { alice, bob in
            let (a, b) = (try alice.uri("a"), try bob.uri("b", host: "::1"))
            bob.add(b, to: a)
            alice.add(a, to: b, try hop(b, via: ["127.0.0.1"]))
            _ = try await alice.opened()
            alice.say("over IPv6", in: a)
            #expect(try await bob.message().text == "over IPv6")
        }
    }
}
