/// How long to wait before the next attempt to register (RFC 5626 §4.5).
///
/// A few attempts follow fast, each after twice the time of the one before, so that a proxy that is only restarting is
/// found again within seconds; then the standard's waits begin: 30 s, doubled with each failure, up to 30 minutes.
struct RegistrationPace: Hashable, Sendable {
    static let first = Duration.milliseconds(500)
    static let quickAttempts = 5
    static let base = Duration.seconds(30)
    static let limit = Duration.seconds(1800)

    private(set) var failures = 0

    mutating func succeeded() { failures = 0 }

    /// The wait after one more failure: a random part of the upper half of what the standard names.
    mutating func nextDelay(using generator: inout some RandomNumberGenerator) -> Duration {
        let longest =
            failures < Self.quickAttempts
            ? Self.first * (1 << failures)
            : min(Self.limit, Self.base * (1 << min(failures - Self.quickAttempts, 10)))
        failures += 1
        return longest * Int.random(in: 500...1000, using: &generator) / 1000
    }
}
