package import Wire

/// A list of tokens with commas between them, kept as one piece of text that is known to be well-formed.
package struct TokenList: Hashable, Sendable {
    package private(set) var text: ByteString

    package init(_ tokens: [String] = []) { text = ByteString(tokens.joined(separator: ", ")) }

    /// Reads a list that may be empty.
    init(parsing value: ByteString, element: SIPParseError.Element) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        if !scanner.isAtEnd {
            repeat {
                scanner.skipSpaces()
                guard !scanner.run(of: .token).isEmpty else {
                    throw SIPParseError(element, at: scanner.position)
                }
                scanner.skipSpaces()
            } while scanner.skip(UInt8(ascii: ","))
        }
        guard scanner.isAtEnd else { throw SIPParseError(element, at: scanner.position) }
        text = value
    }

    package var isEmpty: Bool { text.isEmpty }

    /// How many tokens there are.
    package var count: Int {
        var scanner = ByteScanner(text.span)
        var count = 0
        while scanner.nextToken() != nil { count += 1 }
        return count
    }

    /// Whether the token is in the list; case does not count.
    package func contains(_ token: String) -> Bool { contains { $0.equalsIgnoringCase(token) } }
}

extension TokenList: Sequence {
    /// Walks the tokens in their order.
    package struct Iterator: IteratorProtocol {
        let text: ByteString
        var position = 0

        package mutating func next() -> ByteString? {
            var scanner = ByteScanner(text.span, at: position)
            guard let token = scanner.nextToken() else { return nil }
            position = scanner.position
            return text[token]
        }
    }

    package func makeIterator() -> Iterator { Iterator(text: text) }
}

extension ByteScanner {
    /// Reads on to the next token of a list that is known to be well-formed.
    fileprivate mutating func nextToken() -> Range<Int>? {
        skipSpaces()
        let token = run(of: .token)
        skipSpaces()
        _ = skip(UInt8(ascii: ","))
        return token.nonEmpty
    }
}

/// A header field that is a list of tokens: option tags, methods, event packages.
package protocol TokenListField: HeaderField {
    var tokens: TokenList { get set }
    init(_ tokens: TokenList)
    static var element: SIPParseError.Element { get }
}

extension TokenListField {
    package init(_ tokens: String...) { self.init(TokenList(tokens)) }

    package init(_ tokens: [String]) { self.init(TokenList(tokens)) }

    package init(parsing value: ByteString) throws(SIPParseError) {
        self.init(try TokenList(parsing: value, element: Self.element))
    }

    package func write(to writer: inout ByteWriter) { writer.append(tokens.text) }

    /// Whether the token is in the list; case does not count.
    package func contains(_ token: String) -> Bool { tokens.contains(token) }
}
