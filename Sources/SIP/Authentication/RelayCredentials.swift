package import Wire

/// The account's answer to the challenge of an MSRP relay (RFC 4976 §9.1).
package struct RelayCredentials: Sendable {
    let session: DigestSession
    let username: String
    let realm: String
    let credentials: Credentials

    /// The value of `Authorization`.
    package var text: ByteString {
        var writer = ByteWriter(capacity: 256)
        credentials.write(to: &writer)
        return writer.string
    }

    /// What the relay proved with the value of `Authentication-Info`, if it sent one.
    package func proof(in information: ByteString?) -> Authenticator.Proof {
        guard let information, let parameters = try? AuthenticationInfo(parsing: information).parameters,
            let proof = parameters["rspauth"]?.text
        else { return .none }
        let isRight = session.isProof(
            proof,
            for: credentials,
            username: username,
            realm: realm,
            body: []
        )
        return isRight ? .right : .wrong
    }
}

extension Authenticator {
    /// Answers the challenge of a relay of the account's own.
    ///
    /// A relay may name its host as the realm instead of the home domain (RFC 4976 §5.1); to any other realm no digest
    /// of the password is given.
    ///
    /// - Parameters:
    ///   - fields: The values of `WWW-Authenticate`.
    ///   - host: The relay, as the account names it.
    ///   - uri: The last URI of the To-Path.
    ///   - identifiers: Where a client nonce comes from.
    /// - Returns: The credentials for the next AUTH.
    /// - Throws: `AuthenticationError` if there are none for this challenge.
    package func relayCredentials(
        for fields: [ByteString],
        of host: String,
        uri: String,
        identifiers: inout IdentifierSource
    ) throws(AuthenticationError) -> RelayCredentials {
        let challenges = fields.compactMap { try? WWWAuthenticate(parsing: $0).challenge }
        let namesHost = challenges.contains { $0.realm == ByteString(host) }
        let realm = namesHost ? host : realm
        let challenge = try select(from: challenges, realm: realm)
        guard case .password(let password) = credential else { throw .noCredentials(scheme: "Digest") }
        var session = DigestSession(challenge: challenge, password: password, cnonce: identifiers.cnonce())
        let credentials = session.credentials(
            username: privateIdentity,
            realm: realm,
            method: "AUTH",
            uri: uri
        )
        return RelayCredentials(
            session: session,
            username: privateIdentity,
            realm: realm,
            credentials: credentials
        )
    }
}
