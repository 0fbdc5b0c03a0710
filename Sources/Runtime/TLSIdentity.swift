import COpenSSL
import Glibc
package import Wire

/// A certificate and its private key: what one end of a TLS connection shows the other.
@safe package final class TLSIdentity: @unchecked Sendable {
    let certificate: OpaquePointer
    let key: OpaquePointer
    /// The certificates between this one and an authority.
    let chain: [OpaquePointer]

    /// How long a certificate that is made here lives.
    package static let lifetime = Duration.seconds(365 * 86_400)
    /// How long before its end it is replaced: no session should outlive it.
    package static let renewal = Duration.seconds(30 * 86_400)

    /// Takes over what was made or read.
    private init(certificate: OpaquePointer, key: OpaquePointer, chain: [OpaquePointer]) {
        unsafe (self.certificate, self.key, self.chain) = unsafe (certificate, key, chain)
    }

    deinit {
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
        unsafe chain.forEach { unsafe X509_free($0) }
    }

    // MARK: - Making

    /// Makes a key on the curve P-256 and a certificate that vouches for itself.
    ///
    /// It names nobody: who asks a port for its certificate must not learn whose it is. What the certificate is worth
    /// is said by its fingerprint in the session description (RFC 8122 §3.3).
    package static func make(at now: Timestamp) throws(TLSContext.SetupError) -> TLSIdentity {
        OpenSSLErrors.clear()
        guard let key = unsafe openssl_new_p256_key() else { throw .library(OpenSSLErrors.take()) }
        guard let certificate = unsafe X509_new() else {
            unsafe EVP_PKEY_free(key)
            throw .library(OpenSSLErrors.take())
        }
        let identity = unsafe TLSIdentity(certificate: certificate, key: key, chain: [])
        guard identity.fill(at: now) else { throw .library(OpenSSLErrors.take()) }
        return identity
    }

    private func fill(at now: Timestamp) -> Bool {
        var time = time_t(now.microseconds / 1_000_000)
        let lifetime = CInt(Self.lifetime.components.seconds / 86_400)
        let serial = UInt64.random(in: 1...UInt64(Int64.max))
        let name = unsafe X509_get_subject_name(certificate)
        // Clocks differ; a peer whose clock is a little late shall not refuse it.
        return unsafe X509_set_version(certificate, 2) == 1
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1
            && X509_time_adj_ex(X509_getm_notBefore(certificate), -1, 0, &time) != nil
            && X509_time_adj_ex(X509_getm_notAfter(certificate), lifetime, 0, &time) != nil
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, "ims", -1, -1, 0) == 1
            && X509_set_issuer_name(certificate, name) == 1
            && X509_set_pubkey(certificate, key) == 1
            && X509_sign(certificate, key, EVP_sha256()) > 0
    }

    // MARK: - Reading and writing

    /// Reads a certificate with its chain and its key, all in PEM form.
    ///
    /// - Parameters:
    ///   - pem: The text.
    ///   - name: The file it is from, for the error.
    /// - Throws: `SetupError` with what of it cannot be used.
    package convenience init(pem: [UInt8], name: String) throws(TLSContext.SetupError) {
        OpenSSLErrors.clear()
        guard let key = unsafe Self.read(pem, { unsafe PEM_read_bio_PrivateKey($0, nil, noPassphrase, nil) })
        else { throw .key(file: name, OpenSSLErrors.take()) }
        var certificates: [OpaquePointer] = unsafe []
        let input = unsafe BIO_new_mem_buf(pem, CInt(clamping: pem.count))
        defer { unsafe BIO_free(input) }
        while unsafe certificates.count < RuntimeLimits.certificateChain,
            let next = unsafe PEM_read_bio_X509(input, nil, noPassphrase, nil)
        { unsafe certificates.append(next) }
        guard let first = unsafe certificates.first else {
            unsafe EVP_PKEY_free(key)
            throw .certificate(file: name, OpenSSLErrors.take())
        }
        unsafe self.init(certificate: first, key: key, chain: Array(certificates.dropFirst()))
        OpenSSLErrors.clear()
        guard unsafe X509_check_private_key(first, key) == 1 else {
            throw .key(file: name, OpenSSLErrors.take())
        }
    }

    private static func read(
        _ pem: [UInt8],
        _ body: (OpaquePointer?) -> OpaquePointer?
    ) -> OpaquePointer? {
        let input = unsafe BIO_new_mem_buf(pem, CInt(clamping: pem.count))
        defer { unsafe BIO_free(input) }
        return unsafe body(input)
    }

    /// Key and certificate in PEM form.
    package var pem: [UInt8] {
        unsafe OpenSSLOutput.bytes { output in
            unsafe PEM_write_bio_PrivateKey(output, key, nil, nil, 0, nil, nil)
            unsafe PEM_write_bio_X509(output, certificate)
        }
    }

    /// The certificate in the form that fingerprints are taken of (RFC 8122 §5).
    package var encoded: [UInt8] { unsafe TLSCertificate.encoded(certificate) }

    /// Whether the certificate ends so soon that it should be replaced.
    package func isEnding(at now: Timestamp) -> Bool {
        var time = time_t(now.microseconds / 1_000_000 + Self.renewal.components.seconds)
        return unsafe X509_cmp_time(X509_get0_notAfter(certificate), &time) <= 0
    }

    /// Takes the identity that an earlier run has left in a file, or makes one and leaves it there.
    ///
    /// - Returns: The identity, and why it could not be kept, if so.
    package static func kept(
        at path: String,
        now: Timestamp
    ) throws(TLSContext.SetupError) -> (identity: TLSIdentity, failure: String?) {
        if let contents = try? FileContents(path: path),
            let identity = try? TLSIdentity(pem: contents.bytes, name: path), !identity.isEnding(at: now)
        {
            if contents.isReadableByOthers { unsafe chmod(path, 0o600) }
            return (identity, nil)
        }
        let identity = try make(at: now)
        do throws(FileContents.Failure) {
            try FileContents.replace(path, with: identity.pem)
            return (identity, nil)
        } catch {
            return (identity, error.description)
        }
    }
}

/// Nobody is asked for the passphrase of a key; one that has one cannot be used.
private func noPassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: CInt,
    _ isWriting: CInt,
    _ data: UnsafeMutableRawPointer?
) -> CInt { -1 }

/// What OpenSSL writes, collected in memory.
enum OpenSSLOutput {
    static func bytes(_ print: (OpaquePointer) -> Void) -> [UInt8] {
        guard let output = unsafe BIO_new(BIO_s_mem()) else { return [] }
        defer { unsafe BIO_free(output) }
        unsafe print(output)
        let count = unsafe Int(BIO_ctrl_pending(output))
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            length = Int(max(0, unsafe BIO_read(output, buffer.baseAddress, CInt(count))))
        }
    }
}
