import SIP
import Testing
import UserAgent
import Wire

@Suite("Few timers")
struct FewTimersTests {
    private let epoch = Instant.now

    @Test("few timers come out as those of the queue do", arguments: [1, 2, 3] as [UInt64])
    func few(seed: UInt64) {
        var random = IdentifierSource(seed: seed)
        var (queue, few) = (TimerQueue<Int>(), FewTimers<Int>())
        var now = 0
        for _ in 0..<2000 {
            let key = Int.random(in: 0..<6, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<5:
                let deadline = epoch + .seconds(now + Int.random(in: -2..<10, using: &random))
                queue.start(key, at: deadline)
                few.start(key, at: deadline)
            case 5..<7:
                queue.stop(key)
                few.stop(key)
            default:
                now += Int.random(in: 0..<5, using: &random)
                let time = epoch + .seconds(now)
                while let due = queue.popDue(at: time) {
                    let other = few.popDue(at: time)
                    #expect(other?.key == due.key && other?.deadline == due.deadline)
                }
                #expect(few.popDue(at: time) == nil)
            }
            #expect(few.nextDeadline == queue.nextDeadline)
            #expect(few.isRunning(key) == queue.isRunning(key))
            #expect(few.isEmpty == queue.isEmpty)
        }
    }
}
