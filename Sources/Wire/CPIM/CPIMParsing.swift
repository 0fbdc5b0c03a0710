extension CPIMMessage {
    /// Reads a message, which must be complete.
    ///
    /// Lenient where peers, and the examples of RFC 4975, 5547 and 7701, are: MIME headers without a blank line before
    /// them, content without MIME headers, folded headers, lines that end with LF alone, and the MIME header
    /// `Content-Type: message/cpim` as a first part of its own.
    package init(parsing bytes: ByteString, limits: CPIMLimits = CPIMLimits()) throws(CPIMParseError) {
        let message = try Self.read(bytes, limits)
        guard message.headers.isEmpty, message.contentType?.matches("message", "cpim") == true else {
            self = message
            return
        }
        self = try Self.read(message.body, limits)
    }

    private static func read(_ bytes: ByteString, _ limits: CPIMLimits) throws(CPIMParseError) -> CPIMMessage
    {
        var reader = HeaderReader(bytes: bytes, limits: limits)
        var namespaces = Namespaces()
        var message = CPIMMessage(contentHeaders: [], body: .empty)
        while true {
            let start = reader
            switch try reader.next() {
            case .field(let name, _) where name.hasPrefixIgnoringCase("Content-"):
                // The blank line before the MIME headers is missing.
                reader = start
                message.contentHeaders = try reader.contentHeaders()
                message.body = bytes[reader.position...]
                return message
            case .field(let name, let value):
                if let header = namespaces.header(name, value) { message.headers.append(header) }
            case .blank:
                try message.readContent(&reader)
                return message
            case .end:
                throw .noContent
            case .other:
                throw .malformedHeader(offset: start.position)
            }
        }
    }

    /// Reads what follows the message headers; without MIME headers all of it is text.
    private mutating func readContent(_ reader: inout HeaderReader) throws(CPIMParseError) {
        let start = reader
        if reader.beginsWithContentHeaders {
            contentHeaders = try reader.contentHeaders()
        } else {
            reader = start
            _ = reader.skipBlankLine()
        }
        body = reader.bytes[reader.position...]
    }
}

// MARK: - Lines

/// Cuts header lines, which CRLF or LF ends, and joins those that are folded.
private struct HeaderReader {
    let bytes: ByteString
    let limits: CPIMLimits
    var position = 0
    var headerCount = 0

    init(bytes: ByteString, limits: CPIMLimits) { (self.bytes, self.limits) = (bytes, limits) }

    enum Line {
        /// The name before the colon, and what is behind it.
        case field(name: ByteString, value: ByteString)
        case blank
        case end
        /// A line that is no header; the position stays before it.
        case other
    }

    mutating func next() throws(CPIMParseError) -> Line {
        let start = position
        guard let line = try nextLine() else { return .end }
        if line.isEmpty { return .blank }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            position = start
            return .other
        }
        let name = line[0..<colon]
        guard name.bytes.allSatisfy({ $0 == UInt8(ascii: ".") || CPIMName.isInName($0) }) else {
            position = start
            return .other
        }
        let value = try unfolded(line[(colon + 1)...])
        guard !value.bytes.contains(where: { $0.isControl && $0 != UInt8(ascii: "\t") }) else {
            position = start
            return .other
        }
        headerCount += 1
        guard headerCount <= limits.headerCount else { throw .tooManyHeaders }
        return .field(name: name, value: value)
    }

    /// Joins a value with the lines behind it that begin with a space.
    private mutating func unfolded(_ first: ByteString) throws(CPIMParseError) -> ByteString {
        guard peekedByte?.isLinearSpace == true else { return first }
        var joined = ByteWriter(capacity: first.count)
        joined.append(first)
        while peekedByte?.isLinearSpace == true, let folded = try nextLine() {
            joined.append(UInt8(ascii: " "))
            joined.append(folded.trimmed)
        }
        return joined.string
    }

    private var peekedByte: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// The next line without its end, or `nil` at the end of the bytes.
    private mutating func nextLine() throws(CPIMParseError) -> ByteString? {
        guard position < bytes.count else { return nil }
        let end = bytes.firstIndex(of: .lineFeed, from: position) ?? bytes.count
        guard end <= limits.headerByteCount else { throw .headersTooLarge }
        let hasReturn = end > position && end < bytes.count && bytes[end - 1] == .carriageReturn
        let line = bytes[position..<(hasReturn ? end - 1 : end)]
        position = min(end + 1, bytes.count)
        return line
    }

    mutating func skipBlankLine() -> Bool {
        let start = position
        if peekedByte == .carriageReturn { position += 1 }
        guard peekedByte == .lineFeed else {
            position = start
            return false
        }
        position += 1
        return true
    }

    /// Whether the lines from here to a blank one, or to the end, are headers and one is a MIME content header.
    var beginsWithContentHeaders: Bool {
        var probe = self
        var isContent = false
        while true {
            // A probe that meets a limit has met a long text, or headers too many: those are then told as such.
            guard let line = try? probe.next() else { return isContent }
            switch line {
            case .field(let name, _): isContent = isContent || name.hasPrefixIgnoringCase("Content-")
            case .blank, .end: return isContent
            case .other: return false
            }
        }
    }

    /// Reads the MIME headers and the blank line behind them.
    mutating func contentHeaders() throws(CPIMParseError) -> [CPIMMessage.ContentHeader] {
        var headers: [CPIMMessage.ContentHeader] = []
        while true {
            switch try next() {
            case .field(let name, let value): headers.append(.init(name.text, value.trimmed))
            case .blank, .end: return headers
            case .other: throw .malformedHeader(offset: position)
            }
        }
    }
}

