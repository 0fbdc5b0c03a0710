import Crypto
import Testing

@Suite struct RandomReserveTests {
    @Test("numbers do not repeat, neither within what is taken at once nor from one reserve to another")
    func differs() {
        var (one, other) = (RandomReserve(), RandomReserve())
        let numbers = (0..<1_000).flatMap { _ in [one.next(), other.next()] }
        #expect(Set(numbers).count == numbers.count)
        // Every bit is sometimes set and sometimes not.
        #expect(numbers.reduce(0, |) == .max && numbers.reduce(.max, &) == 0)
    }
}
