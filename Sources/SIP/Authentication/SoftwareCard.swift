internal import Crypto

/// The authentication functions of an ISIM without the card (TS 33.102 §6.3.3).
package struct SoftwareCard: Hashable, Sendable {
    private let milenage: Milenage
    /// The AMF in the code of AUTS: zero (TS 33.102 §6.3.3), unless the home network computes with another.
    private let synchronisationAMF: UInt16

    /// What has been accepted so far; the owner keeps it, so that no challenge is accepted twice.
    package var sequenceNumbers: SequenceNumbers

    package init(
        _ milenage: Milenage,
        synchronisationAMF: UInt16 = 0,
        sequenceNumbers: SequenceNumbers = SequenceNumbers()
    ) {
        (self.milenage, self.synchronisationAMF) = (milenage, synchronisationAMF)
        self.sequenceNumbers = sequenceNumbers
    }

    /// What the card says to a challenge.
    package enum Verdict: Hashable, Sendable {
        /// The network proved itself and the challenge is fresh.
        case accepted(AKAKeys)
        /// The challenge is old or too far ahead: AUTS asks the network to synchronise (TS 33.102 §6.3.5).
        case outOfRange(auts: [UInt8])
        /// The network does not know K and OP.
        case networkNotAuthenticated
    }

    /// Checks that the network made `challenge` and that it is fresh, and answers it.
    package mutating func authenticate(_ challenge: AKAChallenge) -> Verdict {
        let (res, ak) = milenage.responseAndAnonymityKey(rand: challenge.rand)
        let sqn = challenge.concealedSQN ^ ak
        let expected = milenage.macs(rand: challenge.rand, sqn: sqn, amf: challenge.amf).a
        guard isEqualInConstantTime(expected, challenge.mac) else { return .networkNotAuthenticated }

        guard sequenceNumbers.accept(sqn.reduce(0) { $0 << 8 | UInt64($1) }) else {
            return .outOfRange(auts: auts(rand: challenge.rand))
        }
        let keys = AKAKeys(
            response: Secret(res),
            cipherKey: Secret(milenage.cipherKey(rand: challenge.rand)),
            integrityKey: Secret(milenage.integrityKey(rand: challenge.rand))
        )
        return .accepted(keys)
    }

    /// AUTS: SQN_MS concealed, with a code over it and the AMF (TS 33.102 §6.3.3).
    private func auts(rand: [UInt8]) -> [UInt8] {
        let greatest = sequenceNumbers.greatest
        let sqn = (0..<6).map { UInt8(truncatingIfNeeded: greatest >> (40 - 8 * $0)) }
        let amf = [UInt8(synchronisationAMF >> 8), UInt8(truncatingIfNeeded: synchronisationAMF)]
        let mac = milenage.macs(rand: rand, sqn: sqn, amf: amf).s
        return (sqn ^ milenage.resynchronisationKey(rand: rand)) + mac
    }
}

/// RES, CK and IK of one run of AKA.
package struct AKAKeys: Hashable, Sendable {
    package let response: Secret
    package let cipherKey: Secret
    package let integrityKey: Secret
}

/// RAND and AUTN as the network sends them in a nonce (RFC 3310 §3.2).
package struct AKAChallenge: Hashable, Sendable {
    package let rand: [UInt8]
    /// SQN ⊕ AK.
    package let concealedSQN: [UInt8]
    package let amf: [UInt8]
    package let mac: [UInt8]

    /// Takes the decoded nonce: 16 bytes of RAND, 16 of AUTN and whatever the server adds; `nil` if it is shorter.
    package init?(_ nonce: [UInt8]) {
        guard nonce.count >= 32 else { return nil }
        rand = Array(nonce[..<16])
        concealedSQN = Array(nonce[16..<22])
        amf = Array(nonce[22..<24])
        mac = Array(nonce[24..<32])
    }
}
