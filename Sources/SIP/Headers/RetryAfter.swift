package import Wire

/// `Retry-After`: when a server or user can be tried again (RFC 3261 §20.33).
package struct RetryAfter: HeaderField {
    package static let name = HeaderName.retryAfter

    package var seconds: UInt32
    /// The comment in parentheses, without them.
    package var comment: ByteString?
    package var parameters: Parameters

    package init(seconds: UInt32) { (self.seconds, comment, parameters) = (seconds, nil, Parameters()) }

    package var delay: Duration { .seconds(seconds) }

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        guard let seconds = scanner.decimal(upTo: UInt64(UInt32.max)) else {
            throw SIPParseError(.retryAfter, at: scanner.position)
        }
        self.seconds = UInt32(truncatingIfNeeded: seconds)
        scanner.skipSpaces()
        comment = nil
        if scanner.next == UInt8(ascii: "(") {
            guard let range = scanner.comment() else {
                throw SIPParseError(.retryAfter, at: scanner.position)
            }
            comment = value[range.lowerBound + 1..<range.upperBound - 1]
        }
        parameters = Parameters(validated: value[try scanner.headerParameters()])
        guard scanner.isAtEnd else { throw SIPParseError(.retryAfter, at: scanner.position) }
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(decimal: seconds)
        if let comment {
            writer.append(" (")
            writer.append(comment)
            writer.append(")")
        }
        writer.append(parameters.text)
    }
}

extension ByteScanner {
    /// Reads a `comment`, which may hold others (RFC 3261 §25.1).
    ///
    /// - Returns: The offsets with the parentheses; `nil` if they are not balanced.
    mutating func comment() -> Range<Int>? {
        let start = position
        var depth = 0
        while let byte = read() {
            switch byte {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "\\"): _ = read()
            default: break
            }
            if depth == 0 { return start..<position }
        }
        return nil
    }
}
