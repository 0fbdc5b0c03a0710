internal import Wire

/// The requests of a session that wait for their response.
///
/// They are answered in the order they were sent, as a rule: who looks at the oldest first needs no index.
struct TransactionTable: Sendable {
    struct Entry: Sendable {
        /// The message a chunk belongs to; `nil` for an empty SEND.
        var messageID: ByteString?
        var range: Range<UInt64>
        /// Whether 200 is expected: with `Failure-Report: partial` only an error would be answered.
        var expectsSuccess: Bool
    }

    private struct Request: Sendable {
        let id: TransactionID
        let entry: Entry
        let deadline: Instant
        /// Whether it was told that its response is late.
        var isLate = false
        /// Whether it is answered, and only others before it are not.
        var isGone = false
    }

    /// How many that are gone may stay among few that are not.
    private static let slack = 64

    /// All have the same time, so they fall due in the order they were sent; the first is not gone.
    private var awaited = FirstInFirstOut<Request>()
    /// Those that nothing is expected of; the oldest make room.
    private var silent = FirstInFirstOut<Request>()
    /// How many wait for a response that must come.
    private(set) var waitingCount = 0

    mutating func insert(_ id: TransactionID, _ entry: Entry, deadline: Instant, limits: MSRPLimits) {
        let request = Request(id: id, entry: entry, deadline: deadline)
        guard !entry.expectsSuccess else {
            awaited.append(request)
            waitingCount += 1
            return
        }
        silent.append(request)
        if silent.count > limits.unansweredRequests { _ = silent.removeFirst() }
    }

    func contains(_ text: ByteString) -> Bool {
        TransactionID(text).map { awaitedPlace(of: $0) != nil || silentPlace(of: $0) != nil } ?? false
    }

    /// Takes out the request a response belongs to.
    mutating func remove(_ text: ByteString) -> Entry? {
        guard let id = TransactionID(text) else { return nil }
        if let place = awaitedPlace(of: id) { return removeAwaited(at: place) }
        guard let place = silentPlace(of: id) else { return nil }
        let entry = silent[place].entry
        silent.removeAll { $0.id == id }
        return entry
    }

    /// Takes out the oldest request that waits, if the identifier at `place` is its.
    mutating func removeFirst(_ bytes: Span<UInt8>, _ place: Range<Int>) -> Entry? {
        guard let first = awaited.first, place.count == TransactionID.length,
            TransactionID(bytes, at: place.lowerBound) == first.id
        else { return nil }
        return removeAwaited(at: 0)
    }

    private mutating func removeAwaited(at place: Int) -> Entry {
        let entry = awaited[place].entry
        waitingCount -= 1
        awaited[place].isGone = true
        dropGone()
        return entry
    }

    private mutating func dropGone() {
        while let first = awaited.first, first.isGone { _ = awaited.removeFirst() }
        // A peer that never answers one of them must not have the others kept.
        if awaited.count > 2 * waitingCount + Self.slack { awaited.removeAll { $0.isGone } }
    }

    private func awaitedPlace(of id: TransactionID) -> Int? {
        awaited.place { $0.id == id && !$0.isGone }
    }

    private func silentPlace(of id: TransactionID) -> Int? { silent.place { $0.id == id } }

    /// Takes out all requests of a message.
    mutating func removeAll(of messageID: ByteString) {
        awaited.removeAll { $0.isGone || $0.entry.messageID == messageID }
        silent.removeAll { $0.entry.messageID == messageID }
        waitingCount = awaited.count
    }

    var nextDeadline: Instant? { nextDue.map { awaited[$0].deadline } }

    /// The next request whose response is late; the response is still awaited.
    mutating func popDue(at now: Instant) -> Entry? {
        guard let place = nextDue, awaited[place].deadline <= now else { return nil }
        awaited[place].isLate = true
        return awaited[place].entry
    }

    /// Where the oldest request is whose time is not over.
    private var nextDue: Int? { awaited.place { !$0.isLate && !$0.isGone } }
}
