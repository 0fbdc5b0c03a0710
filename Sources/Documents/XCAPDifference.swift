package import Wire

/// What has changed on an XCAP server, `application/xcap-diff+xml` (RFC 5874).
package struct XCAPDifference: Hashable, Sendable {
    package var root: String
    package var documents: [Document]
    package var nodes: [Node]

    package init(root: String, documents: [Document] = [], nodes: [Node] = []) {
        (self.root, self.documents, self.nodes) = (root, documents, nodes)
    }

    package static let mediaType = "application/xcap-diff+xml"
    package static let namespace = "urn:ietf:params:xml:ns:xcap-diff"

    /// A document, by its path from the root.
    package struct Document: Hashable, Sendable {
        package var selector: String
        /// The entity tag after the change; `nil` if the document is gone.
        package var newETag: String?
        /// The entity tag before the change; `nil` if the document is new.
        package var previousETag: String?
        /// Whether the content is the same in spite of its new tag.
        package var isBodyUnchanged: Bool
        /// The changes to its content, where they are told and understood.
        package var patch: XMLPatch?

        package init(
            selector: String,
            newETag: String? = nil,
            previousETag: String? = nil,
            isBodyUnchanged: Bool = false,
            patch: XMLPatch? = nil
        ) {
            self.selector = selector
            self.newETag = newETag
            self.previousETag = previousETag
            self.isBodyUnchanged = isBodyUnchanged
            self.patch = patch
        }
    }

    /// An element or an attribute of a document that is watched by itself.
    package struct Node: Hashable, Sendable {
        package var selector: String
        package var exists: Bool

        package init(selector: String, exists: Bool) { (self.selector, self.exists) = (selector, exists) }
    }

    /// What a peer can make us hold with one document.
    enum Limits {
        static let byteCount = 512 * 1024
        static let entries = 256
    }
}

extension XCAPDifference {
    /// Reads a document; what is in other namespaces is left out.
    package init(parsing body: ByteString) throws(DocumentError) {
        let element = try XMLReader.document(
            body,
            root: Self.name("xcap-diff"),
            byteLimit: Limits.byteCount
        )
        guard let root = element.attribute("xcap-root") else { throw .invalid(element: element.name.local) }
        self.init(root: root)
        for child in element.children.prefix(Limits.entries) where child.name.namespace == Self.namespace {
            guard let selector = child.attribute("sel") else { throw .invalid(element: child.name.local) }
            switch child.name.local {
            case "document": documents.append(Document(child, selector, element.namespaces))
            case "element", "attribute":
                let exists = child.attribute("exists").map { $0 == "true" || $0 == "1" } ?? true
                nodes.append(Node(selector: selector, exists: exists))
            default: continue
            }
        }
    }

    fileprivate static func name(_ local: String) -> XMLName { XMLName(local, in: namespace) }

    /// The document in XML, without changes to contents: whoever is told of a new tag fetches the document.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        writer.element("xcap-diff", ["xmlns": Self.namespace, "xcap-root": root]) { writer in
            for document in documents {
                writer.element(
                    "document",
                    [
                        "sel": document.selector, "new-etag": document.newETag,
                        "previous-etag": document.previousETag,
                    ]
                ) { writer in if document.isBodyUnchanged { writer.element("body-not-changed") } }
            }
            for node in nodes {
                writer.element("element", ["sel": node.selector, "exists": node.exists ? "true" : "false"])
            }
        }
        return writer.bytes
    }
}

extension XCAPDifference.Document {
    fileprivate init(_ element: XMLElement, _ selector: String, _ namespaces: [String: String]) {
        let unchanged = element.firstChild(XCAPDifference.name("body-not-changed")) != nil
        let hasChanges = !unchanged && !element.children.isEmpty
        self.init(
            selector: selector,
            newETag: element.attribute("new-etag"),
            previousETag: element.attribute("previous-etag"),
            isBodyUnchanged: unchanged,
            patch: hasChanges ? try? XMLPatch(element, inheriting: namespaces) : nil
        )
    }
}
