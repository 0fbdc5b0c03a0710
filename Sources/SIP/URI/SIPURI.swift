package import Wire

/// A `sip:` or `sips:` URI (RFC 3261 §19.1).
///
/// The text is kept as written; the parts are places in it. Two values are equal (`==`) when their texts are; whether
/// they mean the same is `isEquivalent(to:)`, which is not transitive and so cannot be `==` (RFC 3261 §19.1.4).
package struct SIPURI: Sendable {
    package let text: ByteString
    /// Whether the scheme is `sips`.
    package let isSecure: Bool
    package let port: UInt16?
    private let hostStart: UInt32
    private let hostEnd: UInt32
    private let parametersStart: UInt32
    private let parametersEnd: UInt32

    private init(
        text: ByteString,
        isSecure: Bool,
        port: UInt16?,
        hostStart: UInt32,
        hostEnd: UInt32,
        parametersStart: UInt32,
        parametersEnd: UInt32
    ) {
        (self.text, self.isSecure, self.port) = (text, isSecure, port)
        (self.hostStart, self.hostEnd) = (hostStart, hostEnd)
        (self.parametersStart, self.parametersEnd) = (parametersStart, parametersEnd)
    }

    private var schemeEnd: Int { isSecure ? 5 : 4 }

    /// The part before the `@`, escapes as written; `nil` if there is none.
    package var user: ByteString? {
        userInformation.map { $0[0..<($0.firstIndex(of: UInt8(ascii: ":")) ?? $0.count)] }
    }

    package var password: ByteString? {
        userInformation.flatMap { information in
            information.firstIndex(of: UInt8(ascii: ":")).map { information[($0 + 1)...] }
        }
    }

    /// The part before the `@` with escapes resolved, as text for people.
    package var userText: String? { user?.percentDecoded.text }

    private var userInformation: ByteString? {
        hostStart > schemeEnd ? text[schemeEnd..<Int(hostStart) - 1] : nil
    }

    /// The host as written: a name, an IPv4 address, or an IPv6 address in brackets.
    package var host: ByteString { text[Int(hostStart)..<Int(hostEnd)] }

    /// The host without the brackets of an IPv6 address: what a resolver or a socket takes.
    package var hostAddress: String {
        let host = host
        return host.first == UInt8(ascii: "[") ? host[1..<host.count - 1].text : host.text
    }

    package var parameters: Parameters {
        Parameters(validated: text[Int(parametersStart)..<Int(parametersEnd)], hasEscapes: true)
    }

    /// The header part behind the question mark, as written (RFC 3261 §19.1.1).
    package var headers: ByteString? {
        Int(parametersEnd) < text.count ? text[(Int(parametersEnd) + 1)...] : nil
    }

    /// Composes a URI; what does not fit its place is escaped (RFC 3261 §19.1.2).
    ///
    /// - Throws: `SIPParseError` if the host is none, or a parameter cannot stand in a URI.
    package init(
        user: String? = nil,
        host: String,
        port: UInt16? = nil,
        isSecure: Bool = false,
        parameters: Parameters = Parameters()
    ) throws(SIPParseError) {
        try self.init(
            user: user.map { ByteString($0).percentEncoded(except: .uriUser) },
            host: ByteString(host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host),
            port: port,
            isSecure: isSecure,
            parameters: parameters
        )
    }

    private init(
        user: ByteString?,
        host: ByteString,
        port: UInt16?,
        isSecure: Bool,
        parameters: Parameters,
        headers: ByteString? = nil
    ) throws(SIPParseError) {
        var writer = ByteWriter(capacity: 64)
        writer.append(isSecure ? "sips:" : "sip:")
        if let user {
            writer.append(user)
            writer.append(UInt8(ascii: "@"))
        }
        writer.append(host)
        if let port {
            writer.append(UInt8(ascii: ":"))
            writer.append(decimal: port)
        }
        writer.append(parameters.text)
        if let headers {
            writer.append(UInt8(ascii: "?"))
            writer.append(headers)
        }
        try self.init(parsing: writer.string)
    }

    /// Reads a URI that is the whole of `text`.
    package init(parsing text: ByteString) throws(SIPParseError) {
        guard case .sip(let uri) = try URI(parsing: text) else { throw SIPParseError(.uri, at: 0) }
        self = uri
    }

    package init(_ text: String) throws(SIPParseError) { try self.init(parsing: ByteString(text)) }
}

