package import Wire

/// Keeps the flow to the edge proxy alive with double CRLFs and notices when it is dead (RFC 5626 §3.5.1, §4.4.1).
///
/// A pong that does not come means a dead flow only if the proxy has promised to answer (`keep` or `outbound`,
/// RFC 6223) or has answered before: others may ignore the pings, which then only hold NAT bindings open.
package struct KeepAlive: Sendable {
    package enum Effect: Hashable, Sendable {
        /// Send a double CRLF.
        case ping
        /// No answer came within ten seconds: the flow is dead.
        case failed
    }

    /// The longest time between two pings where nobody names one (RFC 5626 §4.4.1).
    package static let standardInterval = Duration.seconds(120)
    /// How long the answer to a ping may take (RFC 5626 §4.4.1).
    package static let patience = Duration.seconds(10)

    private enum State: Hashable, Sendable {
        case resting(until: Instant)
        case awaitingPong(until: Instant)
    }

    private let interval: Duration
    private var expectsPong: Bool
    private var state: State

    /// Begins to keep a flow alive.
    ///
    /// - Parameters:
    ///   - interval: The longest time between two pings.
    ///   - expectsPong: Whether the proxy has promised to answer them.
    ///   - now: The current time.
    ///   - random: Spreads the pings of many clients over 80 to 100 % of the interval.
    package init(
        every interval: Duration,
        expectsPong: Bool,
        at now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        self.interval = interval
        self.expectsPong = expectsPong
        state = .resting(until: now + Self.spread(interval, using: &random))
    }

    /// When `fire` is to be called next.
    package var nextDeadline: Instant {
        switch state {
        case .resting(let deadline), .awaitingPong(let deadline): deadline
        }
    }

    /// Takes the single CRLF that answers a ping.
    package mutating func receivePong(at now: Instant, using random: inout some RandomNumberGenerator) {
        expectsPong = true
        state = .resting(until: now + Self.spread(interval, using: &random))
    }

    /// Takes the passing of time.
    ///
    /// - Returns: What must be done, or `nil` when nothing is due yet.
    package mutating func fire(at now: Instant, using random: inout some RandomNumberGenerator) -> Effect? {
        guard now >= nextDeadline else { return nil }
        switch state {
        case .resting where expectsPong:
            state = .awaitingPong(until: now + Self.patience)
            return .ping
        case .resting:
            state = .resting(until: now + Self.spread(interval, using: &random))
            return .ping
        case .awaitingPong:
            state = .resting(until: now + interval)
            return .failed
        }
    }

    private static func spread(
        _ interval: Duration,
        using random: inout some RandomNumberGenerator
    ) -> Duration {
        interval * Double.random(in: 0.8...1, using: &random)
    }
}
