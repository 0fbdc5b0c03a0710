package import Wire

/// `Date`: when the message was first sent (RFC 3261 §20.17).
package struct SIPDate: HeaderField {
    package static let name = HeaderName.date

    package var timestamp: Timestamp

    package init(_ timestamp: Timestamp) { self.timestamp = timestamp }

    /// Reads `Sat, 13 Nov 2010 23:29:00 GMT`, and nothing but GMT.
    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        guard let timestamp = scanner.date(), scanner.isAtEnd else {
            throw SIPParseError(.date, at: scanner.position)
        }
        self.timestamp = timestamp
    }

    package func write(to writer: inout ByteWriter) { writer.append(timestamp.mailText(zone: "GMT")) }
}

extension ByteScanner {
    /// Reads an `rfc1123-date` (RFC 3261 §25.1).
    fileprivate mutating func date() -> Timestamp? {
        let start = position
        guard name(of: Timestamp.weekdays) != nil, skip(UInt8(ascii: ",")), skip(UInt8(ascii: " ")),
            let day = number(2), skip(UInt8(ascii: " ")),
            name(of: Timestamp.months) != nil, skip(UInt8(ascii: " ")),
            number(4) != nil, skip(UInt8(ascii: " ")),
            let hour = number(2), skip(UInt8(ascii: ":")),
            let minute = number(2), skip(UInt8(ascii: ":")),
            let second = number(2), skip(UInt8(ascii: " ")),
            name(of: ["GMT"]) != nil
        else { return nil }
        guard 1...31 ~= day, hour < 24, minute < 60, second <= 60 else { return nil }
        return Timestamp(parsingMail: ByteString(copying: bytes(start..<position)))
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
