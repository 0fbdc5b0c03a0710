package import Documents
package import Wire

/// Tells the other side whether the user is writing (RFC 3994 §3.2).
///
/// Every status message it gives is to be sent; the changes of state follow Figure 1, and only what repeats a state
/// waits for the refresh interval.
package struct ComposingSender: Sendable {
    /// The default idle time-out of RFC 3994 §3.2.
    package static let standardIdleTimeout = Duration.seconds(15)
    /// The shortest refresh interval of RFC 3994 §3.2.
    package static let shortestRefresh = Duration.seconds(60)

    private enum State: Hashable, Sendable {
        case idle
        case active(lastInput: Instant, lastSent: Instant)
    }

    private let contentType: String
    private let refresh: Duration
    private let idleTimeout: Duration
    private var state = State.idle

    package init(
        contentType: String = "text/plain",
        refresh: Duration = Self.shortestRefresh,
        idleTimeout: Duration = Self.standardIdleTimeout
    ) {
        self.contentType = contentType
        self.refresh = max(refresh, Self.shortestRefresh)
        self.idleTimeout = idleTimeout
    }

    /// When `fire` is to be called next; `nil` while nothing is being written.
    package var nextDeadline: Instant? {
        guard case .active(let lastInput, let lastSent) = state else { return nil }
        return min(lastInput + idleTimeout, lastSent + refresh)
    }

    /// Takes a change of what is being written.
    package mutating func typed(at now: Instant) -> IsComposing? {
        switch state {
        case .idle:
            state = .active(lastInput: now, lastSent: now)
            return active
        case .active(_, let lastSent) where now >= lastSent + refresh:
            state = .active(lastInput: now, lastSent: now)
            return active
        case .active(_, let lastSent):
            state = .active(lastInput: now, lastSent: lastSent)
            return nil
        }
    }

    /// Takes that the content was sent, which tells the other side that the writing is over.
    package mutating func sentContent() { state = .idle }

    /// Takes the passing of time.
    package mutating func fire(at now: Instant) -> IsComposing? {
        guard case .active(let lastInput, let lastSent) = state else { return nil }
        if now >= lastInput + idleTimeout {
            state = .idle
            return IsComposing(.idle, contentType: contentType)
        }
        guard now >= lastSent + refresh else { return nil }
        state = .active(lastInput: lastInput, lastSent: now)
        return active
    }

    private var active: IsComposing {
        IsComposing(.active, contentType: contentType, refresh: refresh)
    }
}

/// Knows whether the other side is writing (RFC 3994 §3.3).
package struct ComposingReceiver: Sendable {
    /// How long the other side is believed to write when it names no refresh interval (RFC 3994 §3.3).
    package static let standardRefresh = Duration.seconds(120)

    /// When the other side counts as idle unless it says otherwise; `nil` while it is idle.
    package private(set) var nextDeadline: Instant?
    /// What the other side said it is writing.
    package private(set) var contentType: String?

    package init() {}

    package var isComposing: Bool { nextDeadline != nil }

    /// Takes a status message.
    ///
    /// - Returns: Whether the state is another one now, to be shown.
    package mutating func receive(_ status: IsComposing, at now: Instant) -> Bool {
        let wasComposing = isComposing
        switch status.state {
        case .active:
            contentType = status.contentType
            nextDeadline = now + min(status.refresh ?? Self.standardRefresh, IsComposing.Limits.refresh)
        case .idle:
            becomeIdle()
        }
        return isComposing != wasComposing
    }

    /// Takes that content was received, which ends the writing.
    package mutating func receivedContent() -> Bool {
        defer { becomeIdle() }
        return isComposing
    }

    /// Takes the passing of time.
    ///
    /// - Returns: Whether the state is another one now.
    package mutating func fire(at now: Instant) -> Bool {
        guard let nextDeadline, now >= nextDeadline else { return false }
        becomeIdle()
        return true
    }

    private mutating func becomeIdle() { (nextDeadline, contentType) = (nil, nil) }
}
