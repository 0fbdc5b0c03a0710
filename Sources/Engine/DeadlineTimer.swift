import Runtime
import Wire

/// A timer of the loop for what is due next: it is set anew only if that is at another time than before.
struct DeadlineTimer {
    private var armed: (deadline: Instant, timer: TimerToken)?

    /// Sets it, or takes it back if nothing is due.
    ///
    /// - Parameters:
    ///   - deadline: When something is due, if ever.
    ///   - loop: The loop of the engine.
    ///   - ring: Called then; it has to say `hasRung`.
    mutating func set(to deadline: Instant?, on loop: EventLoop, _ ring: @escaping @Sendable () -> Void) {
        guard deadline != armed?.deadline else { return }
        if let armed { loop.cancel(armed.timer) }
        armed = deadline.map { ($0, loop.schedule(at: $0, ring)) }
    }

    mutating func hasRung() { armed = nil }

    mutating func cancel(on loop: EventLoop) {
        if let armed { loop.cancel(armed.timer) }
        armed = nil
    }
}
