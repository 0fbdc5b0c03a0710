internal import Crypto
internal import Wire

/// Proves one account to its home network, by digest (RFC 7616, RFC 8760) or AKA (RFC 3310, RFC 4169).
///
/// It gives credentials to the account's realm alone. A nonce that was accepted is used again with the next count, so
/// that further requests need not be challenged.
package struct Authenticator: Hashable, Sendable {
    package let privateIdentity: String
    package let realm: String
    var credential: Credential
    var sessions: [Challenger: DigestSession] = [:]

    /// Who asked: a registrar with a 401, or a proxy with a 407 (RFC 3261 §22.2, §22.3).
    enum Challenger: String, Hashable, Sendable, CaseIterable {
        case server, proxy

        var credentialsName: HeaderName { self == .server ? .authorization : .proxyAuthorization }
    }

    /// What a server proved with its answer (RFC 7616 §3.5).
    package enum Proof: Hashable, Sendable {
        case none, right, wrong
    }

    /// Makes the authenticator of an account.
    ///
    /// - Parameters:
    ///   - privateIdentity: The IMPI, the user name of the credentials.
    ///   - realm: The home domain.
    ///   - credential: What the account has to prove itself with.
    ///   - keptNonces: What `keptNonces` gave an earlier run; anything else is ignored.
    package init(privateIdentity: String, realm: String, credential: Credential, keptNonces: String? = nil) {
        (self.privateIdentity, self.realm, self.credential) = (privateIdentity, realm, credential)
        if let keptNonces { restore(keptNonces) }
    }

    /// What the card has accepted; to be stored before an answer is sent, so that nothing is accepted twice.
    package var sequenceNumbers: SequenceNumbers? {
        if case .card(let card) = credential { card.sequenceNumbers } else { nil }
    }

    /// Whether a REGISTER goes out with a nonce that was not given for it.
    package var hasKeptNonce: Bool { sessions[.server] != nil }

    package mutating func forgetNonces() { sessions = [:] }

    /// Gives `request` the credentials it can have without being challenged.
    ///
    /// A REGISTER without a nonce names the user all the same, with an empty nonce and response, so that the registrar
    /// knows whom to challenge (TS 24.229 §5.1.1.2.2).
    package mutating func authorize(_ request: inout Message) {
        for challenger in Challenger.allCases {
            request.headers.remove(challenger.credentialsName)
            guard challenger == .proxy || request.method == .register else { continue }
            if let credentials = nextCredentials(for: challenger, request) {
                set(credentials, for: challenger, on: &request)
            } else if challenger == .server {
                set(emptyCredentials(for: request), for: challenger, on: &request)
            }
        }
    }

    /// Answers the challenge in `response`: gives `request` the credentials with which to send it again.
    ///
    /// - Parameters:
    ///   - response: A 401 or 407 that came from the account's proxy.
    ///   - request: The request it answers, with the credentials that were refused.
    ///   - attempts: What was tried for this request before.
    ///   - identifiers: Where a client nonce comes from.
    /// - Throws: `AuthenticationError` if the request is not to be sent again.
    package mutating func answer(
        _ response: Message,
        to request: inout Message,
        attempts: inout AuthenticationAttempts,
        identifiers: inout IdentifierSource
    ) throws(AuthenticationError) {
        let challenger: Challenger = response.status == .proxyAuthenticationRequired ? .proxy : .server
        // Only requests that end at the home network's own servers are challenged by it with a 401; to any other a
        // 401 comes from the far end, which must not get a digest of the account's password to try words on.
        let homeMethods: [Method] = [.register, .subscribe, .publish]
        guard challenger == .proxy || homeMethods.contains(where: { $0 == request.method }) else {
            throw .notFromNetwork
        }
        let challenge = try select(from: Self.challenges(in: response, by: challenger), realm: realm)
        if attempts.hasRefusedNetwork { throw .networkNotAuthenticated }
        guard attempts.answers < AuthenticationAttempts.limit, attempts.lastNonce != challenge.nonce else {
            sessions[challenger] = nil
            throw .credentialsRefused
        }
        let credentials = try credentials(for: challenge, by: challenger, request, &attempts, &identifiers)
        attempts.lastNonce = challenge.nonce
        set(credentials, for: challenger, on: &request)
    }

    /// Takes what a successful response says about the nonce to use next, and checks the server's own proof.
    package mutating func noteSuccess(_ response: Message, to request: Message) -> Proof {
        var result = Proof.none
        for challenger in Challenger.allCases {
            guard let information = Self.information(in: response, for: challenger),
                let credentials = Self.credentials(in: request, for: challenger),
                var session = sessions[challenger], credentials.nonce?.text == session.challenge.nonce
            else { continue }
            if let proof = information["rspauth"]?.text {
                let isRight = session.isProof(
                    proof,
                    for: credentials,
                    username: privateIdentity,
                    realm: realm,
                    body: response.body.bytes
                )
                guard isRight else {
                    sessions[challenger] = nil
                    return .wrong
                }
                result = .right
            }
            // AKA makes its password from the nonce, so another nonce without a challenge has none.
            if let next = information["nextnonce"]?.text, session.challenge.algorithm.aka == nil {
                session.challenge.nonce = next
                session.nonceCount = 0
                sessions[challenger] = session
            }
        }
        return result
    }
}

