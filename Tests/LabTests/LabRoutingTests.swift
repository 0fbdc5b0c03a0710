import Lab
import SIP
import Testing
import Wire

@Suite("Pocket core: messages")
struct LabRoutingTests {
    private func registered(
        _ change: (inout LabConfiguration) -> Void = { _ in }
    ) throws -> (LabBench, LabPhone, LabPhone) {
        var bench = LabBench(change)
        var (alice, bob) = (LabPhone("alice", port: 6001), LabPhone("bob", port: 6002))
        try bench.register(&alice)
        try bench.register(&bob)
        return (bench, alice, bob)
    }

    @Test
    func `a message reaches the recipient with the sender's asserted identity, and the answer comes back`()
        throws
    {
        var (bench, alice, bob) = try registered()
        let message = alice.makeMessage("on my way", to: "sip:bob@ims.test")
        let sent = alice.addressed(message)
        try bench.receive(sent, over: alice.flow)
        let received = try bench.next(over: bob.flow)
        #expect(received.requestURI == "sip:bob@127.0.0.1:6002;transport=udp")
        #expect(received.body == "on my way")
        #expect(received.headers.first(.pAssertedIdentity) == "<sip:alice@ims.test>")
        #expect(received.headers.first(.pCalledPartyID) == "<sip:bob@ims.test>")
        #expect(received.headers.first(.maxForwards) == "69")
        #expect(!received.headers.contains(.route))
        try bench.respond(.ok, to: received, bob)
        let answer = try bench.next(over: alice.flow)
        #expect(answer.status == .ok)
        #expect(answer.topVia?.branch == sent.topVia?.branch)
        #expect(answer.headers.count(of: .via) == 1)
        #expect(answer.toTag == "phone")
    }

    private static let identities: [(preferred: String?, privacy: String?, asserted: String?)] = [
        ("<tel:+15550001001>", nil, "<tel:+15550001001>"),
        ("<sip:bob@ims.test>", nil, "<sip:alice@ims.test>"),
        (nil, "id", nil), (nil, "none", "<sip:alice@ims.test>"),
    ]

    @Test(arguments: identities)
    func `the preferred identity is asserted if it is the user's own, and none if the user asks for that`(
        _ preferred: String?,
        _ privacy: String?,
        _ asserted: String?
    ) throws {
        var (bench, alice, bob) = try registered()
        var message = alice.makeMessage("hi", to: "tel:+15550001002")
        if let preferred { message.headers.append(.pPreferredIdentity, preferred) }
        if let privacy { message.headers.append(.privacy, privacy) }
        try bench.receive(alice.addressed(message), over: alice.flow)
        let received = try bench.next(over: bob.flow)
        #expect(received.headers.first(.pAssertedIdentity)?.text == asserted)
        #expect(!received.headers.contains(.pPreferredIdentity))
    }

    @Test func `who is not registered may not send, and who is not there does not receive`() throws {
        var (bench, alice, _) = try registered()
        var carol = LabPhone("carol", port: 6003)
        let forbidden = try bench.exchange(carol.makeMessage("hi", to: "sip:alice@ims.test"), carol)
        #expect(forbidden.status == .forbidden)
        let absent = try bench.exchange(alice.makeMessage("hi", to: "sip:carol@ims.test"), alice)
        #expect(absent.status == .temporarilyUnavailable)
        for uri in ["sip:nobody@ims.test", "sip:bob@elsewhere.test", "tel:+4930", "mailto:bob@ims.test"] {
            #expect(try bench.exchange(alice.makeMessage("hi", to: uri), alice).status == .notFound, "\(uri)")
        }
        var worn = alice.makeMessage("hi", to: "sip:bob@ims.test")
        worn.headers.set(MaxForwards(0))
        #expect(try bench.exchange(worn, alice).status == .tooManyHops)
    }

