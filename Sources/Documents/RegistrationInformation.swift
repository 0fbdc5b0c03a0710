import Wire

/// A document of the `reg` event package, `application/reginfo+xml` (RFC 3680 §5).
package struct RegistrationInformation: Hashable, Sendable {
    package var version: UInt32
    /// Whether the document tells everything, or only what has changed.
    package var isFull: Bool
    package var registrations: [Registration]

    package init(version: UInt32, isFull: Bool, registrations: [Registration]) {
        (self.version, self.isFull, self.registrations) = (version, isFull, registrations)
    }

    package static let mediaType = "application/reginfo+xml"
    package static let namespace = "urn:ietf:params:xml:ns:reginfo"
    /// The namespace of the GRUU elements (RFC 5628 §9).
    package static let gruuNamespace = "urn:ietf:params:xml:ns:gruuinfo"

    /// The state of one address-of-record.
    package struct Registration: Hashable, Sendable {
        package var addressOfRecord: String
        package var id: String
        package var state: State
        package var contacts: [Contact]

        package enum State: String, Hashable, Sendable { case `init`, active, terminated }

        package init(addressOfRecord: String, id: String, state: State, contacts: [Contact]) {
            (self.addressOfRecord, self.id) = (addressOfRecord, id)
            (self.state, self.contacts) = (state, contacts)
        }
    }

    /// The state of one binding.
    package struct Contact: Hashable, Sendable {
        package var id: String
        package var state: State
        package var event: Event
        package var uri: String
        package var displayName: String?
        /// How long the binding still lives, as far as the document says.
        package var expires: Duration?
        /// When to register again after `probation`.
        package var retryAfter: Duration?
        package var callID: String?
        package var sequence: UInt32?
        /// The Contact parameters RFC 3261 does not have, feature tags among them; empty for one without a value.
        package var parameters: [String: String] = [:]
        package var publicGRUU: String?
        package var temporaryGRUU: String?

        package enum State: String, Hashable, Sendable { case active, terminated }

        package init(id: String, state: State, event: Event, uri: String) {
            (self.id, self.state, self.event, self.uri) = (id, state, event, uri)
        }
    }

    /// What brought a binding into its state; a name this program does not know is kept.
    package struct Event: RawRepresentable, Hashable, Sendable {
        package var rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }

        package static let registered = Event(rawValue: "registered")
        package static let created = Event(rawValue: "created")
        package static let refreshed = Event(rawValue: "refreshed")
        package static let shortened = Event(rawValue: "shortened")
        package static let expired = Event(rawValue: "expired")
        package static let deactivated = Event(rawValue: "deactivated")
        package static let probation = Event(rawValue: "probation")
        package static let unregistered = Event(rawValue: "unregistered")
        package static let rejected = Event(rawValue: "rejected")
    }
}

// MARK: - Reading

extension RegistrationInformation {
    /// Reads a document; elements and attributes of other namespaces are ignored (RFC 3680 §5.1).
    package init(parsing body: [UInt8]) throws(DocumentError) {
        let root = try XMLReader.document(
            ByteString(body),
            root: Self.name("reginfo"),
            byteLimit: XMLLimits().byteCount
        )
        guard let version = root.attribute("version").flatMap({ UInt32($0) }),
            let state = root.attribute("state"), state == "full" || state == "partial"
        else { throw .invalid(element: root.name.local) }
        var registrations: [Registration] = []
        for element in root.children(Self.name("registration")) {
            registrations.append(try Registration(element))
        }
        self.init(version: version, isFull: state == "full", registrations: registrations)
    }

    fileprivate static func name(_ local: String) -> XMLName { XMLName(local, in: namespace) }
}

extension RegistrationInformation.Registration {
    fileprivate init(_ element: XMLElement) throws(DocumentError) {
        guard let addressOfRecord = element.attribute("aor"), let id = element.attribute("id"),
            let state = element.attribute("state").flatMap(State.init)
        else { throw .invalid(element: "registration") }
        var contacts: [RegistrationInformation.Contact] = []
        for child in element.children(RegistrationInformation.name("contact")) {
            contacts.append(try RegistrationInformation.Contact(child))
        }
        self.init(addressOfRecord: addressOfRecord, id: id, state: state, contacts: contacts)
    }
}

extension RegistrationInformation.Contact {
    fileprivate init(_ element: XMLElement) throws(DocumentError) {
        guard let id = element.attribute("id"), let state = element.attribute("state").flatMap(State.init),
            let event = element.attribute("event"),
            let uri = element.firstChild(RegistrationInformation.name("uri"))?.trimmedText, !uri.isEmpty
        else { throw .invalid(element: "contact") }
        self.init(id: id, state: state, event: .init(rawValue: event), uri: uri)
        displayName = element.firstChild(RegistrationInformation.name("display-name"))?.trimmedText
        expires = element.attribute("expires").flatMap(Self.seconds)
        retryAfter = element.attribute("retry-after").flatMap(Self.seconds)
        callID = element.attribute("callid")
        sequence = element.attribute("cseq").flatMap { UInt32($0) }
        for parameter in element.children(RegistrationInformation.name("unknown-param")) {
            guard let name = parameter.attribute("name") else { continue }
            parameters[name.lowercased()] = parameter.trimmedText
        }
        let gruu = { (local: String) in
            element.firstChild(XMLName(local, in: RegistrationInformation.gruuNamespace))?.attribute("uri")
        }
        publicGRUU = gruu("pub-gruu")
        temporaryGRUU = gruu("temp-gruu")
    }

    /// A count of seconds; more than a SIP expiry can say counts as the most it can (RFC 3261 §20.19).
    private static func seconds(_ text: String) -> Duration? {
        UInt64(text).map { .seconds(Int64(min($0, UInt64(UInt32.max)))) }
    }
}

// MARK: - Writing

extension RegistrationInformation {
    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        let attributes: KeyValuePairs<String, String?> = [
            "xmlns": Self.namespace, "xmlns:gr": Self.gruuNamespace, "version": String(version),
            "state": isFull ? "full" : "partial",
        ]
        writer.element("reginfo", attributes) { writer in
            for registration in registrations { registration.write(to: &writer) }
        }
        return writer.bytes
    }
}

extension RegistrationInformation.Registration {
    fileprivate func write(to writer: inout XMLWriter) {
        let attributes: KeyValuePairs<String, String?> = [
            "aor": addressOfRecord, "id": id, "state": state.rawValue,
        ]
        writer.element("registration", attributes) { writer in
            for contact in contacts { contact.write(to: &writer) }
        }
    }
}

extension RegistrationInformation.Contact {
    fileprivate func write(to writer: inout XMLWriter) {
        let attributes: KeyValuePairs<String, String?> = [
            "id": id, "state": state.rawValue, "event": event.rawValue,
            "expires": expires.map { String($0.components.seconds) },
            "retry-after": retryAfter.map { String($0.components.seconds) },
            "callid": callID, "cseq": sequence.map { String($0) },
        ]
        writer.element("contact", attributes) { writer in
            writer.element("uri") { $0.text(uri) }
            if let displayName { writer.element("display-name") { $0.text(displayName) } }
            for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
                writer.element("unknown-param", ["name": name]) { $0.text(value) }
            }
            if let publicGRUU { writer.element("gr:pub-gruu", ["uri": publicGRUU]) }
            if let temporaryGRUU { writer.element("gr:temp-gruu", ["uri": temporaryGRUU]) }
        }
    }
}
