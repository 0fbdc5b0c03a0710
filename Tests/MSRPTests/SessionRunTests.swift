import MSRP
import Testing
import Wire

/// One end of a session that is fed either event by event or in runs, and what it told.
private struct End {
    var session: Session
    let takesRuns: Bool
    private var parser = ChunkParser()
    private var generator = SeededGenerator(seed: 7)
    /// The bytes of messages, and everything else in its order.
    private(set) var bodies: [ByteString: [UInt8]] = [:]
    private(set) var told: [String] = []
    /// How many bytes were taken in runs.
    private(set) var runBytes = 0

    init(_ session: Session, takesRuns: Bool) { (self.session, self.takesRuns) = (session, takesRuns) }

    /// Takes a slice, as the owner of a connection does.
    mutating func feed(_ slice: ArraySlice<UInt8>) {
        var input = ByteString(Array(slice))
        do {
            while true {
                if takesRuns { takeRun(&input) }
                var events: [SessionEvent] = []
                guard let event = try parser.next(&input) else { return }
                session.receive(event, using: &generator, into: &events)
                note(events)
            }
        } catch {
            told.append("\(error)")
        }
    }

    private mutating func takeRun(_ input: inout ByteString) {
        let size = input.count
        var events: [SessionEvent] = []
        session.receiveConfirmations(parser, &input, into: &events)
        note(events)
        if let messageID = session.runMessage(parser) {
            var body: [UInt8] = []
            session.receiveRun(parser, &input, of: messageID) { piece in
                piece.append(to: &body)
                return true
            }
            if !body.isEmpty { bodies[messageID, default: []] += body }
        }
        runBytes += size - input.count
    }

    /// Takes a run of a message.
    ///
    /// - Returns: How many bytes it had.
    mutating func run(_ bytes: [UInt8], of messageID: ByteString, _ take: (ByteString) -> Bool) -> Int {
        var input = ByteString(bytes)
        session.receiveRun(parser, &input, of: messageID, take)
        return bytes.count - input.count
    }

    private mutating func note(_ events: [SessionEvent]) {
        for event in events {
            if case .incoming(.data(let messageID, let bytes)) = event {
                bytes.append(to: &bodies[messageID, default: []])
            } else {
                told.append(event.summary)
            }
        }
    }

    /// All that it has to send.
    mutating func output() -> [UInt8] {
        var output = ChunkOutput()
        var events: [SessionEvent] = []
        while session.writeNext(to: &output, at: .now, using: &generator, into: &events) {}
        note(events)
        return output.bytes
    }
}

