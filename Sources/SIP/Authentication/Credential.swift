/// What an account proves itself with.
package enum Credential: Hashable, Sendable {
    case none
    case password(Secret)
    case card(SoftwareCard)
}

/// How often one request was tried; made anew for each request, and kept over its retries.
package struct AuthenticationAttempts: Hashable, Sendable {
    /// How many challenges were answered with credentials.
    var answers = 0
    var lastNonce: String?
    /// Whether the network was sent an AUTS, and whether it was told that its proof is wrong.
    var hasSynchronised = false
    var hasRefusedNetwork = false

    /// How many times one request is sent with an answer: twice, because some cores challenge anew while they are
    /// still storing their first nonce.
    static let limit = 2

    package init() {}

    /// Whether the request carries credentials that a challenge asked for.
    package var isAnswered: Bool { answers > 0 || hasSynchronised || hasRefusedNetwork }

    /// What a final response that refuses says about the credentials that were given.
    package var refusal: AuthenticationError? {
        if hasRefusedNetwork { return .networkNotAuthenticated }
        if hasSynchronised, answers == 0 { return .synchronisationFailed }
        return answers > 0 ? .credentialsRefused : nil
    }
}
