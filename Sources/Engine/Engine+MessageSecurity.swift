import Runtime
import SDP
import Wire

/// What is offered of the connection of a message session.
struct ConnectionOffer: Hashable {
    var isSecure: Bool
    /// Whether gateways that rewrite only the address are allowed for (RFC 6714).
    var usesCEMA = true
}

// Whether message sessions go over TLS.
extension Engine {
    /// What to offer a peer first.
    func firstOffer(to peer: String) -> ConnectionOffer {
        ConnectionOffer(isSecure: account.chatTransport != .tcp && !plainPeers.contains(peer))
    }

    /// What to offer a peer that did not take what was offered.
    ///
    /// - Parameters:
    ///   - peer: The URI that was invited.
    ///   - offer: What was offered.
    ///   - end: How the invitation ended.
    /// - Returns: The next offer, or `nil` if there is none to make.
    func nextOffer(to peer: String, after offer: ConnectionOffer, _ end: ChatEnd) -> ConnectionOffer? {
        var next = offer
        switch end {
        case .refused(let refusal) where [488, 606].contains(refusal.status):
            guard offer.isSecure, account.chatTransport == .automatic else { return nil }
            next.isSecure = false
            plainPeers.insert(peer)
            emit(.warning(.chatNotEncrypted(peer: peer)))
        case .gateway:
            guard offer.usesCEMA else { return nil }
            next.usesCEMA = false
        default: return nil
        }
        return next
    }

    /// Whether the answer to an offer is over TLS.
    func isSecureAnswer(to offered: [MSRPMedia]) -> Bool {
        switch account.chatTransport {
        case .tls: true
        case .automatic: offered.contains(where: \.isSecure)
        case .tcp: offered.first?.isSecure == true
        }
    }
}

// The certificate that this side of message sessions over TLS shows.
extension Engine {
    /// Makes TLS ready on the transport, with the certificate of the account.
    ///
    /// - Returns: The fingerprints to announce: SHA-256, which everyone must know (RFC 8122 §5.1).
    func prepareTLS(of transport: MSRPTransport) throws(EngineError) -> [Fingerprint] {
        if let own = messageFingerprint { return [own] }
        do throws(TLSContext.SetupError) {
            let identity = try messageIdentity()
            let trust: TLSContext.Trust =
                account.isTLSVerified ? account.tlsCA.map { .file($0) } ?? .system : .anyone
            transport.tls = try TLSContext(between: identity, trusting: trust)
            let fingerprint = Fingerprint(of: identity.encoded, .sha256)
            messageFingerprint = fingerprint
            return [fingerprint]
        } catch {
            switch error {
            case .trust(let file, let detail): throw .tls(.trustStore(file: file, detail: detail))
            case .certificate(let file, let detail), .key(let file, let detail):
                throw .messageCertificate(file: file, detail: detail)
            case .library(let detail):
                throw .messageCertificate(file: configuration.certificatePath ?? "", detail: detail)
            }
        }
    }

    private func messageIdentity() throws(TLSContext.SetupError) -> TLSIdentity {
        if let file = account.msrpCertificate {
            let contents: FileContents
            do throws(FileContents.Failure) {
                contents = try FileContents(path: file)
            } catch {
                throw .certificate(file: file, error.description)
            }
            if contents.isReadableByOthers { emit(.warning(.secretReadableByOthers(file: file))) }
            return try TLSIdentity(pem: contents.bytes, name: file)
        }
        guard let path = configuration.certificatePath else { return try TLSIdentity.make(at: .now) }
        // The store makes the directory.
        _ = try? openedStore()
        let (identity, failure) = try TLSIdentity.kept(at: path, now: .now)
        if let failure { emit(.warning(.certificateNotKept("\(path): \(failure)"))) }
        return identity
    }
}
