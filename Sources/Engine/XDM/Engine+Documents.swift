package import Documents
import Runtime
import Store
import Wire

/// A document of the XCAP server, or a node of one, in the version that was read.
package struct XDMDocument: Hashable, Sendable {
    package var selector: XCAPDocumentSelector
    package var node: XCAPNodeSelector?
    package var body: [UInt8]
    /// The entity tag of that version; `nil` where the server gives none.
    package var etag: String?

    package init(selector: XCAPDocumentSelector, node: XCAPNodeSelector? = nil, body: [UInt8], etag: String?)
    {
        (self.selector, self.node, self.body, self.etag) = (selector, node, body, etag)
    }
}

/// What a change of a document is based on.
package enum XDMBase: Hashable, Sendable {
    /// The version with that entity tag; another one on the server is a conflict.
    case version(String)
    /// That there is no such document.
    case nothing
    /// Whatever there is.
    case anything
}

// The documents that the account keeps on an XCAP server.
extension Engine {
    /// The identity whose documents they are (TS 24.423 §6.2).
    package nonisolated var documentUser: String { configuration.identity ?? account.publicIdentity }

    /// The client, made when first needed.
    func documents() async throws(XDMError) -> XDMClient {
        if let xdm { return xdm }
        guard let root = account.xcapRoot else { throw .notConfigured }
        do throws(EngineError) { try await prepare() } catch { throw .engine(error) }
        let http = HTTPClient(on: loop, resolver: resolver())
        let made = XDMClient(
            root: root,
            account: account,
            credential: credential,
            timeout: configuration.timeout,
            http: http,
            trace: configuration.trace
        )
        (self.http, xdm) = (http, made)
        return made
    }

    /// Reads a document or a node of one.
    ///
    /// - Throws: `XDMError.notFound` when there is none.
    package func document(
        _ selector: XCAPDocumentSelector,
        node: XCAPNodeSelector? = nil
    ) async throws(XDMError) -> XDMDocument {
        guard let found = try await documentIfAny(selector, node: node) else {
            throw .notFound(XDMClient.Target(document: selector, node: node).name)
        }
        return found
    }

    /// Reads a document, or gives `nil` when there is none.
    package func documentIfAny(
        _ selector: XCAPDocumentSelector,
        node: XCAPNodeSelector? = nil
    ) async throws(XDMError) -> XDMDocument? {
        let target = XDMClient.Target(document: selector, node: node)
        let kept = node == nil ? keptDocument(selector) : nil
        let condition = kept?.etag.map { XDMClient.Condition.differs($0) } ?? .none
        let response = try await documents().perform("GET", target, condition: condition)
        log(.notice, "XCAP: GET \(target.name): \(response.status)")
        switch response.status {
        case 404:
            if node == nil { keep(nil, of: selector) }
            return nil
        case 304:
            guard let kept else { throw .refused(document: target.name, status: 304) }
            return XDMDocument(selector: selector, body: kept.body, etag: kept.etag)
        default:
            let document = XDMDocument(
                selector: selector,
                node: node,
                body: response.body,
                etag: response.values("ETag").first
            )
            if node == nil { keep(document, of: selector) }
            return document
        }
    }

