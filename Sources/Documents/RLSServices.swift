package import Wire

/// The lists that a resource list server subscribes to on the user's behalf, `application/rls-services+xml`
/// (RFC 4826 §4).
package struct RLSServices: Hashable, Sendable {
    private var root: XMLElement

    package static let usage = "rls-services"
    package static let mediaType = "application/rls-services+xml"
    package static let namespace = "urn:ietf:params:xml:ns:rls-services"

    /// A list with the address that one subscribes to for it.
    package struct Service: Hashable, Sendable {
        package var uri: String
        package var members: Members
        /// The event packages it is for; with none it is for every one.
        package var packages: [String]

        package init(uri: String, members: Members, packages: [String] = []) {
            (self.uri, self.members, self.packages) = (uri, members, packages)
        }
    }

    package enum Members: Hashable, Sendable {
        /// The HTTP URI of a list in a resource-lists document.
        case reference(String)
        case list(ResourceLists.List)
    }

    /// A document without services.
    package init() {
        root = XMLElement(name: Self.name("rls-services"))
        root.namespaces = ["": Self.namespace, "rl": ResourceLists.namespace]
    }

    /// Reads a document.
    package init(parsing body: ByteString) throws(DocumentError) {
        root = try XMLReader.document(
            body,
            root: Self.name("rls-services"),
            byteLimit: XDMLimits.documentSize
        )
    }

    /// The services that can be understood.
    package var services: [Service] { root.children(Self.name("service")).compactMap(Service.init) }

    /// Adds a service whose members are in a resource-lists document, or changes the one of that address.
    package mutating func set(_ uri: String, reference: String, packages: [String]) {
        let known = root.children.firstIndex { $0.name == Self.name("service") && $0.attribute("uri") == uri }
        if known == nil { root.append(root.sibling("service", ["uri": uri])) }
        let index = known ?? root.children.count - 1
        let old = ["resource-list", "list", "packages"].map(Self.name)
        root.children[index].removeChildren { old.contains($0.name) }
        var list = root.sibling("resource-list")
        list.text = reference
        root.children[index].insert(list, at: 0)
        guard !packages.isEmpty else { return }
        var element = root.sibling("packages")
        for package in packages {
            var child = root.sibling("package")
            child.text = package
            element.append(child)
        }
        root.children[index].insert(element, at: 1)
    }

    package mutating func remove(_ uri: String) {
        root.removeChildren { $0.name == Self.name("service") && $0.attribute("uri") == uri }
    }

    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        writer.element(root)
        return writer.bytes
    }

    fileprivate static func name(_ local: String) -> XMLName { XMLName(local, in: namespace) }
}

extension RLSServices.Service {
    fileprivate init?(_ element: XMLElement) {
        guard let uri = element.attribute("uri") else { return nil }
        let packages = element.firstChild(RLSServices.name("packages"))?.children ?? []
        let names = packages.filter { $0.name == RLSServices.name("package") }.map(\.trimmedText)
        if let reference = element.firstChild(RLSServices.name("resource-list")) {
            self.init(uri: uri, members: .reference(reference.trimmedText), packages: names)
        } else if let list = element.firstChild(RLSServices.name("list")) {
            self.init(uri: uri, members: .list(ResourceLists.List(list)), packages: names)
        } else {
            return nil
        }
    }
}
