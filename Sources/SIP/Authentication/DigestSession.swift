internal import Wire

/// A nonce that was accepted, or may be: what further requests are authorised with before they are challenged.
struct DigestSession: Hashable, Sendable {
    var challenge: DigestChallenge
    /// The password that belongs to the nonce: the user's, or the one AKA made of it.
    var password: Secret
    /// One for the life of the nonce, because the session key of a `-sess` algorithm is made of it.
    var cnonce: String
    /// How many requests used the nonce so far.
    var nonceCount: UInt32 = 0

    /// The credentials for the next request.
    mutating func credentials(
        username: String,
        realm: String,
        request: Message,
        auts: [UInt8]? = nil
    ) -> Credentials {
        credentials(
            username: username,
            realm: realm,
            method: request.method?.rawValue ?? "",
            uri: request.requestURI?.text ?? "",
            body: request.body.bytes,
            auts: auts
        )
    }

    /// The credentials for the next request, whatever protocol it is one of.
    mutating func credentials(
        username: String,
        realm: String,
        method: String,
        uri: String,
        body: [UInt8] = [],
        auts: [UInt8]? = nil
    ) -> Credentials {
        // A count that wraps would be a replay; nobody gets there, and the server would only challenge again.
        nonceCount = nonceCount == .max ? 1 : nonceCount + 1
        let computation = computation(
            username: username,
            realm: realm,
            uri: uri,
            nonceCount: nonceCount
        )
        let response = computation.response(method: method, body: body)
        var parameters = challenge.commonParameters(username: username, realm: realm, uri: computation.uri)
        parameters.append("response", response, quoted: true)
        if challenge.qop != nil || challenge.algorithm.isSession {
            parameters.append("cnonce", cnonce, quoted: true)
        }
        if let qop = challenge.qop {
            parameters.append("qop", qop.rawValue, quoted: false)
            parameters.append("nc", computation.nonceCountText, quoted: false)
        }
        if let auts { parameters.append("auts", Base64.encode(auts), quoted: true) }
        return Credentials(parameters: parameters)
    }

    /// Whether `proof`, an `rspauth`, is what a server that knows the password sends for `credentials` (RFC 7616 §3.5).
    func isProof(
        _ proof: String,
        for credentials: Credentials,
        username: String,
        realm: String,
        body: [UInt8]
    ) -> Bool {
        guard let uri = credentials.parameters["uri"]?.text else { return false }
        let count = credentials.parameters["nc"].flatMap { UInt32($0.text, radix: 16) }
        let computation = computation(username: username, realm: realm, uri: uri, nonceCount: count ?? 1)
        return computation.responseAuthentication(body: body) == proof.lowercased()
    }

    private func computation(
        username: String,
        realm: String,
        uri: String,
        nonceCount: UInt32
    ) -> DigestComputation {
        DigestComputation(
            algorithm: challenge.algorithm,
            username: username,
            realm: realm,
            password: password,
            nonce: challenge.nonce,
            uri: uri,
            qop: challenge.qop,
            nonceCount: nonceCount,
            cnonce: cnonce
        )
    }
}

extension DigestChallenge {
    /// What credentials for this challenge begin with, whatever the response is (RFC 7616 §3.4).
    func commonParameters(username: String, realm: String, uri: String) -> AuthenticationParameters {
        var parameters = AuthenticationParameters()
        parameters.append("username", username, quoted: true)
        parameters.append("realm", realm, quoted: true)
        parameters.append("nonce", nonce, quoted: true)
        parameters.append("uri", uri, quoted: true)
        if let algorithmToken { parameters.append("algorithm", algorithmToken, quoted: false) }
        if let opaque { parameters.append("opaque", opaque, quoted: true) }
        return parameters
    }
}
