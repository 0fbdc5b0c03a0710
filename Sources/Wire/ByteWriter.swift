/// Collects the bytes of what is to be sent.
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package var count: Int { bytes.count }

    package var isEmpty: Bool { bytes.isEmpty }

    /// What was written, shared and not copied.
    package var string: ByteString { ByteString(bytes) }

    /// The bytes from `start` on, borrowed.
    @_lifetime(borrow self)
    package func span(from start: Int) -> Span<UInt8> { bytes.span.extracting(start..<bytes.count) }

    /// Forgets what was written and keeps the storage.
    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Forgets the first bytes.
    package mutating func removeFirst(_ count: Int) { bytes.removeSubrange(0..<count) }

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    package mutating func append(_ string: ByteString) { bytes.append(contentsOf: string.slice) }

    /// Writes the string with the bytes before and behind it in the storage it was cut from.
    ///
    /// For who cut it out and knows what stands there; the storage is the limit.
    package mutating func append(_ string: ByteString, before: Int, after: Int) {
        bytes.append(contentsOf: string.slice(before: before, after: after))
    }

    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    package mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    /// Writes `number` in decimal digits.
    package mutating func append(decimal number: some FixedWidthInteger & UnsignedInteger) {
        append(decimal: UInt64(number))
    }

    /// Writes `number` in decimal digits.
    package mutating func append(decimal number: UInt64) {
        var (rest, count) = (number / 10, 1)
        while rest > 0 { (rest, count) = (rest / 10, count + 1) }
        var place = bytes.count + count
        for _ in 0..<count { bytes.append(UInt8(ascii: "0")) }
        rest = number
        while rest > 0 {
            place -= 1
            bytes[place] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Writes text that must stay inside one header field: CR, LF and NUL each become a space.
    ///
    /// The writer refuses the bytes and not the call, so that no path from a peer's value to the wire has an error to
    /// swallow: whatever the text says, it can neither end the field nor begin another.
    package mutating func appendField(_ string: ByteString) {
        guard string.containsFieldBreak else { return append(string) }
        for byte in string.slice { bytes.append(byte.breaksField ? UInt8(ascii: " ") : byte) }
    }

    /// Writes a `quoted-string`: quotes and backslashes escaped, CR, LF and NUL each a space (RFC 3261 §25.1).
    package mutating func appendQuoted(_ string: ByteString) {
        append(UInt8(ascii: "\""))
        for byte in string.slice {
            if byte.breaksField {
                append(UInt8(ascii: " "))
            } else {
                let needsEscape = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte.isControl
                if needsEscape, byte != UInt8(ascii: "\t") { append(UInt8(ascii: "\\")) }
                append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }
}

extension ByteString {
    /// Whether a CR, a LF or a NUL is among the bytes.
    package var containsFieldBreak: Bool {
        let span = span
        return span.firstLineBreak(from: 0) < span.count || span.firstIndex(of: 0, from: 0) < span.count
    }

    /// The string itself, or a copy in which CR, LF and NUL have each become a space.
    package var fieldSafe: ByteString {
        guard containsFieldBreak else { return self }
        var writer = ByteWriter(capacity: count)
        writer.appendField(self)
        return writer.string
    }
}
