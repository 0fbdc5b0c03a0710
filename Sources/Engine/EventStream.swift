/// Hands every event to each of any number of subscribers, in order.
struct EventStream {
    /// How many events wait for one slow subscriber before the oldest are dropped.
    private static let backlog = 10_000

    private var subscribers: [AsyncStream<Event>.Continuation] = []
    private var isFinished = false

    /// Adds a subscriber: the stream it reads, which has ended already once `finish` was called.
    mutating func subscribe() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self,
            bufferingPolicy: .bufferingNewest(Self.backlog)
        )
        if isFinished { continuation.finish() } else { subscribers.append(continuation) }
        return stream
    }

    /// Hands out an event; whoever has stopped reading is forgotten.
    mutating func yield(_ event: Event) {
        subscribers.removeAll { subscriber in
            if case .terminated = subscriber.yield(event) { true } else { false }
        }
    }

    /// Ends every stream: the events already yielded are still read.
    mutating func finish() {
        isFinished = true
        for subscriber in subscribers { subscriber.finish() }
        subscribers.removeAll()
    }
}
