/// Why a TLS connection did not come about, or broke.
package struct TLSFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The certificate is for other names than the one asked for.
        case nameMismatch(expected: String)
        /// No certificate authority that is trusted here vouches for the certificate.
        case untrustedIssuer
        /// The certificate vouches for itself and is not trusted here.
        case selfSigned
        case expired
        case notYetValid
        /// The certificate is another one than the peer has announced; both as RFC 8122 §5 writes them.
        case fingerprint(expected: [String], seen: String)
        /// Another check of the certificate failed, in OpenSSL's words.
        case certificate(String)
        /// The peer sent no certificate.
        case noCertificate
        /// The peer ended the handshake with an alert, or broke the protocol, in OpenSSL's words.
        case `protocol`(String)
        /// The peer closed the connection during the handshake.
        case closedEarly
    }

    package var reason: Reason
    /// The certificate that failed its check.
    package var certificate: TLSCertificate?

    package init(_ reason: Reason, _ certificate: TLSCertificate? = nil) {
        (self.reason, self.certificate) = (reason, certificate)
    }
}

/// What of an X.509 certificate helps to tell which one it is and why it is not accepted.
package struct TLSCertificate: Hashable, Sendable {
    /// The distinguished name, as RFC 2253 writes it.
    package var subject: String
    package var issuer: String
    package var notBefore: String
    package var notAfter: String
    /// The DNS names and IP addresses it is for.
    package var names: [String]
}

extension TLSFailure: CustomStringConvertible {
    package var description: String {
        let what =
            switch reason {
            case .nameMismatch(let expected): "the certificate is not for \(expected)"
            case .untrustedIssuer: "no trusted authority vouches for the certificate"
            case .selfSigned: "the certificate is self-signed and not trusted"
            case .expired: "the certificate has expired"
            case .notYetValid: "the certificate is not valid yet"
            case .fingerprint(let expected, let seen):
                "the certificate has the fingerprint \(seen), expected was \(expected.joined(separator: " or "))"
            case .certificate(let words): "the certificate is not accepted: \(words)"
            case .noCertificate: "the peer sent no certificate"
            case .protocol(let words): words
            case .closedEarly: "the peer closed the connection during the handshake"
            }
        return certificate.map { "\(what) (\($0))" } ?? what
    }
}

extension TLSCertificate: CustomStringConvertible {
    package var description: String {
        let names = names.isEmpty ? "" : ", for \(names.joined(separator: ", "))"
        return "subject \(subject)\(names), issuer \(issuer), valid \(notBefore) to \(notAfter)"
    }
}
