import Wire

/// How soon to try again what the network has refused or ended.
///
/// The first new attempt after a success that lasted may be immediate; from then on each waits twice as long as the
/// one before, and a random part less, so that clients do not come back all at once (RFC 5626 §4.5).
struct RetryPace: Sendable {
    static let base = Duration.seconds(30)
    static let limit = Duration.seconds(1800)
    /// A subscription that lived this long ends a row of failures.
    static let lasting = Duration.seconds(60)
    /// No refresh follows its predecessor faster than this, however short the peer makes the subscription.
    static let minimumInterval = Duration.seconds(5)

    private var failures = 0
    private var startedAt: Instant?

    mutating func started(at now: Instant) { startedAt = now }

    /// Counts an end and says how long to wait after it.
    ///
    /// - Parameters:
    ///   - isImmediate: Whether the standard lets the first attempt follow at once.
    ///   - now: The current time.
    ///   - random: Shortens the delay by up to half.
    /// - Returns: The delay before the next attempt.
    mutating func nextDelay(
        isImmediate: Bool,
        at now: Instant,
        using random: inout some RandomNumberGenerator
    ) -> Duration {
        if let startedAt, now - startedAt >= Self.lasting { failures = 0 }
        startedAt = nil
        failures += 1
        if isImmediate, failures == 1 { return .zero }
        let doublings = min(failures - (isImmediate ? 2 : 1), 16)
        let delay = min(Self.base * (1 << doublings), Self.limit)
        return delay * Int.random(in: 50...100, using: &random) / 100
    }
}

extension Duration {
    /// When to refresh what was granted for this long: 600 s before the end if that is more than 1200 s away, at half of
    /// the time otherwise (3GPP TS 24.229 §5.1.1.4.1).
    var refreshDelay: Duration { self > .seconds(1200) ? self - .seconds(600) : self / 2 }
}
