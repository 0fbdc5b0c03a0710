import MSRP
import Runtime
import SDP
import SIP
import UserAgent
import Wire

/// Why the account's own relay cannot be used.
package enum RelayFailure: Hashable, Sendable {
    /// There is no connection to it; `detail` says why.
    case unreachable(detail: String)
    case certificate(detail: String)
    /// It does not take the account's name and password.
    case credentialsRefused
    /// It asks for credentials that the account does not have, or for another domain.
    case notOurs(detail: String)
    /// It refuses with this MSRP status.
    case refused(UInt16)
    case noAnswer
    /// It granted without saying what, or could not prove that it knows the password.
    case badAnswer
}

// The leave to use the account's own relay, got for each session before its offer or answer (RFC 4976 §5.1).
extension Engine {
    /// What waits for the relay.
    typealias RelayWaiter = CheckedContinuation<Result<MSRPPath, EngineError>, Never>

    /// What this side offers or answers, reached through its relay.
    ///
    /// - Parameters:
    ///   - relay: The relay, as the account names it.
    ///   - host: This side's address.
    /// - Returns: The end, and its URI.
    /// - Throws: `EngineError.relay` when it does not serve.
    func makeRelayedEndpoint(
        _ relay: MSRPURI,
        from host: String
    ) async throws(EngineError) -> (MessageSession.Endpoint, MSRPURI) {
        var identifiers = IdentifierSource()
        guard
            let uri = try? MSRPURI(
                host: host,
                port: MSRPMedia.discardPort,
                sessionID: identifiers.messageID(),
                isSecure: relay.isSecure
            )
        else { throw .localAddress(host) }
        let usePath = try await authorize(uri, at: relay)
        let path = MSRPPath.attribute(usePath: usePath, local: uri)
        guard let first = path.first else { throw .relay(relay.host.text, .badAnswer) }
        let medium = MSRPMedia(
            path: path.uris.map(\.text.text),
            host: first.hostAddress,
            port: first.port ?? Self.defaultPort,
            isSecure: first.isSecure,
            acceptTypes: ["text/plain", "message/cpim", "*"]
        )
        let number = identifiers.next() >> 2
        let origin = Origin(sessionID: number, version: number, address: Connection(host))
        return (MessageSession.Endpoint(medium: medium, origin: origin), uri)
    }

    /// Gets the leave of the relay for one session.
    private func authorize(_ local: MSRPURI, at relay: MSRPURI) async throws(EngineError) -> MSRPPath {
        try await findRelay(relay)
        let answer = await withCheckedContinuation { (waiter: RelayWaiter) in
            guard let msrp,
                let authorization = try? RelayAuthorization(
                    path: MSRPPath(relay),
                    local: local,
                    expires: nil,
                    transactionTime: account.msrpTimeout
                )
            else { return waiter.resume(returning: .failure(.interrupted)) }
            relayWaiters[local] = waiter
            msrp.authorize(local, authorization)
            drive([])
        }
        return try answer.get()
    }

    /// Finds the relay's address (RFC 4975 §6.2); what was found is kept.
    private func findRelay(_ relay: MSRPURI) async throws(EngineError) {
        let transport = msrpTransport()
        guard transport.relay == nil else { return }
        if relay.isSecure {
            _ = try prepareTLS(of: transport)
        } else {
            emit(.warning(.relayNotEncrypted(relay.host.text)))
        }
        let answer = await withCheckedContinuation { waiter in
            resolver().ask(.addresses(relay.hostAddress)) { waiter.resume(returning: $0) }
        }
        var addresses: [SocketAddress] = []
        if case .success(.addresses(let hosts)) = answer {
            addresses = hosts.compactMap { SocketAddress(host: $0, port: relay.port ?? Self.defaultPort) }
        }
        guard !addresses.isEmpty else {
            throw .relay(relay.host.text, .unreachable(detail: "DNS knows no address for it"))
        }
        guard transport.relay == nil else { return }
        var check = PeerCheck(fingerprints: [], name: relay.hostAddress)
        check.authority = account.isTLSVerified ? .always : .never
        transport.relay = MSRPTransport.Relay(
            hop: MSRPTransport.FirstHop(addresses: addresses, name: relay.hostAddress),
            check: relay.isSecure ? check : nil
        )
    }

    /// Acts on what the relay says about one session.
    func take(_ event: RelayAuthorization.Event, for local: MSRPURI) {
        guard let relay = account.msrpRelay else { return }
        switch event {
        case .challenged(let fields, let uri):
            do throws(AuthenticationError) {
                var identifiers = IdentifierSource()
                guard let core else { return }
                let credentials = try core.authenticator.relayCredentials(
                    for: fields,
                    of: relay.hostAddress,
                    uri: uri.text.text,
                    identifiers: &identifiers
                )
                relayCredentials[local] = credentials
                msrp?.answerRelay(credentials.text, for: local)
            } catch {
                relayFailed(local, RelayFailure(error))
            }
        case .authorized(let path, let proof):
            if relayCredentials.removeValue(forKey: local)?.proof(in: proof) == .wrong {
                return relayFailed(local, .badAnswer)
            }
            if let waiter = relayWaiters.removeValue(forKey: local) {
                waiter.resume(returning: .success(path))
            } else if msrp?.relayPath(of: local) != path {
                // What peers were given ends soon.
                renew(local, because: "the relay gives another way")
            }
        case .failed(let failure): relayFailed(local, RelayFailure(failure))
        }
    }

    /// Tells whoever waits for the relay, or ends the session that can no longer use it.
    func relayFailed(_ local: MSRPURI, _ failure: RelayFailure) {
        let error = EngineError.relay(account.msrpRelay?.host.text ?? "", failure)
        relayCredentials[local] = nil
        if let waiter = relayWaiters.removeValue(forKey: local) {
            msrp?.remove(local)
            waiter.resume(returning: .failure(error))
        } else {
            log(.notice, "the relay does not serve any longer: \(failure)")
            renew(local, because: "the relay does not serve any longer")
        }
    }
}

extension RelayFailure {
    init(_ failure: RelayAuthorization.Failure) {
        switch failure {
        case .credentialsRefused: self = .credentialsRefused
        case .refused(let code): self = .refused(code.rawValue)
        case .timedOut: self = .noAnswer
        case .unintelligible: self = .badAnswer
        }
    }

    init(_ failure: MSRPTransport.Failure) {
        switch failure {
        case .connection(let detail): self = .unreachable(detail: detail)
        case .certificate(let detail): self = .certificate(detail: detail)
        }
    }

    fileprivate init(_ error: AuthenticationError) {
        switch error {
        case .foreignRealm(let offered, _): self = .notOurs(detail: "it asks for the password of \(offered)")
        case .noCommonAlgorithm(let offered):
            self = .notOurs(detail: "it offers \(offered.joined(separator: ", ")) alone")
        default: self = .notOurs(detail: "the account has no password for it")
        }
    }
}
