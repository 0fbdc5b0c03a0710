import COpenSSL
import Glibc
package import Wire

/// What TLS connections of one kind have in common: versions, certificates, whom to trust.
///
/// Clients and servers ask each other for nothing but what is set here; between equals (`init(between:)`) both sides
/// show a certificate, and who connects may be judged by something else than authorities: `StreamConnection.TLS`.
@safe package final class TLSContext: @unchecked Sendable {
    /// Whom a client trusts to vouch for servers.
    package enum Trust: Hashable, Sendable {
        /// The authorities the system trusts.
        case system
        /// The certificates in a PEM file, and no others.
        case file(String)
        /// Anyone: the certificate is not checked at all.
        case anyone
    }

    /// Why a context could not be set up; the detail is in OpenSSL's words.
    package enum SetupError: Error, Hashable, Sendable {
        case trust(file: String, String)
        case certificate(file: String, String)
        case key(file: String, String)
        case library(String)
    }

    let context: OpaquePointer
    let trust: Trust

    /// A context for the client side.
    ///
    /// - Parameters:
    ///   - trust: Whom to trust.
    ///   - time: The time at which certificates must be valid, if not now.
    /// - Throws: `SetupError.trust` when the file of authorities cannot be read.
    package convenience init(trusting trust: Trust, at time: Timestamp? = nil) throws(SetupError) {
        try self.init(trust)
        try loadAuthorities()
        unsafe SSL_CTX_set_verify(
            context,
            trust == .anyone ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
            recordFailure
        )
        if let time {
            unsafe X509_VERIFY_PARAM_set_time(
                SSL_CTX_get0_param(context),
                time_t(time.microseconds / 1_000_000)
            )
        }
    }

    /// A context for both sides of connections between equals, each of which shows a certificate (RFC 8122 §6.2).
    ///
    /// As a server it takes any certificate, and its owner judges it once it knows who has connected
    /// (`StreamConnection.peerCertificate`); as a client it checks as the connection says.
    ///
    /// - Parameters:
    ///   - identity: The own certificate.
    ///   - trust: Who vouches for a peer that is known by its name.
    /// - Throws: `SetupError` when the identity or the file of authorities cannot be used.
    package convenience init(between identity: TLSIdentity, trusting trust: Trust) throws(SetupError) {
        try self.init(trust)
        try loadAuthorities()
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, recordFailure)
        unsafe SSL_CTX_set_cert_verify_callback(context, judgePeer, nil)
        // A resumed session would show no certificate that could be judged.
        unsafe SSL_CTX_set_options(context, openssl_no_ticket)
        unsafe SSL_CTX_set_num_tickets(context, 0)
        _ = unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        guard unsafe SSL_CTX_use_certificate(context, identity.certificate) == 1,
            unsafe SSL_CTX_use_PrivateKey(context, identity.key) == 1
        else { throw .library(OpenSSLErrors.take()) }
        // The context holds each certificate too, so that it may outlive the identity.
        unsafe identity.chain.forEach { certificate in
            let pointer = unsafe UnsafeMutableRawPointer(certificate)
            _ = unsafe SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1, pointer)
        }
    }

    private func loadAuthorities() throws(SetupError) {
        switch trust {
        case .system:
            // A host without certificates trusts nobody; the handshake will then say so.
            unsafe SSL_CTX_set_default_verify_paths(context)
        case .file(let path):
            guard unsafe SSL_CTX_load_verify_file(context, path) == 1 else {
                throw .trust(file: path, OpenSSLErrors.take())
            }
        case .anyone: break
        }
    }

    /// A context for the server side, with its certificate chain and key in PEM form; both may be in one file.
    package convenience init(certificate: String, key: String) throws(SetupError) {
        try self.init(.anyone)
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw .certificate(file: certificate, OpenSSLErrors.take())
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1,
            unsafe SSL_CTX_check_private_key(context) == 1
        else { throw .key(file: key, OpenSSLErrors.take()) }
    }

    private init(_ trust: Trust) throws(SetupError) {
        OpenSSLErrors.clear()
        guard let context = unsafe SSL_CTX_new(TLS_method()) else { throw .library(OpenSSLErrors.take()) }
        unsafe self.context = context
        self.trust = trust
        // Older versions are not to be used (RFC 8996); nothing here needs compression or renegotiation.
        _ = unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        unsafe SSL_CTX_set_options(context, openssl_no_compression | openssl_no_renegotiation)
        // An idle connection then holds no buffers.
        _ = unsafe SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
    }

    deinit { unsafe SSL_CTX_free(context) }
}

/// The queue in which OpenSSL leaves word of what went wrong on this thread.
enum OpenSSLErrors {
    /// Marks a code that is an `errno`.
    private static let systemErrorFlag: UInt = 1 << 31

    static func clear() { ERR_clear_error() }

    /// The reason of the last error, in words; empties the queue.
    static func take() -> String {
        let (first, code) = (ERR_peek_error(), ERR_peek_last_error())
        ERR_clear_error()
        // What the system had against a file comes first, and is more than "system lib" at the end.
        if first & systemErrorFlag != 0 {
            return unsafe String(cString: strerror(Int32(truncatingIfNeeded: first & ~systemErrorFlag)))
        }
        guard code != 0 else { return "unknown error" }
        if let reason = unsafe ERR_reason_error_string(code) { return unsafe String(cString: reason) }
        var text = [CChar](repeating: 0, count: 256)
        unsafe ERR_error_string_n(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// Notes the first check that a certificate fails, because OpenSSL forgets the certificate with the handshake.
private func recordFailure(_ isAccepted: CInt, _ store: OpaquePointer?) -> CInt {
    guard isAccepted == 0, let store = unsafe store, let session = unsafe session(of: store) else {
        return isAccepted
    }
    let code = unsafe X509_STORE_CTX_get_error(store)
    unsafe session.record(code, X509_STORE_CTX_get_current_cert(store))
    return isAccepted
}

/// Judges the certificate of a peer in place of OpenSSL, which is asked only where authorities are to vouch for it.
private func judgePeer(_ store: OpaquePointer?, _ argument: UnsafeMutableRawPointer?) -> CInt {
    guard let store = unsafe store, let session = unsafe session(of: store) else { return 0 }
    return unsafe session.judge(store)
}

/// The session whose certificates are being checked.
private func session(of store: OpaquePointer) -> TLSSession? {
    let index = SSL_get_ex_data_X509_STORE_CTX_idx()
    guard let ssl = unsafe X509_STORE_CTX_get_ex_data(store, index),
        let data = unsafe SSL_get_ex_data(OpaquePointer(ssl), 0)
    else { return nil }
    return unsafe Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
}
