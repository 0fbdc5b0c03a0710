/// Why a challenge is not answered, or the answer was not accepted.
package enum AuthenticationError: Error, Hashable, Sendable {
    /// The network refused the answer: the password, K, OP or the private identity is wrong.
    case credentialsRefused
    /// The account has no secret, or none for this scheme.
    case noCredentials(scheme: String)
    /// None of the algorithms offered can be answered with what the account has.
    case noCommonAlgorithm(offered: [String])
    /// The challenge is for a realm that is not the account's.
    case foreignRealm(offered: String, expected: String)
    /// The far end challenges, not the network: it gets no credentials, and its response stands as a refusal.
    case notFromNetwork
    /// The network could not prove itself: MAC wrong, so K or OP differ (TS 33.102 §6.3.3).
    case networkNotAuthenticated
    /// The sequence number stayed out of range after a resynchronisation (TS 33.102 §6.3.5).
    case synchronisationFailed
    case malformedChallenge
}
