internal import Wire

/// The requests of a session that wait for their response.
struct TransactionTable: Sendable {
    struct Entry: Sendable {
        /// The message a chunk belongs to; `nil` for an empty SEND.
        var messageID: ByteString?
        var range: Range<UInt64>
        /// Whether 200 is expected: with `Failure-Report: partial` only an error would be answered.
        var expectsSuccess: Bool
    }

    private var entries: [UInt64: Entry] = [:]
    /// All have the same time, so they fall due in the order they were sent.
    private var deadlines = FirstInFirstOut<(deadline: Instant, id: UInt64)>()
    /// Those that nothing is expected of; the oldest make room.
    private var silent = FirstInFirstOut<UInt64>()
    /// How many wait for a response that must come.
    private(set) var waitingCount = 0

    mutating func insert(_ id: TransactionID, _ entry: Entry, deadline: Instant, limits: MSRPLimits) {
        entries[id.value] = entry
        if entry.expectsSuccess {
            deadlines.append((deadline, id.value))
            waitingCount += 1
        } else {
            silent.append(id.value)
            while silent.count > limits.unansweredRequests, let oldest = silent.removeFirst() {
                entries[oldest] = nil
            }
        }
    }

    func contains(_ text: ByteString) -> Bool {
        TransactionID(text).map { entries[$0.value] != nil } ?? false
    }

    /// Takes out the request a response belongs to.
    mutating func remove(_ text: ByteString) -> Entry? {
        guard let id = TransactionID(text), let entry = entries.removeValue(forKey: id.value) else {
            return nil
        }
        if entry.expectsSuccess { waitingCount -= 1 }
        while let first = deadlines.first, entries[first.id] == nil { _ = deadlines.removeFirst() }
        return entry
    }

    /// Takes out all requests of a message.
    mutating func removeAll(of messageID: ByteString) {
        for (id, entry) in entries where entry.messageID == messageID {
            entries[id] = nil
            if entry.expectsSuccess { waitingCount -= 1 }
        }
        while let first = deadlines.first, entries[first.id] == nil { _ = deadlines.removeFirst() }
    }

    var nextDeadline: Instant? { deadlines.first?.deadline }

    /// The next request whose response is late; the response is still awaited.
    mutating func popDue(at now: Instant) -> Entry? {
        while let first = deadlines.first, first.deadline <= now {
            _ = deadlines.removeFirst()
            if let entry = entries[first.id] { return entry }
        }
        return nil
    }
}
