import MSRP
import Testing
import Wire

@Suite("Messages out of chunks")
struct MessageAssemblerTests {
    private struct Part {
        var id = "m"
        var start: Int
        var bytes: String
        var flag = ContinuationFlag.continued
        var total: UInt64?
    }

    private func head(_ part: Part) -> ChunkHead {
        var head = ChunkHead(transactionID: "abcd", .request(.send))
        head.messageID = ByteString(part.id)
        head.contentType = "text/plain"
        head.byteRange = ByteRange(start: UInt64(part.start), end: nil, total: part.total)
        return head
    }

    /// Feeds chunks, each body cut into slices of `slice` bytes.
    @discardableResult
    private func feed(
        _ parts: [Part],
        to assembler: inout MessageAssembler,
        slice: Int = .max
    ) -> (events: [String], codes: [UInt16]) {
        var events: [MessageAssembler.Event] = []
        var codes: [UInt16] = []
        for part in parts {
            var code = assembler.begin(head(part)) { events.append($0) }
            var rest = ByteString(part.bytes)
            while !rest.isEmpty {
                let count = min(slice, rest.count)
                code = assembler.receive(rest[0..<count]) { events.append($0) } ?? code
                rest = rest[count...]
            }
            let outcome = assembler.end(part.flag) { events.append($0) }
            codes.append((code ?? outcome.code).rawValue)
        }
        return (events.map(\.summary), codes)
    }

    private let whole = MessageAssembler(delivery: .whole(limit: 1_000))
    private let streamed = MessageAssembler(delivery: .streamed(limit: 1_000_000))

    @Test("chunks in order make a message, and its end is where the last one ends")
    func inOrder() {
        var assembler = whole
        let parts = [
            Part(start: 1, bytes: "abcd"), Part(start: 5, bytes: "EFGH", flag: .complete, total: 99),
        ]
        #expect(feed(parts, to: &assembler).events == ["message m abcdEFGH"])
        #expect(assembler.openCount == 0)
    }

    @Test("chunks in any order make the same message, however they are cut", arguments: [1, 3, 100])
    func anyOrder(slice: Int) {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let parts = [
                Part(start: 1, bytes: "abcd"), Part(start: 5, bytes: "efgh"),
                Part(start: 9, bytes: "ij", flag: .complete),
            ]
            var assembler = whole
            #expect(
                feed(order.map { parts[$0] }, to: &assembler, slice: slice).events == ["message m abcdefghij"]
            )
            var stream = streamed
            let events = feed(order.map { parts[$0] }, to: &stream, slice: slice).events
            let text = events.filter { $0.hasPrefix("data") }.map { $0.dropFirst(7) }.joined()
            #expect(text == "abcdefghij")
            #expect(events.first == "began m")
            #expect(events.last == "completed m 10")
        }
    }

    @Test("where chunks overlap the later one counts, unless the bytes are handed out already")
    func overlap() {
        let parts = [
            Part(start: 1, bytes: "aaaa"), Part(start: 3, bytes: "bbbb"), Part(start: 9, bytes: "cccc"),
            Part(start: 8, bytes: "ddd"), Part(start: 12, bytes: "ee", flag: .complete),
            Part(start: 7, bytes: "f"),
        ]
        var assembler = whole
        #expect(feed(parts, to: &assembler).events == ["message m aabbbbfdddcee"])
        var stream = streamed
        let events = feed(parts, to: &stream).events
        let text = events.filter { $0.hasPrefix("data") }.map { $0.dropFirst(7) }.joined()
        #expect(text == "aaaabbfdddcee")
    }

    @Test("a chunk that gives the message up ends it")
    func abandoned() {
        var assembler = streamed
        let parts = [Part(start: 1, bytes: "abcd"), Part(start: 5, bytes: "", flag: .aborted)]
        #expect(feed(parts, to: &assembler).events == ["began m", "data m abcd", "abandoned m"])
        #expect(assembler.openCount == 0)
    }

    @Test("of a hundred messages that are begun and not ended so many are kept")
    func openMessages() {
        var assembler = MessageAssembler(delivery: .whole(limit: 1_000))
        let parts = (0..<100).map { Part(id: "m\($0)", start: 1, bytes: "x") }
        let events = feed(parts, to: &assembler).events
        #expect(assembler.openCount == 16)
        #expect(events == (0..<84).map { "displaced m\($0)" })
        let late = feed([Part(id: "m0", start: 2, bytes: "y", flag: .complete)], to: &assembler)
        #expect(late.codes == [413])
        let kept = feed([Part(id: "m99", start: 2, bytes: "y", flag: .complete)], to: &assembler)
        #expect(kept.events == ["message m99 xy"])
    }

    @Test("bytes that come too early wait within limits, over all messages")
    func earlyBytes() {
        var limits = MSRPLimits()
        limits.outOfOrderBytes = 100
        limits.outOfOrderPieces = 8
        var assembler = MessageAssembler(delivery: .streamed(limit: 1 << 40), limits: limits)
        let far = Part(start: 1 << 39, bytes: String(repeating: "x", count: 101))
        #expect(feed([far], to: &assembler).codes == [413])
        let pieces = (0..<10).map { Part(id: "p", start: 10 + 2 * $0, bytes: "x") }
        #expect(feed(pieces, to: &assembler).codes == [200, 200, 200, 200, 200, 200, 200, 200, 413, 413])
        let messages = (0..<4).map { Part(id: "q\($0)", start: 10, bytes: String(repeating: "x", count: 40)) }
        #expect(feed(messages, to: &assembler).codes == [200, 200, 413, 413])
    }

    @Test("numbers at the edge of what is read overflow nothing")
    func largeNumbers() {
        var assembler = MessageAssembler(delivery: .streamed(limit: .max))
        let parts = [
            Part(start: 1 << 53, bytes: "x", flag: .complete, total: 1 << 53),
            Part(id: "n", start: 0x7FFF_FFFF, bytes: "x"),
        ]
        #expect(feed(parts, to: &assembler).codes == [413, 200])
    }

    @Test("a random message in random chunks, repeated and overlapping, arrives as it is")
    func randomChunks() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the random assembly: \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let content = (0..<Int.random(in: 1...300, using: &generator)).map { _ in
                Character(UnicodeScalar(UInt8.random(in: 97...122, using: &generator)))
            }
            func part(_ range: Range<Int>) -> Part {
                let flag = range.upperBound == content.count ? ContinuationFlag.complete : .continued
                return Part(start: range.lowerBound + 1, bytes: String(content[range]), flag: flag)
            }
            var parts: [Part] = []
            var start = 0
            while start < content.count {
                let end = min(content.count, start + Int.random(in: 1...80, using: &generator))
                parts.append(part(start..<end))
                start = end
            }
            for _ in 0..<5 {
                let from = Int.random(in: 0..<content.count, using: &generator)
                parts.append(part(from..<Int.random(in: from + 1...content.count, using: &generator)))
            }
            parts.shuffle(using: &generator)
            let slice = Int.random(in: 1...50, using: &generator)
            var assembler = whole
            #expect(
                feed(parts, to: &assembler, slice: slice).events == ["message m \(String(content))"],
                "seed \(seed)"
            )
            var stream = streamed
            let events = feed(parts, to: &stream, slice: slice).events
            let text = events.filter { $0.hasPrefix("data") }.map { $0.dropFirst(7) }.joined()
            #expect(text == String(content), "seed \(seed)")
        }
    }
}
