import MSRP
import Testing
import Wire

@Suite("A session receives")
struct SessionIncomingTests {
    private func status(_ bench: inout SessionBench) -> String? {
        bench.takeFromB().map { ByteString($0.bytes).text.split(separator: " ")[2].prefix(3) }.map(
            String.init
        )
    }

    @Test("a request for another path is refused with 481 and ignored")
    func wrongPath() throws {
        var bench = try SessionBench()
        let request = SessionBench.request("Message-ID: 1\r\n", body: "x")
        for path in [
            "msrp://b.test:2/BBBBBBBBBBBBBBBBBBBB;tcp", "msrp://b.test:2;tcp",
            "msrps://b.test:2/bbbbbbbbbbbbbbbbbbbb;tcp",
            SessionBench.pathB + " " + SessionBench.pathB,
        ] {
            try bench.feedB(request.replacing(SessionBench.pathB, with: path))
            #expect(status(&bench) == "481", "\(path)")
        }
        #expect(bench.eventsB.isEmpty)
        try bench.feedB(
            request.replacing(
                SessionBench.pathB,
                with: SessionBench.pathB.replacing("b.test", with: "B.TEST")
            )
        )
        #expect(status(&bench) == "200")
    }

    @Test("behind a gateway the session id alone decides, where that is allowed")
    func sessionMatching() throws {
        var bench = try SessionBench { $0.pathMatching = .sessionID }
        let request = SessionBench.request("Message-ID: 1\r\n", body: "x")
        try bench.feedB(request.replacing("b.test:2", with: "gateway.test:9"))
        #expect(status(&bench) == "200")
    }

    @Test("a method nobody knows is answered with 501, a spoiled request with 400, a REPORT never")
    func otherRequests() throws {
        var bench = try SessionBench()
        try bench.feedB(SessionBench.request("", method: "NICKNAME"))
        #expect(status(&bench) == "501")
        try bench.feedB(SessionBench.request("Byte-Range: x\r\nMessage-ID: 1\r\n", body: "x"))
        #expect(status(&bench) == "400")
        try bench.feedB(SessionBench.request("", body: "x"))
        #expect(status(&bench) == "400")
        try bench.feedB(SessionBench.request("Message-ID: 1\r\nStatus: 9\r\n", method: "REPORT"))
        try bench.feedB(SessionBench.request("Message-ID: 1\r\nStatus: 000 413\r\n", method: "REPORT"))
        #expect(status(&bench) == nil)
    }

    @Test("a sender that wants no failures hears none")
    func silentRefusal() throws {
        var bench = try SessionBench { $0.acceptedTypes = ["text/html"] }
        try bench.feedB(SessionBench.request("Message-ID: 1\r\nFailure-Report: no\r\n", body: "x"))
        #expect(status(&bench) == nil)
        try bench.feedB(SessionBench.request("Message-ID: 2\r\n", body: "x"))
        #expect(status(&bench) == "415")
    }

    @Test(
        "the types of accept-types are taken, and multipart always",
        arguments: [
            ("text/plain", true), ("TEXT/Plain;charset=utf-8", true), ("image/png", true),
            ("text/html", false),
            ("multipart/mixed", true), ("multipart/alternative", true), ("nonsense", false),
        ]
    )
    func acceptedTypes(type: String, isTaken: Bool) throws {
        var bench = try SessionBench { $0.acceptedTypes = ["text/plain", "image/*"] }
        let request = SessionBench.request("Message-ID: 1\r\n", body: "x")
        try bench.feedB(request.replacing("text/plain", with: type))
        #expect(status(&bench) == (isTaken ? "200" : "415"))
    }

    @Test("a message that grows too large is refused before its chunk ends, and its other chunks too")
    func tooLarge() throws {
        var bench = try SessionBench(delivery: .whole(limit: 100))
        let request = SessionBench.request(
            "Message-ID: 1\r\nByte-Range: 1-*/*\r\n",
            body: String(repeating: "x", count: 200),
            flag: "+"
        )
        try bench.feedB(String(request.dropLast(40)))
        #expect(status(&bench) == "413")
        try bench.feedB(String(request.suffix(40)))
        #expect(status(&bench) == nil, "a request is answered once")
        try bench.feedB(SessionBench.request("Message-ID: 1\r\nByte-Range: 201-202/*\r\n", body: "xx"))
        #expect(status(&bench) == "413")
        try bench.feedB(
            SessionBench.request("Message-ID: 2\r\nByte-Range: 1-2/101\r\n", body: "xx", flag: "+")
        )
        #expect(status(&bench) == "413", "what it claims is enough")
        try bench.feedB(SessionBench.request("Message-ID: 3\r\n", body: "xx"))
        #expect(status(&bench) == "200")
    }

    @Test("an owner that has enough of a message stops its sender at once")
    func ownerRefuses() throws {
        var bench = try SessionBench(delivery: .streamed(limit: 1_000_000))
        let request = SessionBench.request("Message-ID: 1\r\n", body: String(repeating: "x", count: 500))
        try bench.feedB(String(request.dropLast(100)))
        bench.b.refuse("1", into: &bench.eventsB)
        #expect(status(&bench) == "413")
        try bench.feedB(String(request.suffix(100)))
        #expect(status(&bench) == nil)
        #expect(bench.eventsB.last?.summary == "refused 1 413")
    }

