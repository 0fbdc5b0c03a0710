import Documents
import SIP
import Wire

/// The documents of users, kept as XCAP has it (RFC 4825).
struct LabXCAP: Sendable {
    /// A kind of document (RFC 4825 §5).
    struct Usage: Sendable {
        let id: String
        let mediaType: String
        /// The root element of its documents.
        let root: XMLName
    }

    struct Document: Sendable {
        var body: ByteString
        var entityTag: String
    }

    /// What became of a document: for those who watch it.
    struct Change: Sendable {
        let user: String
        let usage: String
        /// Its path below the root.
        let path: String
        let previousTag: String?
        let newTag: String?
    }

    static let root = "/xcap-root/"

    private static let policy = XMLName("ruleset", in: "urn:ietf:params:xml:ns:common-policy")

    static let usages = [
        Usage(
            id: "resource-lists",
            mediaType: "application/resource-lists+xml",
            root: XMLName("resource-lists", in: "urn:ietf:params:xml:ns:resource-lists")
        ),
        Usage(
            id: "rls-services",
            mediaType: "application/rls-services+xml",
            root: XMLName("rls-services", in: "urn:ietf:params:xml:ns:rls-services")
        ),
        Usage(id: "pres-rules", mediaType: "application/auth-policy+xml", root: policy),
        Usage(
            id: "org.openmobilealliance.pres-rules",
            mediaType: "application/auth-policy+xml",
            root: policy
        ),
    ]

    /// Where a request leads.
    struct Target {
        let usage: Usage
        let user: String
        let path: String
        /// What stands behind `~~`, if anything does.
        let node: String?
        let query: String?
    }

    /// Where clients reach the server.
    var address: TransportAddress?
    let configuration: LabConfiguration
    private var documents: [String: Document] = [:]
    private var nonces = LabNonces()
    private var identifiers: IdentifierSource
    private var changes: [Change] = []

    init(_ configuration: LabConfiguration, identifiers: IdentifierSource) {
        (self.configuration, self.identifiers) = (configuration, identifiers)
    }

    var count: Int { documents.count }

    /// The document at a path below the root.
    func document(at path: String) -> Document? { documents[path] }

    /// The paths of a user's documents, in order.
    func paths(of user: String) -> [String] {
        documents.keys.filter { $0.contains("/users/\(identity(of: user))/") }.sorted()
    }

    /// What has changed since this was asked last.
    mutating func takeChanges() -> [Change] {
        defer { changes = [] }
        return changes
    }

    // MARK: - Requests

    mutating func answer(_ request: LabHTTPRequest, at now: Instant) -> LabHTTPResponse {
        guard let user = authenticate(request, at: now) else { return challenge(at: now) }
        let parts = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, path.hasPrefix(Self.root) else { return LabHTTPResponse(404) }
        let query = parts.count > 1 ? String(parts[1]) : nil
        guard let target = target(String(path.dropFirst(Self.root.count)), query) else {
            return answerGlobally(request, path.dropFirst(Self.root.count), user)
        }
        guard target.user == user.name else { return LabHTTPResponse(403) }
        if let node = target.node { return answer(request, about: node, in: target) }
        switch request.method {
        case "GET", "HEAD": return get(target, request)
        case "PUT": return put(target, request)
        case "DELETE": return delete(target, request)
        default: return LabHTTPResponse(405, [("Allow", "GET, HEAD, PUT, DELETE")])
        }
    }

    func target(_ path: String, _ query: String?) -> Target? {
        let halves = path.components(at: "/~~")
        let segments = halves[0].split(separator: "/", omittingEmptySubsequences: false).map {
            ByteString(String($0)).percentDecoded.text
        }
        guard segments.count >= 4, segments[1] == "users", !segments.contains(where: \.isEmpty),
            let usage = Self.usages.first(where: { $0.id == segments[0] }),
            let user = configuration.users.first(where: { identity(of: $0.name) == segments[2] })
        else { return nil }
        return Target(
            usage: usage,
            user: user.name,
            path: segments.joined(separator: "/"),
            node: halves.count > 1 ? halves[1] : nil,
            query: query
        )
    }

