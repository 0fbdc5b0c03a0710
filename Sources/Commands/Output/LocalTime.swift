import Glibc
package import Wire

/// A time as the clock on the wall shows it.
package struct LocalTime: Hashable, Sendable {
    /// Hours and minutes.
    package var clock: String
    /// Date, hours and minutes.
    package var full: String

    package init(clock: String, full: String) { (self.clock, self.full) = (clock, full) }

    /// The time in the time zone of the environment.
    package init(_ time: Timestamp) {
        var seconds = time_t(time.microseconds / 1_000_000)
        var parts = unsafe tm()
        unsafe localtime_r(&seconds, &parts)
        let date = unsafe [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map(
            Self.padded
        )
        clock = unsafe [Int(parts.tm_hour), Int(parts.tm_min)].map(Self.padded).joined(separator: ":")
        full = date.joined(separator: "-") + " " + clock
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