    @Test("a message that comes again is answered and reported again, and shown once")
    func duplicates() throws {
        var bench = try SessionBench()
        for _ in 0..<3 {
            try bench.feedB(SessionBench.request("Message-ID: 1\r\nSuccess-Report: yes\r\n", body: "hello"))
            #expect(status(&bench) == "200")
            #expect(
                bench.takeFromB().map { ByteString($0.bytes).text.contains("Byte-Range: 1-5/5\r\n") } == true
            )
        }
        #expect(bench.eventsB.map(\.summary) == ["bound", "message 1 hello"])
    }

    @Test("the first request binds a session to its connection; another connection is refused with 506")
    func directory() throws {
        var parser = ChunkParser()
        func head(_ text: String) throws -> ChunkHead {
            var input = ByteString(text)
            while let event = try parser.next(&input) {
                if case .head(let head) = event { return head }
            }
            throw MSRPParseError(.startLine, at: 0)
        }
        let request = try head(
            "MSRP a1b2 SEND\r\nTo-Path: \(SessionBench.pathB)\r\nFrom-Path: x\r\n-------a1b2$\r\n"
        )
        parser = ChunkParser()
        let stray = try head(
            "MSRP a1b2 SEND\r\nTo-Path: \(SessionBench.pathA)\r\nFrom-Path: x\r\n-------a1b2$\r\n"
        )
        parser = ChunkParser()
        let report = try head("MSRP a1b2 REPORT\r\nTo-Path: \(SessionBench.pathA)\r\n-------a1b2$\r\n")
        parser = ChunkParser()
        let response = try head("MSRP a1b2 200 OK\r\nTo-Path: \(SessionBench.pathB)\r\n-------a1b2$\r\n")
        let local = try MSRPURI(SessionBench.pathB)
        var directory = SessionDirectory<Int>()
        directory.insert(local)
        #expect(directory.admit(response, on: 2) == .session(local))
        for _ in 0..<2 { #expect(directory.admit(request, on: 1) == .session(local)) }
        #expect(directory.admit(request, on: 2) == .refused(.boundElsewhere))
        #expect(directory.admit(response, on: 2) == .ignored)
        #expect(directory.admit(stray, on: 1) == .refused(.sessionDoesNotExist))
        #expect(directory.admit(report, on: 1) == .ignored)
        #expect(directory.sessions(on: 1) == [local])
        #expect(directory.end(1) == [local])
        #expect(directory.admit(request, on: 2) == .session(local))
        directory.remove(local)
        #expect(directory.admit(request, on: 2) == .refused(.sessionDoesNotExist))
        let answer = SessionDirectory<Int>.response(.sessionDoesNotExist, to: stray)
        #expect(answer.map { ByteString($0.bytes).text.hasPrefix("MSRP a1b2 481 ") } == true)
    }

    @Test("one session hears of its own responses alone, whatever path they name")
    func awaiting() throws {
        var bench = try SessionBench()
        try bench.queue(OutgoingMessage("one", "x"))
        let chunk = try bench.nextFromA()
        let id = ByteString(String(ByteString(chunk.bytes).text.split(separator: " ")[1]))
        #expect(bench.a.awaits(id))
        #expect(!bench.b.awaits(id))
        #expect(!bench.a.awaits("abcd"))
    }

    @Test("a peer that sends and reads no answers gets no more than so many")
    func answerFlood() throws {
        var limits = MSRPLimits()
        limits.queuedAnswers = 10
        var bench = try SessionBench { $0.limits = limits }
        for number in 0..<50 { try bench.feedB(SessionBench.request("Message-ID: \(number)\r\n", body: "x")) }
        #expect(!bench.b.takesInput)
        var count = 0
        while bench.takeFromB() != nil { count += 1 }
        #expect(count == 20)
        #expect(bench.b.takesInput)
    }

    @Test("random chunks of a conversation, changed and cut, trap nothing")
    func randomChunks() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the random conversation: \(seed)")
        var generator = SeededGenerator(seed: seed)
        let numbers = ["0", "1", "2", "5", "9007199254740992", "*", "", "18446744073709551615"]
        let methods = ["SEND", "SEND", "SEND", "REPORT", "AUTH", "200 OK", "413"]
        for _ in 0..<40 {
            let streams = Bool.random(using: &generator)
            var bench = try SessionBench(delivery: streams ? .streamed(limit: .max) : .whole(limit: 10_000))
            for _ in 0..<60 {
                func pick(_ choices: [String]) -> String { choices.randomElement(using: &generator) ?? "" }
                var fields = "Message-ID: \(pick(["1", "2", "3", "4"]))\r\n"
                if Bool.random(using: &generator) {
                    fields += "Byte-Range: \(pick(numbers))-\(pick(numbers))/\(pick(numbers))\r\n"
                }
                fields += pick([
                    "", "Success-Report: yes\r\n", "Failure-Report: partial\r\n", "Status: 000 200\r\n",
                ])
                let body = Bool.random(using: &generator) ? String(repeating: "x", count: 30) : nil
                let text = SessionBench.request(
                    fields,
                    body: body,
                    method: pick(methods),
                    flag: pick(["$", "+", "#"])
                )
                try bench.feedB(text)
            }
            while bench.takeFromB() != nil {}
        }
    }
}
