/// Why the engine could not do what it was asked to; the wording for people is in `Commands`.
package enum EngineError: Error, Hashable, Sendable {
    /// The registrar or a proxy answered with a final response that refuses.
    case refused(method: String, Refusal)
    case authentication(AuthenticationFailure)
    /// No final answer came within the transaction time, or within `--timeout`.
    case noAnswer(method: String)
    /// No connection to any address of the P-CSCF; `detail` is the last error in words of the system.
    case unreachable(target: String, detail: String)
    case nameNotFound(String)
    case tls(TLSFailure)
    case notRegistered
    /// The registrar answered with success, but its answer does not hold the binding of this client.
    case notGranted
    /// The configured public identity is no SIP URI.
    case invalidIdentity(String)
    case deregisteredByNetwork(event: String)
    /// `--as` names an identity that is barred or not among those the network gave.
    case identityNotAvailable(String, available: [String])
    case invalidRecipient(String)
    /// Several buddies have that nickname.
    case ambiguousNickname(String, uris: [String])
    case tooLarge(size: Int, limit: Int)
    /// The secret could not be read; `detail` never holds the secret.
    case credential(account: String, detail: String)
    case localAddress(String)
    /// None of the ports that message sessions may take is free.
    case noFreePort(ClosedRange<UInt16>)
    /// The certificate for message sessions cannot be used; `detail` is in OpenSSL's words.
    case messageCertificate(file: String, detail: String)
    /// The account's own MSRP relay, named by its host, does not serve.
    case relay(String, RelayFailure)
    /// The peer did not take a chat, or it ended before it stood.
    case chatNotOpened(ChatEnd)
    /// The account writes plain text only, which cannot ask for what is to be waited for.
    case cannotAsk
    /// Somebody lets nobody see their presence, or not this user.
    case presenceNotTold(uri: String, PresenceObstacle)
    /// Somebody did not come online as long as the call waited for it.
    case notOnline(uri: String)
    /// There is no such chat, or not any more.
    case noChat
    /// What was being sent could not be read to its end; `detail` says why.
    case sourceFailed(String)
    /// There is no such transfer, or not any more.
    case noTransfer
    /// A file that is to be sent cannot be read; `detail` says why.
    case fileNotReadable(String, detail: String)
    /// A file that is offered cannot be kept here; `detail` says why.
    case fileNotKept(String)
    /// A file that is offered is larger than this side takes.
    case fileTooLarge(limit: UInt64)
    case interrupted
}

/// Why a challenge could not be answered, or the answer was not accepted.
package enum AuthenticationFailure: Hashable, Sendable {
    /// The network refused the answer: the password, K, OP or the private identity is wrong.
    case credentialsRefused(privateIdentity: String, status: UInt16)
    case noCredentials(scheme: String)
    /// None of the algorithms offered can be answered with what the account has.
    case noCommonAlgorithm(offered: [String])
    /// The challenge is for a realm that is not the account's.
    case foreignRealm(offered: String, expected: String)
    /// The network could not prove itself: MAC wrong, so K or OP differ (TS 33.102 §6.3.3).
    case networkNotAuthenticated
    /// The sequence number stayed out of range after a resynchronisation (TS 33.102 §6.3.5).
    case synchronisationFailed
    case malformedChallenge
}

/// Why a TLS connection was not made.
package enum TLSFailure: Hashable, Sendable {
    /// The chain or the name is not the expected one; `detail` says which check failed.
    case certificate(host: String, detail: String)
    case handshake(host: String, detail: String)
    case trustStore(file: String, detail: String)
}
