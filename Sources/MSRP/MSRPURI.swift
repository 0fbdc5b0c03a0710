package import Wire

/// An `msrp:` or `msrps:` URI (RFC 4975 §6), which names a session at a device, or a device.
///
/// The text is kept as written. Two values are equal when they name the same thing (RFC 4975 §6.1): userinfo and
/// parameters behind the transport do not count, case counts in the session id alone.
package struct MSRPURI: Sendable {
    package let text: ByteString
    /// Whether the scheme is `msrps`: the next hop is by TLS.
    package let isSecure: Bool
    /// The account before the `@`, as written.
    package let user: ByteString?
    /// The host as written: a name, an IPv4 address, or an IPv6 address in brackets.
    package let host: ByteString
    package let port: UInt16?
    /// What names the session at the device; `nil` for the device itself.
    package let sessionID: ByteString?
    /// `tcp`, or `ws` (RFC 7977), in small letters.
    package let transport: ByteString
    /// The parameters behind the transport, as written and without the first semicolon.
    package let parameters: ByteString?
    /// The host in the form in which hosts are compared.
    private let comparableHost: ByteString

    /// Reads a URI that is the whole of `text`.
    package init(
        parsing text: ByteString,
        limits: MSRPLimits = .standard
    ) throws(MSRPParseError) {
        guard text.count <= limits.uriLength else { throw MSRPParseError(.uriLength, at: limits.uriLength) }
        var scanner = ByteScanner(text.span)
        let scheme = text[scanner.run(of: .uriScheme)]
        isSecure = scheme.equalsIgnoringCase("msrps")
        guard isSecure || scheme.equalsIgnoringCase("msrp") else { throw MSRPParseError(.uri, at: 0) }
        for byte in "://".utf8 {
            guard scanner.skip(byte) else { throw MSRPParseError(.uri, at: scanner.position) }
        }
        let authority = scanner.run(while: Self.isAuthority)
        (user, host, port) = try Self.parts(of: text, authority)
        if scanner.skip(UInt8(ascii: "/")) {
            let identifier = scanner.run { $0 != UInt8(ascii: ";") && Self.isVisible($0) }
            guard !identifier.isEmpty else { throw MSRPParseError(.uri, at: scanner.position) }
            sessionID = text[identifier]
        } else {
            sessionID = nil
        }
        guard scanner.skip(UInt8(ascii: ";")) else { throw MSRPParseError(.transport, at: scanner.position) }
        let transport = scanner.run(while: \.isTokenCharacter)
        guard !transport.isEmpty else { throw MSRPParseError(.transport, at: scanner.position) }
        self.transport = text[transport].lowercased
        if scanner.skip(UInt8(ascii: ";")) {
            parameters = text[scanner.run(while: Self.isVisible)]
        } else {
            parameters = nil
        }
        guard scanner.isAtEnd else { throw MSRPParseError(.uri, at: scanner.position) }
        self.text = text
        comparableHost = host.comparableHost
    }

    package init(_ text: String) throws(MSRPParseError) { try self.init(parsing: ByteString(text)) }

    /// Composes the URI of a session.
    ///
    /// - Throws: `MSRPParseError` if a part cannot stand in a URI.
    package init(
        host: String,
        port: UInt16?,
        sessionID: String?,
        isSecure: Bool = false,
        transport: String = "tcp"
    ) throws(MSRPParseError) {
        let authority = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let place = port.map { ":\($0)" } ?? ""
        let session = sessionID.map { "/\($0)" } ?? ""
        try self.init("\(isSecure ? "msrps" : "msrp")://\(authority)\(place)\(session);\(transport)")
    }

    /// The host without the brackets of an IPv6 address: what a resolver or a socket takes.
    package var hostAddress: String {
        host.first == UInt8(ascii: "[") ? host[1..<host.count - 1].text : host.text
    }

    private static func isVisible(_ byte: UInt8) -> Bool { byte > 32 && byte < 127 }

    private static func isAuthority(_ byte: UInt8) -> Bool {
        isVisible(byte) && byte != UInt8(ascii: "/") && byte != UInt8(ascii: ";")
    }

    private static func parts(
        of text: ByteString,
        _ authority: Range<Int>
    ) throws(MSRPParseError) -> (user: ByteString?, host: ByteString, port: UInt16?) {
        var rest = text[authority]
        var user: ByteString?
        if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            user = rest[0..<at]
            rest = rest[(at + 1)...]
        }
        let start = authority.upperBound - rest.count
        var scanner = ByteScanner(rest.span)
        let hostRange: Range<Int>
        if scanner.skip(UInt8(ascii: "[")) {
            let address = scanner.run(of: .addressReference)
            guard !address.isEmpty, scanner.skip(UInt8(ascii: "]")) else {
                throw MSRPParseError(.host, at: start + scanner.position)
            }
            hostRange = 0..<scanner.position
        } else {
            hostRange = scanner.run { $0 != UInt8(ascii: ":") }
            guard !hostRange.isEmpty else { throw MSRPParseError(.host, at: start) }
        }
        guard !scanner.isAtEnd else { return (user, rest[hostRange], nil) }
        guard scanner.skip(UInt8(ascii: ":")), let port = scanner.decimal(upTo: 65_535), scanner.isAtEnd
        else { throw MSRPParseError(.port, at: start + scanner.position) }
        return (user, rest[hostRange], UInt16(truncatingIfNeeded: port))
    }
}

extension MSRPURI: Hashable {
    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.isSecure == rhs.isSecure && lhs.port == rhs.port && lhs.sessionID == rhs.sessionID
            && lhs.transport == rhs.transport && lhs.comparableHost == rhs.comparableHost
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(isSecure)
        hasher.combine(port)
        hasher.combine(sessionID)
        hasher.combine(transport)
        hasher.combine(comparableHost)
    }
}

extension MSRPURI: CustomStringConvertible {
    package var description: String { text.text }
}

extension ByteString {
    /// The host in small letters, escapes resolved, an IPv6 address spelled out (RFC 4975 §6.1 rule 2).
    fileprivate var comparableHost: ByteString {
        let host = percentDecoded.lowercased
        guard host.first == UInt8(ascii: "["), host.count > 2 else { return host }
        return host[1..<host.count - 1].expandedAddress ?? host
    }

    /// The eight groups of an IPv6 address, four digits each, or `nil` if it is none (RFC 4291 §2.2).
    private var expandedAddress: ByteString? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.count <= 9 else { return nil }
        guard let gap = text.firstRange(of: "::") else { return Self.groups(text)?.joinedAddress }
        guard let before = Self.groups(String(text[..<gap.lowerBound])),
            let after = Self.groups(String(text[gap.upperBound...])), before.count + after.count < 8
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - before.count - after.count)
        return (before + zeros + after).joinedAddress
    }

    private static func groups(_ text: String) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            if part.contains(".") {
                let bytes = part.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
                guard bytes.count == 4, let a = bytes[0], let b = bytes[1], let c = bytes[2], let d = bytes[3]
                else { return nil }
                groups += [UInt16(a) << 8 | UInt16(b), UInt16(c) << 8 | UInt16(d)]
            } else {
                guard part.utf8.count <= 4, let group = UInt16(part, radix: 16) else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}

extension [UInt16] {
    fileprivate var joinedAddress: ByteString? {
        guard count == 8 else { return nil }
        return ByteString(map { String($0, radix: 16) }.joined(separator: ":"))
    }
}
