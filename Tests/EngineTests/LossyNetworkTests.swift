import Testing
import UserAgent
import Wire

@Suite("Two clients on a network that loses, delays and reorders")
struct LossyNetworkTests {
    @Test(
        "every message is reported, reported delivered only if it arrived, and never shown twice",
        arguments: 1...40
    )
    func messages(_ seed: UInt64) throws {
        var network = try VirtualNetwork(users: ["alice", "bob"], loss: 25, seed: seed)
        for client in [0, 1] { network.step(client) { $0.register(at: $1, into: &$2) } }
        network.run(for: .seconds(120))
        let sent = (0..<5).map { number in
            defer { network.run(for: .seconds(number)) }
            return network.send("m\(number)", from: 0, to: "sip:bob@ims.test", callID: "c\(number)")
        }
        network.run(for: .seconds(120))

        let arrived = network.clients[1].received.map(\.body.text)
        #expect(Set(arrived).count == arrived.count, "shown twice, seed \(seed)")
        for (number, id) in sent.enumerated() {
            let outcome = try #require(network.clients[0].outcomes[id], "never reported, seed \(seed)")
            if case .succeeded = outcome {
                #expect(arrived.contains("m\(number)"), "said to be delivered, seed \(seed)")
            }
        }
    }

    @Test("without loss everything is delivered, in order")
    func lossless() throws {
        var network = try VirtualNetwork(users: ["alice", "bob"], loss: 0, seed: 1)
        for client in [0, 1] { network.step(client) { $0.register(at: $1, into: &$2) } }
        network.run(for: .seconds(5))
        for number in 0..<5 {
            _ = network.send("m\(number)", from: 0, to: "sip:bob@ims.test", callID: "c\(number)")
            network.run(for: .seconds(1))
        }
        #expect(network.clients[1].received.map(\.body.text) == ["m0", "m1", "m2", "m3", "m4"])
        #expect(network.clients[0].outcomes.count == 5)
    }
}
