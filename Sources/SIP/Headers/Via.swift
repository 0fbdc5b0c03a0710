package import Wire

/// A value of `Via`: one hop the request has taken, and the way its response takes back (RFC 3261 §20.42).
package struct Via: ListedHeaderField {
    package static let name = HeaderName.via
    package static let element = SIPParseError.Element.via

    /// The transport as written: `UDP`, `TCP`, `TLS`, or one this program does not speak.
    package var transport: ByteString
    /// The host of sent-by as written: a name, an IPv4 address, or an IPv6 address in brackets.
    package var host: ByteString
    package var port: UInt16?
    package var parameters: Parameters

    package init(
        transport: TransportProtocol,
        sentBy address: TransportAddress,
        branch: String,
        parameters: Parameters = Parameters()
    ) {
        self.transport = ByteString(transport.viaToken)
        host = ByteString(address.host.contains(":") ? "[\(address.host)]" : address.host)
        port = address.port
        self.parameters = parameters
        self.parameters.set("branch", branch)
    }

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: position)
        scanner.skipSpaces()
        let transport = try scanner.sentProtocol()
        guard scanner.next?.isLinearSpace == true else { throw SIPParseError(.via, at: scanner.position) }
        scanner.skipSpaces()
        let hostStart = scanner.position
        try scanner.host()
        let host = hostStart..<scanner.position
        var port: UInt16?
        scanner.skipSpaces()
        if scanner.skip(UInt8(ascii: ":")) {
            scanner.skipSpaces()
            guard let number = scanner.decimal(upTo: 65_535) else {
                throw SIPParseError(.via, at: scanner.position)
            }
            port = UInt16(truncatingIfNeeded: number)
        }
        let parameters = try scanner.headerParameters()
        position = scanner.position
        self.transport = value[transport]
        self.host = value[host]
        self.port = port
        self.parameters = Parameters(validated: value[parameters])
    }

    package func write(to writer: inout ByteWriter) {
        writer.append("SIP/2.0/")
        writer.append(transport)
        writer.append(UInt8(ascii: " "))
        writer.append(host)
        if let port {
            writer.append(UInt8(ascii: ":"))
            writer.append(decimal: port)
        }
        writer.append(parameters.text)
    }
}

extension Via {
    /// The first seven characters of every branch made by an element that follows RFC 3261 (§8.1.1.7).
    package static let magicCookie = "z9hG4bK"

    /// The branch, which names the transaction.
    package var branch: ByteString? { parameters["branch"] }

    /// Whether the branch is unique by itself (RFC 3261 §17.2.3).
    ///
    /// The cookie alone, with nothing behind it, names nothing (RFC 4475 §3.2.1).
    package var hasMagicCookie: Bool {
        branch.map { $0.count > Self.magicCookie.utf8.count && $0.hasPrefixIgnoringCase(Self.magicCookie) }
            ?? false
    }

    /// The address the request came from, without brackets (RFC 3261 §18.2.1, RFC 5118 §4.5).
    package var received: ByteString? {
        guard let received = parameters["received"] else { return nil }
        let isBracketed = received.first == UInt8(ascii: "[") && received.count > 2
        return isBracketed ? received[1..<received.count - 1] : received
    }

    /// Whether the sender asks for, or was told, the port its request came from (RFC 3581).
    package var hasResponsePort: Bool { parameters.contains("rport") }

    /// The port the request came from; `nil` before the next hop has filled it in (RFC 3581 §4).
    package var responsePort: UInt16? {
        parameters["rport"]?.decimal(upTo: 65_535).map { UInt16(truncatingIfNeeded: $0) }
    }

    /// The host of sent-by without the brackets of an IPv6 address.
    package var hostAddress: String {
        host.first == UInt8(ascii: "[") ? host[1..<host.count - 1].text : host.text
    }

    /// The transport if this program speaks it.
    package var transportProtocol: TransportProtocol? {
        TransportProtocol.allCases.first { transport.equalsIgnoringCase($0.viaToken) }
    }
}

extension ByteScanner {
    /// Reads `SIP / 2.0 / transport`.
    ///
    /// - Returns: The offsets of the transport.
    fileprivate mutating func sentProtocol() throws(SIPParseError) -> Range<Int> {
        try sentProtocolPart("SIP")
        try sentProtocolPart("2.0")
        let transport = run(of: .token)
        guard !transport.isEmpty else { throw SIPParseError(.via, at: position) }
        return transport
    }

    private mutating func sentProtocolPart(_ text: String) throws(SIPParseError) {
        let token = run(of: .token)
        guard bytes(token).equalsIgnoringCase(text) else {
            throw SIPParseError(.via, at: token.lowerBound)
        }
        skipSpaces()
        guard skip(UInt8(ascii: "/")) else { throw SIPParseError(.via, at: position) }
        skipSpaces()
    }
}
