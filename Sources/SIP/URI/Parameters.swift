package import Wire

/// The `;name=value` parameters of a URI or of a header field, kept as one piece of text that is known to be
/// well-formed.
///
/// Names are compared without regard to case (RFC 3261 §7.3.1, §19.1.4). A lookup walks the text, which is short.
package struct Parameters: Hashable, Sendable {
    /// One parameter.
    package struct Element: Hashable, Sendable {
        package var name: ByteString
        /// The value as written, with its quotes if it has some; `nil` for a name alone.
        package var rawValue: ByteString?
        /// What the value says, without quotes.
        package var value: ByteString? { rawValue?.unquoted }
    }

    /// The text: empty, or from the first semicolon to the end of the last parameter.
    package private(set) var text: ByteString
    /// Whether `%HH` stands for a character, as it does in a URI and nowhere else (RFC 4475 §3.1.1.2).
    private var hasEscapes: Bool

    package init() { (text, hasEscapes) = (.empty, false) }

    /// Wraps text that one of the scans below has accepted.
    init(validated text: ByteString, hasEscapes: Bool = false) {
        (self.text, self.hasEscapes) = (text, hasEscapes)
    }

    package var isEmpty: Bool { text.isEmpty }

    /// How many parameters there are.
    package var count: Int {
        var scanner = ParameterScanner(text.span)
        var count = 0
        while scanner.next() != nil { count += 1 }
        return count
    }

    package func contains(_ name: String) -> Bool { text.isEmpty ? false : find(name) != nil }

    /// The value of the parameter without quotes and escapes; empty if the parameter stands there without one.
    package subscript(name: String) -> ByteString? {
        guard !text.isEmpty, let found = find(name) else { return nil }
        let value = text[found.value]
        return hasEscapes ? value.percentDecoded : value.unquoted
    }

    /// Adds a parameter, or changes the one that is there.
    ///
    /// The value is quoted if it is no token, or if the standard quotes it always and `quoted` says so
    /// (RFC 3840 §9). CR, LF and NUL become spaces.
    package mutating func set(_ name: String, _ value: ByteString? = nil, quoted: Bool = false) {
        var writer = ByteWriter(capacity: text.count + 32)
        var isWritten = false
        for element in self {
            let isMatch = element.name.equalsIgnoringCase(name)
            if !isMatch {
                Self.write(element.name, element.rawValue, to: &writer)
            } else if !isWritten {
                Self.write(element.name, encoded(value, quoted: quoted), to: &writer)
                isWritten = true
            }
        }
        if !isWritten { Self.write(ByteString(name), encoded(value, quoted: quoted), to: &writer) }
        text = writer.string
    }

    package mutating func set(_ name: String, _ value: String, quoted: Bool = false) {
        set(name, ByteString(value), quoted: quoted)
    }

    package mutating func remove(_ name: String) {
        guard contains(name) else { return }
        var writer = ByteWriter(capacity: text.count)
        for element in self where !element.name.equalsIgnoringCase(name) {
            Self.write(element.name, element.rawValue, to: &writer)
        }
        text = writer.string
    }

    private static func write(_ name: ByteString, _ rawValue: ByteString?, to writer: inout ByteWriter) {
        writer.append(UInt8(ascii: ";"))
        writer.appendField(name)
        guard let rawValue else { return }
        writer.append(UInt8(ascii: "="))
        writer.appendField(rawValue)
    }

    /// The value as it is written: escaped in a URI, quoted in a field if it is no token.
    private func encoded(_ value: ByteString?, quoted: Bool) -> ByteString? {
        guard let value else { return nil }
        if hasEscapes { return value.percentEncoded(except: .uriParameter) }
        let isPlain = !quoted && !value.isEmpty && value.bytes.allSatisfy(ByteSet.genericValue.contains)
        return isPlain ? value : value.quoted
    }

    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.text == rhs.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Parameters: ExpressibleByDictionaryLiteral, CustomStringConvertible {
    /// Makes parameters of names and values in their order; a `nil` value makes a name alone.
    package init(dictionaryLiteral elements: (String, String?)...) {
        self.init()
        for (name, value) in elements { set(name, value.map { ByteString($0) }) }
    }

    package var description: String { text.text }
}

extension Parameters: Sequence {
    /// Walks the parameters in their order.
    package struct Iterator: IteratorProtocol {
        let text: ByteString
        var position = 0

        package mutating func next() -> Element? {
            var scanner = ParameterScanner(text.span, at: position)
            guard let (name, value) = scanner.next() else { return nil }
            position = scanner.position
            return Element(name: text[name], rawValue: value.map { text[$0] })
        }
    }

    package func makeIterator() -> Iterator { Iterator(text: text) }

    /// The offsets of the parameter's name and of its value, which are those of nothing if it has none.
    private func find(_ name: String) -> (name: Range<Int>, value: Range<Int>)? {
        let span = text.span
        var scanner = ParameterScanner(span)
        while let (found, value) = scanner.next() {
            let isMatch =
                hasEscapes && span.extracting(found).firstIndex(of: UInt8(ascii: "%"), from: 0) < found.count
                ? text[found].percentDecoded.equalsIgnoringCase(name)
                : span.extracting(found).equalsIgnoringCase(name)
            if isMatch {
                return (found, value ?? found.upperBound..<found.upperBound)
            }
        }
        return nil
    }
}

/// Cuts text that is known to be well-formed into parameters.
private struct ParameterScanner: ~Escapable {
    private let bytes: Span<UInt8>
    private(set) var position: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, at position: Int = 0) { (self.bytes, self.position) = (bytes, position) }

    mutating func next() -> (name: Range<Int>, value: Range<Int>?)? {
        var scanner = ByteScanner(bytes, at: position)
        defer { position = scanner.position }
        scanner.skipSpaces()
        guard scanner.skip(UInt8(ascii: ";")) else { return nil }
        scanner.skipSpaces()
        let name = scanner.run(of: .parameterName)
        scanner.skipSpaces()
        guard scanner.skip(UInt8(ascii: "=")) else { return (name, nil) }
        scanner.skipSpaces()
        let start = scanner.position
        if scanner.next == UInt8(ascii: "\"") { return (name, scanner.quotedString() ?? start..<start) }
        return (name, scanner.run(of: [.genericValue, .uriParameter]))
    }
}

