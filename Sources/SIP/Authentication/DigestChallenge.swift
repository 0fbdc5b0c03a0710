internal import Wire

/// A digest challenge that this program can answer (RFC 7616 §3.3).
struct DigestChallenge: Hashable, Sendable {
    var algorithm: DigestAlgorithm
    /// The algorithm as written, to be echoed; `nil` if the challenge names none.
    var algorithmToken: String?
    var nonce: String
    var opaque: String?
    var qop: DigestComputation.QualityOfProtection?
}

extension DigestChallenge {
    /// Takes what is needed of a challenge; `nil` if its algorithm or every quality of protection is unknown.
    init?(_ challenge: Challenge) {
        let parameters = challenge.parameters
        guard challenge.isDigest, let nonce = challenge.nonce else { return nil }
        let token = parameters["algorithm"]?.text
        guard let algorithm = token.map(DigestAlgorithm.init(token:)) ?? .standard else { return nil }
        self.init(
            algorithm: algorithm,
            algorithmToken: token,
            nonce: nonce.text,
            opaque: parameters["opaque"]?.text,
            qop: nil
        )
        if let offered = parameters["qop"], !offered.trimmed.isEmpty {
            let tokens = offered.text.lowercased().split { $0 == "," || $0 == " " || $0 == "\t" }
            // The body of what we send is no secret from those who could change it: auth is enough where it is offered.
            let known: [DigestComputation.QualityOfProtection] = [.authentication, .integrity]
            guard let qop = known.first(where: { tokens.contains($0.rawValue[...]) }) else { return nil }
            self.qop = qop
        }
    }

    /// Whether `credential` is of the kind that answers it.
    func isAnswerable(with credential: Credential) -> Bool {
        switch credential {
        case .none: false
        case .password: algorithm.aka == nil
        case .card: algorithm.aka != nil
        }
    }
}