    @Test func `nobody answers for a recipient who keeps silent`()
        throws
    {
        var (bench, alice, bob) = try registered()
        try bench.receive(alice.addressed(alice.makeMessage("hi", to: "sip:bob@ims.test")), over: alice.flow)
        _ = try bench.next(over: bob.flow)
        try bench.advance(by: .seconds(40))
        // The sender's own time is up by then, and must not be told so again (RFC 4320 §4.2).
        #expect(!bench.sent.contains { $0.flow == alice.flow && $0.message.status?.isFinal == true })
    }

    @Test func `a recipient whose connection broke is not there`() throws {
        var (bench, alice, _) = try registered()
        var carol = LabPhone("carol", port: 6003, transport: .tcp)
        try bench.register(&carol)
        try bench.close(carol.flow)
        let lost = try bench.exchange(alice.makeMessage("hi", to: "sip:carol@ims.test"), alice)
        #expect(lost.status == .temporarilyUnavailable)
    }

    @Test func `the automatic buddy accepts a message and answers it, as long as bob is away`() throws {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        let accepted = try bench.exchange(alice.makeMessage("are you there?", to: "sip:bob@ims.test"), alice)
        #expect(accepted.status == .ok)
        let answer = try bench.next(over: alice.flow)
        #expect(answer.method == .message)
        #expect(answer.body.text == "Hi alice, I got your message: “are you there?”")
        #expect(answer.headers.first(.pAssertedIdentity) == "<sip:bob@ims.test>")
        #expect(try answer.headers.first(From.self)?.uri.text == "sip:bob@ims.test")
        try bench.respond(.ok, to: answer, alice)
        #expect(bench.notes.last == "alice answered 200")

        var wrapped = alice.makeMessage(
            "From: <sip:alice@ims.test>\r\n\r\nContent-Type: text/plain\r\n\r\nin an envelope",
            to: "sip:bob@ims.test"
        )
        wrapped.headers.set(.contentType, "message/cpim")
        #expect(try bench.exchange(wrapped, alice).status == .ok)
        let second = try bench.next(over: alice.flow)
        #expect(second.body.text == "Hi alice, I got your message: “in an envelope”")
        try bench.respond(.ok, to: second, alice)

        var typing = alice.makeMessage("<isComposing/>", to: "sip:bob@ims.test")
        typing.headers.set(.contentType, "application/im-iscomposing+xml")
        #expect(try bench.exchange(typing, alice).status == .ok)
        #expect(bench.sent.isEmpty)
    }

