import SIP
import Testing
import Wire

@Suite("Transaction layer, requests of ours: RFC 3261 §9.1, §17.1, §18.1")
struct ClientTransactionLayerTests {
    @Test("the top Via has our address, a fresh branch and rport")
    func via() throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.own("OPTIONS"), keepAlive: true)
        _ = try bench.send(Sample.own("OPTIONS"), over: LayerBench.tcp)
        let via = try bench.sent.map { try #require($0.message.topVia) }
        #expect(via[0].transport == "UDP")
        #expect(via[0].hostAddress == "192.0.2.1")
        #expect(via[0].port == 5070)
        #expect(via[0].hasResponsePort)
        #expect(via[0].parameters.contains("keep"))
        #expect(via[1].transport == "TCP")
        #expect(!via[1].parameters.contains("keep"))
        #expect(via.allSatisfy { $0.hasMagicCookie })
        #expect(via[0].branch != via[1].branch)
    }

    @Test("retransmissions are the same message over the same flow")
    func retransmission() throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.own("MESSAGE"))
        try bench.run(until: .seconds(4))
        #expect(bench.sent.map(\.time) == [0, 0.5, 1.5, 3.5].seconds)
        #expect(Set(bench.sent.map(\.message)).count == 1)
        #expect(Set(bench.sent.map(\.flow)) == [LayerBench.udp])
    }

    @Test("nothing but a time-out is reported when no answer comes", arguments: ["MESSAGE", "INVITE"])
    func silence(method: String) throws {
        var bench = LayerBench()
        let id = try bench.send(Sample.own(method))
        #expect(bench.layer.isWaiting)
        try bench.run(until: .seconds(100))
        #expect(bench.failures.map(\.failure) == [.timedOut])
        #expect(bench.failures.map(\.id) == [id])
        #expect(bench.failures.map(\.time) == [32].seconds)
        #expect(bench.layer.nextDeadline == nil)
        #expect(!bench.layer.isWaiting)
    }

    @Test("a response goes to the transaction of its branch and its method")
    func matching() throws {
        var bench = LayerBench()
        let first = try bench.send(Sample.own("MESSAGE"))
        let answer = try bench.answer(200)
        let second = try bench.send(Sample.own("OPTIONS", cseq: 2))
        try bench.receive(bench.answer(404))
        try bench.receive(answer)
        #expect(bench.responses.map(\.id) == [second, first])
        var other = answer
        other.headers.set(CSeq(number: 1, method: .options))
        try bench.receive(other)
        #expect(bench.discards == [.strayResponse])
    }

    @Test("a repeated final response is reported once")
    func repeatedResponse() throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.own("MESSAGE"))
        let answer = try bench.answer(200)
        for _ in 0..<3 { try bench.receive(answer) }
        #expect(bench.responses.count == 1)
        try bench.run(until: .seconds(10))
        try bench.receive(answer)
        #expect(bench.responses.count == 1)
        #expect(bench.discards == [.strayResponse])
    }

    @Test("a response to nothing we sent is dropped")
    func stray() throws {
        var bench = LayerBench()
        try bench.receive(
            """
            SIP/2.0 200 OK
            Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKunknown
            From: <sip:alice@example.com>;tag=1
            To: <sip:bob@example.com>;tag=2
            Call-ID: x
            CSeq: 1 MESSAGE
            """
        )
        #expect(bench.discards == [.strayResponse])
    }

    @Test(
        "a response whose sent-by is not ours, or with a further Via, is dropped (§18.1.2, RFC 4475 §3.3.10)"
    )
    func foreignResponse() throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.own("MESSAGE"))
        let answer = try bench.answer(200)
        var moved = answer
        var via = try #require(answer.topVia)
        via.port = 5060
        moved.headers.set(via)
        try bench.receive(moved)
        var passedOn = answer
        passedOn.headers.append(.via, "SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKx")
        try bench.receive(passedOn)
        #expect(bench.responses.isEmpty)
        #expect(bench.discards == [.strayResponse, .strayResponse])
        try bench.receive(answer)
        #expect(bench.responses.count == 1)
    }

    @Test("a response without Via or CSeq is dropped", arguments: [HeaderName.via, .cseq])
    func incompleteResponse(missing: HeaderName) throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.own("MESSAGE"))
        var answer = try bench.answer(200)
        answer.headers.remove(missing)
        try bench.receive(answer)
        #expect(bench.discards == [.strayResponse])
    }

    @Test(
        "a refusal of INVITE is acknowledged with the INVITE's Via, route and CSeq number and the response's To"
    )
    func acknowledgement() throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.own("INVITE", cseq: 5))
        let invite = bench.sent[0].message
        let refusal = try bench.answer(486)
        try bench.receive(refusal)
        try bench.receive(refusal)
        let acknowledgements = bench.sent.dropFirst().map(\.message)
        #expect(acknowledgements.count == 2)
        #expect(Set(acknowledgements).count == 1)
        let ack = acknowledgements[0]
        #expect(ack.method == .ack)
        #expect(ack.requestURI == invite.requestURI)
        #expect(ack.headers.all(.via) == [try #require(invite.headers.first(.via))])
        #expect(ack.headers.first(.route) == invite.headers.first(.route))
        #expect(ack.headers.first(.from) == invite.headers.first(.from))
        #expect(ack.headers.first(.to) == refusal.headers.first(.to))
        #expect(ack.headers.first(.callID) == invite.headers.first(.callID))
        #expect(ack.headers.first(.cseq).map { $0 == "5 ACK" } == true)
        #expect(bench.responses.count == 1)
    }

    @Test("every 2xx to INVITE is reported, and acknowledged only when the user does so")
    func success() throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.own("INVITE"))
        let answer = try bench.answer(200)
        try bench.receive(answer)
        try bench.receive(answer)
        #expect(bench.responses.count == 2)
        #expect(bench.sent.count == 1)
        try bench.acknowledge(Sample.own("ACK"))
        #expect(bench.sent.last?.message.method == .ack)
        #expect(bench.sent.last?.message.topVia?.branch != bench.sent.first?.message.topVia?.branch)
        try bench.run(until: .seconds(100))
        #expect(bench.failures.isEmpty)
        #expect(bench.layer.nextDeadline == nil)
    }

    @Test("CANCEL waits for a provisional response, then has the INVITE's branch and CSeq number")
    func cancel() throws {
        var bench = LayerBench()
        let id = try bench.send(Sample.own("INVITE", cseq: 3))
        let ringing = try bench.answer(180)
        try bench.cancel(id)
        #expect(bench.sent.count == 1)
        try bench.receive(ringing)
        #expect(bench.sent.count == 2)
        let (invite, cancel) = (bench.sent[0].message, bench.sent[1].message)
        #expect(cancel.method == .cancel)
        #expect(cancel.headers.all(.via) == invite.headers.all(.via))
        #expect(cancel.headers.first(.to) == invite.headers.first(.to))
        #expect(cancel.headers.first(.route) == invite.headers.first(.route))
        #expect(cancel.headers.first(.cseq).map { $0 == "3 CANCEL" } == true)
        try bench.receive(bench.answer(200))
        #expect(bench.responses.map { $0.message.status } == [180])
        try bench.receive(invite.response(487, toTag: "theirs"))
        #expect(bench.responses.last?.message.status == 487)
        #expect(bench.responses.last?.id == id)
        try bench.run(until: .seconds(100))
        #expect(bench.failures.isEmpty)
        #expect(bench.layer.nextDeadline == nil)
    }

    @Test("a cancelled INVITE that is never answered is reported as timed out, 64·T1 after CANCEL")
    func cancelInVain() throws {
        var bench = LayerBench()
        let id = try bench.send(Sample.own("INVITE"))
        try bench.receive(bench.answer(180))
        try bench.cancel(id)
        try bench.cancel(id)
        try bench.run(until: .seconds(200))
        #expect(bench.failures.map(\.id) == [id])
        #expect(bench.failures.map(\.time) == [32].seconds)
    }

    @Test("CANCEL after the final response, or of another method, sends nothing")
    func cancelTooLate() throws {
        var bench = LayerBench()
        let invite = try bench.send(Sample.own("INVITE"))
        try bench.receive(bench.answer(200))
        let message = try bench.send(Sample.own("MESSAGE"))
        let count = bench.sent.count
        try bench.cancel(invite)
        try bench.cancel(message)
        #expect(bench.sent.count == count)
    }

    @Test("a broken flow fails the transactions on it at once, in the order they were started")
    func flowFailure() throws {
        var bench = LayerBench()
        let first = try bench.send(Sample.own("MESSAGE"), over: LayerBench.tcp)
        let other = try bench.send(Sample.own("MESSAGE"))
        let second = try bench.send(Sample.own("INVITE"), over: LayerBench.tcp)
        try bench.flowFailed(LayerBench.tcp)
        #expect(bench.failures.map(\.id) == [first, second])
        #expect(bench.failures.map(\.failure) == [.unreachable, .unreachable])
        try bench.run(until: .seconds(40))
        #expect(bench.failures.map(\.id) == [first, second, other])
    }

    @Test("a flow that breaks after the answer is not reported")
    func flowFailureAfterAnswer() throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.own("INVITE"))
        try bench.receive(bench.answer(404))
        try bench.flowFailed(LayerBench.udp)
        try bench.run(until: .seconds(100))
        #expect(bench.failures.isEmpty)
    }

    @Test("the response to a request that is passed on must have all its Via values")
    func proxied() throws {
        var bench = LayerBench()
        _ = try bench.send(Sample.request("MESSAGE"))
        #expect(bench.sent[0].message.headers.count(of: .via) == 2)
        try bench.receive(bench.answer(200))
        #expect(bench.responses.count == 1)
    }
}
