package import Wire

/// What an XCAP server can do, `application/xcap-caps+xml` (RFC 4825 §12).
package struct XCAPCapabilities: Hashable, Sendable {
    /// The application usages it keeps documents of.
    package var usages: [String]
    package var extensions: [String]
    package var namespaces: [String]

    package init(usages: [String], extensions: [String] = [], namespaces: [String] = []) {
        (self.usages, self.extensions, self.namespaces) = (usages, extensions, namespaces)
    }

    package static let mediaType = "application/xcap-caps+xml"
    package static let namespace = "urn:ietf:params:xml:ns:xcap-caps"
    package static let selector = XCAPDocumentSelector(usage: "xcap-caps", user: nil)

    /// Reads a document; what it does not know is ignored.
    package init(parsing body: ByteString) throws(DocumentError) {
        let name = XMLName("xcap-caps", in: Self.namespace)
        let root = try XMLReader.document(body, root: name, byteLimit: XDMLimits.documentSize)
        func texts(_ list: String, _ item: String) -> [String] {
            let items = root.firstChild(XMLName(list, in: Self.namespace))?.children ?? []
            return items.filter { $0.name.local == item }.map(\.trimmedText)
        }
        self.init(
            usages: texts("auids", "auid"),
            extensions: texts("extensions", "extension"),
            namespaces: texts("namespaces", "namespace")
        )
    }
}

/// What an XCAP server can make us hold with one document.
package enum XDMLimits {
    /// The largest document that is read or written; one with a thousand buddies has a tenth of it.
    package static let documentSize = 1 << 20
    /// How deep lists may be nested in lists.
    static let listDepth = 16
    /// How many buddies a document may have; more are not read.
    package static let entryCount = 5000
}
