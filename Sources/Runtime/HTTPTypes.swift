import Wire

/// Where an HTTP server is, and what of it is wanted (RFC 9110 §4.2).
package struct HTTPURL: Hashable, Sendable {
    package var isSecure: Bool
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    package var host: String
    package var port: UInt16
    /// The path with its query, beginning with a slash.
    package var target: String

    /// Reads an absolute `http` or `https` URI; one with a user, a fragment or anything that must be escaped is none.
    package init?(_ text: String) {
        let lowercased = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: lowercased.hasPrefix) else { return nil }
        isSecure = scheme == "https://"
        let rest = text.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        target = String(rest.dropFirst(authority.count))
        if target.first != "/" { target = "/" + target }
        let isFit = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}#".utf8.contains($0) }
        guard isFit, !authority.contains("@") else { return nil }
        var name = authority
        port = isSecure ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else {
                return nil
            }
            (name, port) = (authority[..<colon], number)
        }
        host = String(name)
        if name.first == "[" {
            host = String(name.dropFirst().dropLast())
            guard name.last == "]", SocketAddress(host: host, port: 0)?.family == .ipv6 else { return nil }
        } else {
            let isName = host.utf8.allSatisfy { ByteSet([.hostName]).contains($0) }
            guard isName, !host.isEmpty else { return nil }
        }
    }

    /// Host and port, as a person reads them.
    package var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }
}

/// A request to an HTTP server.
package struct HTTPRequest: Sendable {
    package var method: String
    package var url: HTTPURL
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    /// What an `https` server must prove.
    package var trust = Trust()
    /// How long all of it may take.
    package var timeout: Duration = RuntimeLimits.httpTransfer
    /// The largest body that is taken.
    package var bodyLimit: Int = RuntimeLimits.httpBody

    /// How the certificate of a server is checked.
    package struct Trust: Hashable, Sendable {
        /// A file of PEM certificates to trust instead of the system's.
        package var authorities: String?
        package var isVerified = true

        package init(authorities: String? = nil, isVerified: Bool = true) {
            (self.authorities, self.isVerified) = (authorities, isVerified)
        }
    }

    package init(
        _ method: String,
        _ url: HTTPURL,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) {
        (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
    }
}

/// What an HTTP server has answered.
package struct HTTPResponse: Sendable {
    package var status: UInt16
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: UInt16, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// The values of a header field, in the order they came.
    package func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
}

/// Why no answer came.
package enum HTTPFailure: Error, Hashable, Sendable {
    /// libcurl is not installed.
    case noLibrary
    case nameNotFound
    /// No connection; the text is the library's.
    case notConnected(String)
    case timedOut
    /// The certificate is not to be trusted, or is for another name.
    case certificate(String)
    case tls(String)
    /// The file of trusted certificates cannot be used.
    case trustStore(String)
    case tooLarge(limit: Int)
    /// What came is no HTTP, or the connection broke.
    case broken(String)
    /// The request holds what no header field may hold.
    case malformedRequest
}
