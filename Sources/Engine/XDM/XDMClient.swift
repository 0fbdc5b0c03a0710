import Documents
import Runtime
import SIP
import Wire

/// The XCAP operations of one account (RFC 4825 §7), each with the condition under which it is to happen.
///
/// It belongs to the engine and to nobody else.
final class XDMClient {
    /// What of which document.
    struct Target: Hashable {
        var document: XCAPDocumentSelector
        var node: XCAPNodeSelector?

        /// How a person is told what it is about.
        var name: String { document.path + (node.map { "/~~/" + $0.description } ?? "") }
    }

    /// What must hold of the entity tag of the document (RFC 4825 §7.11).
    enum Condition: Hashable {
        case none
        case matches(String)
        /// There is no such document yet.
        case isNew
        /// It is not this version.
        case differs(String)
    }

    private let root: HTTPURL
    private let http: HTTPClient
    private let account: Account
    private let timeout: Duration?
    private let trace: ((TraceRecord) -> Void)?
    private var authenticator: HTTPAuthenticator

    init(
        root: HTTPURL,
        account: Account,
        credential: Credential,
        timeout: Duration?,
        http: HTTPClient,
        trace: ((TraceRecord) -> Void)? = nil
    ) {
        (self.root, self.account, self.timeout, self.http) = (root, account, timeout, http)
        self.trace = trace
        let username = account.xcapUser ?? account.privateIdentity
        authenticator = HTTPAuthenticator(username: username, credential: credential)
    }

    /// The URL of a document or node.
    func url(of target: Target) -> HTTPURL {
        var url = root
        while url.target.hasSuffix("/") { url.target.removeLast() }
        url.target += "/" + target.document.path + (target.node?.uriPart ?? "")
        return url
    }

    /// Makes a request, with credentials as soon as the server asks for them.
    ///
    /// - Parameters:
    ///   - method: `GET`, `PUT` or `DELETE`.
    ///   - target: What it is about.
    ///   - body: What to put there, with its media type.
    ///   - condition: What must hold, else the server says 412.
    /// - Returns: The answer: a success, 304, or 404 for what is not there.
    /// - Throws: `XDMError` for every other answer, and where there is none.
    func perform(
        _ method: String,
        _ target: Target,
        body: (bytes: [UInt8], type: String)? = nil,
        condition: Condition = .none
    ) async throws(XDMError) -> HTTPResponse {
        var request = HTTPRequest(method, url(of: target), body: body?.bytes)
        request.trust = .init(authorities: account.tlsCA, isVerified: account.isTLSVerified)
        request.bodyLimit = XDMLimits.documentSize
        if let timeout { request.timeout = timeout }
        var attempts = AuthenticationAttempts()
        while true {
            request.headers = headers(of: request, type: body?.type, condition)
            let response = try await send(request, about: target)
            switch response.status {
            case 200..<300, 304, 404: return response
            case 401:
                do throws(AuthenticationError) {
                    try authenticator.answer(response.values("WWW-Authenticate"), attempts: &attempts)
                } catch {
                    var user = account
                    user.privateIdentity = authenticator.username
                    throw .authentication(AuthenticationFailure(error, account: user, status: 401))
                }
            case 409: throw .conflict(document: target.name, conflict(in: response))
            case 412: throw .changedElsewhere(document: target.name)
            case let status: throw .refused(document: target.name, status: status)
            }
        }
    }

    private func headers(
        of request: HTTPRequest,
        type: String?,
        _ condition: Condition
    ) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if let type { headers.append(("Content-Type", type)) }
        switch condition {
        case .none: break
        case .matches(let etag): headers.append(("If-Match", etag))
        case .isNew: headers.append(("If-None-Match", "*"))
        case .differs(let etag): headers.append(("If-None-Match", etag))
        }
        if account.assertsXCAPIdentity {
            headers.append(("X-3GPP-Asserted-Identity", "\"\(account.publicIdentity)\""))
        }
        let proof = authenticator.authorization(
            method: request.method,
            target: request.url.target,
            body: request.body ?? []
        )
        if let proof { headers.append(("Authorization", proof)) }
        return headers
    }

    private func send(_ request: HTTPRequest, about target: Target) async throws(XDMError) -> HTTPResponse {
        note(.sent, "\(request.method) \(request.url.target) HTTP", request.headers, request.body ?? [])
        let result = await withCheckedContinuation { continuation in
            http.perform(request) { continuation.resume(returning: $0) }
        }
        if case .success(let response) = result {
            note(.received, "HTTP \(response.status)", response.headers, response.body)
        }
        do throws(HTTPFailure) {
            return try result.get()
        } catch {
            throw failure(error, about: target)
        }
    }

    /// The fields that a trace shows: none of them proves who somebody is.
    private static let tracedFields: Set = [
        "content-type", "etag", "if-match", "if-none-match", "x-3gpp-asserted-identity",
    ]

    private func note(
        _ direction: TraceRecord.Direction,
        _ first: String,
        _ headers: [(name: String, value: String)],
        _ body: [UInt8]
    ) {
        guard let trace else { return }
        let fields = headers.filter { Self.tracedFields.contains($0.name.lowercased()) }
        let lines = [first] + fields.map { "\($0.name): \($0.value)" } + [""]
        let text = lines.joined(separator: "\n") + "\n" + String(decoding: body, as: UTF8.self)
        let way = TraceRecord.Way.http(server: root.authority, isSecure: root.isSecure)
        trace(TraceRecord(time: .now, direction: direction, way: way, text: text))
    }

    private func failure(_ failure: HTTPFailure, about target: Target) -> XDMError {
        let server = root.authority
        return switch failure {
        case .noLibrary: .noLibrary
        case .nameNotFound: .unreachable(server: server, detail: "DNS knows no address for \(root.host)")
        case .notConnected(let text), .broken(let text): .unreachable(server: server, detail: text)
        case .timedOut: .noAnswer(server: server)
        case .certificate(let text): .tls(.certificate(host: server, detail: text))
        case .tls(let text): .tls(.handshake(host: server, detail: text))
        case .trustStore(let text): .tls(.trustStore(file: account.tlsCA ?? "", detail: text))
        case .tooLarge(let limit): .tooLarge(document: target.name, limit: limit)
        case .malformedRequest: .malformed(document: target.name, detail: "its address cannot be asked for")
        }
    }

    private func conflict(in response: HTTPResponse) -> XCAPErrorDocument? {
        try? XCAPErrorDocument(parsing: ByteString(response.body))
    }
}
