import Wire

/// Names one timer of an `EventLoop`, to cancel it by.
package struct TimerToken: Hashable, Sendable, Comparable {
    let deadline: Instant
    /// Tells timers of one deadline apart, and orders them as they were set.
    let number: UInt64

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.deadline, lhs.number) < (rhs.deadline, rhs.number)
    }
}

/// The timers of a loop, soonest last so that the next one to fire is cheap to take.
///
/// A client holds a handful of timers (each layer asks only for its next deadline), so a sorted array is enough.
struct TimerSchedule {
    private var timers: [(token: TimerToken, action: @Sendable () -> Void)] = []
    private var lastNumber: UInt64 = 0

    var nextDeadline: Instant? { timers.last?.token.deadline }

    mutating func insert(at deadline: Instant, _ action: @escaping @Sendable () -> Void) -> TimerToken {
        lastNumber += 1
        let token = TimerToken(deadline: deadline, number: lastNumber)
        timers.insert((token, action), at: position(of: token))
        return token
    }

    mutating func remove(_ token: TimerToken) {
        let index = position(of: token)
        if index < timers.count, timers[index].token == token { timers.remove(at: index) }
    }

    /// Takes out the next timer that is due and was set before `limit`.
    mutating func takeDue(at now: Instant, setBefore limit: UInt64) -> (@Sendable () -> Void)? {
        guard let index = timers.lastIndex(where: { $0.token.number < limit }) else { return nil }
        guard timers[index].token.deadline <= now else { return nil }
        return timers.remove(at: index).action
    }

    /// A number greater than that of every timer set so far.
    var nextNumber: UInt64 { lastNumber + 1 }

    /// The index of the first timer that is not later than `token`.
    private func position(of token: TimerToken) -> Int {
        var (low, high) = (0, timers.count)
        while low < high {
            let middle = (low + high) / 2
            if timers[middle].token > token { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
