import SIP
import Testing
import Wire

@Suite("Transaction layer, requests from the network: RFC 3261 §9.2, §17.2, §18.2")
struct ServerTransactionLayerTests {
    @Test("a repeated request reaches the user once and gets the same response")
    func retransmission() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE"))
        try bench.receive(Sample.request("MESSAGE"))
        #expect(bench.requests.count == 1)
        #expect(bench.sent.isEmpty)
        try bench.respond(200)
        try bench.receive(Sample.request("MESSAGE"))
        #expect(bench.requests.count == 1)
        #expect(bench.sent.map(\.message.status) == [200, 200])
        #expect(Set(bench.sent.map(\.message)).count == 1)
    }

    @Test("requests differ if branch, sent-by or method differ")
    func distinct() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE", callID: "1"))
        try bench.receive(
            Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKxyz", callID: "2")
        )
        try bench.receive(
            Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKabc", callID: "3")
        )
        try bench.receive(Sample.request("OPTIONS", callID: "4"))
        #expect(bench.requests.count == 4)
    }

    @Test(
        "received and rport are filled in, and the response goes to the source address and port (RFC 3581 §4)"
    )
    func responsePort() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE", via: "SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKabc"))
        let via = try #require(bench.requests[0].message.topVia)
        #expect(via.received.map { $0 == "192.0.2.9" } == true)
        #expect(via.responsePort == 40_000)
        try bench.respond(200)
        #expect(bench.sent[0].flow == LayerBench.udp)
        #expect(bench.sent[0].message.topVia == via)
    }

    @Test(
        "without rport the response goes to the source address and the port of sent-by (§18.2.2)",
        arguments: [("10.1.1.1:4540", 4540), ("proxy.example.com", 5060), ("192.0.2.9:5080", 5080)]
            as [(String, UInt16)]
    )
    func sentByPort(sentBy: String, port: UInt16) throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE", via: "SIP/2.0/UDP \(sentBy);branch=z9hG4bKabc"))
        try bench.respond(200)
        #expect(bench.sent[0].flow.remote == TransportAddress(host: "192.0.2.9", port: port))
        #expect(bench.sent[0].flow.id == LayerBench.udp.id)
        let isSource = sentBy.hasPrefix("192.0.2.9")
        #expect((bench.requests[0].message.topVia?.received == nil) == isSource)
    }

    @Test("maddr does not divert the response")
    func multicastAddress() throws {
        var bench = LayerBench()
        try bench.receive(
            Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.9:5060;maddr=203.0.113.1;branch=z9hG4bKabc")
        )
        try bench.respond(200)
        #expect(bench.sent[0].flow.remote.host == "192.0.2.9")
    }

    @Test("over a connection the response takes the same connection")
    func connection() throws {
        var bench = LayerBench()
        try bench.receive(
            Sample.request("MESSAGE", via: "SIP/2.0/TCP 10.1.1.1:4540;branch=z9hG4bKabc"),
            over: LayerBench.tcp
        )
        try bench.respond(200)
        #expect(bench.sent[0].flow == LayerBench.tcp)
        #expect(bench.layer.serverTransactionCount == 0)
    }

    @Test("only the first value of a Via line with two is marked")
    func joinedVia() throws {
        var bench = LayerBench()
        try bench.receive(
            Sample.request(
                "MESSAGE",
                via: "SIP/2.0/UDP proxy.example.com;branch=z9hG4bKabc, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKdef"
            )
        )
        let via = try bench.requests[0].message.headers.all(Via.self)
        #expect(via.count == 2)
        #expect(via[0].received != nil)
        #expect(via[1].received == nil)
    }

    @Test("a request without Via is dropped")
    func noVia() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE").replacing("Via: ", with: "X-Via: "))
        #expect(bench.requests.isEmpty)
        #expect(bench.discards == [.noReturnPath])
    }

    @Test(
        "a request whose Via cannot be read is answered where it came from, once",
        arguments: ["", "SIP/7.0/UDP x", "?"]
    )
    func unreadableVia(via: String) throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE", via: via))
        try bench.respond(400)
        try bench.receive(Sample.request("MESSAGE", via: via))
        #expect(bench.requests.count == 1)
        #expect(bench.sent.map(\.flow) == [LayerBench.udp, LayerBench.udp])
        #expect(bench.sent[0].message.headers.first(.via)?.text == via)
    }

    @Test("INVITE is answered with 100 after 200 ms if the user has not answered, without a tag in To")
    func trying() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE"))
        try bench.run(until: .seconds(1))
        #expect(bench.sent.map(\.time) == [0.2].seconds)
        #expect(bench.sent[0].message.status == 100)
        #expect(bench.sent[0].message.toTag == nil)
    }

    @Test("another request is answered with 100 after 3.5 s, and with nothing after 64·T1 (RFC 4320)")
    func late() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE"))
        try bench.run(until: .seconds(40))
        #expect(bench.sent.map(\.time) == [3.5].seconds)
        #expect(bench.sent[0].message.status == 100)
        try bench.respond(200)
        #expect(bench.sent.count == 1)
        #expect(bench.layer.serverTransactionCount == 0)
    }

    @Test("ACK for a refusal ends its repetition and does not reach the user")
    func acknowledgedRefusal() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE"))
        try bench.respond(486)
        try bench.run(until: .seconds(1))
        #expect(bench.sent.map(\.time) == [0, 0.5].seconds)
        try bench.receive(Sample.request("ACK", cseq: "7 ACK", toTag: ";tag=ours"))
        try bench.run(until: .seconds(100))
        #expect(bench.sent.count == 2)
        #expect(bench.acknowledgements.isEmpty)
        #expect(bench.unacknowledged.isEmpty)
        #expect(bench.layer.serverTransactionCount == 0)
    }

    @Test("a refusal that is never acknowledged is reported (timer H)")
    func unacknowledgedRefusal() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE"))
        try bench.respond(486)
        try bench.run(until: .seconds(100))
        #expect(bench.unacknowledged == [bench.requests[0].id])
    }

    @Test("ACK for a 2xx reaches the user and is never answered", arguments: ["z9hG4bKabc", "z9hG4bKnew"])
    func acknowledgedSuccess(branch: String) throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE"))
        try bench.respond(200)
        let via = "SIP/2.0/UDP 192.0.2.9:5060;rport;branch=\(branch)"
        try bench.receive(Sample.request("ACK", via: via, cseq: "7 ACK", toTag: ";tag=ours"))
        #expect(bench.acknowledgements.count == 1)
        #expect(bench.sent.count == 1)
    }

    @Test("CANCEL of a pending INVITE is answered with 200 and reported, once")
    func cancel() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE"))
        try bench.respond(180, tag: "chosen")
        try bench.receive(Sample.request("CANCEL", cseq: "7 CANCEL"))
        try bench.receive(Sample.request("CANCEL", cseq: "7 CANCEL"))
        #expect(bench.cancelled == [bench.requests[0].id])
        #expect(bench.requests.count == 1)
        #expect(bench.sent.map(\.message.status) == [180, 200, 200])
        #expect(bench.sent[1].message.cseq?.method == .cancel)
        #expect(bench.sent[1].message.toTag.map { $0 == "chosen" } == true)
        try bench.respond(487)
        #expect(bench.sent.last?.message.cseq?.method == .invite)
    }

    @Test("CANCEL after the final response, or of another method, is answered with 200 and has no effect")
    func cancelTooLate() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE"))
        try bench.respond(200)
        try bench.receive(Sample.request("CANCEL", cseq: "7 CANCEL"))
        let via = "SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bKother"
        try bench.receive(Sample.request("MESSAGE", via: via, callID: "2"))
        try bench.receive(Sample.request("CANCEL", via: via, cseq: "7 CANCEL", callID: "2"))
        #expect(bench.cancelled.isEmpty)
        #expect(bench.sent.map(\.message.status) == [200, 200, 200])
    }

    @Test("CANCEL of nothing is answered with 481")
    func cancelOfNothing() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("CANCEL", cseq: "7 CANCEL"))
        #expect(bench.sent.map(\.message.status) == [481])
        #expect(bench.requests.isEmpty)
    }

    @Test("a request that comes by a second way is answered with 482 and reaches the user once (§8.2.2.2)")
    func merged() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE"))
        try bench.respond(200)
        try bench.receive(Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.8;branch=z9hG4bKother"))
        #expect(bench.requests.count == 1)
        #expect(bench.sent.map(\.message.status) == [200, 482])
        #expect(bench.sent.last?.message.toTag != nil)
    }

    @Test("a request of a dialog, or one sent again with a new CSeq, is not taken for merged")
    func notMerged() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("NOTIFY", toTag: ";tag=ours"))
        try bench.receive(
            Sample.request("NOTIFY", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK2", toTag: ";tag=ours")
        )
        try bench.receive(Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK3"))
        try bench.receive(
            Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK4", cseq: "8 MESSAGE")
        )
        #expect(bench.requests.count == 4)
    }

    @Test("requests are remembered for 64·T1 and no more of them than the limit")
    func memory() throws {
        var limits = TransactionLayer.Limits()
        limits.rememberedRequests = 2
        var bench = LayerBench(limits: limits)
        for (number, call) in ["1", "2", "3", "1", "3"].enumerated() {
            try bench.receive(
                Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK\(number)", callID: call)
            )
        }
        #expect(bench.requests.map { $0.message.headers.first(.callID)?.text } == ["1", "2", "3", "1"])
        try bench.run(until: .seconds(33))
        try bench.receive(
            Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK9", callID: "3")
        )
        #expect(bench.requests.count == 5)
    }

    @Test("requests beyond the limit of open transactions are dropped, and taken again when there is room")
    func overload() throws {
        var limits = TransactionLayer.Limits()
        limits.serverTransactions = 3
        var bench = LayerBench(limits: limits)
        for number in 0..<5 {
            try bench.receive(
                Sample.request(
                    "OPTIONS",
                    via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK\(number)",
                    callID: "\(number)"
                )
            )
        }
        #expect(bench.requests.count == 3)
        #expect(bench.discards == [.overload, .overload])
        #expect(bench.layer.serverTransactionCount == 3)
        try bench.run(until: .seconds(40))
        try bench.receive(
            Sample.request("OPTIONS", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK4", callID: "4")
        )
        #expect(bench.requests.count == 4)
    }

    @Test("requests are dropped too when the messages that are held grow too large")
    func heldBytes() throws {
        var limits = TransactionLayer.Limits()
        limits.heldBytes = 1000
        var bench = LayerBench(limits: limits)
        for number in 0..<8 {
            try bench.receive(
                Sample.request(
                    "OPTIONS",
                    via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK\(number)",
                    callID: "\(number)"
                )
            )
        }
        let taken = bench.requests.count
        #expect(1..<8 ~= taken)
        for number in 0..<taken { try bench.respond(200, to: number) }
        try bench.run(until: .seconds(100))
        try bench.receive(
            Sample.request("OPTIONS", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK9", callID: "9")
        )
        #expect(bench.requests.count == taken + 1)
    }

    @Test("a broken flow does not make a repeated request a new one (RFC 6026 §8.8)")
    func flowFailure() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE"))
        try bench.respond(200)
        try bench.flowFailed(LayerBench.udp)
        try bench.receive(Sample.request("MESSAGE"))
        #expect(bench.requests.count == 1)
        #expect(bench.sent.count == 2)
    }

    @Test("only the bytes of a response are kept: nothing is left when all transactions have ended")
    func cleanUp() throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE"))
        try bench.respond(200)
        try bench.receive(Sample.request("MESSAGE", via: "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK2"))
        try bench.respond(404, to: 1)
        try bench.run(until: .seconds(100))
        #expect(bench.layer.serverTransactionCount == 0)
        #expect(bench.layer.nextDeadline == nil)
    }
}

