package import Wire

/// Presence told in parts, `application/pidf-diff+xml` (RFC 5262): the whole first, then what changes in it.
package enum PartialPresence: Hashable, Sendable {
    case full(version: UInt32, XMLElement)
    /// A publication has no version (RFC 5264 §3.1).
    case difference(version: UInt32?, entity: String?, XMLPatch)

    package static let mediaType = "application/pidf-diff+xml"
    package static let namespace = "urn:ietf:params:xml:ns:pidf-diff"

    /// Reads a document of either kind.
    package init(parsing body: ByteString) throws(DocumentError) {
        let root = try XMLReader.document(body, byteLimit: PresenceDocument.Limits.byteCount)
        guard root.name.namespace == Self.namespace else { throw .invalid(element: root.name.local) }
        let version = root.attribute("version").flatMap { UInt32($0) }
        switch root.name.local {
        case "pidf-full":
            // Changes are about the document as it would be by itself (RFC 5262 §3.1).
            var whole = root
            whole.name = XMLName("presence", in: PresenceNamespace.pidf)
            whole.attributes.removeAll { $0.name == XMLName("version", in: nil) }
            self = .full(version: version ?? 0, whole)
        case "pidf-diff":
            let patch: XMLPatch
            do { patch = try XMLPatch(root) } catch { throw .invalid(element: "pidf-diff") }
            self = .difference(version: version, entity: root.attribute("entity"), patch)
        default: throw .invalid(element: root.name.local)
        }
    }
}
