/// A forward-only cursor over bytes that belong to someone else.
///
/// The scanner never copies and never outlives the buffer it reads: it is non-escapable, so the compiler enforces
/// both. A read that fails leaves the position at the first byte that does not fit.
@usableFromInline
package struct ByteScanner: ~Escapable {
    @usableFromInline
    internal let bytes: Span<UInt8>

    /// The offset of the next unread byte, from the start of the buffer.
    @usableFromInline
    package internal(set) var position: Int

    /// Begins to read `bytes` at the offset `start`.
    @inlinable
    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>, at start: Int = 0) {
        precondition(start >= 0, "a scanner never begins before its bytes")
        self.bytes = bytes
        self.position = start
    }

    /// The next unread byte, or `nil` when every byte has been read.
    @inlinable
    package var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    @inlinable
    package var isAtEnd: Bool { position >= bytes.count }

    /// The bytes at `range`, borrowed.
    @inlinable
    @_lifetime(copy self)
    package func bytes(_ range: Range<Int>) -> Span<UInt8> { bytes.extracting(range) }

    /// Goes back to an offset that was reached before.
    @inlinable
    package mutating func rewind(to offset: Int) { position = Swift.min(position, Swift.max(0, offset)) }

    /// Reads one byte.
    @inlinable
    package mutating func read() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position &+= 1 }
        return bytes[position]
    }

    /// Reads the next byte if it is `byte`.
    @inlinable
    @inline(__always)
    package mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position &+= 1
        return true
    }

    /// Reads spaces and tabs: `LWS` of RFC 3261 §25.1 once folded lines are joined.
    @inlinable
    @inline(__always)
    package mutating func skipSpaces() {
        while position < bytes.count, bytes[position].isLinearSpace { position &+= 1 }
    }

    /// Reads the longest run of members of `set`.
    ///
    /// - Returns: The offsets of the run; empty when the next byte is no member.
    @inlinable
    @inline(__always)
    package mutating func run(of set: ByteSet) -> Range<Int> {
        let start = position
        position = bytes.endOfRun(of: set, from: start)
        return start..<position
    }

    /// Reads the longest run of bytes that satisfy `isMember`.
    @inlinable
    @inline(__always)
    package mutating func run(while isMember: (UInt8) -> Bool) -> Range<Int> {
        let start = position
        while position < bytes.count, isMember(bytes[position]) { position &+= 1 }
        return start..<position
    }

    /// Reads a decimal number of at most `limit`.
    ///
    /// - Returns: The number, or `nil` if there is no digit here or the number is larger.
    @inlinable
    package mutating func decimal(upTo limit: UInt64) -> UInt64? {
        let start = position
        var value: UInt64 = 0
        while position < bytes.count, bytes[position].isDigit {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(UInt64(bytes[position] &- UInt8(ascii: "0")))
            guard !overflow, !carry, sum <= limit else { return nil }
            value = sum
            position &+= 1
        }
        return position > start ? value : nil
    }

    /// Reads a `quoted-string` (RFC 3261 §25.1), which begins here.
    ///
    /// - Returns: The offsets of the string with its quotes, or `nil` if there is no quote here, none at the end, or
    ///   a control character between them that no backslash precedes.
    package mutating func quotedString() -> Range<Int>? {
        let start = position
        guard skip(UInt8(ascii: "\"")) else { return nil }
        while true {
            position = bytes.endOfRun(of: .quotable, from: position)
            if skip(UInt8(ascii: "\"")) { return start..<position }
            guard skip(UInt8(ascii: "\\")), read() != nil else { return nil }
        }
    }
}
