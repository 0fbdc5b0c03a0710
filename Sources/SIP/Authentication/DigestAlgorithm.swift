package import Crypto

/// The `algorithm` of a digest challenge (RFC 7616 §3.3, RFC 8760 §2.7, RFC 3310 §3.1).
package struct DigestAlgorithm: Hashable, Sendable {
    package var hashFunction: HashFunction
    /// Whether the first hash covers the nonces too, `-sess`.
    package var isSession = false
    /// Where the password comes from if it is not the user's.
    package var aka: AKAVersion?

    package enum AKAVersion: Int, Hashable, Sendable, Comparable {
        /// RES itself is the password (RFC 3310).
        case v1 = 1
        /// RES and both keys make the password (RFC 4169).
        case v2 = 2

        package static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
    }

    package init(hashFunction: HashFunction, isSession: Bool = false, aka: AKAVersion? = nil) {
        (self.hashFunction, self.isSession, self.aka) = (hashFunction, isSession, aka)
    }

    /// The algorithm of a challenge that names none (RFC 7616 §3.3).
    package static let standard = DigestAlgorithm(hashFunction: .md5)

    /// Reads the token, in any case; `nil` if it names what we cannot compute.
    package init?(token: String) {
        var rest = token.lowercased()[...]
        var aka: AKAVersion?
        if rest.hasPrefix("akav") {
            guard let dash = rest.firstIndex(of: "-") else { return nil }
            guard let number = Int(rest[..<dash].dropFirst(4)), let version = AKAVersion(rawValue: number)
            else {
                return nil
            }
            aka = version
            rest = rest[dash...].dropFirst()
        }
        let isSession = rest.hasSuffix("-sess")
        if isSession { rest = rest.dropLast(5) }
        let hashFunction: HashFunction? =
            switch rest {
            case "md5": .md5
            case "sha-256": .sha256
            case "sha-512-256": .sha512_256
            default: nil
            }
        guard let hashFunction else { return nil }
        self.init(hashFunction: hashFunction, isSession: isSession, aka: aka)
    }

    /// How strong it is against the others that one account can answer; the greatest is chosen.
    ///
    /// AKAv2 must be preferred to AKAv1 (RFC 4169 §4.1). A `-sess` variant counts as strong as the plain one, so that
    /// the order of the challenges decides (RFC 8760 §2.4).
    package var strength: Int {
        let hash =
            switch hashFunction {
            case .md5, .sha1: 0
            case .sha224, .sha256: 1
            case .sha384, .sha512, .sha512_256: 2
            }
        return (aka?.rawValue ?? 0) * 3 + hash
    }
}