@Suite("Matching of requests without a unique branch, RFC 3261 §17.2.3")
struct OldBranchTests {
    static let oldVia = [
        "SIP/2.0/UDP 192.0.2.9", "SIP/2.0/UDP 192.0.2.9;branch=1", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK",
    ]

    @Test("a repeated request matches by its fields", arguments: oldVia)
    func retransmission(via: String) throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE", via: via))
        try bench.respond(200)
        try bench.receive(Sample.request("MESSAGE", via: via))
        #expect(bench.requests.count == 1)
        #expect(bench.sent.count == 2)
    }

    @Test("another CSeq, Call-ID, From tag or To tag makes another request", arguments: oldVia)
    func distinct(via: String) throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("MESSAGE", via: via))
        try bench.receive(Sample.request("MESSAGE", via: via, cseq: "8 MESSAGE"))
        try bench.receive(Sample.request("MESSAGE", via: via, fromTag: ";tag=other"))
        try bench.receive(Sample.request("MESSAGE", via: via, toTag: ";tag=other"))
        try bench.receive(Sample.request("MESSAGE", via: via, callID: "other"))
        #expect(bench.requests.count == 5)
    }

    @Test("ACK matches by the To tag of our response", arguments: oldVia)
    func acknowledgement(via: String) throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE", via: via))
        try bench.respond(486)
        try bench.receive(Sample.request("ACK", via: via, toTag: ";tag=foreign"))
        #expect(bench.acknowledgements.count == 1)
        try bench.receive(Sample.request("ACK", via: via, toTag: ";tag=ours"))
        #expect(bench.acknowledgements.count == 1)
        try bench.run(until: .seconds(100))
        #expect(bench.unacknowledged.isEmpty)
    }

    @Test("a request without a From tag is answered all the same", arguments: oldVia)
    func noTags(via: String) throws {
        var bench = LayerBench()
        try bench.receive(Sample.request("INVITE", via: via, fromTag: ""))
        try bench.receive(Sample.request("INVITE", via: via, fromTag: ""))
        #expect(bench.requests.count == 1)
        try bench.receive(Sample.request("CANCEL", via: via, cseq: "7 CANCEL", fromTag: ""))
        #expect(bench.cancelled.count == 1)
    }
}
