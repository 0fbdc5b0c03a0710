import MSRP
import Testing
import Wire

@Suite("A session sends")
struct SessionTests {
    @Test("a message is delivered whole, answered with 200, and accepted when all chunks are")
    func smallMessage() throws {
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("one", "Hi, I'm Alice!\r\n"))
        try bench.run()
        #expect(bench.eventsA.map(\.summary) == ["sent one", "accepted one"])
        #expect(bench.eventsB.map(\.summary) == ["bound", "message one Hi, I'm Alice!\r\n"])
        #expect(bench.sentByB.count == 1)
        #expect(bench.sentByA[0].contains("Byte-Range: 1-16/16\r\n"))
        #expect(bench.a.unconfirmedMessages.isEmpty)
        #expect(bench.a.nextDeadline == nil)
    }

    @Test("chunks of at most 2048 bytes tell their end, larger ones can be interrupted")
    func chunkSizes() throws {
        let text = String(repeating: "x", count: 5_000)
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("one", text))
        try bench.run()
        let ranges = bench.sentByA.compactMap {
            $0.split(separator: "\r\n").first { $0.hasPrefix("Byte-Range") }
        }
        #expect(
            ranges == ["Byte-Range: 1-2048/5000", "Byte-Range: 2049-4096/5000", "Byte-Range: 4097-5000/5000"]
        )
        #expect(bench.sentByA.map { $0.hasSuffix("+\r\n") } == [true, true, false])
        #expect(bench.eventsB.last?.summary == "message one \(text)")

        var large = try SessionBench { $0.chunkSize = 4_000 }
        try large.queue(OutgoingMessage("one", text))
        try large.run()
        #expect(large.sentByA[0].contains("Byte-Range: 1-*/5000\r\n"))
        #expect(large.sentByA[1].contains("Byte-Range: 4001-5000/5000\r\n"))
        #expect(large.eventsB.last?.summary == "message one \(text)")
    }

    @Test("an empty message is a message")
    func emptyMessage() throws {
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("one", ""))
        try bench.run()
        #expect(bench.sentByA[0].contains("Byte-Range: 1-0/0\r\nContent-Type: text/plain\r\n\r\n\r\n-------"))
        #expect(bench.eventsB.last?.summary == "message one ")
        #expect(bench.eventsA.last?.summary == "accepted one")
    }

    @Test("a success report tells that the message is delivered")
    func successReport() throws {
        var bench = try SessionBench()
        var message = OutgoingMessage("one", String(repeating: "x", count: 3_000))
        message.successReport = true
        try bench.queue(message)
        try bench.run()
        #expect(bench.eventsA.map(\.summary) == ["sent one", "accepted one", "bound", "delivered one"])
        let report = try #require(bench.sentByB.last)
        #expect(report.contains(" REPORT\r\n"))
        #expect(report.contains("Byte-Range: 1-3000/3000\r\nStatus: 000 200 OK\r\n"))
        #expect(bench.sentByA.count == 2, "a report is not answered")
    }

    @Test(
        "a report without an end, without a range, or of all parts in any order confirms the message",
        arguments: [["1-*/25"], [""], ["1-/25"], ["11-25/25", "1-10/25"], ["1-25/25"], ["1-99/99"]]
    )
    func reportRanges(ranges: [String]) throws {
        var bench = try SessionBench()
        var message = OutgoingMessage("one", String(repeating: "x", count: 25))
        message.successReport = true
        try bench.queue(message)
        let chunk = try bench.nextFromA()
        try bench.feedA(SessionBench.response(200, to: chunk))
        for range in ranges {
            #expect(!bench.eventsA.map(\.summary).contains("delivered one"))
            let field = range.isEmpty ? "" : "Byte-Range: \(range)\r\n"
            try bench.feedA(
                "MSRP rep1 REPORT\r\nTo-Path: \(SessionBench.pathA)\r\nFrom-Path: \(SessionBench.pathB)\r\n"
                    + "Message-ID: one\r\n\(field)Status: 000 200 OK\r\n-------rep1$\r\n"
            )
        }
        #expect(bench.eventsA.last?.summary == "delivered one")
    }

    @Test("with Failure-Report no nothing is answered, and with partial only what failed")
    func failureReports() throws {
        var bench = try SessionBench { $0.acceptedTypes = ["text/plain"] }
        for (report, id) in [(FailureReport.no, "no"), (.partial, "partial")] {
            var message = OutgoingMessage(id, "x")
            message.failureReport = report
            try bench.queue(message)
            message.messageID = ByteString("\(id)-image")
            message.contentType = "image/png"
            try bench.queue(message)
        }
        try bench.run()
        #expect(bench.sentByB.count == 1)
        #expect(bench.sentByB.first?.contains(" 415 ") == true)
        let expected = [
            "sent no", "sent no-image", "sent partial", "sent partial-image", "failed partial-image 415",
        ]
        #expect(bench.eventsA.map(\.summary) == expected)
        #expect(bench.eventsB.map(\.summary) == ["bound", "message no x", "message partial x"])
        #expect(bench.a.takesMessages)
    }

    @Test("a response that is not there after 30 seconds is late, and counts when it comes")
    func lateResponse() throws {
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("one", "x"))
        let chunk = try bench.nextFromA()
        #expect(bench.a.nextDeadline == bench.now + .seconds(30))
        bench.a.fire(at: bench.now + .seconds(29.9), into: &bench.eventsA)
        #expect(bench.eventsA.map(\.summary) == ["sent one"])
        bench.a.fire(at: bench.now + .seconds(30), into: &bench.eventsA)
        #expect(bench.eventsA.last?.summary == "overdue one")
        #expect(bench.a.nextDeadline == nil)
        #expect(bench.a.unconfirmedMessages == ["one"])
        try bench.feedA(SessionBench.response(200, to: chunk, extra: "Byte-Range: 1-1/1\r\n"))
        #expect(bench.eventsA.last?.summary == "accepted one")
        #expect(bench.a.unconfirmedMessages.isEmpty)
    }

    @Test("408 is like a response that is late; a report can still confirm the message")
    func relayTimeout() throws {
        var bench = try SessionBench()
        var message = OutgoingMessage("one", "x")
        message.successReport = true
        try bench.queue(message)
        let chunk = try bench.nextFromA()
        try bench.feedA(SessionBench.response(408, to: chunk))
        #expect(bench.eventsA.map(\.summary) == ["sent one", "overdue one"])
        #expect(bench.a.unconfirmedMessages == ["one"])
        try bench.feedB(chunk.bytes)
        try bench.run()
        #expect(bench.eventsA.last?.summary == "delivered one")
        #expect(bench.a.unconfirmedMessages.isEmpty)
    }

    @Test("413 stops a message, and no more of its chunks are sent")
    func stopSending() throws {
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("one", String(repeating: "x", count: 10_000)))
        try bench.queue(OutgoingMessage("two", "x"))
        let chunk = try bench.nextFromA()
        try bench.feedA(SessionBench.response(413, to: chunk))
        try bench.run()
        #expect(bench.eventsA.map(\.summary) == ["failed one 413", "sent two", "accepted two"])
        #expect(bench.sentByA.count == 2)
    }

    @Test("481 and 506 end the session; nothing is lost that can be sent again", arguments: [481, 506])
    func sessionEnds(code: Int) throws {
        var bench = try SessionBench()
        for id in ["one", "two"] { try bench.queue(OutgoingMessage(id, id)) }
        let chunk = try bench.nextFromA()
        try bench.feedA(SessionBench.response(code, to: chunk))
        #expect(bench.eventsA.last?.summary == "ended \(code)")
        #expect(bench.takeFromA() == nil)
        #expect(!bench.a.takesMessages)
        #expect(bench.a.unconfirmedMessages == ["one", "two"])
    }

    @Test("responses and reports that nobody asked for change nothing")
    func unsolicited() throws {
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("one", "x"))
        let chunk = try bench.nextFromA()
        let paths = "To-Path: \(SessionBench.pathA)\r\nFrom-Path: \(SessionBench.pathB)\r\n"
        try bench.feedA("MSRP 0000000000001 200 OK\r\n\(paths)-------0000000000001$\r\n")
        try bench.feedA("MSRP abcd 413 X\r\n\(paths)-------abcd$\r\n")
        for id in ["one", "none"] {
            try bench.feedA(
                "MSRP r1 REPORT\r\n\(paths)Message-ID: \(id)\r\nStatus: 000 200\r\n-------r1$\r\n"
            )
            try bench.feedA(
                "MSRP r1 REPORT\r\n\(paths)Message-ID: \(id)\r\nStatus: 001 413\r\n-------r1$\r\n"
            )
            try bench.feedA("MSRP r1 REPORT\r\n\(paths)Message-ID: \(id)\r\n-------r1$\r\n")
        }
        #expect(bench.eventsA.map(\.summary) == ["sent one", "bound"])
        try bench.feedA(SessionBench.response(200, to: chunk))
        try bench.feedA(SessionBench.response(413, to: chunk))
        #expect(bench.eventsA.last?.summary == "accepted one")
        #expect(bench.takeFromA() == nil)
    }

    @Test("an empty SEND is answered and is no message; its response says that the peer is there")
    func keepAlive() throws {
        var bench = try SessionBench()
        bench.a.sendKeepAlive()
        try bench.run()
        #expect(bench.eventsB.map(\.summary) == ["bound"])
        #expect(bench.eventsA.map(\.summary) == ["alive"])
        #expect(bench.sentByA[0].contains("Byte-Range: 1-0/0\r\n-------"))
        bench.a.sendKeepAlive()
        _ = bench.takeFromA()
        bench.a.fire(at: bench.now + .seconds(30), into: &bench.eventsA)
        #expect(bench.eventsA.last?.summary == "silent")
    }

    @Test("messages stay in their order, and a file goes on between them")
    func interleaving() throws {
        var bench = try SessionBench(delivery: .streamed(limit: 1_000_000))
        try bench.queue(OutgoingMessage(file: "file", size: 8_192))
        bench.a.supply(ByteString([UInt8](repeating: 1, count: 8_192)), isLast: true, to: "file")
        try bench.queue(OutgoingMessage("long", String(repeating: "x", count: 4_096)))
        try bench.queue(OutgoingMessage("two", "x"))
        try bench.run()
        let order = bench.sentByA.compactMap { chunk in
            chunk.split(separator: "\r\n").first { $0.hasPrefix("Message-ID: ") }?.dropFirst(12)
        }
        #expect(order == ["long", "file", "long", "file", "two", "file", "file"])
        let completed = bench.eventsB.map(\.summary).filter { $0.hasPrefix("completed") }
        #expect(completed == ["completed long 4096", "completed two 1", "completed file 8192"])
    }

    @Test("a streamed message waits for its owner, and chunks are full until the last")
    func streaming() throws {
        var bench = try SessionBench(delivery: .streamed(limit: 1_000_000))
        try bench.queue(OutgoingMessage(file: "file", size: nil))
        #expect(bench.takeFromA() == nil)
        for _ in 0..<5 { bench.a.supply(ByteString([UInt8](repeating: 120, count: 1_000)), to: "file") }
        #expect(bench.a.queuedBytes(of: "file") == 5_000)
        #expect(bench.takeFromA()?.body.count == 2_048)
        #expect(bench.takeFromA()?.body.count == 2_048)
        #expect(bench.takeFromA() == nil)
        #expect(bench.sentByA[0].contains("Byte-Range: 1-2048/*\r\n"))
        bench.a.supply(.empty, isLast: true, to: "file")
        #expect(bench.takeFromA()?.body.count == 904)
        for chunk in bench.sentByA { try bench.feedB(chunk) }
        try bench.run()
        #expect(bench.eventsB.last?.summary == "completed file 5000")
        #expect(bench.eventsA.last?.summary == "accepted file")
    }

    @Test("a message that is given up half-way ends with #, and one not begun is not sent")
    func cancelling() throws {
        var bench = try SessionBench(delivery: .streamed(limit: 1_000_000))
        try bench.queue(OutgoingMessage("one", String(repeating: "x", count: 5_000)))
        try bench.queue(OutgoingMessage("two", "x"))
        let chunk = try bench.nextFromA()
        try bench.feedB(chunk.bytes)
        bench.a.cancel("one")
        bench.a.cancel("two")
        try bench.run()
        #expect(bench.sentByA.count == 2)
        #expect(bench.sentByA[1].hasSuffix("#\r\n"))
        #expect(bench.eventsB.last?.summary == "abandoned one")
        #expect(bench.a.unconfirmedMessages.isEmpty)
        #expect(bench.a.takesMessages)
    }

    @Test("to a peer that never answers so much is sent and no more")
    func window() throws {
        var limits = MSRPLimits()
        limits.unansweredRequests = 5
        limits.unconfirmedMessages = 8
        var bench = try SessionBench { $0.limits = limits }
        for number in 0..<8 { try bench.queue(OutgoingMessage("m\(number)", "x")) }
        let isTaken = bench.a.send(OutgoingMessage("m9", "x"))
        #expect(!isTaken)
        var chunks: [SessionBench.Sent] = []
        while let chunk = bench.takeFromA() { chunks.append(chunk) }
        #expect(chunks.count == 5)
        #expect(bench.takeFromA() == nil)
        try bench.feedA(SessionBench.response(200, to: chunks[3]))
        #expect(bench.a.takesMessages)
        #expect(bench.takeFromA() != nil)
        #expect(bench.takeFromA() == nil)
    }

    @Test("a new connection carries what was not confirmed, and the far end shows none twice")
    func renewal() throws {
        var bench = try SessionBench()
        for number in 0..<4 { try bench.queue(OutgoingMessage("m\(number)", "text \(number)")) }
        // The first is answered; the second arrives and its answer is lost; the third is lost; the fourth waits.
        let first = try bench.nextFromA()
        try bench.feedB(first.bytes)
        try bench.feedA(bench.nextFromB().bytes)
        try bench.feedB(bench.nextFromA().bytes)
        _ = bench.takeFromA()
        let restarts = try bench.reconnect()
        #expect(restarts.isEmpty)
        #expect(bench.a.unconfirmedMessages == ["m1", "m2", "m3"])
        try bench.run()
        let shown = bench.eventsB.map(\.summary).filter { $0.hasPrefix("message") }
        #expect(shown == (0..<4).map { "message m\($0) text \($0)" })
        #expect(bench.a.unconfirmedMessages.isEmpty)
    }

    @Test("what a relay has answered is sent again as well, until the far end has reported it")
    func relayedRenewal() throws {
        let path = try MSRPPath("\(SessionBench.relay) \(SessionBench.pathB)")
        var bench = try SessionBench { if $0.local.port == 1 { $0.target = path } }
        for number in 0..<2 {
            var message = OutgoingMessage("m\(number)", "text \(number)")
            message.successReport = true
            try bench.queue(message)
        }
        for _ in 0..<2 {
            let chunk = try bench.nextFromA()
            #expect(ByteString(chunk.bytes).text.contains("To-Path: \(path.text.text)\r\n"))
            try bench.feedA(SessionBench.response(200, to: chunk))
        }
        try bench.feedA(
            "MSRP rep1 REPORT\r\nTo-Path: \(SessionBench.pathA)\r\nFrom-Path: \(SessionBench.pathB)\r\n"
                + "Message-ID: m0\r\nByte-Range: 1-6/6\r\nStatus: 000 200 OK\r\n-------rep1$\r\n"
        )
        // The relay has answered for itself, not for the far end.
        #expect(bench.eventsA.map(\.summary) == ["sent m0", "sent m1", "bound", "delivered m0"])
        bench.a.fire(at: bench.now + .seconds(60), into: &bench.eventsA)
        #expect(bench.eventsA.last?.summary == "overdue m1")
        _ = bench.a.renew(local: try MSRPURI(SessionBench.pathA), target: path)
        #expect(bench.a.unconfirmedMessages == ["m1"])
        #expect(ByteString(try bench.nextFromA().bytes).text.contains("Message-ID: m1\r\n"))
        #expect(bench.takeFromA() == nil)
    }

    @Test("one who says nothing for a while asks whether the peer is there, and tells when it is not")
    func idleKeepAlive() throws {
        var bench = try SessionBench { $0.keepAlive = .seconds(60) }
        bench.a.sendKeepAlive()
        try bench.run()
        #expect(bench.a.nextDeadline == bench.now + .seconds(60))
        // To be looked at meanwhile is not to say something.
        bench.now += .seconds(30)
        bench.a.fire(at: bench.now, into: &bench.eventsA)
        #expect(bench.takeFromA() == nil)
        bench.now += .seconds(30)
        bench.a.fire(at: bench.now, into: &bench.eventsA)
        let asked = try bench.nextFromA()
        #expect(ByteString(asked.bytes).text.contains("Byte-Range: 1-0/0\r\n"))
        try bench.feedA(SessionBench.response(200, to: asked))
        #expect(bench.eventsA.map(\.summary) == ["alive", "alive"])
        bench.now += .seconds(60)
        bench.a.fire(at: bench.now, into: &bench.eventsA)
        _ = try bench.nextFromA()
        bench.now += .seconds(30)
        bench.a.fire(at: bench.now, into: &bench.eventsA)
        #expect(bench.eventsA.last?.summary == "silent")
    }

    @Test("a message without an answer makes the session ask whether the peer is there at all")
    func overdueProbe() throws {
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("one", "x"))
        _ = try bench.nextFromA()
        bench.now += .seconds(30)
        bench.a.fire(at: bench.now, into: &bench.eventsA)
        #expect(bench.eventsA.last?.summary == "overdue one")
        #expect(ByteString(try bench.nextFromA().bytes).text.contains("Byte-Range: 1-0/0\r\n"))
        #expect(bench.a.nextDeadline == bench.now + .seconds(30))
        bench.a.fire(at: bench.now + .seconds(30), into: &bench.eventsA)
        #expect(bench.eventsA.last?.summary == "silent")
    }

    @Test("a streamed message goes on behind what was confirmed")
    func streamRenewal() throws {
        var bench = try SessionBench(delivery: .streamed(limit: 1_000_000))
        let content = (0..<6_000).map { UInt8(truncatingIfNeeded: $0 / 100) }
        try bench.queue(OutgoingMessage(file: "file", size: 6_000))
        bench.a.supply(ByteString(content), isLast: true, to: "file")
        let first = try bench.nextFromA()
        try bench.feedB(first.bytes)
        try bench.feedA(bench.nextFromB().bytes)
        try bench.feedB(bench.nextFromA().bytes.dropLast(1_000))
        let restarts = try bench.reconnect()
        #expect(restarts.map(\.place) == [2_048])
        bench.a.supply(ByteString(Array(content[2_048...])), isLast: true, to: "file")
        try bench.run()
        var received: [UInt8] = []
        for case .incoming(.data(_, let bytes)) in bench.eventsB { received += bytes.bytes }
        #expect(received == content)
        #expect(bench.eventsB.last?.summary == "completed file 6000")
    }
}

extension SessionBench {
    fileprivate mutating func feedB(_ bytes: ArraySlice<UInt8>) throws { try feedB(Array(bytes)) }
}
