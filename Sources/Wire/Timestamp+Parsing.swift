extension Timestamp {
    /// Reads a time as RFC 3339 §5.6 writes it, `2006-05-15T15:02:31.5-03:00`.
    ///
    /// A time that names no zone, which XML allows, counts as UTC. Digits beyond the microsecond are dropped, and the
    /// leap second is the first one of the next minute.
    package init?(parsing text: String) {
        var fields = TimeFields(ByteString(text).trimmed)
        guard let year = fields.number(4), fields.skip("-"),
            let month = fields.number(2, in: 1...12), fields.skip("-"),
            let day = fields.number(2, in: 1...Self.days(in: month, of: year)),
            fields.skip("T") || fields.skip("t") || fields.skip(" "),
            let hour = fields.number(2, in: 0...23), fields.skip(":"),
            let minute = fields.number(2, in: 0...59), fields.skip(":"),
            let second = fields.number(2, in: 0...60), let fraction = fields.fraction(),
            let zone = fields.zone(), fields.isAtEnd
        else { return nil }
        self.init(year, month, day, secondOfDay: hour * 3600 + minute * 60 + second - zone)
        microseconds += fraction
    }

    /// The time so many seconds after the beginning of a day, in UTC.
    init(_ year: Int64, _ month: Int64, _ day: Int64, secondOfDay: Int64) {
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        self.init(microseconds: (days * 86_400 + secondOfDay) * 1_000_000)
    }

    static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Counts days in eras of 400 years that begin on 1 March, as the writing of dates does.
    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year + 399 : year + 400
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era - 1) * 146_097 + dayOfEra - 719_468
    }
}

/// A cursor over the digits and signs of a time.
private struct TimeFields {
    private let bytes: ByteString
    private var position = 0

    init(_ bytes: ByteString) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ sign: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: sign) else { return false }
        position += 1
        return true
    }

    /// Reads exactly `digits` digits.
    mutating func number(_ digits: Int, in range: ClosedRange<Int64> = 0...9999) -> Int64? {
        guard position + digits <= bytes.count,
            let value = bytes[position..<position + digits].decimal(upTo: 9999),
            range.contains(Int64(value))
        else { return nil }
        position += digits
        return Int64(value)
    }

    /// The fraction of the second in microseconds; zero where there is none.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        var (value, unit) = (Int64(0), Int64(100_000))
        let start = position
        while position < bytes.count, bytes[position].isDigit {
            value += Int64(bytes[position] - UInt8(ascii: "0")) * unit
            unit /= 10
            position += 1
        }
        return position > start ? value : nil
    }

    /// How many seconds the zone is ahead of UTC.
    mutating func zone() -> Int64? {
        if isAtEnd || skip("Z") || skip("z") { return 0 }
        let isAhead = skip("+")
        guard isAhead || skip("-"), let hours = number(2, in: 0...23), skip(":"),
            let minutes = number(2, in: 0...59)
        else { return nil }
        return (isAhead ? 1 : -1) * (hours * 3600 + minutes * 60)
    }
}
