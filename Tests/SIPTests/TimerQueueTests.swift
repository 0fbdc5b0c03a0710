import SIP
import Testing
import Wire

@Suite("Timer queue")
struct TimerQueueTests {
    private let epoch = Instant.now

    @Test("timers come out in the order they fall due")
    func order() {
        var queue = TimerQueue<Int>()
        for number in [5, 1, 4, 2, 3] { queue.start(number, at: epoch + .seconds(number)) }
        #expect(queue.nextDeadline == epoch + .seconds(1))
        #expect(drain(&queue, at: 3) == [1, 2, 3])
        #expect(queue.nextDeadline == epoch + .seconds(4))
        #expect(drain(&queue, at: 9) == [4, 5])
        #expect(queue.isEmpty)
        #expect(queue.nextDeadline == nil)
    }

    @Test("timers with the same deadline come out in the order they were started")
    func ties() {
        var queue = TimerQueue<Int>()
        let numbers = (0..<100).map { $0 * 37 % 100 }
        for number in numbers { queue.start(number, at: epoch) }
        #expect(drain(&queue, at: 0) == numbers)
    }

    @Test("starting a timer again replaces it")
    func restart() {
        var queue = TimerQueue<Int>()
        queue.start(1, at: epoch + .seconds(1))
        queue.start(2, at: epoch + .seconds(2))
        queue.start(1, at: epoch + .seconds(3))
        #expect(queue.count == 2)
        #expect(drain(&queue, at: 5) == [2, 1])
    }

    @Test("a stopped timer neither fires nor counts as the next deadline")
    func stop() {
        var queue = TimerQueue<Int>()
        queue.start(1, at: epoch + .seconds(1))
        queue.start(2, at: epoch + .seconds(2))
        queue.stop(1)
        queue.stop(7)
        #expect(queue.nextDeadline == epoch + .seconds(2))
        #expect(!queue.isRunning(1))
        #expect(drain(&queue, at: 5) == [2])
    }

    @Test(
        "any mixture of starts, stops and pops gives what a sorted list gives",
        arguments: [1, 2, 3, 4, 5] as [UInt64]
    )
    func model(seed: UInt64) {
        var random = IdentifierSource(seed: seed)
        var queue = TimerQueue<Int>()
        var model: [(key: Int, deadline: Int)] = []
        var now = 0
        for _ in 0..<5000 {
            let key = Int.random(in: 0..<200, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let deadline = now + Int.random(in: 0..<50, using: &random)
                model.removeAll { $0.key == key }
                let place = model.firstIndex { $0.deadline > deadline } ?? model.endIndex
                model.insert((key, deadline), at: place)
                queue.start(key, at: epoch + .seconds(deadline))
            case 5..<9:
                model.removeAll { $0.key == key }
                queue.stop(key)
            default:
                now += Int.random(in: 0..<10, using: &random)
                let due = model.prefix { $0.deadline <= now }.map(\.key)
                model.removeFirst(due.count)
                #expect(drain(&queue, at: now) == due)
            }
            #expect(queue.nextDeadline == model.first.map { epoch + .seconds($0.deadline) })
        }
    }

    private func drain(_ queue: inout TimerQueue<Int>, at seconds: Int) -> [Int] {
        var keys: [Int] = []
        while let due = queue.popDue(at: epoch + .seconds(seconds)) { keys.append(due.key) }
        return keys
    }
}
