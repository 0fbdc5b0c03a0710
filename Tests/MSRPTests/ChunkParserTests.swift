import MSRP
import Testing
import Wire

@Suite("Chunks")
struct ChunkParserTests {
    private static let paths = "To-Path: msrp://b.test:2/b;tcp\r\nFrom-Path: msrp://a.test:1/a;tcp\r\n"

    private func chunk(
        _ fields: String,
        _ body: String,
        id: String = "abcd1234",
        flag: String = "$"
    ) -> [UInt8] {
        Array("MSRP \(id) SEND\r\n\(Self.paths)\(fields)\r\n\(body)\r\n-------\(id)\(flag)\r\n".utf8)
    }

    @Test("every printed example is one chunk, and nothing is left over", arguments: Fixture.names)
    func samples(name: String) throws {
        let bytes = try Fixture.bytes(name)
        let chunks = try ChunkParser.read(bytes)
        #expect(chunks.count == 1)
        let chunk = try #require(chunks.first)
        #expect(chunk.flag != nil)
        let word = name.split(separator: "-")[2]
        switch chunk.start {
        case .request(let method): #expect(method.text.text == word)
        case .response(let code, _): #expect("\(code.rawValue)" == word)
        }
    }

    @Test("all examples are there")
    func sampleCount() { #expect(Fixture.names.count == 82) }

    @Test("every split point of every example gives the same chunk", arguments: Fixture.names)
    func splits(name: String) throws {
        let bytes = try Fixture.bytes(name)
        let whole = try ChunkParser.read(bytes)
        for point in 1..<bytes.count {
            #expect(try ChunkParser.read(bytes, splitAt: [point]) == whole, "split at \(point)")
        }
        #expect(try ChunkParser.read(bytes, splitAt: Array(1..<bytes.count)) == whole, "byte by byte")
    }

    @Test("a chunk that is like the one before it is read as if it were the first", arguments: Fixture.names)
    func alike(name: String) throws {
        let bytes = try Fixture.bytes(name)
        let first = try #require(try ChunkParser.read(bytes).first)
        let id = first.transactionID.text
        let other = Array(ByteString(bytes).text.replacing(id, with: "another1d").utf8)
        let second = try ChunkParser.read(other)
        #expect(second.first?.transactionID == "another1d")
        #expect(try ChunkParser.read(bytes + bytes + other) == [first, first] + second)
        for point in bytes.count..<bytes.count + other.count {
            #expect(try ChunkParser.read(bytes + other, splitAt: [point]) == [first] + second)
        }
    }

    @Test("a folded field of a printed example is one field")
    func folded() throws {
        let chunk = try #require(
            try ChunkParser.read(Fixture.bytes("rfc4976-05-SEND-xght6.msrp")).first
        )
        let path = try MSRPPath(parsing: try #require(chunk.fields[1]))
        #expect(path.uris.count == 3)
        #expect(path.last?.host == "alice.example.org")
    }

    @Test("what looks like an end-line in a body is body, at every split point")
    func falseEnds() throws {
        let bodies = [
            "-------abcd1234", "-------abcd1234x", "x-------abcd1234$\r\n", "\r\n-------abcd1234x\r\n",
            "\r\n-------abcd1234$x", "\r\n-------abcd1234$\rx", "\r\n------abcd1234$\r\n",
            "\r\n--------abcd1234$\r\n", "\r\n-------abcd123$\r\n", "\r\n-------abcd1234$\r",
            "\n-------abcd1234$\r\n", "\r-------abcd1234$\r\n", "----------------------------------------",
            "\r\n\r\n\r\n", "\r\r\r\n\n", "", "\r", "\n", "-", "\r\n",
            String(repeating: "\r\n-------", count: 9), "\r\n-------abcd1234$\r\r\n-------",
        ]
        for body in bodies {
            let bytes = chunk("Message-ID: 1\r\nContent-Type: text/plain\r\n", body)
            for point in 1..<bytes.count {
                let chunks = try ChunkParser.read(bytes, splitAt: [point])
                #expect(
                    chunks.map(\.body) == [Array(body.utf8)],
                    "\(body.debugDescription) split at \(point)"
                )
                #expect(chunks.first?.flag == .complete)
            }
            let single = try ChunkParser.read(bytes, splitAt: Array(1..<bytes.count))
            #expect(single.map(\.body) == [Array(body.utf8)])
        }
    }

