internal import Wire

/// Proves a user to one HTTP server, by digest (RFC 7616).
///
/// A body goes out before a challenge only once: with a nonce that was accepted every further request is authorised at
/// once. Only digest is answered, never a scheme that would give the password away.
package struct HTTPAuthenticator: Sendable {
    package let username: String
    private let credential: Credential
    private var session: DigestSession?
    private var realm = ""
    private var identifiers = IdentifierSource()

    /// - Parameters:
    ///   - username: The name of the user at that server.
    ///   - credential: What the user has to prove themselves with; only a password is of use here.
    package init(username: String, credential: Credential) {
        (self.username, self.credential) = (username, credential)
    }

    /// The value of `Authorization` for the next request; `nil` as long as the server has not asked.
    package mutating func authorization(method: String, target: String, body: [UInt8]) -> String? {
        guard var session else { return nil }
        let credentials = session.credentials(
            username: username,
            realm: realm,
            method: method,
            uri: target,
            body: body
        )
        self.session = session
        return "Digest " + credentials.parameters.text.text
    }

    /// Takes the challenges of a 401, so that the request can be sent again.
    ///
    /// - Parameters:
    ///   - fields: The values of `WWW-Authenticate`.
    ///   - attempts: What was tried for this request before.
    /// - Throws: `AuthenticationError` if the request is not to be sent again.
    package mutating func answer(
        _ fields: [String],
        attempts: inout AuthenticationAttempts
    ) throws(AuthenticationError) {
        let challenges = fields.flatMap(Self.challenges)
        guard let first = challenges.first else { throw .malformedChallenge }
        guard case .password(let password) = credential else {
            throw .noCredentials(scheme: first.scheme.text)
        }
        let digests = challenges.filter(\.isDigest)
        guard !digests.isEmpty else { throw .noCredentials(scheme: first.scheme.text) }
        let known = digests.compactMap { challenge in
            DigestChallenge(challenge).map { ($0, challenge.realm?.text ?? "") }
        }
        let answerable = known.filter { $0.0.isAnswerable(with: credential) }
        // Of equally strong ones the server prefers the first (RFC 7616 §3.7).
        guard
            let strength = answerable.map(\.0.algorithm.strength).max(),
            let best = answerable.first(where: { $0.0.algorithm.strength == strength })
        else {
            throw .noCommonAlgorithm(offered: digests.map { $0.parameters["algorithm"]?.text ?? "MD5" })
        }
        guard attempts.answers < AuthenticationAttempts.limit, attempts.lastNonce != best.0.nonce else {
            session = nil
            throw .credentialsRefused
        }
        attempts.answers += 1
        attempts.lastNonce = best.0.nonce
        realm = best.1
        session = DigestSession(challenge: best.0, password: password, cnonce: identifiers.cnonce())
    }

    /// Cuts a field into its challenges: unlike SIP, HTTP lets several stand in one (RFC 9110 §11.6.1).
    private static func challenges(in field: String) -> [Challenge] {
        var (pieces, isQuoted, isEscaped): ([String], Bool, Bool) = ([""], false, false)
        for character in field {
            if isEscaped {
                isEscaped = false
            } else if character == "\\", isQuoted {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                pieces.append("")
                continue
            }
            pieces[pieces.count - 1].append(character)
        }
        var texts: [String] = []
        for piece in pieces {
            let words = piece.split(separator: " ", maxSplits: 1)
            guard let word = words.first else { continue }
            let beginsScheme =
                !word.contains("=") && words.last?.drop(while: { $0 == " " }).first != "=" && words.count == 2
            if beginsScheme || texts.isEmpty {
                texts.append(piece)
            } else {
                texts[texts.count - 1] += "," + piece
            }
        }
        return texts.compactMap { text in
            try? Challenge(parsing: ByteString(text.drop { $0 == " " }))
        }
    }
}