// MARK: - Choosing and answering

extension Authenticator {
    /// Picks the strongest challenge of a realm that the account can answer, the first among equals (RFC 8760 §2.4).
    func select(
        from challenges: [Challenge],
        realm: String
    ) throws(AuthenticationError) -> DigestChallenge {
        guard let first = challenges.first else { throw .malformedChallenge }
        let digests = challenges.filter(\.isDigest)
        guard let firstDigest = digests.first else { throw .noCredentials(scheme: first.scheme.text) }
        let ours = digests.filter { $0.realm == ByteString(realm) }
        guard !ours.isEmpty else {
            throw .foreignRealm(offered: firstDigest.realm?.text ?? "", expected: realm)
        }
        if case .none = credential { throw .noCredentials(scheme: first.scheme.text) }
        guard ours.contains(where: { $0.nonce != nil }) else { throw .malformedChallenge }

        var best: DigestChallenge?
        for challenge in ours.compactMap(DigestChallenge.init) where challenge.isAnswerable(with: credential)
        {
            if let strength = best?.algorithm.strength, challenge.algorithm.strength <= strength { continue }
            best = challenge
        }
        guard let best else {
            throw .noCommonAlgorithm(offered: ours.map { $0.parameters["algorithm"]?.text ?? "MD5" })
        }
        return best
    }

    private mutating func credentials(
        for challenge: DigestChallenge,
        by challenger: Challenger,
        _ request: Message,
        _ attempts: inout AuthenticationAttempts,
        _ identifiers: inout IdentifierSource
    ) throws(AuthenticationError) -> Credentials {
        switch credential {
        case .none:
            throw .noCredentials(scheme: "Digest")
        case .password(let password):
            return begin(challenge, password, by: challenger, request, &attempts, &identifiers)
        case .card(var card):
            guard let nonce = Base64.decode(challenge.nonce), let aka = AKAChallenge(nonce) else {
                throw .malformedChallenge
            }
            let verdict = card.authenticate(aka)
            credential = .card(card)
            switch verdict {
            case .accepted(let keys):
                let password = keys.password(for: challenge.algorithm)
                return begin(challenge, password, by: challenger, request, &attempts, &identifiers)
            case .outOfRange(let auts):
                guard !attempts.hasSynchronised else { throw .synchronisationFailed }
                attempts.hasSynchronised = true
                sessions[challenger] = nil
                // With AUTS the password is empty (RFC 3310 §3.4).
                var session = DigestSession(
                    challenge: challenge,
                    password: Secret([]),
                    cnonce: identifiers.cnonce()
                )
                return session.credentials(
                    username: privateIdentity,
                    realm: realm,
                    request: request,
                    auts: auts
                )
            case .networkNotAuthenticated:
                attempts.hasRefusedNetwork = true
                sessions[challenger] = nil
                return refusal(of: challenge, request)
            }
        }
    }