extension ByteScanner {
    /// Reads the parameters of a header field: `*( SEMI token [ EQUAL gen-value ] )` (RFC 3261 §25.1).
    ///
    /// - Returns: The offsets of the text, from the first semicolon to the end of the last parameter.
    mutating func headerParameters() throws(SIPParseError) -> Range<Int> {
        skipSpaces()
        let start = position
        var end = start
        while skip(UInt8(ascii: ";")) {
            skipSpaces()
            guard !run(of: .token).isEmpty else { throw SIPParseError(.parameters, at: position) }
            end = position
            skipSpaces()
            if skip(UInt8(ascii: "=")) {
                skipSpaces()
                if next == UInt8(ascii: "\"") {
                    guard quotedString() != nil else { throw SIPParseError(.parameters, at: position) }
                } else {
                    guard !run(of: .genericValue).isEmpty else {
                        throw SIPParseError(.parameters, at: position)
                    }
                }
                end = position
                skipSpaces()
            }
        }
        return start..<end
    }

    /// Reads the parameters of a URI: `*( ";" pname [ "=" pvalue ] )`, without spaces (RFC 3261 §25.1).
    mutating func uriParameters() throws(SIPParseError) -> Range<Int> {
        let start = position
        while skip(UInt8(ascii: ";")) {
            guard !run(of: .uriParameter).isEmpty else { throw SIPParseError(.uri, at: position) }
            if skip(UInt8(ascii: "=")) {
                guard !run(of: .uriParameter).isEmpty else { throw SIPParseError(.uri, at: position) }
            }
        }
        return start..<position
    }
}
