package import Wire

/// The `Byte-Range` of a chunk or a report: which bytes of the message it is about (RFC 4975 §7.1.1).
package struct ByteRange: Hashable, Sendable {
    /// The place of the first byte, counted from one.
    package var start: UInt64
    /// The place of the last byte; `nil` for `*`: not known, or the chunk may be interrupted.
    package var end: UInt64?
    /// The size of the message; `nil` for `*`: not known.
    package var total: UInt64?

    package init(start: UInt64, end: UInt64?, total: UInt64?) {
        (self.start, self.end, self.total) = (start, end, total)
    }

    /// Reads `start-end/total`.
    ///
    /// A start of zero, which no byte has, is read as one: `0-0/0` is how some peers say that there is nothing. An
    /// end or a total that is not there is read as a star.
    ///
    /// - Throws: `MSRPParseError` if it is anything else; ends and totals that contradict the start are not refused
    ///   here, since the length of a chunk is that of its body (RFC 4975 §7.3.1).
    package init(parsing value: ByteString) throws(MSRPParseError) {
        var scanner = ByteScanner(value.span)
        try self.init(reading: &scanner)
        guard scanner.isAtEnd else { throw MSRPParseError(.byteRange, at: scanner.position) }
    }

    /// Reads `start-end/total` and leaves what is behind it.
    init(reading scanner: inout ByteScanner) throws(MSRPParseError) {
        guard let start = scanner.decimal(upTo: MSRPLimits.largestOffset), scanner.skip(UInt8(ascii: "-"))
        else {
            throw MSRPParseError(.byteRange, at: scanner.position)
        }
        let end = try Self.number(&scanner)
        let total = scanner.skip(UInt8(ascii: "/")) ? try Self.number(&scanner) : nil
        self.init(start: max(start, 1), end: end, total: total)
    }

    private static func number(_ scanner: inout ByteScanner) throws(MSRPParseError) -> UInt64? {
        guard !scanner.skip(UInt8(ascii: "*")), let next = scanner.next, next.isDigit else { return nil }
        guard let number = scanner.decimal(upTo: MSRPLimits.largestOffset) else {
            throw MSRPParseError(.byteRange, at: scanner.position)
        }
        return number
    }

    func write(to writer: inout ByteWriter) {
        writer.append(decimal: start)
        writer.append(UInt8(ascii: "-"))
        Self.write(end, to: &writer)
        writer.append(UInt8(ascii: "/"))
        Self.write(total, to: &writer)
    }

    private static func write(_ number: UInt64?, to writer: inout ByteWriter) {
        if let number { writer.append(decimal: number) } else { writer.append(UInt8(ascii: "*")) }
    }
}