    func identity(of user: String) -> String { "sip:\(user)@\(configuration.domain)" }

    /// What there is beside the documents of users: what the server can do, and who has which documents.
    private func answerGlobally(
        _ request: LabHTTPRequest,
        _ path: Substring,
        _ user: LabUser
    ) -> LabHTTPResponse {
        let isReading = request.method == "GET" || request.method == "HEAD"
        switch ByteString(String(path)).percentDecoded.text {
        case "xcap-caps/global/index":
            guard isReading else { return LabHTTPResponse(403) }
            return LabHTTPResponse(200, type: "application/xcap-caps+xml", body: capabilities)
        case "org.openmobilealliance.xcap-directory/users/\(identity(of: user.name))/directory.xml":
            guard isReading else { return LabHTTPResponse(403) }
            return LabHTTPResponse(
                200,
                type: "application/vnd.oma.xcap-directory+xml",
                body: directory(of: user)
            )
        default: return LabHTTPResponse(404)
        }
    }

    /// The capabilities document (RFC 4825 §12).
    private var capabilities: ByteString {
        var writer = XMLWriter()
        writer.element("xcap-caps", ["xmlns": "urn:ietf:params:xml:ns:xcap-caps"]) { writer in
            writer.element("auids") { writer in
                for usage in Self.usages { writer.element("auid") { $0.text(usage.id) } }
            }
            writer.element("namespaces") { writer in
                for namespace in Set(Self.usages.compactMap(\.root.namespace)).sorted() {
                    writer.element("namespace") { $0.text(namespace) }
                }
            }
        }
        return ByteString(writer.bytes)
    }

    /// The documents of a user (OMA XDM Core §6.7.2).
    private func directory(of user: LabUser) -> ByteString {
        var writer = XMLWriter()
        let own = paths(of: user.name)
        writer.element("xcap-directory", ["xmlns": "urn:oma:xml:xdm:xcap-directory"]) { writer in
            for usage in Self.usages {
                writer.element("folder", ["auid": usage.id]) { writer in
                    for path in own where path.hasPrefix(usage.id + "/") {
                        writer.element(
                            "entry",
                            ["uri": Self.root + path, "etag": documents[path]?.entityTag]
                        )
                    }
                }
            }
        }
        return ByteString(writer.bytes)
    }

    // MARK: - Documents

    private func get(_ target: Target, _ request: LabHTTPRequest) -> LabHTTPResponse {
        guard let document = documents[target.path] else { return LabHTTPResponse(404) }
        let tag = [("ETag", document.quotedTag)]
        if let failure = Self.reading(request, document) { return failure }
        return LabHTTPResponse(200, tag, type: target.usage.mediaType, body: document.body)
    }

    private mutating func put(_ target: Target, _ request: LabHTTPRequest) -> LabHTTPResponse {
        let old = documents[target.path]
        if let failure = Self.refusal(of: request, old) { return failure }
        let type = request.header("Content-Type").flatMap { MediaType(parsing: $0) }
        guard let wanted = MediaType(target.usage.mediaType), type?.matches(wanted) == true else {
            return LabHTTPResponse(415)
        }
        guard old != nil || documents.count < LabLimits.documents else { return LabHTTPResponse(507) }
        if let conflict = conflict(in: request.body, of: target.usage) { return Self.conflict(conflict) }
        let document = replace(old, at: target, with: ByteString(request.body.bytes))
        return LabHTTPResponse(old == nil ? 201 : 200, [("ETag", document.quotedTag)])
    }

    /// Keeps a document under a new entity tag.
    mutating func replace(_ old: Document?, at target: Target, with body: ByteString) -> Document {
        let document = Document(body: body, entityTag: identifiers.tag())
        documents[target.path] = document
        note(target, from: old, to: document)
        return document
    }

