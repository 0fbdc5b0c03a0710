extension CPIMMessage {
    /// Reads a message, which must be complete.
    ///
    /// Lenient where peers, and the examples of RFC 4975, 5547 and 7701, are: MIME headers without a blank line before
    /// them, content without MIME headers, folded headers, lines that end with LF alone, and the MIME header
    /// `Content-Type: message/cpim` as a first part of its own.
    package init(parsing bytes: ByteString, limits: MIMELimits = MIMELimits()) throws(MIMEError) {
        let message = try Self.read(bytes, limits)
        guard message.headers.isEmpty, message.content.type?.matches("message", "cpim") == true else {
            self = message
            return
        }
        self = try Self.read(message.content.body, limits)
    }

    private static func read(_ bytes: ByteString, _ limits: MIMELimits) throws(MIMEError) -> CPIMMessage {
        var reader = HeaderReader(bytes: bytes, limits: limits)
        var namespaces = Namespaces()
        var message = CPIMMessage(content: MIMEEntity(headers: [], body: .empty))
        while true {
            let start = reader
            switch try reader.next() {
            case .field(let name, _) where name.hasPrefixIgnoringCase("Content-"):
                // The blank line before the MIME headers is missing.
                reader = start
                message.content.headers = try reader.contentHeaders()
                message.content.body = bytes[reader.position...]
                return message
            case .field(let name, let value):
                if let header = namespaces.header(name, value) { message.headers.append(header) }
            case .blank:
                message.content = try reader.entity()
                return message
            case .end:
                throw .noContent
            case .other:
                throw .malformedHeader(offset: start.position)
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