extension SIPURI {
    /// The URI with other parameters, or unchanged if one of them cannot stand in a URI.
    package func with(parameters: Parameters) -> SIPURI {
        let changed = try? SIPURI(
            user: userInformation,
            host: host,
            port: port,
            isSecure: isSecure,
            parameters: parameters,
            headers: headers
        )
        return changed ?? self
    }

    package func with(port: UInt16?) -> SIPURI {
        let changed = try? SIPURI(
            user: userInformation,
            host: host,
            port: port,
            isSecure: isSecure,
            parameters: parameters,
            headers: headers
        )
        return changed ?? self
    }

    /// The URI without what a Request-URI may not have: its headers, and the `method` parameter (RFC 3261 §19.1.1).
    package var asRequestURI: SIPURI {
        var parameters = parameters
        parameters.remove("method")
        let changed = try? SIPURI(
            user: userInformation,
            host: host,
            port: port,
            isSecure: isSecure,
            parameters: parameters
        )
        return changed ?? self
    }

    /// The address of record the URI names: scheme, user and host, and nothing else.
    package var addressOfRecord: SIPURI {
        let changed = try? SIPURI(
            user: user,
            host: host,
            port: nil,
            isSecure: isSecure,
            parameters: Parameters()
        )
        return changed ?? self
    }

    package var isLooseRouter: Bool { parameters.contains("lr") }

    /// The transport that the URI asks for, in small letters.
    package var transport: String? { parameters["transport"]?.text.lowercased() }
}

extension SIPURI: Hashable, CustomStringConvertible {
    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.text == rhs.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    package var description: String { text.text }
}

extension SIPURI {
    /// Reads what follows the scheme.
    @inline(__always)
    static func read(
        _ value: ByteString,
        _ scanner: inout ByteScanner,
        from start: Int,
        isSecure: Bool,
        isEnclosed: Bool
    ) throws(SIPParseError) -> SIPURI {
        let afterScheme = scanner.position
        let information = scanner.run(of: isEnclosed ? .uriUserInformation : .bareURIUserInformation)
        if scanner.skip(UInt8(ascii: "@")) {
            guard !information.isEmpty, value[information.lowerBound] != UInt8(ascii: ":") else {
                throw SIPParseError(.uri, at: information.lowerBound)
            }
        } else {
            scanner.rewind(to: afterScheme)
        }
        let hostStart = scanner.position
        try scanner.host()
        let hostEnd = scanner.position
        let port = try scanner.portAfterColon()
        let parameters = isEnclosed ? try scanner.uriParameters() : scanner.position..<scanner.position
        if isEnclosed, scanner.skip(UInt8(ascii: "?")) {
            guard !scanner.run(of: .uriHeader).isEmpty else {
                throw SIPParseError(.uri, at: scanner.position)
            }
        }
        return SIPURI(
            text: value[start..<scanner.position],
            isSecure: isSecure,
            port: port,
            hostStart: UInt32(truncatingIfNeeded: hostStart - start),
            hostEnd: UInt32(truncatingIfNeeded: hostEnd - start),
            parametersStart: UInt32(truncatingIfNeeded: parameters.lowerBound - start),
            parametersEnd: UInt32(truncatingIfNeeded: parameters.upperBound - start)
        )
    }
}

extension ByteScanner {
    /// Reads `host` of RFC 3261 §25.1: a name, an IPv4 address, or an IPv6 address in brackets.
    ///
    /// The inside of the brackets is not held against the grammar of addresses, which RFC 3261 got wrong
    /// (RFC 5118 §4.10); who opens a socket will see.
    mutating func host() throws(SIPParseError) {
        if skip(UInt8(ascii: "[")) {
            guard run(of: .addressReference).count >= 2, skip(UInt8(ascii: "]")) else {
                throw SIPParseError(.host, at: position)
            }
        } else {
            guard !run(of: .hostName).isEmpty else { throw SIPParseError(.host, at: position) }
        }
    }

    /// Reads a colon and a port, if a colon is next.
    mutating func portAfterColon() throws(SIPParseError) -> UInt16? {
        guard skip(UInt8(ascii: ":")) else { return nil }
        guard let number = decimal(upTo: 65_535) else { throw SIPParseError(.port, at: position) }
        return UInt16(truncatingIfNeeded: number)
    }
}