    private mutating func delete(_ target: Target, _ request: LabHTTPRequest) -> LabHTTPResponse {
        guard let old = documents[target.path] else { return LabHTTPResponse(404) }
        if let failure = Self.refusal(of: request, old) { return failure }
        documents[target.path] = nil
        note(target, from: old, to: nil)
        return LabHTTPResponse(200)
    }

    private mutating func note(_ target: Target, from old: Document?, to new: Document?) {
        changes.append(
            Change(
                user: target.user,
                usage: target.usage.id,
                path: target.path,
                previousTag: old?.entityTag,
                newTag: new?.entityTag
            )
        )
    }

    // MARK: - Conditions

    /// Why a document is not handed out, as the request's conditions have it (RFC 9110 §13.1).
    static func reading(_ request: LabHTTPRequest, _ document: Document) -> LabHTTPResponse? {
        if lists(request.header("If-None-Match"), document) {
            return LabHTTPResponse(304, [("ETag", document.quotedTag)])
        }
        if let wanted = request.header("If-Match"), !lists(wanted, document) { return LabHTTPResponse(412) }
        return nil
    }

    /// What stands against a change, as its own conditions have it (RFC 4825 §7.11).
    static func refusal(of request: LabHTTPRequest, _ document: Document?) -> LabHTTPResponse? {
        if let wanted = request.header("If-Match"), !lists(wanted, document) { return LabHTTPResponse(412) }
        if lists(request.header("If-None-Match"), document) { return LabHTTPResponse(412) }
        return nil
    }

    /// Whether a list of entity tags names the document (RFC 9110 §13.1).
    private static func lists(_ field: ByteString?, _ document: Document?) -> Bool {
        guard let field, let document else { return false }
        if field == "*" { return true }
        return field.text.split(separator: ",").contains { tag in
            let tag = ByteString(String(tag)).trimmed.text
            return tag == document.quotedTag || tag == "W/" + document.quotedTag
        }
    }

    /// Why a body cannot be a document of this usage (RFC 4825 §8.2.5, §11.1).
    func conflict(in body: ByteString, of usage: Usage) -> String? {
        guard body.validatedText != nil else { return "not-utf-8" }
        do throws(XMLError) {
            let root = try XMLReader.read(body.bytes)
            return root.name == usage.root ? nil : "schema-validation-error"
        } catch {
            return error == .noLibrary ? nil : "not-well-formed"
        }
    }

    static func conflict(_ name: String) -> LabHTTPResponse {
        var writer = XMLWriter()
        writer.element("xcap-error", ["xmlns": "urn:ietf:params:xml:ns:xcap-error"]) { $0.element(name) }
        return LabHTTPResponse(409, type: "application/xcap-error+xml", body: ByteString(writer.bytes))
    }

    // MARK: - Authentication

    private mutating func authenticate(_ request: LabHTTPRequest, at now: Instant) -> LabUser? {
        let credentials = LabCredentials(
            proving: request.header("Authorization"),
            method: Method(rawValue: request.method),
            body: request.body,
            of: configuration
        )
        guard let credentials,
            nonces.use(
                credentials.nonce,
                count: credentials.nonceCount,
                at: now,
                lifetime: configuration.nonceLifetime
            )
        else { return nil }
        return credentials.user
    }

    private mutating func challenge(at now: Instant) -> LabHTTPResponse {
        let challenges = configuration.algorithms.map { algorithm in
            let nonce = nonces.issue(at: now, from: &identifiers)
            let challenge = configuration.challenge(algorithm, nonce: nonce, isStale: false)
            return ("WWW-Authenticate", WWWAuthenticate(challenge).fieldValue.text)
        }
        return LabHTTPResponse(401, challenges)
    }
}

extension LabXCAP.Document {
    var quotedTag: String { "\"\(entityTag)\"" }
}

extension String {
    /// The pieces before and behind the first `separator`.
    fileprivate func components(at separator: String) -> [String] {
        guard let range = firstRange(of: separator) else { return [self] }
        return [String(self[..<range.lowerBound]), String(self[range.upperBound...])]
    }
}
