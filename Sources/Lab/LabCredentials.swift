import SIP
import Wire

/// The nonces a registrar has given out (RFC 7616 §3.3), each good for some time and for rising counts.
struct LabNonces: Sendable {
    private struct Nonce {
        var issued: Instant
        var lastCount: UInt32 = 0
    }

    private var nonces: [String: Nonce] = [:]
    /// The nonces as they were given out; the oldest makes room for a new one.
    private var order: [String] = []

    mutating func issue(at now: Instant, from identifiers: inout IdentifierSource) -> String {
        if order.count >= LabLimits.nonces { nonces[order.removeFirst()] = nil }
        let nonce = identifiers.cnonce()
        nonces[nonce] = Nonce(issued: now)
        order.append(nonce)
        return nonce
    }

    /// Takes note of a use, and tells whether it was the right one: a known nonce, in its time, with a new count.
    mutating func use(_ nonce: String, count: UInt32?, at now: Instant, lifetime: Duration) -> Bool {
        guard let known = nonces[nonce], now - known.issued < lifetime else { return false }
        guard let count else { return true }
        guard count > known.lastCount else { return false }
        nonces[nonce]?.lastCount = count
        return true
    }
}

/// Credentials of RFC 7616 §3.4, to be held against a user's password.
struct LabCredentials {
    let user: LabUser
    let nonce: String
    let nonceCount: UInt32?
    private let computation: DigestComputation
    private let response: ByteString

    /// Reads the credentials of a request, or returns `nil` if they are none that can be checked.
    init?(_ authorization: Authorization, of configuration: LabConfiguration) {
        let (credentials, realm) = (authorization.credentials, configuration.domain)
        let parameters = credentials.parameters
        guard credentials.isDigest, credentials.realm?.text == realm, let response = parameters["response"],
            let username = credentials.username?.text, let nonce = credentials.nonce?.text, !nonce.isEmpty,
            let uri = parameters["uri"]?.text, let user = configuration.privateUser(username),
            let algorithm = DigestAlgorithm(token: parameters["algorithm"]?.text ?? "MD5"),
            configuration.algorithms.contains(algorithm)
        else { return nil }
        let qop = parameters["qop"].map { $0.text.lowercased() }
        let protection = qop.flatMap { DigestComputation.QualityOfProtection(rawValue: $0) }
        let nonceCount = parameters["nc"].flatMap { UInt32($0.text, radix: 16) }
        // A quality of protection must be one there is, and comes with a count.
        guard (qop == nil) == (protection == nil), protection == nil || nonceCount != nil else { return nil }
        (self.user, self.nonce, self.response) = (user, nonce, response)
        self.nonceCount = protection == nil ? nil : nonceCount
        computation = DigestComputation(
            algorithm: algorithm,
            username: username,
            realm: realm,
            password: user.password,
            nonce: nonce,
            uri: uri,
            qop: protection,
            nonceCount: nonceCount ?? 0,
            cnonce: parameters["cnonce"]?.text ?? ""
        )
    }

    /// Reads an `Authorization` field whoever made which knows the password; `nil` for every other.
    init?(
        proving value: ByteString?,
        method: Method,
        body: ByteString,
        of configuration: LabConfiguration
    ) {
        guard let value, let field = try? Authorization(parsing: value) else { return nil }
        self.init(field, of: configuration)
        guard isProof(of: method, body: body) else { return nil }
    }

    /// Whether whoever made the credentials knows the password.
    func isProof(of method: Method, body: ByteString) -> Bool {
        response.equalsIgnoringCase(computation.response(method: method.rawValue, body: body.bytes))
    }

    /// `Authentication-Info`, by which the registrar proves itself too (RFC 7616 §3.5); `nil` if it would be empty.
    func authenticationInfo(nextNonce: String?) -> AuthenticationInfo? {
        var parameters = AuthenticationParameters()
        if let nextNonce { parameters.append("nextnonce", nextNonce, quoted: true) }
        if let qop = computation.qop {
            parameters.append("qop", qop.rawValue, quoted: false)
            parameters.append("rspauth", computation.responseAuthentication(body: []), quoted: true)
            parameters.append("cnonce", computation.cnonce, quoted: true)
            parameters.append("nc", computation.nonceCountText, quoted: false)
        }
        return parameters.isEmpty ? nil : AuthenticationInfo(parameters)
    }
}
