internal import COpenSSL

/// The algorithms of OpenSSL, fetched once each from a library context of our own.
///
/// The context holds OpenSSL's default provider whatever the machine's `openssl.cnf` selects: a setting made for TLS
/// must not take away what a registrar asks for. Everything here that is not Swift's to check stays in this file.
enum Provider {
    private nonisolated(unsafe) static let context: OpaquePointer? = {
        let context = unsafe OSSL_LIB_CTX_new()
        guard unsafe OSSL_PROVIDER_load(context, "default") != nil else {
            preconditionFailure("OpenSSL has no default provider")
        }
        return unsafe context
    }()

    private nonisolated(unsafe) static let sha1 = unsafe EVP_MD_fetch(context, "SHA1", nil)
    private nonisolated(unsafe) static let sha256 = unsafe EVP_MD_fetch(context, "SHA2-256", nil)
    private nonisolated(unsafe) static let sha224 = unsafe EVP_MD_fetch(context, "SHA2-224", nil)
    private nonisolated(unsafe) static let sha384 = unsafe EVP_MD_fetch(context, "SHA2-384", nil)
    private nonisolated(unsafe) static let sha512 = unsafe EVP_MD_fetch(context, "SHA2-512", nil)
    private nonisolated(unsafe) static let sha512_256 = unsafe EVP_MD_fetch(context, "SHA2-512/256", nil)
    private nonisolated(unsafe) static let aes128 = unsafe EVP_CIPHER_fetch(context, "AES-128-ECB", nil)

    /// MD5, the one algorithm that needs no provider: nearly every registrar asks for it, and most runs for no other.
    static func md5(_ bytes: [UInt8]) -> [UInt8] {
        var state = MD5_CTX()
        var digest = [UInt8](repeating: 0, count: 16)
        unsafe MD5_Init(&state)
        unsafe MD5_Update(&state, bytes, bytes.count)
        unsafe MD5_Final(&digest, &state)
        return digest
    }

    static func algorithm(_ function: HashFunction) -> OpaquePointer? {
        switch function {
        case .md5: unsafe EVP_md5()
        case .sha1: unsafe sha1
        case .sha224: unsafe sha224
        case .sha256: unsafe sha256
        case .sha384: unsafe sha384
        case .sha512: unsafe sha512
        case .sha512_256: unsafe sha512_256
        }
    }

    static func sha1(_ bytes: [UInt8]) -> [UInt8] { unsafe hash(bytes, with: sha1, count: 20) }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] { unsafe hash(bytes, with: sha256, count: 32) }

    static func sha224(_ bytes: [UInt8]) -> [UInt8] { unsafe hash(bytes, with: sha224, count: 28) }

    static func sha384(_ bytes: [UInt8]) -> [UInt8] { unsafe hash(bytes, with: sha384, count: 48) }

    static func sha512(_ bytes: [UInt8]) -> [UInt8] { unsafe hash(bytes, with: sha512, count: 64) }

    static func sha512_256(_ bytes: [UInt8]) -> [UInt8] { unsafe hash(bytes, with: sha512_256, count: 32) }

    private static func hash(_ bytes: [UInt8], with algorithm: OpaquePointer?, count: Int) -> [UInt8] {
        let state = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(state) }
        var digest = [UInt8](repeating: 0, count: count)
        let isDone = unsafe digest.withUnsafeMutableBufferPointer { output in
            unsafe EVP_DigestInit_ex2(state, algorithm, nil) == 1
                && EVP_DigestUpdate(state, bytes, bytes.count) == 1
                && EVP_DigestFinal_ex(state, output.baseAddress, nil) == 1
        }
        precondition(isDone, "the default provider has every hash function named here")
        return digest
    }

    static func encrypt(_ block: [UInt8], withAES128 key: [UInt8]) -> [UInt8] {
        precondition(key.count == 16 && block.count == 16, "AES-128 takes a key and a block of 16 bytes each")
        let state = unsafe EVP_CIPHER_CTX_new()
        defer { unsafe EVP_CIPHER_CTX_free(state) }
        var output = [UInt8](repeating: 0, count: 16)
        var written: Int32 = 0
        let isDone = unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe EVP_EncryptInit_ex2(state, aes128, key, nil, nil) == 1
                && EVP_CIPHER_CTX_set_padding(state, 0) == 1
                && EVP_EncryptUpdate(state, output.baseAddress, &written, block, 16) == 1
        }
        precondition(isDone && written == 16, "the default provider encrypts one block at once")
        return output
    }
}
