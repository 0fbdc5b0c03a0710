import Crypto
package import Wire

/// `a=fingerprint`: the hash of the certificate a TLS connection must show (RFC 8122 §5).
package struct Fingerprint: Hashable, Sendable {
    /// The hash functions a fingerprint is taken with; MD2 and MD5 are not to be used (RFC 8122 §5).
    package enum Hash: String, Hashable, Sendable, CaseIterable {
        // In the order of preference: SHA-256 is what every end must offer (RFC 8122 §5.1).
        case sha256 = "sha-256"
        case sha384 = "sha-384"
        case sha512 = "sha-512"
        case sha224 = "sha-224"
        case sha1 = "sha-1"

        /// The length of the hash in bytes.
        package var length: Int {
            switch self {
            case .sha1: 20
            case .sha224: 28
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }
    }

    package var hash: Hash
    package var bytes: [UInt8]

    package init(_ hash: Hash, _ bytes: [UInt8]) { (self.hash, self.bytes) = (hash, bytes) }

    /// Reads the value of the attribute.
    ///
    /// Case does not count, neither in the name of the function nor in the digits.
    ///
    /// - Returns: `nil` if the function is unknown or not to be used, or the digits are not as many as it gives.
    package init?(parsing value: ByteString) {
        let words = value.words
        guard words.count == 2, let hash = Hash(rawValue: words[0].lowercased.text) else { return nil }
        var bytes: [UInt8] = []
        let digits = words[1]
        guard digits.count == hash.length * 3 - 1 else { return nil }
        for start in stride(from: 0, to: digits.count, by: 3) {
            guard let high = digits[start].hexadecimalValue, let low = digits[start + 1].hexadecimalValue,
                start + 2 == digits.count || digits[start + 2] == UInt8(ascii: ":")
            else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(hash, bytes)
    }

    /// The value of the attribute.
    package var value: ByteString {
        var writer = ByteWriter(capacity: 16 + bytes.count * 3)
        writer.append(hash.rawValue)
        for (index, byte) in bytes.enumerated() {
            writer.append(index == 0 ? UInt8(ascii: " ") : UInt8(ascii: ":"))
            writer.append(UInt8.hexadecimalDigit(byte >> 4, uppercase: true))
            writer.append(UInt8.hexadecimalDigit(byte & 15, uppercase: true))
        }
        return writer.string
    }

    /// The fingerprints to check a certificate against: those of the most preferred function among them, one of which
    /// must match (RFC 8122 §5.1).
    package static func preferred(among fingerprints: [Fingerprint]) -> [Fingerprint] {
        for hash in Hash.allCases {
            let found = fingerprints.filter { $0.hash == hash }
            if !found.isEmpty { return found }
        }
        return []
    }
}

extension Fingerprint {
    /// The fingerprint of a certificate in its encoded form (RFC 8122 §5).
    package init(of certificate: [UInt8], _ hash: Hash) {
        let function: HashFunction =
            switch hash {
            case .sha1: .sha1
            case .sha224: .sha224
            case .sha256: .sha256
            case .sha384: .sha384
            case .sha512: .sha512
            }
        self.init(hash, function.hash(certificate))
    }
}
