package import Wire

/// `Date`: when the message was first sent (RFC 3261 §20.17).
package struct SIPDate: HeaderField {
    package static let name = HeaderName.date

    package var timestamp: Timestamp

    package init(_ timestamp: Timestamp) { self.timestamp = timestamp }

    /// Reads `Sat, 13 Nov 2010 23:29:00 GMT`, and nothing but GMT.
    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        guard let seconds = scanner.date(), scanner.isAtEnd else {
            throw SIPParseError(.date, at: scanner.position)
        }
        timestamp = Timestamp(microseconds: seconds * 1_000_000)
    }

    package func write(to writer: inout ByteWriter) {
        let (date, seconds) = CivilDate.split(timestamp)
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        let day = Self.padded(date.day, 2)
        let month = ByteScanner.months[min(max(date.month, 1), 12) - 1]
        let time = [hour, minute, second].map { Self.padded($0, 2) }.joined(separator: ":")
        let year = Self.padded(date.year, 4)
        writer.append("\(ByteScanner.weekdays[date.weekday]), \(day) \(month) \(year) \(time) GMT")
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
    var year: Int
    var month: Int
    var day: Int

    /// The days since 1970-01-01, counted in eras of 400 years that begin on 1 March.
    var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Sunday is 0; 1970-01-01 was a Thursday.
    var weekday: Int { ((daysSinceEpoch + 4) % 7 + 7) % 7 }

    /// The date and the second of the day at `timestamp`, within the years 1 to 9999.
    static func split(_ timestamp: Timestamp) -> (date: CivilDate, seconds: Int) {
        let text = Array(timestamp.description.utf8)
        let numbers = text.split { !$0.isDigit }.map { digits in
            digits.reduce(0) { $0 &* 10 &+ Int($1 - UInt8(ascii: "0")) }
        }
        guard numbers.count >= 6 else { return (CivilDate(year: 1970, month: 1, day: 1), 0) }
        let seconds = numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
        return (CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]), seconds)
    }
}

extension ByteScanner {
    fileprivate static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    fileprivate static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads an `rfc1123-date` as seconds since 1970 (RFC 3261 §25.1).
    fileprivate mutating func date() -> Int64? {
        guard name(of: Self.weekdays) != nil, skip(UInt8(ascii: ",")), skip(UInt8(ascii: " ")),
            let day = number(2), skip(UInt8(ascii: " ")),
            let month = name(of: Self.months), skip(UInt8(ascii: " ")),
            let year = number(4), skip(UInt8(ascii: " ")),
            let hour = number(2), skip(UInt8(ascii: ":")),
            let minute = number(2), skip(UInt8(ascii: ":")),
            let second = number(2), skip(UInt8(ascii: " ")),
            name(of: ["GMT"]) != nil
        else { return nil }
        guard 1...31 ~= day, hour < 24, minute < 60, second <= 60 else { return nil }
        let days = CivilDate(year: year, month: month + 1, day: day).daysSinceEpoch
        return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// Reads three letters in any case.
    private mutating func name(of names: [String]) -> Int? {
        let start = position
        _ = run { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
        return names.firstIndex { bytes(start..<position).equalsIgnoringCase($0) }
    }

    private mutating func number(_ width: Int) -> Int? {
        let digits = run(of: .digit)
        guard digits.count == width else { return nil }
        return digits.reduce(0) { $0 * 10 + Int(bytes(digits)[$1 - digits.lowerBound] - UInt8(ascii: "0")) }
    }
}