// MARK: - Names

/// The prefixes a message has declared so far (RFC 3862 §3.4).
private struct Namespaces {
    private var uris: [String: String] = [:]
    private var defaultURI = CPIMName.coreNamespace

    /// Makes a header of a line, or `nil` of one that declares a namespace.
    mutating func header(_ name: ByteString, _ line: ByteString) -> CPIMHeader? {
        let (language, value) = Self.splitParameters(line)
        if name == "NS" {
            declare(value)
            return nil
        }
        var header = CPIMHeader(resolved(name.text), value, language: language)
        if header.name == .require {
            header.requiredNames = value.text.split(separator: ",").map {
                resolved(String($0.filter { $0 != " " }))
            }
            header.value = .empty
        }
        return header
    }

    private mutating func declare(_ value: ByteString) {
        guard let open = value.firstIndex(of: UInt8(ascii: "<")),
            let close = value.firstIndex(of: UInt8(ascii: ">"), from: open)
        else { return }
        let prefix = value[0..<open].trimmed.text
        let uri = Self.canonical(CPIMEscape.unescaped(value[(open + 1)..<close]))
        if prefix.isEmpty { defaultURI = uri } else { uris[prefix] = uri }
    }

    /// Some peers write the namespace of RFC 5438 with the colon that ends the one of RFC 3862.
    private static func canonical(_ uri: String) -> String {
        uri == CPIMName.notificationNamespace + ":" ? CPIMName.notificationNamespace : uri
    }

    /// The namespace and name; a prefix nobody declared stays in the name, which then has no namespace.
    private func resolved(_ name: String) -> CPIMName {
        guard let dot = name.firstIndex(of: ".") else { return CPIMName(name, in: defaultURI) }
        let prefix = String(name[..<dot])
        let local = String(name[name.index(after: dot)...])
        if let uri = uris[prefix] { return CPIMName(local, in: uri) }
        // Peers that forget to declare it mean the one prefix everybody uses.
        if prefix == "imdn" { return CPIMName(local, in: CPIMName.notificationNamespace) }
        return CPIMName(name, in: "")
    }

    /// Parts `*( ";" Parameter ) SP Header-value`, of whose parameters only the language has a meaning (§3.3).
    private static func splitParameters(_ line: ByteString) -> (language: String?, value: ByteString) {
        var language: String?
        var scanner = ByteScanner(line.span)
        while scanner.skip(UInt8(ascii: ";")) {
            let name = scanner.run { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") && !$0.isLinearSpace }
            guard scanner.skip(UInt8(ascii: "=")) else { continue }
            let value =
                scanner.quotedString() ?? scanner.run { $0 != UInt8(ascii: ";") && !$0.isLinearSpace }
            if line[name] == "lang", !value.isEmpty { language = line[value].text }
        }
        return (language, line[scanner.position...].trimmed)
    }
}
