package import Wire

/// The `Call-ID` header field: names a call, or all registrations of a user agent (RFC 3261 §20.8).
package struct CallID: HeaderField {
    package static let name = HeaderName.callID

    /// `word [ "@" word ]`, compared with regard to case.
    package var text: ByteString

    package init(_ text: String) { self.text = ByteString(text) }

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        try scanner.callID()
        guard scanner.isAtEnd else { throw SIPParseError(.callID, at: scanner.position) }
        text = value
    }

    package func write(to writer: inout ByteWriter) { writer.append(text) }
}

extension ByteScanner {
    /// Reads `word [ "@" word ]`.
    mutating func callID() throws(SIPParseError) {
        guard !run(of: .word).isEmpty else { throw SIPParseError(.callID, at: position) }
        if skip(UInt8(ascii: "@")) {
            guard !run(of: .word).isEmpty else { throw SIPParseError(.callID, at: position) }
        }
    }
}
