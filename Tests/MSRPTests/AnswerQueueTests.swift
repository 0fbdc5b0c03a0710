import Testing
import Wire

@testable import MSRP

@Suite("Responses that wait")
struct AnswerQueueTests {
    @Test("they come out as they went in, however the queue fills and empties")
    func order() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var (queue, expected) = (AnswerQueue(), [String]())
        for number in 0..<5_000 {
            if Bool.random(using: &generator) {
                let text = String(repeating: "x", count: number % 40) + "\(number)"
                queue.append { $0.append(text) }
                expected.append(text)
            } else {
                var writer = ByteWriter()
                #expect(queue.moveFirst(to: &writer) == !expected.isEmpty, "seed \(seed)")
                #expect(
                    writer.string.text == (expected.isEmpty ? "" : expected.removeFirst()),
                    "seed \(seed)"
                )
            }
            #expect(queue.count == expected.count)
        }
        queue.removeAll()
        var writer = ByteWriter()
        #expect(!queue.moveFirst(to: &writer) && writer.isEmpty)
    }
}
