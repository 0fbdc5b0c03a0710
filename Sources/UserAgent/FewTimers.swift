package import Wire

/// The few timers of one usage, kept by key and taken out in the order they fall due.
///
/// It does what `TimerQueue` does, in the same order. With a handful of timers, looking through them costs less than
/// keeping them in order.
package struct FewTimers<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var deadline: Instant
        var order: UInt64
        var key: Key
    }

    private var entries: [Entry] = []
    private var nextOrder: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// The instant at which the next timer falls due, or `nil` if none runs.
    package var nextDeadline: Instant? { first.map { entries[$0].deadline } }

    package func isRunning(_ key: Key) -> Bool { index(of: key) != nil }

    package mutating func start(_ key: Key, at deadline: Instant) {
        let entry = Entry(deadline: deadline, order: nextOrder, key: key)
        nextOrder += 1
        if let index = index(of: key) { entries[index] = entry } else { entries.append(entry) }
    }

    package mutating func stop(_ key: Key) {
        if let index = index(of: key) { entries.remove(at: index) }
    }

    /// Takes out the earliest timer that is due.
    ///
    /// - Parameter now: The current time.
    /// - Returns: The timer and its deadline, or `nil` if none is due yet.
    package mutating func popDue(at now: Instant) -> (key: Key, deadline: Instant)? {
        guard let first, entries[first].deadline <= now else { return nil }
        let due = entries.remove(at: first)
        return (due.key, due.deadline)
    }

    private func index(of key: Key) -> Int? { entries.firstIndex { $0.key == key } }

    /// The one that falls due next; of several, the one that was started first.
    private var first: Int? {
        entries.indices.min {
            let (left, right) = (entries[$0], entries[$1])
            return left.deadline == right.deadline
                ? left.order < right.order : left.deadline < right.deadline
        }
    }
}
