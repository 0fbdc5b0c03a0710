import Testing
import Wire

@testable import MSRP

@Suite("Writing chunks")
struct ChunkWritingTests {
    private func head(of text: String) throws -> ChunkHead {
        var parser = ChunkParser()
        var input = ByteString(text)
        guard case .head(let head) = try parser.next(&input) else { throw MSRPParseError(.startLine, at: 0) }
        return head
    }

    @Test("every example that is written again reads as it did", arguments: Fixture.names)
    func roundTrip(name: String) throws {
        var parser = ChunkParser()
        var input = ByteString(try Fixture.bytes(name))
        var (head, body, flag): (ChunkHead?, [UInt8], ContinuationFlag) = (nil, [], .complete)
        while let event = try parser.next(&input) {
            switch event {
            case .head(let read): head = read
            case .body(let piece): body += piece.bytes
            case .end(let read): flag = read
            }
        }
        let written = try #require(head).chunk(body: ByteString(body), flag: flag)
        let again = try ChunkParser.read(written.bytes)
        #expect(again == (try ChunkParser.read(Fixture.bytes(name))))
    }

    @Test("random messages with hostile bodies read as they were written, at any split")
    func randomRoundTrip() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the random messages: \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let pieces = ["\r\n", "-------", "-", "\r", "\n", "x", "$", "+", "MSRP "]
            let body = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            var head = ChunkHead(transactionID: .empty, .request(.send))
            head.toPath = "msrp://b.test:2/b;tcp"
            head.fromPath = "msrp://a.test:1/a;tcp"
            head.contentType = "text/plain"
            let bytes = Self.chunk(head, body, using: &generator).bytes
            let point = Int.random(in: 0...bytes.count, using: &generator)
            let chunks = try ChunkParser.read(bytes, splitAt: [point])
            #expect(chunks.map(\.body) == [Array(body.utf8)], "seed \(seed)")
            #expect(chunks.first?.flag == .continued)
        }
    }

    private static func chunk(
        _ head: ChunkHead,
        _ body: String,
        suppliedIn points: [Int] = [],
        using generator: inout some RandomNumberGenerator
    ) -> (id: TransactionID, bytes: [UInt8]) {
        var (output, pieces, start) = (ChunkOutput(), ChunkBody(), 0)
        let whole = ByteString(body)
        for point in points + [whole.count] {
            pieces.append(whole[start..<point])
            start = point
        }
        let range = ByteRange(start: 1, end: nil, total: nil)
        let id = ChunkTemplate(head).write(range, .continued, pieces, to: &output, using: &generator)
        return (id, output.bytes)
    }

    /// Gives the numbers it was made with.
    private struct Scripted: RandomNumberGenerator {
        var numbers: [UInt64]
        mutating func next() -> UInt64 { numbers.removeFirst() }
    }

    @Test("a transaction identifier whose end-line is in the body is not taken")
    func identifierAgainstBody() {
        var head = ChunkHead(transactionID: .empty, .request(.send))
        head.contentType = "text/plain"
        let taken = TransactionID(value: 7)
        let bodies = ["-------\(taken.text)$", "x--------\(taken.text)", "\r\n-------\(taken.text)+\r\n"]
        for start in 0..<120 {
            for body in bodies {
                var generator = Scripted(numbers: [7, 8])
                let text = String(repeating: "x", count: start) + body
                let (id, bytes) = Self.chunk(head, text, using: &generator)
                #expect(id.value == 8)
                #expect(ByteString(bytes).text.hasPrefix("MSRP \(id.text) SEND\r\n"))
            }
        }
        for body in bodies {
            let text = "before it \(body) behind it"
            for point in 0...text.utf8.count {
                var generator = Scripted(numbers: [7, 8])
                #expect(Self.chunk(head, text, suppliedIn: [point], using: &generator).id.value == 8)
            }
            var generator = Scripted(numbers: [7, 8])
            let points = Array(0...text.utf8.count)
            #expect(Self.chunk(head, text, suppliedIn: points, using: &generator).id.value == 8)
        }
        var generator = Scripted(numbers: [7])
        #expect(Self.chunk(head, "------\(taken.text)$", using: &generator).id == taken)
    }

    @Test("a long body goes out between what is written around it, as it was supplied and not copied")
    func longBodies() throws {
        var head = ChunkHead(transactionID: .empty, .request(.send))
        (head.toPath, head.fromPath) = ("msrp://b.test:2/b;tcp", "msrp://a.test:1/a;tcp")
        head.contentType = "text/plain"
        let long = ByteString([UInt8](repeating: 0x78, count: ChunkOutput.sharedSize))
        var (output, generator) = (ChunkOutput(), SeededGenerator(seed: 1))
        for piece in ["short", long, "short", long[1...], long] {
            var body = ChunkBody()
            body.append(piece)
            let range = ByteRange(start: 1, end: nil, total: nil)
            _ = ChunkTemplate(head).write(range, .complete, body, to: &output, using: &generator)
        }
        let pieces = output.pieces
        #expect(pieces.count == 5)
        #expect(Self.address(of: pieces[1]) == Self.address(of: long))
        #expect(Self.address(of: pieces[3]) == Self.address(of: long))
        #expect(output.count == output.bytes.count)
        let sizes = try ChunkParser.read(output.bytes).map(\.body.count)
        #expect(sizes == [5, long.count, 5, long.count - 1, long.count])
        output.removeAll()
        #expect(output.isEmpty && output.pieces.isEmpty)
    }

    private static func address(of bytes: ByteString) -> Int {
        let span = bytes.span
        return unsafe span.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
    }

    @Test("an identifier is read back, and nobody else's is taken for ours")
    func identifierText() {
        for value in [0, 1, 31, 1 << 63, UInt64.max, 0x1234_5678_9ABC_DEF0] {
            let id = TransactionID(value: value)
            #expect(id.text.count == 13)
            #expect(TransactionID(id.text) == id)
        }
        for text in ["", "abcd", "zzzzzzzzzzzzz", "000000000000u", "00000000000000"] {
            #expect(TransactionID(ByteString(text)) == nil)
        }
    }

    @Test("a session id has more than 80 random bits, and no two are alike")
    func sessionIdentifiers() {
        var generator = SystemRandomNumberGenerator()
        let ids = Set((0..<100).map { _ in RandomIdentifier.sessionID(using: &generator) })
        #expect(ids.count == 100)
        #expect(ids.allSatisfy { $0.utf8.count == 20 })
    }

    @Test("the response to a SEND goes one hop back, that to another request all the way")
    func responsePath() throws {
        let paths =
            "To-Path: msrp://c.test:3/c;tcp\r\nFrom-Path: msrp://b.test:2/b;tcp msrp://a.test:1/a;tcp\r\n"
        let send = try head(of: "MSRP abcd SEND\r\n\(paths)-------abcd$\r\n")
        let answer = try #require(send.response(.ok, from: "msrp://c.test:3/c;tcp"))
        let text =
            "MSRP abcd 200 OK\r\nTo-Path: msrp://b.test:2/b;tcp\r\nFrom-Path: msrp://c.test:3/c;tcp\r\n"
        #expect(ByteString(answer.chunk().bytes).text == text + "-------abcd$\r\n")
        let nickname = try head(of: "MSRP abcd NICKNAME\r\n\(paths)-------abcd$\r\n")
        #expect(
            nickname.response(.unknownMethod, from: "msrp://c.test:3/c;tcp")?.toPath
                == "msrp://b.test:2/b;tcp msrp://a.test:1/a;tcp"
        )
        let report = try head(of: "MSRP abcd REPORT\r\n\(paths)-------abcd$\r\n")
        #expect(report.response(.ok, from: "msrp://c.test:3/c;tcp") == nil)
    }

    @Test("a value can neither end its field nor begin another")
    func injection() {
        var head = ChunkHead(transactionID: "abcd", .request(.send))
        head.otherFields = [ChunkHead.Field("X", "a\r\n-------abcd$\r\nMSRP")]
        #expect(ByteString(head.chunk().bytes).text.contains("X: a  -------abcd$  MSRP\r\n"))
    }

    @Test("Content-Type is the last field, and without one there is no body")
    func contentType() {
        var head = ChunkHead(transactionID: "abcd", .request(.send))
        head.toPath = "t"
        head.fromPath = "f"
        head.messageID = "m"
        head.successReport = true
        head.failureReport = .partial
        head.byteRange = ByteRange(start: 1, end: nil, total: 5)
        head.otherFields = [ChunkHead.Field("Content-Disposition", "inline")]
        let fields =
            "MSRP abcd SEND\r\nTo-Path: t\r\nFrom-Path: f\r\nMessage-ID: m\r\nSuccess-Report: yes\r\n"
            + "Failure-Report: partial\r\nByte-Range: 1-*/5\r\nContent-Disposition: inline\r\n"
        #expect(ByteString(head.chunk(body: "hello").bytes).text == fields + "-------abcd$\r\n")
        head.contentType = "text/plain"
        let end = "Content-Type: text/plain\r\n\r\nhello\r\n-------abcd#\r\n"
        #expect(ByteString(head.chunk(body: "hello", flag: .aborted).bytes).text == fields + end)
    }
}
