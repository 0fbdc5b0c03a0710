/// The hash functions that SIP's authentication schemes and the fingerprints of certificates name.
package enum HashFunction: Hashable, Sendable, CaseIterable {
    case md5, sha1, sha224, sha256, sha384, sha512
    /// SHA-512/256 of FIPS 180-4, which RFC 7616 §3.3 calls SHA-512-256.
    case sha512_256

    /// The length of the digest in bytes.
    package var length: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha224: 28
        case .sha256, .sha512_256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of `bytes`.
    package func hash(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .md5: Provider.md5(bytes)
        case .sha1: Provider.sha1(bytes)
        case .sha224: Provider.sha224(bytes)
        case .sha256: Provider.sha256(bytes)
        case .sha384: Provider.sha384(bytes)
        case .sha512: Provider.sha512(bytes)
        case .sha512_256: Provider.sha512_256(bytes)
        }
    }

    /// The message authentication code of `message` under `key` (RFC 2104 §2).
    package func authenticationCode(for message: [UInt8], key: [UInt8]) -> [UInt8] {
        let blockCount =
            switch self {
            case .md5, .sha1, .sha224, .sha256: 64
            case .sha384, .sha512, .sha512_256: 128
            }
        var padded = key.count > blockCount ? hash(key) : key
        padded += [UInt8](repeating: 0, count: blockCount - padded.count)
        let inner = hash(padded.map { $0 ^ 0x36 } + message)
        return hash(padded.map { $0 ^ 0x5c } + inner)
    }
}