    @Test func `OPTIONS for the core is answered, and methods it does not know are refused`() throws {
        var (bench, alice, bob) = try registered()
        let options = try bench.exchange(alice.makeRequest(.options, to: "sip:ims.test"), alice)
        #expect(options.status == .ok)
        #expect(try options.headers.first(Allow.self)?.contains(.message) == true)
        try bench.receive(
            alice.addressed(alice.makeRequest(.options, to: "sip:bob@ims.test")),
            over: alice.flow
        )
        #expect(try bench.next(over: bob.flow).method == .options)
        #expect(
            try bench.exchange(alice.makeRequest(.info, to: "sip:ims.test"), alice).status
                == .methodNotAllowed
        )
        let unknown = alice.makeRequest(Method(rawValue: "DANCE"), to: "sip:ims.test")
        #expect(try bench.exchange(unknown, alice).status == .notImplemented)
    }

    @Test func `faults answer messages as they are told to, as often as they are told to`() throws {
        var (bench, alice, bob) = try registered()
        try bench.control("fault 202 1")
        #expect(
            try bench.exchange(alice.makeMessage("hi", to: "sip:bob@ims.test"), alice).status == .accepted
        )
        try bench.receive(alice.addressed(alice.makeMessage("hi", to: "sip:bob@ims.test")), over: alice.flow)
        #expect(try bench.next(over: bob.flow).method == .message)
        try bench.control("fault 480")
        for _ in 0..<2 {
            let answer = try bench.exchange(alice.makeMessage("hi", to: "sip:bob@ims.test"), alice)
            #expect(answer.status == .temporarilyUnavailable)
        }
        try bench.control("fault 503 30")
        let refused = try bench.exchange(alice.makeMessage("hi", to: "sip:bob@ims.test"), alice)
        #expect(refused.status == .serviceUnavailable)
        #expect(try refused.headers.first(RetryAfter.self)?.seconds == 30)
        try bench.control("fault off")
        try bench.control("fault stale")
        var again = alice.makeRegister()
        alice.authenticator.authorize(&again)
        let stale = try bench.exchange(again, alice)
        #expect(try stale.headers.first(WWWAuthenticate.self)?.challenge.parameters["stale"] == "true")
    }

    @Test func `requests get lost and answers come late when told to`() throws {
        var (bench, alice, bob) = try registered()
        try bench.control("drop 2")
        let message = alice.addressed(alice.makeMessage("hi", to: "sip:bob@ims.test"))
        for _ in 0..<2 { try bench.receive(message, over: alice.flow) }
        #expect(bench.sent.isEmpty)
        try bench.receive(message, over: alice.flow)
        _ = try bench.next(over: bob.flow)

        try bench.control("delay 500ms")
        let request = alice.addressed(alice.makeRequest(.options, to: "sip:ims.test"))
        try bench.receive(request, over: alice.flow)
        try bench.advance(by: .milliseconds(499))
        #expect(
            !bench.sent.contains {
                $0.flow == alice.flow && $0.message.topVia?.branch == request.topVia?.branch
            }
        )
        try bench.advance(by: .milliseconds(1))
        #expect(
            bench.sent.contains {
                $0.flow == alice.flow && $0.message.topVia?.branch == request.topVia?.branch
            }
        )
    }

    @Test func `every line of the help is understood, and others are answered with an error`() throws {
        var (bench, _, _) = try registered()
        for line in [
            "status", "fault 202", "fault 486 3", "fault 420", "fault 423", "fault 423 60", "fault 503",
            "fault stale 2", "fault off", "drop 1", "drop all", "drop off", "delay 2s", "delay off",
            "fault PUBLISH 412", "fault INVITE 486 2", "presence alice confirm", "presence alice allow bob",
            "msrp on", "msrp drop", "msrp drop 1000", "msrp 413", "msrp 415 2", "msrp lose reports",
            "msrp lose responses 2", "msrp lose messages all", "msrp delay 2s", "msrp delay off", "msrp off",
            "deregister alice rejected", "say alice bob hi there", "forget bob", "help",
        ] {
            let answer = try bench.control(line)
            #expect(!answer.hasPrefix("error:"), "\(line): \(answer)")
        }
        for line in [
            "dance", "fault", "fault 200", "fault 99999999999999999999", "fault 420 0", "fault 486 -1",
            "drop x", "delay 5",
            "delay s", "deregister", "deregister nobody", "deregister alice", "deregister bob loudly",
            "say alice bob",
            "say alice alice hi", "fault PUBLISH", "fault PUBLISH 200", "fault PUBLISH 412 0",
            "fault DANCE 486",
            "fault 486 1 1", "presence", "presence alice", "presence nobody allow", "presence alice shout",
            "msrp", "msrp 200", "msrp drop x", "msrp lose", "msrp lose keys", "msrp lose reports 0",
            "msrp delay",
            "msrp delay 5", "msrp sideways", "msrp off 1", "presence alice allow nobody", "forget",
            "forget nobody",
        ] {
            let answer = try bench.control(line)
            #expect(answer.hasPrefix("error:"), "\(line): \(answer)")
        }
        #expect(try bench.control("  ") == "")
    }

    @Test func `no bytes whatever make the core trap`() throws {
        var (bench, alice, _) = try registered()
        var generator = IdentifierSource(seed: 4)
        let samples = [
            alice.addressed(alice.makeRegister()),
            alice.addressed(alice.makeMessage("hi", to: "sip:bob@ims.test")),
            alice.addressed(alice.makeRequest(.subscribe, to: "sip:alice@ims.test")),
        ].map { $0.serialized() }
        for round in 0..<3000 {
            var bytes = samples[round % samples.count]
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<40, using: &generator)))
                }
            }
            var effects: [LabCore.Effect] = []
            bench.core.receive(ByteString(bytes), over: alice.flow, at: bench.now, into: &effects)
        }
        try bench.advance(by: .seconds(100))
    }
}