    /// Begins to use the nonce of a challenge.
    private mutating func begin(
        _ challenge: DigestChallenge,
        _ password: Secret,
        by challenger: Challenger,
        _ request: Message,
        _ attempts: inout AuthenticationAttempts,
        _ identifiers: inout IdentifierSource
    ) -> Credentials {
        attempts.answers += 1
        var session = DigestSession(challenge: challenge, password: password, cnonce: identifiers.cnonce())
        // Cores whose nonces repeat after a restart ask with one we have: its count must not go back.
        if let old = sessions[challenger], old.challenge.nonce == challenge.nonce {
            session.nonceCount = old.nonceCount
        }
        let credentials = session.credentials(username: privateIdentity, realm: realm, request: request)
        sessions[challenger] = session
        return credentials
    }

    private mutating func nextCredentials(for challenger: Challenger, _ request: Message) -> Credentials? {
        guard var session = sessions[challenger] else { return nil }
        let credentials = session.credentials(username: privateIdentity, realm: realm, request: request)
        sessions[challenger] = session
        return credentials
    }

    private func emptyCredentials(for request: Message) -> Credentials {
        var parameters = AuthenticationParameters()
        parameters.append("username", privateIdentity, quoted: true)
        parameters.append("realm", realm, quoted: true)
        parameters.append("nonce", "", quoted: true)
        parameters.append("uri", request.requestURI ?? .empty, quoted: true)
        parameters.append("response", "", quoted: true)
        return Credentials(parameters: parameters)
    }

    /// What tells the network that its proof is wrong: neither response nor AUTS (TS 24.229 §5.1.1.5.3).
    private func refusal(of challenge: DigestChallenge, _ request: Message) -> Credentials {
        var parameters = challenge.commonParameters(
            username: privateIdentity,
            realm: realm,
            uri: request.requestURI?.text ?? ""
        )
        parameters.append("response", "", quoted: true)
        return Credentials(parameters: parameters)
    }
}

// MARK: - Header fields

extension Authenticator {
    private func set(_ credentials: Credentials, for challenger: Challenger, on request: inout Message) {
        switch challenger {
        case .server: request.headers.set(Authorization(credentials))
        case .proxy: request.headers.set(ProxyAuthorization(credentials))
        }
    }

    /// The challenges that can be read; the others must be ignored (RFC 8760 §2.4).
    private static func challenges(in response: Message, by challenger: Challenger) -> [Challenge] {
        switch challenger {
        case .server:
            response.headers.all(.wwwAuthenticate).compactMap { try? WWWAuthenticate(parsing: $0).challenge }
        case .proxy:
            response.headers.all(.proxyAuthenticate).compactMap {
                try? ProxyAuthenticate(parsing: $0).challenge
            }
        }
    }

    private static func credentials(in request: Message, for challenger: Challenger) -> Credentials? {
        switch challenger {
        case .server: (try? request.headers.first(Authorization.self))?.credentials
        case .proxy: (try? request.headers.first(ProxyAuthorization.self))?.credentials
        }
    }

    private static func information(
        in response: Message,
        for challenger: Challenger
    ) -> AuthenticationParameters? {
        switch challenger {
        case .server: (try? response.headers.first(AuthenticationInfo.self))?.parameters
        case .proxy: (try? response.headers.first(ProxyAuthenticationInfo.self))?.parameters
        }
    }
}

extension AKAKeys {
    /// The password of a digest: RES itself, or what RES and the keys make of it (RFC 3310 §3.3, RFC 4169 §2.1).
    func password(for algorithm: DigestAlgorithm) -> Secret {
        guard algorithm.aka == .v2 else { return response }
        let code = algorithm.hashFunction.authenticationCode(
            for: Array("http-digest-akav2-password".utf8),
            key: response.bytes + integrityKey.bytes + cipherKey.bytes
        )
        return Secret(Base64.encode(code))
    }
}
