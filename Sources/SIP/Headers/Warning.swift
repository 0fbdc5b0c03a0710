package import Wire

/// A value of `Warning`: what a server wants to add to the status (RFC 3261 §20.43).
package struct Warning: ListedHeaderField {
    package static let name = HeaderName.warning
    package static let element = SIPParseError.Element.warning

    package var code: UInt16
    /// Who warns: a host with or without port, or a pseudonym.
    package var agent: ByteString
    package var text: String

    package init(code: UInt16, agent: String, text: String) {
        (self.code, self.agent, self.text) = (code, ByteString(agent), text)
    }

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: position)
        scanner.skipSpaces()
        let digits = scanner.run(of: .digit)
        guard digits.count == 3, let code = value[digits].decimal(upTo: 999), scanner.skip(UInt8(ascii: " "))
        else {
            throw SIPParseError(.warning, at: digits.lowerBound)
        }
        scanner.skipSpaces()
        let agent = scanner.run(of: .genericValue)
        scanner.skipSpaces()
        guard !agent.isEmpty, let quoted = scanner.quotedString() else {
            throw SIPParseError(.warning, at: scanner.position)
        }
        scanner.skipSpaces()
        self.code = UInt16(truncatingIfNeeded: code)
        self.agent = value[agent]
        text = value[quoted].unquoted.text
        position = scanner.position
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(decimal: code)
        writer.append(UInt8(ascii: " "))
        writer.append(agent)
        writer.append(UInt8(ascii: " "))
        writer.appendQuoted(ByteString(text))
    }
}
