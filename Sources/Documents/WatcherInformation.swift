package import Wire

/// Who watches a resource, or asks to, `application/watcherinfo+xml` (RFC 3858).
package struct WatcherInformation: Hashable, Sendable {
    package var version: UInt32
    /// Whether the document tells everything, or only who has changed.
    package var isFull: Bool
    package var lists: [List]

    package init(version: UInt32, isFull: Bool, lists: [List]) {
        (self.version, self.isFull, self.lists) = (version, isFull, lists)
    }

    package static let mediaType = "application/watcherinfo+xml"
    package static let namespace = "urn:ietf:params:xml:ns:watcherinfo"

    /// The watchers of one resource in one event package.
    package struct List: Hashable, Sendable {
        package var resource: String
        package var eventPackage: String
        package var watchers: [Watcher]

        package init(resource: String, eventPackage: String, watchers: [Watcher]) {
            (self.resource, self.eventPackage, self.watchers) = (resource, eventPackage, watchers)
        }
    }

    /// One subscription to the resource.
    package struct Watcher: Hashable, Sendable {
        package var uri: String
        package var id: String
        package var status: Status
        package var event: Event
        package var displayName: String?
        /// What is left of the subscription.
        package var expiration: Duration?
        package var subscribedFor: Duration?

        package init(
            uri: String,
            id: String,
            status: Status,
            event: Event,
            displayName: String? = nil,
            expiration: Duration? = nil,
            subscribedFor: Duration? = nil
        ) {
            self.uri = uri
            self.id = id
            self.status = status
            self.event = event
            self.displayName = displayName
            self.expiration = expiration
            self.subscribedFor = subscribedFor
        }
    }

    package enum Status: String, Hashable, Sendable {
        case pending, active
        /// The subscription has run out undecided, and the watcher still waits for a decision (RFC 3857 §4.7.1).
        case waiting
        case terminated
    }

    /// What brought a watcher into its status (RFC 3858 §3.4.3).
    package enum Event: String, Hashable, Sendable {
        case subscribe, approved, deactivated, probation, rejected, timeout, giveup, noresource
    }

    /// What a peer can make us hold with one document.
    package enum Limits {
        static let byteCount = 512 * 1024
        /// The watchers of one list; those beyond are left out.
        package static let watchers = 1024
        static let text = 1024
    }
}

// MARK: - Reading

extension WatcherInformation {
    /// Reads a document; elements of other namespaces, and watchers without an address, are left out.
    package init(parsing body: ByteString) throws(DocumentError) {
        let root = try XMLReader.document(
            body,
            root: Self.name("watcherinfo"),
            byteLimit: Limits.byteCount
        )
        guard let version = root.attribute("version").flatMap({ UInt32($0) }),
            let state = root.attribute("state"), state == "full" || state == "partial"
        else { throw .invalid(element: root.name.local) }
        var lists: [List] = []
        for element in root.children(Self.name("watcher-list")) { lists.append(try List(element)) }
        self.init(version: version, isFull: state == "full", lists: lists)
    }

    fileprivate static func name(_ local: String) -> XMLName { XMLName(local, in: namespace) }
}

extension WatcherInformation.List {
    fileprivate init(_ element: XMLElement) throws(DocumentError) {
        guard let resource = element.attribute("resource"), let eventPackage = element.attribute("package")
        else { throw .invalid(element: "watcher-list") }
        let watchers = element.children(WatcherInformation.name("watcher"))
        self.init(
            resource: resource,
            eventPackage: eventPackage,
            watchers: watchers.prefix(WatcherInformation.Limits.watchers)
                .compactMap(WatcherInformation.Watcher.init)
        )
    }
}

extension WatcherInformation.Watcher {
    fileprivate init?(_ element: XMLElement) {
        let uri = element.trimmedText
        guard !uri.isEmpty, uri.utf8.count <= WatcherInformation.Limits.text,
            let id = element.attribute("id"), id.utf8.count <= WatcherInformation.Limits.text,
            let status = element.attribute("status").flatMap(WatcherInformation.Status.init)
        else { return nil }
        self.init(
            uri: uri,
            id: id,
            status: status,
            event: element.attribute("event").flatMap(WatcherInformation.Event.init) ?? .subscribe,
            displayName: element.attribute("display-name")
                .map { String($0.prefix(WatcherInformation.Limits.text)) },
            expiration: element.attribute("expiration").flatMap { UInt32($0) }.map { .seconds($0) },
            subscribedFor: element.attribute("duration-subscribed").flatMap { UInt32($0) }.map {
                .seconds($0)
            }
        )
    }
}

// MARK: - Writing

extension WatcherInformation {
    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        let attributes: KeyValuePairs<String, String?> = [
            "xmlns": Self.namespace, "version": String(version), "state": isFull ? "full" : "partial",
        ]
        writer.element("watcherinfo", attributes) { writer in
            for list in lists {
                writer.element("watcher-list", ["resource": list.resource, "package": list.eventPackage]) {
                    writer in
                    for watcher in list.watchers { watcher.write(to: &writer) }
                }
            }
        }
        return writer.bytes
    }
}

extension WatcherInformation.Watcher {
    fileprivate func write(to writer: inout XMLWriter) {
        writer.element(
            "watcher",
            [
                "id": id,
                "status": status.rawValue,
                "event": event.rawValue,
                "display-name": displayName,
                "expiration": expiration.map { String($0.components.seconds) },
                "duration-subscribed": subscribedFor.map { String($0.components.seconds) },
            ]
        ) { $0.text(uri) }
    }
}
