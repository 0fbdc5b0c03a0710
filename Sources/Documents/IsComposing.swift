package import Wire

/// Whether the other side is writing, `application/im-iscomposing+xml` (RFC 3994).
package struct IsComposing: Hashable, Sendable {
    package enum State: String, Hashable, Sendable { case idle, active }

    package var state: State
    /// When content was last added or edited.
    package var lastActive: Timestamp?
    /// What is being composed: a media type, or only its first part.
    package var contentType: String?
    /// After how long the next status message comes at the latest, in whole seconds.
    package var refresh: Duration?

    package init(
        _ state: State,
        lastActive: Timestamp? = nil,
        contentType: String? = nil,
        refresh: Duration? = nil
    ) {
        self.state = state
        self.lastActive = lastActive
        self.contentType = contentType
        self.refresh = refresh
    }

    package static let mediaType = "application/im-iscomposing+xml"
    package static let namespace = "urn:ietf:params:xml:ns:im-iscomposing"

    /// What a peer can make us hold or wait for with one document.
    package enum Limits {
        static let byteCount = 16 * 1024
        /// The longest refresh interval that is believed, so that nobody "is writing" for ever.
        package static let refresh = Duration.seconds(3600)
    }
}

/// Why a body is no document of the kind it claims to be.
package enum DocumentError: Error, Hashable, Sendable {
    case xml(XMLError)
    /// The element is missing, or what it holds is not what the document type demands.
    case invalid(element: String)
}

extension IsComposing {
    /// Reads a document; elements it does not know are ignored, and so is what is wrong in optional ones.
    package init(parsing body: ByteString) throws(DocumentError) {
        let root = try XMLReader.document(body, byteLimit: Limits.byteCount)
        // RFC 3994 itself calls the namespace `im-composing` in its examples, and some peers leave it out.
        let namespaces = [Self.namespace, "urn:ietf:params:xml:ns:im-composing", nil]
        guard root.name.local == "isComposing", namespaces.contains(root.name.namespace) else {
            throw .invalid(element: root.name.local)
        }
        let child = { (local: String) in
            root.firstChild(XMLName(local, in: root.name.namespace))?.trimmedText
        }
        guard let state = child("state") else { throw .invalid(element: "state") }
        // States of later documents count as idle (RFC 3994 §3.5).
        self.init(State(rawValue: state) ?? .idle)
        lastActive = child("lastactive").flatMap { Timestamp(parsing: $0) }
        contentType = child("contenttype").flatMap { $0.isEmpty ? nil : $0 }
        refresh = child("refresh").flatMap { ByteString($0).decimal(upTo: .max) }.flatMap { seconds in
            seconds == 0 ? nil : min(.seconds(Int64(clamping: seconds)), Limits.refresh)
        }
    }

    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        writer.element("isComposing", ["xmlns": Self.namespace]) { writer in
            writer.element("state") { $0.text(state.rawValue) }
            if let lastActive { writer.element("lastactive") { $0.text(lastActive.description) } }
            if let contentType { writer.element("contenttype") { $0.text(contentType) } }
            if let refresh {
                writer.element("refresh") { $0.text(String(max(1, refresh.components.seconds))) }
            }
        }
        return writer.bytes
    }
}

extension XMLReader {
    /// Reads the root of a small document.
    static func document(_ body: ByteString, byteLimit: Int) throws(DocumentError) -> XMLElement {
        var limits = XMLLimits()
        limits.byteCount = byteLimit
        do { return try read(body.bytes, limits: limits) } catch { throw .xml(error) }
    }

    /// Reads the root of a small document, which must have that name.
    static func document(
        _ body: ByteString,
        root name: XMLName,
        byteLimit: Int
    ) throws(DocumentError) -> XMLElement {
        let root = try document(body, byteLimit: byteLimit)
        guard root.name == name else { throw .invalid(element: root.name.local) }
        return root
    }
}