    @Test("an end-line is found wherever it stands, and whatever stands before it")
    func ends() throws {
        let head = "Message-ID: 1\r\nContent-Type: text/plain\r\n"
        for length in 0..<140 {
            for filler in ["-", "----x"] {
                let body = Array(String(repeating: filler, count: length).utf8.prefix(length))
                let bytes = chunk(head, String(decoding: body, as: UTF8.self))
                let chunks = try ChunkParser.read(bytes + bytes)
                #expect(chunks.map(\.body) == [body, body], "\(length) of \(filler.debugDescription)")
            }
        }
        var generator = SeededGenerator(seed: 11)
        let pieces = ["-", "--", "----", "-------", "\r", "\n", "\r\n", "\r\n-------", "abcd1234", "$", "x"]
        for _ in 0..<100 {
            let body = (0..<100).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            // The line end behind the body may be that of an end-line in it.
            guard !Array((body + "\r\n").utf8).contains(Array("\r\n-------abcd1234$\r\n".utf8)) else {
                continue
            }
            let chunks = try ChunkParser.read(chunk(head, body))
            #expect(chunks.map(\.body) == [Array(body.utf8)], "\(body.debugDescription)")
        }
    }

    @Test("an empty body may lack the line end of its own")
    func emptyBody() throws {
        let text = "MSRP abcd SEND\r\n\(Self.paths)Content-Type: text/plain\r\n\r\n-------abcd+\r\n"
        let chunks = try ChunkParser.read(Array(text.utf8))
        #expect(chunks.map(\.body) == [[]])
        #expect(chunks.first?.flag == .continued)
    }

    @Test("a body whose empty line is missing begins behind Content-Type, at every split point")
    func missingEmptyLine() throws {
        let text = "MSRP abcd SEND\r\n\(Self.paths)Content-Type: text/html\r\n<p>a: b</p>\r\n-------abcd$\r\n"
        for point in 1..<text.utf8.count {
            let chunks = try ChunkParser.read(Array(text.utf8), splitAt: [point])
            #expect(chunks.map(\.body) == [Array("<p>a: b</p>".utf8)])
        }
    }

    @Test("line ends between chunks are skipped")
    func lineEnds() throws {
        let one = chunk("Message-ID: 1\r\nContent-Type: text/plain\r\n", "hi")
        let chunks = try ChunkParser.read([13, 10] + one + [13, 10, 13, 10] + one)
        #expect(chunks.count == 2)
        #expect(chunks.allSatisfy { $0.flag == .complete })
    }

