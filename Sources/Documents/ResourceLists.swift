package import Wire

/// Lists of addresses that a user keeps on a server, `application/resource-lists+xml` (RFC 4826 §3).
///
/// The document itself is kept, so that what other programs have put into it stays when it is changed and written back.
package struct ResourceLists: Hashable, Sendable {
    var root: XMLElement

    package static let usage = "resource-lists"
    package static let mediaType = "application/resource-lists+xml"
    package static let namespace = "urn:ietf:params:xml:ns:resource-lists"

    /// Somebody in a list.
    package struct Entry: Hashable, Sendable {
        package var uri: String
        package var displayName: String?

        package init(_ uri: String, displayName: String? = nil) {
            (self.uri, self.displayName) = (uri, displayName)
        }
    }

    /// A list with the lists in it.
    package struct List: Hashable, Sendable {
        package var name: String?
        package var displayName: String?
        package var entries: [Entry]
        package var lists: [List]
        /// Lists elsewhere that belong to it, as absolute URIs of XCAP elements.
        package var externals: [String]
        /// Entries elsewhere on the same server, as relative paths.
        package var references: [String]
    }

    /// A document without lists.
    package init() {
        root = XMLElement(name: Self.name("resource-lists"))
        root.namespaces[""] = Self.namespace
    }

    /// A document of one list, with these addresses.
    package init(listing uris: [String]) {
        self.init()
        var list = root.sibling("list")
        list.children = uris.map { root.sibling("entry", ["uri": $0]) }
        root.append(list)
    }

    /// Reads a document.
    package init(parsing body: ByteString) throws(DocumentError) {
        root = try XMLReader.document(
            body,
            root: Self.name("resource-lists"),
            byteLimit: XDMLimits.documentSize
        )
        for list in root.children(Self.name("list")) { try Self.check(list, depth: 1) }
    }

    private static func check(_ list: XMLElement, depth: Int) throws(DocumentError) {
        guard depth <= XDMLimits.listDepth else { throw .xml(.tooDeep) }
        for child in list.children {
            if child.name == name("entry"), child.attribute("uri") == nil { throw .invalid(element: "entry") }
            if child.name == name("list") { try check(child, depth: depth + 1) }
        }
    }

    /// The lists at the top of the document.
    package var lists: [List] { root.children(Self.name("list")).map(List.init) }

    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        writer.element(root)
        return writer.bytes
    }

    static func name(_ local: String) -> XMLName { XMLName(local, in: namespace) }
}

extension ResourceLists.List {
    init(_ element: XMLElement) {
        let children = { (local: String) in element.children(ResourceLists.name(local)) }
        self.init(
            name: element.attribute("name"),
            displayName: element.displayName,
            entries: children("entry").compactMap(ResourceLists.Entry.init),
            lists: children("list").map(ResourceLists.List.init),
            externals: children("external").compactMap { $0.attribute("anchor") },
            references: children("entry-ref").compactMap { $0.attribute("ref") }
        )
    }
}

extension ResourceLists.Entry {
    fileprivate init?(_ element: XMLElement) {
        guard let uri = element.attribute("uri") else { return nil }
        self.init(uri, displayName: element.displayName)
    }
}

extension XMLElement {
    /// The text of `display-name`, if there is one that says something.
    var displayName: String? {
        let text = firstChild(ResourceLists.name("display-name"))?.trimmedText
        return text?.isEmpty == false ? text : nil
    }
}
