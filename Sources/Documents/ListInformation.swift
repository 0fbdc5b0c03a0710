package import Wire

/// What a list of resources holds, and which part of a NOTIFY tells about which, `application/rlmi+xml` (RFC 4662 §5).
package struct ListInformation: Hashable, Sendable {
    package var uri: String
    package var version: UInt32
    /// Whether the document tells everything, or only of those who have changed.
    package var isFull: Bool
    package var resources: [Resource]

    package init(uri: String, version: UInt32, isFull: Bool, resources: [Resource]) {
        (self.uri, self.version) = (uri, version)
        (self.isFull, self.resources) = (isFull, resources)
    }

    package static let mediaType = "application/rlmi+xml"
    package static let namespace = "urn:ietf:params:xml:ns:rlmi"

    /// One member of the list.
    package struct Resource: Hashable, Sendable {
        package var uri: String
        package var name: String?
        /// One for each place that tells of it; most have one.
        package var instances: [Instance]

        package init(uri: String, name: String? = nil, instances: [Instance]) {
            (self.uri, self.name, self.instances) = (uri, name, instances)
        }
    }

    /// The subscription of the list server to one member.
    package struct Instance: Hashable, Sendable {
        package enum State: String, Hashable, Sendable { case active, pending, terminated }

        package var id: String
        package var state: State
        /// Why it is terminated, in the words of `Subscription-State`.
        package var reason: String?
        /// The `Content-ID` of the part that tells its state, without the angle brackets.
        package var contentID: String?

        package init(id: String, state: State, reason: String? = nil, contentID: String? = nil) {
            (self.id, self.state, self.reason, self.contentID) = (id, state, reason, contentID)
        }
    }

    /// What a peer can make us hold with one document.
    package enum Limits {
        static let byteCount = 1 << 20
        package static let resources = 2000
        static let instances = 16
        static let text = 1024
    }
}

// MARK: - Reading

extension ListInformation {
    /// Reads a document; resources without an address, and what is beyond the limits, are left out.
    package init(parsing body: ByteString) throws(DocumentError) {
        let root = try XMLReader.document(body, root: Self.name("list"), byteLimit: Limits.byteCount)
        guard let uri = root.attribute("uri"),
            let version = root.attribute("version").flatMap({ UInt32($0) }),
            let fullState = root.attribute("fullState")
        else { throw .invalid(element: root.name.local) }
        self.init(
            uri: uri,
            version: version,
            isFull: fullState == "true" || fullState == "1",
            resources: root.children(Self.name("resource")).prefix(Limits.resources).compactMap(Resource.init)
        )
    }

    fileprivate static func name(_ local: String) -> XMLName { XMLName(local, in: namespace) }
}

extension ListInformation.Resource {
    fileprivate init?(_ element: XMLElement) {
        guard let uri = element.attribute("uri"), !uri.isEmpty,
            uri.utf8.count <= ListInformation.Limits.text
        else { return nil }
        let instances = element.children(ListInformation.name("instance"))
        self.init(
            uri: uri,
            name: element.firstChild(ListInformation.name("name"))
                .map { String($0.trimmedText.prefix(ListInformation.Limits.text)) },
            instances: instances.prefix(ListInformation.Limits.instances)
                .compactMap(ListInformation.Instance.init)
        )
    }
}

extension ListInformation.Instance {
    fileprivate init?(_ element: XMLElement) {
        guard let id = element.attribute("id"),
            let state = element.attribute("state").flatMap(State.init)
        else { return nil }
        self.init(
            id: id,
            state: state,
            reason: element.attribute("reason"),
            contentID: element.attribute("cid")
        )
    }
}

// MARK: - Writing

extension ListInformation {
    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        writer.element(
            "list",
            [
                "xmlns": Self.namespace, "uri": uri, "version": String(version),
                "fullState": isFull ? "true" : "false",
            ]
        ) { writer in
            for resource in resources {
                writer.element("resource", ["uri": resource.uri]) { writer in
                    if let name = resource.name { writer.element("name") { $0.text(name) } }
                    for instance in resource.instances {
                        writer.element(
                            "instance",
                            [
                                "id": instance.id, "state": instance.state.rawValue,
                                "reason": instance.reason, "cid": instance.contentID,
                            ]
                        )
                    }
                }
            }
        }
        return writer.bytes
    }
}
