package import Wire

/// The timers of a layer, kept by key and taken out in the order they fall due.
///
/// Starting a timer again replaces it. Timers with the same deadline come out in the order they were started. The
/// queue reads no clock: the caller says what time it is.
///
/// A binary heap with lazy removal: a stopped timer stays in the heap until it reaches the top or until the stopped
/// ones outnumber the running ones, so every operation takes logarithmic time on average.
package struct TimerQueue<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var deadline: Instant
        var order: UInt64
        var key: Key

        func isBefore(_ other: Entry) -> Bool {
            deadline == other.deadline ? order < other.order : deadline < other.deadline
        }
    }

    /// The heap is rebuilt only when it holds at least this many stopped timers.
    private static var slack: Int { 32 }

    private var heap: [Entry] = []
    /// The order number under which each running timer was started; a heap entry with another number is stopped.
    private var running: [Key: UInt64] = [:]
    private var nextOrder: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { running.isEmpty }

    /// How many timers run.
    package var count: Int { running.count }

    /// The instant at which the next timer falls due, or `nil` if none runs.
    package var nextDeadline: Instant? { heap.first?.deadline }

    package func isRunning(_ key: Key) -> Bool { running[key] != nil }

    package mutating func start(_ key: Key, at deadline: Instant) {
        running[key] = nextOrder
        heap.append(Entry(deadline: deadline, order: nextOrder, key: key))
        nextOrder += 1
        siftUp(from: heap.count - 1)
        discardStopped()
    }

    package mutating func stop(_ key: Key) {
        guard running.removeValue(forKey: key) != nil else { return }
        discardStopped()
    }

    /// Takes out the earliest timer that is due.
    ///
    /// - Parameter now: The current time.
    /// - Returns: The timer and its deadline, or `nil` if none is due yet.
    package mutating func popDue(at now: Instant) -> (key: Key, deadline: Instant)? {
        guard let due = heap.first, due.deadline <= now else { return nil }
        running[due.key] = nil
        discardStopped()
        return (due.key, due.deadline)
    }

    /// Restores what `nextDeadline` relies on: the top of the heap is a timer that runs.
    private mutating func discardStopped() {
        if heap.count > 2 * running.count + Self.slack {
            heap = heap.filter { running[$0.key] == $0.order }
            for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
        }
        while let top = heap.first, running[top.key] != top.order {
            let last = heap.removeLast()
            guard !heap.isEmpty else { return }
            heap[0] = last
            siftDown(from: 0)
        }
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        while true {
            let (left, right) = (2 * index + 1, 2 * index + 2)
            var first = index
            if left < heap.count, heap[left].isBefore(heap[first]) { first = left }
            if right < heap.count, heap[right].isBefore(heap[first]) { first = right }
            guard first != index else { return }
            heap.swapAt(index, first)
            index = first
        }
    }
}
