// Dates as mail writes them: RFC 5322 §3.3, and RFC 1123 §5.2.14 for SIP.
extension Timestamp {
    package static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    package static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads a `date-time` of RFC 5322 §3.3: `Mon, 15 May 2006 15:01:31 +0300`.
    ///
    /// The day of the week and the second may be left out, and the names of the zones of old are read (§4.3).
    package init?(parsingMail text: ByteString) {
        var words = text.mailWords
        if let first = words.first, first.first?.isDigit == false { words.removeFirst() }
        guard words.count >= 4, let day = words[0].decimal(upTo: 31), day > 0,
            let month = Self.months.firstIndex(where: { words[1].equalsIgnoringCase($0) }),
            words[2].count == 4, let year = words[2].decimal(upTo: 9999),
            let second = Self.secondOfDay(words[3]),
            let zone = words.count > 4 ? Self.zone(words[4]) : 0
        else { return nil }
        guard Int64(day) <= Self.days(in: Int64(month) + 1, of: Int64(year)) else { return nil }
        self.init(Int64(year), Int64(month) + 1, Int64(day), secondOfDay: second - zone)
    }

    /// The time as a `date-time` of RFC 5322 §3.3 with a numeric zone, in UTC.
    package var mailText: String { mailText(zone: "+0000") }

    /// The time in UTC, with the name this zone goes by.
    package func mailText(zone: String) -> String {
        let seconds = microseconds.flooredQuotient(by: 1_000_000)
        let days = seconds.flooredQuotient(by: 86_400)
        let (year, month, day) = Self.civilDate(daysSinceEpoch: days)
        let secondOfDay = seconds - days * 86_400
        // 1970-01-01 was a Thursday.
        let weekday = Self.weekdays[Int(((days + 4) % 7 + 7) % 7)]
        let time = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60].map { $0.padded(to: 2) }
        let date = "\(day.padded(to: 2)) \(Self.months[Int(month) - 1]) \(year.padded(to: 4))"
        return "\(weekday), \(date) \(time.joined(separator: ":")) \(zone)"
    }

    private static func secondOfDay(_ text: ByteString) -> Int64? {
        let parts = text.bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else { return nil }
        var numbers: [Int64] = []
        for (part, limit) in zip(parts, [23, 59, 60] as [UInt64]) {
            guard part.count <= 2, let number = ByteString(Array(part)).decimal(upTo: limit) else {
                return nil
            }
            numbers.append(Int64(number))
        }
        return numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0)
    }

    /// How many seconds the zone is ahead of UTC.
    private static func zone(_ text: ByteString) -> Int64? {
        if let hours = obsoleteZones[text.text.uppercased()] { return hours * 3600 }
        guard text.count == 5, let sign = text.first, let number = text[1...].decimal(upTo: 9959) else {
            return nil
        }
        let seconds = Int64(number / 100 * 3600 + number % 100 * 60)
        switch sign {
        case UInt8(ascii: "+"): return seconds
        case UInt8(ascii: "-"): return -seconds
        default: return nil
        }
    }

    private static let obsoleteZones: [String: Int64] = [
        "UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
        "PST": -8, "PDT": -7,
    ]
}

extension ByteString {
    /// The words between spaces, tabs and commas.
    fileprivate var mailWords: [ByteString] {
        bytes.split { $0.isLinearSpace || $0 == UInt8(ascii: ",") }.map { ByteString(Array($0)) }
    }
}