    @Test("a large body is handed on as pieces of what was received, as it comes")
    func bodyPieces() throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        let head = Array("MSRP abcd SEND\r\n\(Self.paths)Content-Type: a/b\r\n\r\n".utf8)
        var parser = ChunkParser()
        var input = ByteString(head + body)
        _ = try parser.next(&input)
        guard case .body(let piece) = try parser.next(&input) else {
            Issue.record("no body")
            return
        }
        #expect(piece.count == body.count)
        #expect(try parser.next(&input) == nil)
        #expect(!parser.isBetweenChunks)
        input = "\r\n-------abcd#\r\n"
        guard case .end(.aborted) = try parser.next(&input) else {
            Issue.record("no end")
            return
        }
        #expect(parser.isBetweenChunks)
    }

    @Test("a stream that is not MSRP is refused, and stays refused")
    func malformed() {
        let cases: [(String, MSRPParseError.Element)] = [
            ("GET / HTTP/1.1\r\n", .startLine), ("MSRPabcd SEND\r\n", .startLine), ("x", .startLine),
            ("MSRP  SEND\r\n", .transactionID), ("MSRP abcd\r\n", .transactionID),
            ("MSRP abcd SEND\n", .headLine), ("MSRP abcd \r\n-------abcd$\r\n", .method),
            ("MSRP abcd 20 OK\r\n-------abcd$\r\n", .statusCode),
            ("MSRP abcd 2000 OK\r\n-------abcd$\r\n", .statusCode),
            ("MSRP abcd SEND\r\nno field\r\n-------abcd$\r\n", .fieldName),
            ("MSRP abcd SEND\r\n: x\r\n-------abcd$\r\n", .fieldName),
            ("MSRP abcd SEND\r\n folded\r\n-------abcd$\r\n", .fieldName),
            ("MSRP abcd SEND\r\n-------abce$\r\n", .endLine),
            ("MSRP abcd SEND\r\n-------abcd\r\n", .endLine), ("MSRP abcd SEND\r\n------abcd$\r\n", .endLine),
            ("MSRP abcd SEND\r\nA: " + String(repeating: "x", count: 9_000), .headLine),
            ("MSRP abcd SEND\r\n" + String(repeating: "A: b\r\n", count: 65), .fieldCount),
            (
                "MSRP abcd SEND\r\n"
                    + String(repeating: "A: \(String(repeating: "x", count: 900))\r\n", count: 20),
                .headSize
            ),
        ]
        for (text, element) in cases {
            var parser = ChunkParser()
            var input = ByteString(text)
            for _ in 0..<2 {
                do {
                    while try parser.next(&input) != nil {}
                    Issue.record("accepted: \(text.prefix(60))")
                } catch {
                    #expect(error.element == element, "\(text.prefix(60))")
                }
            }
        }
    }

    @Test("a field that breaks its grammar spoils the request and not the stream")
    func defects() throws {
        let cases: [(String, MSRPParseError.Element)] = [
            ("Byte-Range: x-1/1", .byteRange), ("Byte-Range: 1-99999999999999999999/1", .byteRange),
            ("Success-Report: maybe", .successReport), ("Failure-Report: ", .failureReport),
            ("Status: 000 20", .status), ("Message-ID: a b", .messageID), ("Message-ID:", .messageID),
            ("To-Path: msrp://x:1/x;tcp", .duplicateField),
        ]
        for (field, element) in cases {
            var parser = ChunkParser()
            var input = ByteString("MSRP abcd SEND\r\n\(Self.paths)\(field)\r\n-------abcd$\r\n")
            guard case .head(let head) = try parser.next(&input) else {
                Issue.record("no head: \(field)")
                continue
            }
            #expect(head.defect?.element == element, "\(field)")
        }
    }

    @Test(
        "ranges without an end, without a total or from nought are read",
        arguments: [
            ("1-*/8", ByteRange(start: 1, end: nil, total: 8)),
            ("1-8/*", ByteRange(start: 1, end: 8, total: nil)),
            ("1-*/*", ByteRange(start: 1, end: nil, total: nil)),
            ("1-", ByteRange(start: 1, end: nil, total: nil)),
            ("5-/9", ByteRange(start: 5, end: nil, total: 9)),
            ("0-0/0", ByteRange(start: 1, end: 0, total: 0)),
            ("1-0/0", ByteRange(start: 1, end: 0, total: 0)),
        ]
    )
    func ranges(text: String, range: ByteRange) throws {
        #expect(try ByteRange(parsing: ByteString(text)) == range)
    }

    @Test("random bytes, and examples with bytes changed, trap nothing")
    func randomBytes() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the random chunks: \(seed)")
        var generator = SeededGenerator(seed: seed)
        let delimiters = Array("\r\n\0 \t:;-$+#*/\\\u{7F}M1".utf8) + [0x80, 0xFF]
        for name in Fixture.names {
            let sample = try Fixture.bytes(name)
            for _ in 0..<60 {
                var bytes = sample
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    let end = min(bytes.count, place + Int.random(in: 0...20, using: &generator))
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[place] = delimiters.randomElement(using: &generator) ?? 0
                    case 1 where end - place < bytes.count: bytes.removeSubrange(place..<end)
                    default: bytes.insert(delimiters.randomElement(using: &generator) ?? 0, at: place)
                    }
                }
                let whole = try? ChunkParser.read(bytes)
                let point = Int.random(in: 0...bytes.count, using: &generator)
                let split = try? ChunkParser.read(bytes, splitAt: [point])
                #expect((whole == nil) == (split == nil), "seed \(seed)")
                if let whole, let split { #expect(whole == split, "seed \(seed)") }
                // It is taken the same behind one that it is like.
                let behind = try? ChunkParser.read(sample + bytes)
                #expect((whole == nil) == (behind == nil), "seed \(seed)")
                if let whole, let behind { #expect(behind.dropFirst() == whole[...], "seed \(seed)") }
            }
        }
    }
}
