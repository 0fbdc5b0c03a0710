import MSRP
import Testing
import Wire

@Suite struct RelayedSessionTests {
    /// A sends 100 000 bytes through a relay that answers each chunk at once.
    private func flood() throws -> SessionBench {
        let path = try MSRPPath("\(SessionBench.relay) \(SessionBench.pathB)")
        var bench = try SessionBench {
            if $0.local.port == 1 { ($0.target, $0.chunkSize) = (path, MSRPLimits.relayedChunkSize) }
        }
        var message = OutgoingMessage("m", String(repeating: "x", count: 100_000))
        message.successReport = true
        try bench.queue(message)
        while let chunk = bench.takeFromA() { try bench.feedA(SessionBench.response(200, to: chunk)) }
        return bench
    }

    private func report(on request: String) throws -> String {
        let lines = request.split(separator: "\r\n")
        let messageID = try #require(lines.first { $0.hasPrefix("Message-ID: ") })
        return "MSRP rep1 REPORT\r\nTo-Path: \(SessionBench.pathA)\r\nFrom-Path: \(SessionBench.pathB)\r\n"
            + "\(messageID)\r\nByte-Range: 1-0/0\r\nStatus: 000 200 OK\r\n-------rep1$\r\n"
    }

    @Test("little goes through a relay before the far end has answered a SEND that carries nothing")
    func asksFarEnd() throws {
        var bench = try flood()
        let asked = try #require(bench.sentByA.last)
        #expect(asked.contains("Byte-Range: 1-0/0\r\n") && asked.contains("Success-Report: yes\r\n"))
        let size = bench.sentByA.reduce(0) { $0 + $1.utf8.count }
        #expect(size > 16_384 && size < 32_768)
        try bench.feedA(try report(on: asked))
        #expect(bench.takeFromA() != nil)
        #expect(bench.eventsA.map(\.summary).last == "bound")
    }

    @Test("a far end that does not report what carries nothing is trusted after a while")
    func silentFarEnd() throws {
        var bench = try flood()
        #expect(bench.a.nextDeadline == bench.now + .seconds(1))
        bench.now += .seconds(1)
        bench.a.fire(at: bench.now, into: &bench.eventsA)
        while let chunk = bench.takeFromA() { try bench.feedA(SessionBench.response(200, to: chunk)) }
        #expect(bench.eventsA.map(\.summary).last == "sent m")
    }

    @Test("a direct peer is not asked")
    func direct() throws {
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("m", String(repeating: "x", count: 100_000)))
        try bench.run()
        #expect(bench.sentByA.allSatisfy { !$0.contains("1-0/0") })
        #expect(bench.eventsA.map(\.summary).last == "accepted m")
    }

    @Test("a SEND that carries nothing is reported where it asks for that, and is no message")
    func reports() throws {
        var bench = try SessionBench()
        let fields = "Message-ID: probe\r\nByte-Range: 1-0/0\r\nSuccess-Report: "
        try bench.feedB(SessionBench.request(fields + "yes\r\n"))
        #expect(try bench.nextFromB().text.contains(" 200 OK\r\n"))
        let report = try bench.nextFromB().text
        #expect(
            report.contains(" REPORT\r\n") && report.contains("Message-ID: probe\r\nByte-Range: 1-0/0\r\n")
        )
        #expect(report.contains("Status: 000 200"))
        try bench.feedB(SessionBench.request(fields + "no\r\n"))
        _ = try bench.nextFromB()
        #expect(bench.takeFromB() == nil)
        #expect(bench.eventsB.map(\.summary) == ["bound"])
    }
}
