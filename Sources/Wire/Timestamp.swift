/// A point in calendar time, in microseconds since 1970-01-01T00:00:00Z.
///
/// What history and events are stamped with. The protocol core never reads the clock; the engine does.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.microseconds < rhs.microseconds }
}

extension Timestamp: CustomStringConvertible {
    /// The time as RFC 3339 §5.6 writes it, in UTC with milliseconds: `2026-11-21T09:30:00.125Z`.
    package var description: String {
        let milliseconds = microseconds.flooredQuotient(by: 1000)
        let seconds = milliseconds.flooredQuotient(by: 1000)
        let days = seconds.flooredQuotient(by: 86_400)
        let (year, month, day) = Self.civilDate(daysSinceEpoch: days)
        let secondOfDay = seconds - days * 86_400
        let time = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60].map { $0.padded(to: 2) }
        let date = [year.padded(to: 4), month.padded(to: 2), day.padded(to: 2)]
        let fraction = (milliseconds - seconds * 1000).padded(to: 3)
        return date.joined(separator: "-") + "T" + time.joined(separator: ":") + ".\(fraction)Z"
    }

    /// Converts a count of days into a date of the proleptic Gregorian calendar.
    ///
    /// Counts in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
    static func civilDate(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }
}

extension Int64 {
    func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
