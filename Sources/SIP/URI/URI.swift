package import Wire

/// A URI as header fields and request lines carry it (RFC 3261 §19.1, §25.1).
package enum URI: Hashable, Sendable {
    /// A `sip:` or `sips:` URI.
    case sip(SIPURI)
    /// A `tel:` URI (RFC 3966).
    case tel(TelephoneURI)
    /// A URI of a scheme this program carries but does not look into.
    case other(ByteString)

    /// Reads a URI that is the whole of `text`.
    package init(parsing text: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(text.span)
        self = try Self.read(text, &scanner, isEnclosed: true)
        guard scanner.isAtEnd else { throw SIPParseError(.uri, at: scanner.position) }
    }

    package init(_ text: String) throws(SIPParseError) { try self.init(parsing: ByteString(text)) }

    /// Reads a URI that begins where the scanner stands in `value`, up to what cannot belong to it.
    ///
    /// If no angle brackets enclose it, a comma, a semicolon or a question mark ends it, because what follows
    /// belongs to the header field (RFC 3261 §20.10).
    static func read(
        _ value: ByteString,
        _ scanner: inout ByteScanner,
        isEnclosed: Bool
    ) throws(SIPParseError) -> URI {
        let start = scanner.position
        let scheme = scanner.run(of: .uriScheme)
        guard !scheme.isEmpty, scanner.skip(UInt8(ascii: ":")) else {
            throw SIPParseError(.uri, at: scanner.position)
        }
        let known = URIScheme(value.span, at: scheme)
        switch known {
        case .sip, .sips:
            return .sip(
                try SIPURI.read(
                    value,
                    &scanner,
                    from: start,
                    isSecure: known == .sips,
                    isEnclosed: isEnclosed
                )
            )
        case .tel:
            return .tel(try TelephoneURI(value, &scanner, from: start, isEnclosed: isEnclosed))
        case nil:
            let opaque = scanner.run(of: isEnclosed ? .uri : .bareURI)
            guard !opaque.isEmpty else { throw SIPParseError(.uri, at: scanner.position) }
            return .other(value[start..<scanner.position])
        }
    }

    /// The URI as it was written or is to be.
    package var text: ByteString {
        switch self {
        case .sip(let uri): uri.text
        case .tel(let uri): uri.text
        case .other(let text): text
        }
    }

    /// The scheme as written, without the colon.
    package var scheme: ByteString {
        let text = text
        return text[0..<(text.firstIndex(of: UInt8(ascii: ":")) ?? 0)]
    }

    package var sip: SIPURI? {
        if case .sip(let uri) = self { uri } else { nil }
    }

    /// Whether two URIs lead to the same resource: by the rules of their scheme (RFC 3261 §19.1.4, RFC 3966 §4), or
    /// byte for byte.
    package func isEquivalent(to other: URI) -> Bool {
        switch (self, other) {
        case (.sip(let left), .sip(let right)): left.isEquivalent(to: right)
        case (.tel(let left), .tel(let right)): left.isEquivalent(to: right)
        case (.other(let left), .other(let right)): left == right
        default: false
        }
    }
}

extension URI: CustomStringConvertible {
    package var description: String { text.text }
}

private enum URIScheme {
    case sip, sips, tel

    init?(_ bytes: Span<UInt8>, at range: Range<Int>) {
        guard range.count == 3 || range.count == 4 else { return nil }
        var word: UInt32 = 0
        for index in range { word = word << 8 | UInt32(bytes[index] | 0x20) }
        switch word {
        case 0x0073_6970: self = .sip
        case 0x7369_7073: self = .sips
        case 0x0074_656C: self = .tel
        default: return nil
        }
    }
}
