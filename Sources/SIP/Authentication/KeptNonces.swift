internal import Wire

extension Authenticator {
    /// The nonces to use in a later run, in a form for the store; `nil` if there are none.
    ///
    /// It holds no password, and nothing of AKA: there the password belongs to the nonce and is not stored.
    package var keptNonces: String? {
        guard case .password = credential else { return nil }
        let lines = Challenger.allCases.compactMap { challenger -> String? in
            guard let session = sessions[challenger] else { return nil }
            let fields: [String?] = [
                privateIdentity, realm, challenger.rawValue, session.challenge.algorithmToken,
                session.challenge.qop?.rawValue, session.challenge.nonce, session.challenge.opaque,
                session.cnonce,
                String(session.nonceCount),
            ]
            return fields.map { $0.map { "." + Base64.encode(Array($0.utf8)) } ?? "-" }.joined(separator: " ")
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    /// Takes up the nonces of an earlier run; those of another identity or realm, and nonsense, are left aside.
    mutating func restore(_ keptNonces: String) {
        guard case .password(let password) = credential else { return }
        for line in keptNonces.split(separator: "\n").prefix(Challenger.allCases.count) {
            let fields = line.split(separator: " ").map { field -> String? in
                guard field.hasPrefix(".") else { return nil }
                return Base64.decode(field.dropFirst()).map { String(decoding: $0, as: UTF8.self) }
            }
            guard fields.count == 9, fields[0] == privateIdentity, fields[1] == realm,
                let challenger = fields[2].flatMap(Challenger.init),
                let challenge = DigestChallenge(
                    algorithmToken: fields[3],
                    qop: fields[4],
                    nonce: fields[5],
                    opaque: fields[6]
                ),
                let cnonce = fields[7], let nonceCount = fields[8].flatMap({ UInt32($0) })
            else { continue }
            sessions[challenger] = DigestSession(
                challenge: challenge,
                password: password,
                cnonce: cnonce,
                nonceCount: nonceCount
            )
        }
    }
}

extension DigestChallenge {
    fileprivate init?(algorithmToken: String?, qop: String?, nonce: String?, opaque: String?) {
        guard let nonce, let algorithm = algorithmToken.map(DigestAlgorithm.init(token:)) ?? .standard,
            algorithm.aka == nil
        else { return nil }
        self.init(
            algorithm: algorithm,
            algorithmToken: algorithmToken,
            nonce: nonce,
            opaque: opaque,
            qop: qop.flatMap(DigestComputation.QualityOfProtection.init)
        )
    }
}
