extension ByteString {
    /// Whether the bytes are equal when ASCII letters are compared without regard to case.
    ///
    /// What most tokens of SIP ask for (RFC 3261 §7.3.1).
    package func equalsIgnoringCase(_ other: ByteString) -> Bool {
        guard count == other.count else { return false }
        let (left, right) = (span, other.span)
        for index in left.indices where left[index] != right[index] {
            guard left[index].lowercased == right[index].lowercased else { return false }
        }
        return true
    }

    /// Whether the bytes are `text` when ASCII letters are compared without regard to case.
    package func equalsIgnoringCase(_ text: String) -> Bool { span.equalsIgnoringCase(text) }

    package static func == (lhs: Self, rhs: String) -> Bool {
        lhs.count == rhs.utf8.count && lhs.slice.elementsEqual(rhs.utf8)
    }

    /// Whether the string begins with `prefix`, ASCII letters compared without regard to case.
    package func hasPrefixIgnoringCase(_ prefix: String) -> Bool {
        let length = prefix.utf8.count
        return length <= count && self[0..<length].equalsIgnoringCase(prefix)
    }

    /// The bytes with ASCII capitals made small.
    package var lowercased: ByteString { ByteString(slice.map(\.lowercased)) }

    /// The string without the spaces and tabs around it.
    package var trimmed: ByteString {
        let span = span
        var (start, end) = (0, span.count)
        while start < end, span[start].isLinearSpace { start &+= 1 }
        while end > start, span[end &- 1].isLinearSpace { end &-= 1 }
        return self[start..<end]
    }

    /// The offset of the first `byte` at or after `start`.
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        let found = span.firstIndex(of: byte, from: start)
        return found < count ? found : nil
    }

    /// The value of the string if it consists of decimal digits and is at most `limit`.
    package func decimal(upTo limit: UInt64) -> UInt64? {
        var scanner = ByteScanner(span)
        guard let value = scanner.decimal(upTo: limit), scanner.isAtEnd else { return nil }
        return value
    }

    /// What a quoted string quotes: the quotes and the backslashes taken away (RFC 3261 §25.1).
    ///
    /// A string that does not begin with a quote is returned as it is.
    package var unquoted: ByteString {
        let span = span
        guard span.count >= 2, span[0] == UInt8(ascii: "\"") else { return self }
        let end = span[span.count - 1] == UInt8(ascii: "\"") ? span.count - 1 : span.count
        let firstEscape = span.firstIndex(of: UInt8(ascii: "\\"), from: 1)
        guard firstEscape < end else { return self[1..<end] }
        var result: [UInt8] = []
        result.reserveCapacity(end)
        var index = 1
        while index < end {
            if span[index] == UInt8(ascii: "\\"), index + 1 < end { index += 1 }
            result.append(span[index])
            index += 1
        }
        return ByteString(result)
    }

    /// The string as a quoted string, with quotes and backslashes escaped (RFC 3261 §25.1).
    package var quoted: ByteString {
        var writer = ByteWriter(capacity: count + 2)
        writer.appendQuoted(self)
        return writer.string
    }

    /// The string with every `%HH` replaced by the byte it stands for (RFC 3261 §19.1.2).
    package var percentDecoded: ByteString {
        let span = span
        guard span.firstIndex(of: UInt8(ascii: "%"), from: 0) < span.count else { return self }
        var result: [UInt8] = []
        result.reserveCapacity(span.count)
        var index = 0
        while index < span.count {
            if span[index] == UInt8(ascii: "%"), index + 2 < span.count,
                let high = span[index + 1].hexadecimalValue, let low = span[index + 2].hexadecimalValue
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(span[index])
                index += 1
            }
        }
        return ByteString(result)
    }

    /// The string with every byte outside `set` written as `%HH` (RFC 3261 §19.1.2).
    package func percentEncoded(except set: ByteSet) -> ByteString {
        var writer = ByteWriter(capacity: count)
        for byte in slice {
            if set.contains(byte), byte != UInt8(ascii: "%") {
                writer.append(byte)
            } else {
                writer.append(UInt8(ascii: "%"))
                writer.append(UInt8.hexadecimalDigit(byte >> 4, uppercase: true))
                writer.append(UInt8.hexadecimalDigit(byte & 15, uppercase: true))
            }
        }
        return writer.string
    }
}