    /// Writes a document or a node of one, if the server still has what the change is based on.
    ///
    /// - Parameters:
    ///   - body: What to write.
    ///   - selector: The document.
    ///   - node: The element or attribute of it; `nil` for all of it.
    ///   - contentType: Its media type, for a usage that this program does not know.
    ///   - base: What the change is based on.
    /// - Returns: What is there now.
    /// - Throws: `XDMError.changedElsewhere` when it has something else.
    @discardableResult
    package func put(
        _ body: [UInt8],
        at selector: XCAPDocumentSelector,
        node: XCAPNodeSelector? = nil,
        contentType: String? = nil,
        base: XDMBase
    ) async throws(XDMError) -> XDMDocument {
        guard body.count <= XDMLimits.documentSize else {
            throw .tooLarge(document: selector.path, limit: XDMLimits.documentSize)
        }
        if node == nil { try XDMUsage.check(body, of: selector) }
        let target = XDMClient.Target(document: selector, node: node)
        let type =
            node.map { $0.isAttribute ? "application/xcap-att+xml" : "application/xcap-el+xml" }
            ?? contentType ?? XDMUsage.mediaType(of: selector.usage) ?? "application/xml"
        // Some servers, Kamailio's for one, do not look at `If-None-Match` when something is put.
        if base == .nothing, node == nil, try await documentIfAny(selector) != nil {
            throw .changedElsewhere(document: target.name)
        }
        let client = try await documents()
        let response = try await client.perform("PUT", target, body: (body, type), condition: base.condition)
        log(.notice, "XCAP: PUT \(target.name): \(response.status)")
        // What a server does not find when something is put there is a place to put it.
        if response.status == 404 { throw .notFound(target.name) }
        let written = XDMDocument(
            selector: selector,
            node: node,
            body: body,
            etag: response.values("ETag").first
        )
        keep(node == nil ? written : nil, of: selector)
        return written
    }

    /// Deletes a document or a node of one, if the server still has what the deletion is based on.
    package func delete(
        _ selector: XCAPDocumentSelector,
        node: XCAPNodeSelector? = nil,
        base: XDMBase
    ) async throws(XDMError) {
        let target = XDMClient.Target(document: selector, node: node)
        let client = try await documents()
        let response = try await client.perform("DELETE", target, condition: base.condition)
        log(.notice, "XCAP: DELETE \(target.name): \(response.status)")
        keep(nil, of: selector)
        if response.status == 404 { throw .notFound(target.name) }
    }

    /// What the server can do; `nil` when it does not say.
    package func documentCapabilities() async throws(XDMError) -> XCAPCapabilities? {
        if let serverCapabilities { return serverCapabilities }
        guard let found = try await documentIfAny(XCAPCapabilities.selector) else { return nil }
        do throws(DocumentError) {
            serverCapabilities = try XCAPCapabilities(parsing: ByteString(found.body))
        } catch {
            throw .malformed(document: found.selector.path, detail: error.wording)
        }
        return serverCapabilities
    }

    /// The entity tag of the version that the user saw last, to base a change on; `nil` if they have seen none.
    package func seenVersion(of selector: XCAPDocumentSelector) -> String? {
        let kept = keep { store throws(Store.Failure) in
            try store.keptDocument(Self.seenPrefix + selector.path, account: account.name)
        }
        return (kept ?? nil)?.etag
    }

    /// Notes which version the user has seen; what the program reads for itself does not count.
    package func noteSeen(_ selector: XCAPDocumentSelector, etag: String?) {
        let seen = etag.map { KeptDocument(etag: $0, body: [], time: .now) }
        keep { store throws(Store.Failure) in
            try store.setKeptDocument(seen, Self.seenPrefix + selector.path, account: account.name)
        }
    }

    private static let seenPrefix = "seen:"

    // MARK: - What was read and written

    func keptDocument(_ selector: XCAPDocumentSelector) -> KeptDocument? {
        let kept = keep { store throws(Store.Failure) in
            try store.keptDocument(selector.path, account: account.name)
        }
        return kept ?? nil
    }

    private func keep(_ document: XDMDocument?, of selector: XCAPDocumentSelector) {
        let kept = document.map { KeptDocument(etag: $0.etag, body: $0.body, time: .now) }
        keep { store throws(Store.Failure) in
            try store.setKeptDocument(kept, selector.path, account: account.name)
        }
    }
}

extension XDMBase {
    fileprivate var condition: XDMClient.Condition {
        switch self {
        case .version(let etag): .matches(etag)
        case .nothing: .isNew
        case .anything: .none
        }
    }
}