@Suite("What is like what came before is taken in runs")
struct SessionRunTests {
    /// Both ends, once fed event by event and once in runs.
    private func ends(
        _ configure: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> (a: [End], b: [End]) {
        let bench = try SessionBench(delivery: .streamed(limit: 1_000_000)) {
            $0.chunkSize = 300
            configure(&$0)
        }
        return (
            [End(bench.a, takesRuns: false), End(bench.a, takesRuns: true)],
            [End(bench.b, takesRuns: false), End(bench.b, takesRuns: true)]
        )
    }

    /// The chunks of a message, with what looks like end-lines in it.
    private func chunks(
        of session: inout Session,
        size: Int,
        seed: UInt64
    ) -> (body: [UInt8], chunks: [[UInt8]]) {
        var generator = SeededGenerator(seed: seed)
        var body: [UInt8] = []
        while body.count < size {
            if generator.next() % 50 == 0 { body += Array("\r\n-------0123456789abc+\r\n".utf8) }
            body.append(UInt8(truncatingIfNeeded: generator.next()))
        }
        var events: [SessionEvent] = []
        _ = session.send(OutgoingMessage(file: "f", size: UInt64(body.count)))
        session.supply(ByteString(body), isLast: true, to: "f")
        var chunks: [[UInt8]] = []
        while true {
            var output = ChunkOutput()
            guard session.writeNext(to: &output, at: .now, using: &generator, into: &events) else { break }
            chunks.append(output.bytes)
        }
        return (body, chunks)
    }

    @Test("wherever the stream is cut, the same comes of it, the message and the responses")
    func everySplit() throws {
        var (a, b) = try ends()
        let (body, chunks) = chunks(of: &a[0].session, size: 1_500, seed: 3)
        let wire = chunks.flatMap(\.self)
        b[0].feed(wire[...])
        let answers = b[0].output()
        #expect(b[0].bodies == ["f": body])
        #expect(b[0].told == ["bound", "began f", "completed f \(body.count)"])
        let fresh = b[1]
        var longest = 0
        for split in 0...wire.count {
            var end = fresh
            end.feed(wire[..<split])
            end.feed(wire[split...])
            longest = max(longest, end.runBytes)
            guard end.bodies == b[0].bodies, end.told == b[0].told, end.output() == answers else {
                Issue.record("cut at \(split)")
                return
            }
        }
        // All but the first chunk and the last one.
        #expect(longest == chunks.dropFirst().dropLast().reduce(0) { $0 + $1.count })
    }

    @Test("responses in a run confirm what they would confirm one by one, wherever they are cut")
    func confirmations() throws {
        var (a, b) = try ends()
        for index in a.indices {
            let (_, chunks) = chunks(of: &a[index].session, size: 1_500, seed: 3)
            b[index].feed(chunks.flatMap(\.self)[...])
        }
        let answers = b[0].output()
        #expect(b[1].output() == answers)
        let fresh = a[1]
        a[0].feed(answers[...])
        #expect(a[0].told == ["accepted f"])
        for split in 0...answers.count {
            var end = fresh
            end.feed(answers[..<split])
            end.feed(answers[split...])
            guard end.told == a[0].told, end.session.unconfirmedMessages.isEmpty,
                end.session.nextDeadline == a[0].session.nextDeadline
            else {
                Issue.record("cut at \(split)")
                return
            }
        }
    }

    @Test("responses in the wrong order confirm as well")
    func wrongOrder() throws {
        for takesRuns in [false, true] {
            var (a, b) = try ends()
            var end = a[takesRuns ? 1 : 0]
            b[0].feed(chunks(of: &end.session, size: 3_000, seed: 5).chunks.flatMap(\.self)[...])
            let mark = "MSRP "
            let answers = ByteString(b[0].output()).text.split(separator: mark).map { mark + $0 }
            #expect(answers.count > 9)
            for answer in answers.dropFirst().reversed() { end.feed(Array(answer.utf8)[...]) }
            #expect(end.told.isEmpty)
            end.feed(Array(answers[0].utf8)[...])
            #expect(end.told == ["accepted f"])
        }
    }

    @Test("whatever is lost, repeated, mixed up or broken, the same comes of it")
    func disorder() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the disorder: \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var (a, b) = try ends { if generator.next() % 4 == 0 { $0.delivery = .streamed(limit: 1_000) } }
            var (_, chunks) = chunks(of: &a[0].session, size: 2_400, seed: generator.next())
            for _ in 0..<generator.next() % 3 { disturb(&chunks, using: &generator) }
            let wire = chunks.flatMap(\.self)
            let cut = Int(generator.next() % UInt64(wire.count + 1))
            for index in b.indices {
                b[index].feed(wire[..<cut])
                b[index].feed(wire[cut...])
            }
            #expect(b[1].bodies == b[0].bodies)
            #expect(b[1].told == b[0].told)
            #expect(b[1].output() == b[0].output())
        }
    }

    private func disturb(_ chunks: inout [[UInt8]], using generator: inout SeededGenerator) {
        let place = Int(generator.next() % UInt64(chunks.count))
        let other = Int(generator.next() % UInt64(chunks.count))
        switch generator.next() % 9 {
        case 0: chunks.remove(at: place)
        case 1: chunks.swapAt(place, other)
        case 2: chunks.insert(chunks[other], at: place)
        case 3: chunks[place][chunks[place].count - 3] = UInt8(ascii: "#")
        case 4: chunks[place][chunks[place].count - 3] = UInt8(ascii: "$")
        case 5: chunks.insert(Array(SessionBench.request("Message-ID: g\r\n", body: "other").utf8), at: place)
        case 6:
            chunks.insert(Array(SessionBench.request("Message-ID: f\r\n", method: "REPORT").utf8), at: place)
        case 7:
            // The range says another size than the body has, or another place.
            guard let name = chunks[place].firstRange(of: Array("Byte-Range: ".utf8)) else { return }
            chunks[place][name.upperBound] = UInt8(ascii: "1") + UInt8(generator.next() % 9)
        default: chunks[place][Int(generator.next() % UInt64(chunks[place].count))] = UInt8(ascii: "-")
        }
    }

    @Test("a run ends where its taker wants no more, and what was taken is answered")
    func refusal() throws {
        var (a, b) = try ends()
        let (_, chunks) = chunks(of: &a[0].session, size: 2_400, seed: 9)
        b[0].feed(chunks[0][...])
        #expect(!b[0].output().isEmpty)
        let taken = b[0].run(chunks[1...].flatMap(\.self), of: "f") { _ in false }
        #expect(taken == chunks[1].count)
        #expect(ByteString(b[0].output()).text.split(separator: " 200 OK").count == 2)
    }
}
