import SIP
import Testing
import UserAgent
import Wire

@Suite("Requests from the network through the core")
struct CoreIncomingTests {
    private func message(_ headers: String = "", branch: String = "z9hG4bKa1", body: String = "hi") -> String
    {
        """
        MESSAGE sip:alice@127.0.0.1:40001 SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:4060;branch=\(branch)
        From: "Bob" <sip:bob@ims.test>;tag=b
        To: <sip:alice@ims.test>
        Call-ID: c1
        CSeq: 1 MESSAGE
        Max-Forwards: 68
        Content-Type: text/plain\(headers)
        Content-Length: \(body.utf8.count)

        \(body)
        """
    }

    @Test("a message is answered with 200 only when it is safe, and reaches the user once")
    func accepted() throws {
        var bench = try CoreBench.registered()
        bench.receive(message("\nP-Asserted-Identity: <tel:+15550002>, <sip:bob@ims.test>"))
        bench.receive(message("\nP-Asserted-Identity: <tel:+15550002>, <sip:bob@ims.test>"))
        #expect(bench.received.count == 1)
        #expect(bench.responses.isEmpty)
        let received = try #require(bench.received.first)
        #expect(received.from == "sip:bob@ims.test")
        #expect(received.fromDisplayName == "Bob")
        #expect(received.asserted == "sip:bob@ims.test")
        #expect(received.body == "hi")
        bench.step { $0.accept(received.request, at: $1, into: &$2) }
        #expect(bench.responses == [200])
        bench.receive(message("\nP-Asserted-Identity: <tel:+15550002>, <sip:bob@ims.test>"))
        #expect(bench.received.count == 1)
        #expect(bench.responses == [200, 200])
    }

    @Test("the same message by another way is refused with 482 and shown once")
    func merged() throws {
        var bench = try CoreBench.registered()
        bench.receive(message(branch: "z9hG4bKa1"))
        bench.receive(message(branch: "z9hG4bKa2"))
        #expect(bench.received.count == 1)
        #expect(bench.responses == [482])
    }

    @Test("a message of unknown type is taken, not refused")
    func unknownType() throws {
        var bench = try CoreBench.registered()
        bench.receive(message().replacing("text/plain", with: "application/x-surprise"))
        #expect(bench.received.first?.contentType == "application/x-surprise")
    }

    @Test(
        "what is not served is refused as the standard says",
        arguments: [
            ("INVITE", 405), ("SUBSCRIBE", 405), ("NOSUCH", 501), ("NOTIFY", 481), ("OPTIONS", 200),
            ("BYE", 405),
        ]
    )
    func refused(_ method: String, _ status: UInt16) throws {
        var bench = try CoreBench.registered()
        bench.receive(
            message("\nContact: <sip:bob@127.0.0.1>\nEvent: reg\nSubscription-State: active")
                .replacing("MESSAGE", with: method)
        )
        #expect(bench.responses.last == status)
    }

    @Test("a request that cannot be read gets 400 where it says where it came from")
    func malformed() throws {
        var bench = try CoreBench.registered()
        bench.receive(message().replacing("MESSAGE sip:", with: "MESSAGE  sip:"))
        #expect(bench.responses == [400])
        #expect(bench.received.isEmpty)
    }

    @Test("a request to somebody else gets 404; the contact's user and each registered identity are ours")
    func otherUser() throws {
        var bench = try CoreBench.registered()
        bench.receive(message().replacing("sip:alice@127.0.0.1", with: "sip:carol@127.0.0.1"))
        #expect(bench.responses == [404])
        #expect(bench.received.isEmpty)
        for identity in ["tel:+15550001", "sip:alice@ims.test", "sip:office@ims.test"] {
            var bench = try CoreBench.registered(identities: "<sip:alice@ims.test>, <sip:office@ims.test>")
            bench.receive(message().replacing("sip:alice@127.0.0.1:40001", with: identity))
            #expect(bench.received.count == 1, "\(identity)")
        }
    }

    @Test(
        "the request at which a stream became unreadable gets an answer before the end",
        arguments: [("", 400), ("Content-Length: many\n", 400), ("Content-Length: 99999999\n", 513)]
    )
    func unframed(_ length: String, _ status: UInt16) throws {
        var bench = try CoreBench.registered(over: .tcp)
        var framer = MessageStreamFramer(side: .client)
        let request = message().replacing("Content-Length: 2\n", with: length)
        framer.append(Array(request.replacing("\n", with: "\r\n").utf8))
        let error = #expect(throws: StreamFramingError.self) { try framer.next() }
        let flow = bench.flow
        bench.step { core, _, effects in
            if let error { core.receive(error, over: flow, into: &effects) }
        }
        #expect(bench.responses == [status])
    }

    @Test("noise is dropped without an answer")
    func noise() throws {
        var bench = try CoreBench.registered()
        let count = bench.sent.count
        bench.receive("\u{0}\u{1}\u{2} nothing at all")
        #expect(bench.sent.count == count)
    }
}

