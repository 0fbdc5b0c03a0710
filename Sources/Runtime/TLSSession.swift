import COpenSSL
import Wire

/// One TLS connection between two queues of bytes; it knows of no socket.
@safe final class TLSSession: @unchecked Sendable {
    enum Role {
        case client(StreamConnection.TLS)
        case server
    }

    private let ssl: OpaquePointer
    private let memory = TLSMemory()
    private let expectedName: String
    private let judge: TLSJudge?
    private let isServer: Bool
    private let asksAuthority: Bool
    /// The check that the peer's certificate failed, noted while OpenSSL still has the certificate.
    private var failure: TLSFailure?
    /// Why authorities do not vouch for the certificate of a client, which is let in all the same.
    private var doubt: TLSFailure?
    private(set) var isEstablished = false
    private(set) var isEnded = false

    init(_ context: TLSContext, _ role: Role) throws(SocketError) {
        OpenSSLErrors.clear()
        guard let ssl = unsafe SSL_new(context.context) else { throw Self.broken() }
        guard let bio = unsafe memory.makeBIO() else {
            unsafe SSL_free(ssl)
            throw Self.broken()
        }
        unsafe SSL_set_bio(ssl, bio, bio)
        unsafe self.ssl = unsafe ssl
        switch role {
        case .client(let tls):
            (expectedName, judge, isServer) = (tls.name, tls.judge, false)
            asksAuthority = tls.asksAuthority && context.trust != .anyone
            unsafe SSL_set_connect_state(ssl)
        case .server:
            (expectedName, judge, isServer, asksAuthority) = ("", nil, true, true)
            unsafe SSL_set_accept_state(ssl)
        }
        unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        if case .client(let tls) = role, !expect(tls.name) { throw Self.broken() }
    }

    deinit { unsafe SSL_free(ssl) }

    /// Names the server to the peer (RFC 6066 §3) and to the check of its certificate.
    private func expect(_ name: String) -> Bool {
        let parameters = unsafe SSL_get0_param(ssl)
        if SocketAddress(host: name, port: 0) != nil {
            return unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1
        }
        // "MUST NOT match any form of wildcard" (RFC 5922 §7.2) is obeyed by few who issue certificates for
        // P-CSCFs; a wildcard for the whole leftmost label is let through, one for a part of it is not.
        unsafe X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard unsafe X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1 else { return false }
        var text = Array(name.utf8CString)
        let type = CInt(SSL_CTRL_SET_TLSEXT_HOSTNAME)
        return unsafe SSL_ctrl(ssl, type, Int(TLSEXT_NAMETYPE_host_name), &text) == 1
    }

    // MARK: - Bytes from and to the network

    /// Lends bytes that the peer sent, for `advance` and `read` to make something of them.
    func take<Result>(
        _ bytes: UnsafeRawBufferPointer,
        _ body: () throws(SocketError) -> Result
    ) throws(SocketError) -> Result {
        unsafe try memory.lend(bytes, to: body)
    }

    /// What there is to send to the peer.
    func takeOutput() -> ByteString { memory.takeOutput() }

    // MARK: - The session

    /// Goes on with the handshake as far as the bytes received allow.
    ///
    /// - Throws: `SocketError.tls` when it fails; the output then holds the alert for the peer.
    func advance() throws(SocketError) {
        OpenSSLErrors.clear()
        let status = unsafe SSL_do_handshake(ssl)
        if status == 1 { isEstablished = true } else { try check(status) }
    }

    /// The most bytes of one record (RFC 8446 §5.1).
    static let recordSize = 16_384

