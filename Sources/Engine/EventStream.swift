/// Hands every event to each of any number of subscribers, in order.
struct EventStream {
    /// How many events wait for one slow subscriber before the oldest are dropped.
    private static let backlog = 10_000

    private var subscribers: [Int: AsyncStream<Event>.Continuation] = [:]
    private var nextNumber = 0
    private var isFinished = false

    /// Adds a subscriber.
    ///
    /// - Returns: The stream it reads, and the number to remove it by; an ended stream once `finish` was called.
    mutating func subscribe() -> (number: Int, stream: AsyncStream<Event>) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self,
            bufferingPolicy: .bufferingNewest(Self.backlog)
        )
        defer { nextNumber += 1 }
        if isFinished { continuation.finish() } else { subscribers[nextNumber] = continuation }
        return (nextNumber, stream)
    }

    mutating func unsubscribe(_ number: Int) { subscribers[number] = nil }

    func yield(_ event: Event) {
        for subscriber in subscribers.values { subscriber.yield(event) }
    }

    /// Ends every stream: the events already yielded are still read.
    mutating func finish() {
        isFinished = true
        for subscriber in subscribers.values { subscriber.finish() }
        subscribers.removeAll()
    }
}