@Suite("The registration event through the core, TS 24.229 §5.1.1.3")
struct CoreWatchTests {
    private func notify(
        of subscribe: Message,
        sequence: Int,
        contactState: String,
        event: String
    ) throws -> String {
        let callID = try #require(subscribe.headers.first(.callID)).text
        let from = try #require(subscribe.headers.first(.from)).text
        let parsed = try subscribe.headers.first(Contact.self)
        let contact = try #require(parsed).uri.description
        let body = """
            <?xml version="1.0"?>
            <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="\(sequence)" state="full">
            <registration aor="sip:alice@ims.test" id="r1" state="\(contactState)">
            <contact id="c1" state="\(contactState)" event="\(event)"><uri>\(contact)</uri></contact>
            </registration></reginfo>
            """.replacing("\n", with: "")
        return """
            NOTIFY \(contact) SIP/2.0
            Via: SIP/2.0/UDP 127.0.0.1:4060;branch=z9hG4bKn\(sequence)
            From: <sip:alice@ims.test>;tag=far
            To: \(from)
            Call-ID: \(callID)
            CSeq: \(sequence) NOTIFY
            Contact: <sip:scscf.ims.test>
            Event: reg
            Subscription-State: active;expires=3600
            Content-Type: application/reginfo+xml
            Content-Length: \(body.utf8.count)

            \(body)
            """
    }

    @Test("after the registration its state is subscribed to, along the same route")
    func subscribes() throws {
        let bench = try CoreBench.registered(watchesRegistration: true)
        let subscribe = try #require(bench.requests(.subscribe).first)
        #expect(subscribe.headers.first(.event)?.text == "reg")
        #expect(subscribe.headers.all(.route).map(\.text).last == "<sip:orig@scscf.ims.test:6060;lr>")
        #expect(subscribe.headers.first(.allow) != nil)
    }

    @Test("a deregistration by the network is reported the moment its NOTIFY comes")
    func deregistered() throws {
        var bench = try CoreBench.registered(watchesRegistration: true)
        let subscribe = try #require(bench.requests(.subscribe).first)
        bench.answer(.ok, headers: [(.expires, "3600"), (.contact, "<sip:scscf.ims.test>")])
        bench.receive(
            try notify(of: subscribe, sequence: 1, contactState: "active", event: "registered")
        )
        #expect(bench.responses == [200])
        bench.reports.removeAll()
        bench.receive(
            try notify(of: subscribe, sequence: 2, contactState: "terminated", event: "rejected")
        )
        #expect(bench.responses == [200, 200])
        #expect(bench.reports == [.unregistered(.byNetwork(event: "rejected"))])
        #expect(!bench.core.isReturning)
    }

    @Test("the last NOTIFY of a subscription that ended with its registration is answered with 200")
    func lateNotify() throws {
        var bench = try CoreBench.registered(watchesRegistration: true)
        let subscribe = try #require(bench.requests(.subscribe).first)
        bench.answer(.ok, headers: [(.expires, "3600"), (.contact, "<sip:scscf.ims.test>")])
        bench.receive(
            try notify(of: subscribe, sequence: 1, contactState: "active", event: "registered")
        )
        bench.step { $0.unregister(serviceOnly: false, at: $1, into: &$2) }
        bench.answer(.ok)
        bench.receive(
            try notify(of: subscribe, sequence: 2, contactState: "terminated", event: "unregistered")
        )
        #expect(bench.responses == [200, 200])
    }
}

@Suite("Flows through the core")
struct CoreFlowTests {
    @Test("a flow that breaks is opened again, the registration renewed, and what waited is sent")
    func recovers() throws {
        var bench = try CoreBench.registered(over: .tcp)
        bench.breakFlow()
        bench.send()
        #expect(bench.requests(.message).isEmpty)
        bench.advance(by: .seconds(5))
        #expect(bench.flowsWanted == [false, false])
        bench.openFlow(.tcp)
        bench.grant()
        #expect(bench.requests(.message).count == 1)
    }

    @Test("a message on its way when the flow breaks may or may not have arrived")
    func brokenUnderMessage() throws {
        var bench = try CoreBench.registered(over: .tcp)
        bench.send()
        bench.breakFlow()
        guard case .noAnswer? = bench.outcomes.first?.outcome else {
            Issue.record("the outcome is known to nobody")
            return
        }
    }

    @Test("a stream is kept alive with double CRLFs")
    func keptAlive() throws {
        var bench = try CoreBench.registered(over: .tcp)
        bench.advance(by: .seconds(121))
        #expect(bench.pings == 1)
    }

    @Test("over UDP no keep-alives are sent unless they are configured")
    func datagrams() throws {
        var silent = try CoreBench.registered()
        silent.advance(by: .seconds(500))
        #expect(silent.pings == 0)
        var configured = try CoreBench.registered(keepAlive: .seconds(30))
        configured.advance(by: .seconds(31))
        #expect(configured.pings == 1)
    }
}
