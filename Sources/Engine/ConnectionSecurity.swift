import Crypto
import Runtime
import SDP
import Wire

/// How the connection of a message session is protected, and how the other side is known to be the right one.
package enum ConnectionSecurity: Hashable, Sendable {
    case plain
    /// TLS; `suite` names the version and the cipher suite.
    case tls(suite: String, proof: Proof)

    package enum Proof: Hashable, Sendable {
        /// Its certificate has the fingerprint that came with the signalling (RFC 8122).
        case fingerprint(String)
        /// An authority vouches that it is the host of this name (RFC 4975 §5.4).
        case name(String)
        /// Nothing but that it knows the session: signalling gave no fingerprint, and the other side has connected.
        case none
    }
}

/// What the certificate of the other side must be (RFC 4975 §5.4, §14.4).
struct PeerCheck: Hashable, Sendable {
    /// The fingerprints of which it must have one; empty if signalling gave none.
    var fingerprints: [Fingerprint]
    /// The host of the first hop, as the path names it.
    var name: String
    var authority = Authority.withoutFingerprint

    /// When an authority must vouch for the name.
    enum Authority: Hashable, Sendable { case always, withoutFingerprint, never }

    /// Whether an authority is asked.
    var asksAuthority: Bool {
        switch authority {
        case .always: true
        case .withoutFingerprint: fingerprints.isEmpty
        case .never: false
        }
    }

    /// Why a certificate is not one of those that were announced, or `nil`.
    func refusal(of certificate: [UInt8]) -> Runtime.TLSFailure.Reason? {
        guard let first = fingerprints.first else { return nil }
        let seen = Fingerprint(of: certificate, first.hash)
        guard !fingerprints.contains(seen) else { return nil }
        return .fingerprint(expected: fingerprints.map(\.value.text), seen: seen.value.text)
    }

    /// Judges the other side of a connection that stands.
    ///
    /// - Parameters:
    ///   - connection: The connection.
    ///   - isAccepted: Whether the other side has connected: it then need not be known by name, since it knows the
    ///     session (RFC 4975 §5.4).
    /// - Returns: What proves that it is the right one, or why it is not.
    func judge(
        _ connection: StreamConnection,
        isAccepted: Bool
    ) -> Result<ConnectionSecurity.Proof, Runtime.TLSFailure> {
        let certificate = connection.peerCertificate
        guard fingerprints.isEmpty || certificate != nil else { return .failure(.init(.noCertificate)) }
        if let reason = certificate.flatMap(refusal) { return .failure(.init(reason)) }
        if asksAuthority, let doubt = connection.doubt(that: name) {
            return isAccepted && authority != .always ? .success(.none) : .failure(doubt)
        }
        if let first = fingerprints.first, let certificate {
            return .success(.fingerprint(Fingerprint(of: certificate, first.hash).value.text))
        }
        return .success(asksAuthority ? .name(name) : .none)
    }
}