    /// Decrypts what has been received, up to what one slice of the network holds.
    func read() throws(SocketError) -> [UInt8] {
        // What is decrypted is shorter than what came, now and of a record that was cut before.
        let capacity = memory.inputCount + Self.recordSize + 1
        var failure: SocketError?
        let plain = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            do throws(SocketError) {
                while !isEnded {
                    OpenSSLErrors.clear()
                    let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer[count...])
                    let status = unsafe SSL_read(ssl, rest.baseAddress, CInt(rest.count))
                    guard status > 0 else {
                        try check(status)
                        break
                    }
                    count += Int(status)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return plain
    }

    /// Encrypts the pieces into the output; only after the handshake and before `end`.
    func write(_ pieces: [ByteString]) throws(SocketError) {
        memory.reserveOutput(for: pieces)
        for piece in pieces where !piece.isEmpty {
            OpenSSLErrors.clear()
            let status = unsafe piece.span.withUnsafeBytes { bytes in
                unsafe SSL_write(ssl, bytes.baseAddress, CInt(bytes.count))
            }
            if status <= 0 { throw Self.broken() }
        }
    }

    /// Tells the peer that nothing more will be sent (close_notify, RFC 8446 §6.1).
    func end() {
        OpenSSLErrors.clear()
        if isEstablished { unsafe SSL_shutdown(ssl) }
    }

    /// The version and the cipher suite agreed on, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    var summary: String {
        guard let version = unsafe SSL_get_version(ssl),
            let cipher = unsafe SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))
        else { return "TLS" }
        return unsafe String(cString: version) + " " + String(cString: cipher)
    }

    // MARK: - The peer's certificate

    /// Judges the certificate in `store` (`init(between:)` of the context).
    ///
    /// - Returns: 1 to go on with the handshake, 0 to end it with an alert.
    func judge(_ store: OpaquePointer) -> CInt {
        if let judge, let certificate = unsafe X509_STORE_CTX_get0_cert(store),
            let reason = unsafe judge(TLSCertificate.encoded(certificate))
        {
            unsafe failure = TLSFailure(reason, TLSCertificate(describing: certificate))
            // This code becomes the alert `bad_certificate` (RFC 8122 §6.2).
            unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)
            return 0
        }
        guard asksAuthority else { return 1 }
        let isVouchedFor = unsafe X509_verify_cert(store) == 1
        guard isServer else { return isVouchedFor ? 1 : 0 }
        (doubt, failure) = (failure, nil)
        return 1
    }

    /// The certificate the peer has shown, or `nil`.
    var peerCertificate: [UInt8]? {
        unsafe SSL_get0_peer_certificate(ssl).map { unsafe TLSCertificate.encoded($0) }
    }

    /// Why the certificate that a client has shown does not prove that it is `name`; `nil` if it does.
    func doubt(that peer: String) -> TLSFailure? {
        guard let certificate = unsafe SSL_get0_peer_certificate(ssl) else {
            return TLSFailure(.noCertificate)
        }
        if let doubt { return doubt }
        let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
        let isMatch =
            SocketAddress(host: peer, port: 0) != nil
            ? unsafe X509_check_ip_asc(certificate, peer, 0) == 1
            : unsafe X509_check_host(certificate, peer, 0, flags, nil) == 1
        guard !isMatch else { return nil }
        return unsafe TLSFailure(.nameMismatch(expected: peer), TLSCertificate(describing: certificate))
    }

    private func check(_ status: CInt) throws(SocketError) {
        switch unsafe SSL_get_error(ssl, status) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
        case SSL_ERROR_ZERO_RETURN: isEnded = true
        default: throw failure.map { .tls($0) } ?? Self.broken()
        }
    }

    private static func broken() -> SocketError { .tls(TLSFailure(.protocol(OpenSSLErrors.take()))) }

    /// Notes why the peer's certificate is not accepted.
    func record(_ code: CInt, _ certificate: OpaquePointer?) {
        guard failure == nil else { return }
        let reason: TLSFailure.Reason =
            switch code {
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
                .nameMismatch(expected: expectedName)
            case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: .selfSigned
            case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
                .untrustedIssuer
            case X509_V_ERR_CERT_HAS_EXPIRED: .expired
            case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
            default: .certificate(unsafe String(cString: X509_verify_cert_error_string(Int(code))))
            }
        failure = unsafe TLSFailure(reason, certificate.map { unsafe TLSCertificate(describing: $0) })
    }
}

/// Judges the certificate a server shows, given in its encoded form: why it is not accepted, or `nil`.
package typealias TLSJudge = @Sendable (_ certificate: [UInt8]) -> TLSFailure.Reason?

extension TLSCertificate {
    /// The certificate in its encoded form (DER).
    static func encoded(_ certificate: OpaquePointer) -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_X509(certificate, &start)
        guard count > 0, let bytes = unsafe start else { return [] }
        defer { unsafe CRYPTO_free(bytes, nil, 0) }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    init(describing certificate: OpaquePointer) {
        unsafe self.init(
            subject: Self.text {
                unsafe X509_NAME_print_ex($0, X509_get_subject_name(certificate), 0, Self.style)
            },
            issuer: Self.text {
                unsafe X509_NAME_print_ex($0, X509_get_issuer_name(certificate), 0, Self.style)
            },
            notBefore: Self.text { unsafe ASN1_TIME_print($0, X509_get0_notBefore(certificate)) },
            notAfter: Self.text { unsafe ASN1_TIME_print($0, X509_get0_notAfter(certificate)) },
            names: Self.names(of: certificate)
        )
    }

    private static let style = openssl_name_rfc2253

    /// The subject alternative names, as OpenSSL prints them: `DNS:pcscf.ims.test, IP Address:127.0.0.1`.
    private static func names(of certificate: OpaquePointer) -> [String] {
        let index = unsafe X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)
        guard index >= 0, let names = unsafe X509_get_ext(certificate, index) else { return [] }
        let text = unsafe Self.text { unsafe X509V3_EXT_print($0, names, 0, 0) }
        return text.split(separator: ",").map { part in
            let name = part.drop { $0 == " " }
            return String(name.hasPrefix("DNS:") ? name.dropFirst(4) : name)
        }
    }

    /// Collects what `print` writes into a memory BIO.
    private static func text(_ print: (OpaquePointer) -> CInt) -> String {
        unsafe String(decoding: OpenSSLOutput.bytes { _ = unsafe print($0) }, as: UTF8.self)
    }
}
