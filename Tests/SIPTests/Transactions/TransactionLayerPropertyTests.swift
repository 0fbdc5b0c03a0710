import SIP
import Testing
import Wire

@Suite("Transaction layer, whatever comes")
struct TransactionLayerPropertyTests {
    @Test(
        "any mixture of messages, answers, failures and time leaves nothing behind",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func anything(seed: UInt64) throws {
        var random = IdentifierSource(seed: seed)
        var limits = TransactionLayer.Limits()
        limits.serverTransactions = 40
        var bench = LayerBench(limits: limits)
        var ids: [ClientTransactionID] = []
        for _ in 0..<400 {
            let flow = Bool.random(using: &random) ? LayerBench.udp : LayerBench.tcp
            switch Int.random(in: 0..<9, using: &random) {
            case 0..<4: try bench.receive(request(using: &random), over: flow)
            case 4: try ids.append(bench.send(Sample.own(method(using: &random, isOwn: true)), over: flow))
            case 5 where !bench.sent.isEmpty:
                try bench.receive(response(to: bench, using: &random), over: flow)
            case 6 where !bench.requests.isEmpty:
                let number = Int.random(in: bench.requests.indices, using: &random)
                try bench.respond(status(using: &random), to: number)
            case 7 where !ids.isEmpty: try bench.cancel(ids[Int.random(in: ids.indices, using: &random)])
            case 8 where Int.random(in: 0..<10, using: &random) == 0: try bench.flowFailed(flow)
            default: try bench.run(until: bench.now + .milliseconds(Int.random(in: 0..<5000, using: &random)))
            }
        }
        for number in bench.requests.indices { try bench.respond(404, to: number) }
        for id in ids { try bench.cancel(id) }
        try bench.flowFailed(LayerBench.udp)
        try bench.flowFailed(LayerBench.tcp)
        try bench.run(until: bench.now + .seconds(1000))
        #expect(bench.layer.nextDeadline == nil)
        #expect(bench.layer.serverTransactionCount == 0)
        #expect(!bench.layer.isWaiting)
    }

    @Test(
        "over a network that loses a third of the packets, each request reaches the user once at most",
        arguments: 1...10 as ClosedRange<UInt64>
    )
    func loss(seed: UInt64) throws {
        var random = IdentifierSource(seed: seed)
        var (client, server) = (LayerBench(), LayerBench())
        for number in 0..<20 { _ = try client.send(Sample.own("MESSAGE", cseq: UInt32(number))) }
        var (fromClient, fromServer, answered) = (0, 0, 0)
        for tick in 1...400 {
            try client.run(until: .milliseconds(100 * tick))
            try server.run(until: .milliseconds(100 * tick))
            for packet in client.sent[fromClient...] where Int.random(in: 0..<3, using: &random) != 0 {
                try server.receive(packet.message)
            }
            fromClient = client.sent.count
            for number in answered..<server.requests.count { try server.respond(200, to: number) }
            answered = server.requests.count
            for packet in server.sent[fromServer...] where Int.random(in: 0..<3, using: &random) != 0 {
                try client.receive(packet.message)
            }
            fromServer = server.sent.count
        }
        #expect(Set(server.requests.compactMap { $0.message.cseq?.number }).count == server.requests.count)
        #expect(client.responses.count + client.failures.count == 20)
        #expect(client.responses.count >= 18)
        #expect(!client.layer.isWaiting)
    }

    private func method(using random: inout IdentifierSource, isOwn: Bool = false) -> String {
        let methods = ["INVITE", "MESSAGE", "OPTIONS", "NOTIFY"] + (isOwn ? [] : ["ACK", "CANCEL", "DANCE"])
        return methods.randomElement(using: &random) ?? "MESSAGE"
    }

    private func status(using random: inout IdentifierSource) -> StatusCode {
        [100, 180, 200, 202, 302, 404, 408, 500, 603].randomElement(using: &random) ?? 200
    }

    private func request(using random: inout IdentifierSource) -> String {
        let via = [
            "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK\(Int.random(in: 0..<20, using: &random))",
            "SIP/2.0/UDP 192.0.2.9;rport;branch=\(Int.random(in: 0..<3, using: &random))",
            "SIP/2.0/TCP [2001:db8::9]:65535;branch=z9hG4bK", "SIP/2.0/UDP", "",
        ]
        let tags = ["", ";tag=ours", ";tag=1", ";;;"]
        return Sample.request(
            method(using: &random),
            via: via.randomElement(using: &random) ?? "",
            cseq: ["1 INVITE", "4294967295 ACK", "nonsense", "7 MESSAGE"].randomElement(using: &random),
            fromTag: tags.randomElement(using: &random) ?? "",
            toTag: tags.randomElement(using: &random) ?? "",
            callID: String(Int.random(in: 0..<5, using: &random))
        )
    }

    private func response(to bench: LayerBench, using random: inout IdentifierSource) throws -> Message {
        let sent = bench.sent[Int.random(in: bench.sent.indices, using: &random)].message
        return sent.response(status(using: &random), toTag: "theirs")
    }
}
