package import Wire

/// `a=file-range`: the part of a file that is transferred, its bytes counted from one (RFC 5547 §6).
package struct FileRange: Hashable, Sendable {
    /// The first byte.
    package var start: UInt64
    /// The last byte; `nil` for `*`, the end wherever it is.
    package var end: UInt64?

    package init(start: UInt64, end: UInt64? = nil) { (self.start, self.end) = (start, end) }

    /// All of a file: what the absence of the attribute says.
    package static let whole = FileRange(start: 1)

    /// What remains of a file behind its first `count` bytes.
    package init(after count: UInt64, of size: UInt64?) { self.init(start: count + 1, end: size) }

    /// Reads `start-end`; a start of zero, which no byte has, is read as one.
    ///
    /// - Returns: `nil` if it is anything else, or ends before it starts.
    package init?(parsing value: ByteString) {
        var scanner = ByteScanner(value.span)
        guard let start = scanner.decimal(upTo: UInt64(Int64.max)), scanner.skip(UInt8(ascii: "-")) else {
            return nil
        }
        self.init(start: max(start, 1))
        if !scanner.skip(UInt8(ascii: "*")) {
            guard let end = scanner.decimal(upTo: UInt64(Int64.max)), end >= self.start else { return nil }
            self.end = end
        }
        guard scanner.isAtEnd else { return nil }
    }

    /// The value of the attribute.
    package var value: ByteString { ByteString("\(start)-\(end.map { String($0) } ?? "*")") }

    /// The bytes before the range.
    package var offset: UInt64 { start - 1 }

    /// The bytes in the range of a file of this size; `nil` if it has no such bytes.
    package func count(of size: UInt64) -> UInt64? {
        let last = min(end ?? size, size)
        return last >= offset && end ?? size <= size ? last - offset : nil
    }

    /// Whether all of the other range lies within this one.
    package func contains(_ other: FileRange) -> Bool {
        guard other.start >= start else { return false }
        guard let end else { return true }
        return other.end.map { $0 <= end } ?? false
    }
}
