package import Wire

/// What a server asks for before it serves: a scheme and its parameters (RFC 3261 §20.44, RFC 7616 §3.3).
package struct Challenge: Hashable, Sendable {
    package var scheme: ByteString
    package var parameters: AuthenticationParameters

    package init(scheme: String = "Digest", parameters: AuthenticationParameters = AuthenticationParameters())
    {
        (self.scheme, self.parameters) = (ByteString(scheme), parameters)
    }

    init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        scheme = value[try scanner.authenticationScheme(.challenge)]
        parameters = try AuthenticationParameters(parsing: value, from: scanner.position, element: .challenge)
    }

    package var isDigest: Bool { scheme.equalsIgnoringCase("Digest") }
    package var realm: ByteString? { parameters["realm"] }
    package var nonce: ByteString? { parameters["nonce"] }

    func write(to writer: inout ByteWriter) {
        writer.append(scheme)
        writer.append(UInt8(ascii: " "))
        writer.append(parameters.text)
    }
}

/// What a client proves itself with: a scheme and its parameters (RFC 3261 §20.7, RFC 7616 §3.4).
package struct Credentials: Hashable, Sendable {
    package var scheme: ByteString
    package var parameters: AuthenticationParameters

    package init(scheme: String = "Digest", parameters: AuthenticationParameters = AuthenticationParameters())
    {
        (self.scheme, self.parameters) = (ByteString(scheme), parameters)
    }

    init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        scheme = value[try scanner.authenticationScheme(.credentials)]
        parameters = try AuthenticationParameters(
            parsing: value,
            from: scanner.position,
            element: .credentials
        )
    }

    package var isDigest: Bool { scheme.equalsIgnoringCase("Digest") }
    package var username: ByteString? { parameters["username"] }
    package var realm: ByteString? { parameters["realm"] }
    package var nonce: ByteString? { parameters["nonce"] }

    func write(to writer: inout ByteWriter) {
        writer.append(scheme)
        writer.append(UInt8(ascii: " "))
        writer.append(parameters.text)
    }
}

/// A header field whose value is one challenge.
package protocol ChallengeField: HeaderField {
    var challenge: Challenge { get set }
    init(_ challenge: Challenge)
}

extension ChallengeField {
    package init(parsing value: ByteString) throws(SIPParseError) {
        self.init(try Challenge(parsing: value))
    }

    package func write(to writer: inout ByteWriter) { challenge.write(to: &writer) }
}

/// A header field whose value is one set of credentials.
package protocol CredentialsField: HeaderField {
    var credentials: Credentials { get set }
    init(_ credentials: Credentials)
}

extension CredentialsField {
    package init(parsing value: ByteString) throws(SIPParseError) {
        self.init(try Credentials(parsing: value))
    }

    package func write(to writer: inout ByteWriter) { credentials.write(to: &writer) }
}

/// `WWW-Authenticate`: the challenge of a user agent server or registrar, beside a 401 (RFC 3261 §20.44).
package struct WWWAuthenticate: ChallengeField {
    package static let name = HeaderName.wwwAuthenticate

    package var challenge: Challenge

    package init(_ challenge: Challenge) { self.challenge = challenge }
}

/// `Proxy-Authenticate`: the challenge of a proxy, beside a 407 (RFC 3261 §20.27).
package struct ProxyAuthenticate: ChallengeField {
    package static let name = HeaderName.proxyAuthenticate

    package var challenge: Challenge

    package init(_ challenge: Challenge) { self.challenge = challenge }
}

/// `Authorization`: the credentials for a user agent server or registrar (RFC 3261 §20.7).
package struct Authorization: CredentialsField {
    package static let name = HeaderName.authorization

    package var credentials: Credentials

    package init(_ credentials: Credentials) { self.credentials = credentials }
}

/// `Proxy-Authorization`: the credentials for a proxy (RFC 3261 §20.28).
package struct ProxyAuthorization: CredentialsField {
    package static let name = HeaderName.proxyAuthorization

    package var credentials: Credentials

    package init(_ credentials: Credentials) { self.credentials = credentials }
}

/// `Authentication-Info`: the server's proof and the next nonce (RFC 3261 §20.6, RFC 7616 §3.5).
package struct AuthenticationInfo: HeaderField {
    package static let name = HeaderName.authenticationInfo

    package var parameters: AuthenticationParameters

    package init(_ parameters: AuthenticationParameters) { self.parameters = parameters }

    package init(parsing value: ByteString) throws(SIPParseError) {
        parameters = try AuthenticationParameters(parsing: value, from: 0, element: .authenticationInfo)
    }

    package func write(to writer: inout ByteWriter) { writer.append(parameters.text) }
}

/// `Proxy-Authentication-Info`: the proxy's proof and the next nonce (RFC 7615 §4).
package struct ProxyAuthenticationInfo: HeaderField {
    package static let name = HeaderName.proxyAuthenticationInfo

    package var parameters: AuthenticationParameters

    package init(_ parameters: AuthenticationParameters) { self.parameters = parameters }

    package init(parsing value: ByteString) throws(SIPParseError) {
        parameters = try AuthenticationParameters(parsing: value, from: 0, element: .authenticationInfo)
    }

    package func write(to writer: inout ByteWriter) { writer.append(parameters.text) }
}
