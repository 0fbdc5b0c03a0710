package import Wire

/// The `name=value` list of a challenge, of credentials or of `Authentication-Info`, kept as one piece of text that is
/// known to be well-formed (RFC 3261 §25.1, RFC 7235 §2.1).
package struct AuthenticationParameters: Hashable, Sendable {
    /// One parameter.
    package struct Element: Hashable, Sendable {
        package var name: ByteString
        /// The value as written, with its quotes if it has some.
        package var rawValue: ByteString
        /// What the value says, without quotes.
        package var value: ByteString { rawValue.unquoted }
    }

    package private(set) var text: ByteString

    package init() { text = .empty }

    /// Reads a list to the end of `value`; empty elements between commas are passed over (RFC 7235 §7).
    init(
        parsing value: ByteString,
        from start: Int,
        element: SIPParseError.Element
    ) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: start)
        scanner.skipSpaces()
        let start = scanner.position
        while !scanner.isAtEnd {
            if !scanner.skip(UInt8(ascii: ",")) {
                guard scanner.authenticationParameter() != nil,
                    scanner.isAtEnd || scanner.next == UInt8(ascii: ",")
                else { throw SIPParseError(element, at: scanner.position) }
            }
            scanner.skipSpaces()
        }
        text = value[start...]
    }

    package var isEmpty: Bool { text.isEmpty }

    /// How many parameters there are.
    package var count: Int {
        var scanner = ByteScanner(text.span)
        var count = 0
        while scanner.nextAuthenticationParameter() != nil { count += 1 }
        return count
    }

    package func contains(_ name: String) -> Bool { find(name) != nil }

    /// The value of the parameter without its quotes.
    package subscript(name: String) -> ByteString? { find(name).map { text[$0].unquoted } }

    /// The value of the parameter as written.
    package func rawValue(_ name: String) -> ByteString? { find(name).map { text[$0] } }

    /// Adds a parameter at the end.
    ///
    /// Which values are quoted differs from one parameter to the next (RFC 7616 §3.4); CR, LF and NUL become spaces.
    package mutating func append(_ name: String, _ value: ByteString, quoted: Bool) {
        var writer = ByteWriter(capacity: text.count + value.count + 16)
        writer.append(text)
        if !text.isEmpty { writer.append(", ") }
        writer.append(name)
        writer.append(UInt8(ascii: "="))
        if quoted { writer.appendQuoted(value) } else { writer.appendField(value) }
        text = writer.string
    }

    package mutating func append(_ name: String, _ value: String, quoted: Bool) {
        append(name, ByteString(value), quoted: quoted)
    }

    private func find(_ name: String) -> Range<Int>? {
        let span = text.span
        var scanner = ByteScanner(span)
        while let (found, value) = scanner.nextAuthenticationParameter() {
            if span.extracting(found).equalsIgnoringCase(name) { return value }
        }
        return nil
    }
}

extension AuthenticationParameters: Sequence {
    /// Walks the parameters in their order.
    package struct Iterator: IteratorProtocol {
        let text: ByteString
        var position = 0

        package mutating func next() -> Element? {
            var scanner = ByteScanner(text.span, at: position)
            guard let (name, value) = scanner.nextAuthenticationParameter() else { return nil }
            position = scanner.position
            return Element(name: text[name], rawValue: text[value])
        }
    }

    package func makeIterator() -> Iterator { Iterator(text: text) }
}

extension ByteScanner {
    /// Reads `name = value` and the spaces behind it.
    fileprivate mutating func authenticationParameter() -> (name: Range<Int>, value: Range<Int>)? {
        let name = run(of: .token)
        skipSpaces()
        guard !name.isEmpty, skip(UInt8(ascii: "=")) else { return nil }
        skipSpaces()
        let value = next == UInt8(ascii: "\"") ? quotedString() : run(of: .credentialValue).nonEmpty
        guard let value else { return nil }
        skipSpaces()
        return (name, value)
    }

    /// Reads on to the next parameter of a list that is known to be well-formed.
    fileprivate mutating func nextAuthenticationParameter() -> (name: Range<Int>, value: Range<Int>)? {
        skipSpaces()
        while skip(UInt8(ascii: ",")) { skipSpaces() }
        return authenticationParameter()
    }

    /// Reads an authentication scheme and the space behind it.
    mutating func authenticationScheme(
        _ element: SIPParseError.Element
    ) throws(SIPParseError) -> Range<Int> {
        let scheme = run(of: .token)
        guard !scheme.isEmpty, next?.isLinearSpace ?? true else { throw SIPParseError(element, at: position) }
        return scheme
    }
}
