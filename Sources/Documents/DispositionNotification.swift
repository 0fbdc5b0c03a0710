package import Wire

/// What became of a message, `message/imdn+xml` (RFC 5438 §11).
package struct DispositionNotification: Hashable, Sendable {
    /// The `Message-ID` of the message it is about.
    package var messageID: String
    /// When that message was sent, as its `DateTime` header has it.
    package var dateTime: String
    /// Whom the message reached, or was to reach.
    package var recipient: String?
    /// Whom its sender addressed, where an intermediary has changed that.
    package var originalRecipient: String?
    package var subject: String?
    package var disposition: Disposition

    package init(
        messageID: String,
        dateTime: String,
        recipient: String? = nil,
        originalRecipient: String? = nil,
        subject: String? = nil,
        disposition: Disposition
    ) {
        self.messageID = messageID
        self.dateTime = dateTime
        self.recipient = recipient
        self.originalRecipient = originalRecipient
        self.subject = subject
        self.disposition = disposition
    }

    package static let mediaType = "message/imdn+xml"
    package static let namespace = "urn:ietf:params:xml:ns:imdn"

    /// The three kinds of notification, each with the states it can tell (RFC 5438 §11.1.7).
    package enum Disposition: Hashable, Sendable {
        case delivery(Delivery)
        case display(Display)
        case processing(Processing)
    }

    package enum Delivery: String, Hashable, Sendable { case delivered, failed, forbidden, error }

    package enum Display: String, Hashable, Sendable { case displayed, forbidden, error }

    package enum Processing: String, Hashable, Sendable { case processed, stored, forbidden, error }

    /// What a peer can make us hold with one document.
    enum Limits {
        static let byteCount = 64 * 1024
    }
}

// MARK: - Reading

extension DispositionNotification {
    /// Reads a document; elements of other namespaces are ignored.
    package init(parsing body: ByteString) throws(DocumentError) {
        let root = try XMLReader.document(body, byteLimit: Limits.byteCount)
        guard root.name.local == "imdn", root.name.namespace == Self.namespace || root.name.namespace == nil
        else { throw .invalid(element: root.name.local) }
        let namespace = root.name.namespace
        let child = { (local: String) in root.firstChild(XMLName(local, in: namespace)) }
        guard let messageID = child("message-id")?.trimmedText, !messageID.isEmpty else {
            throw .invalid(element: "message-id")
        }
        var found: Disposition?
        for element in root.children where element.name.namespace == namespace && found == nil {
            found = try Disposition(element)
        }
        guard let found else { throw .invalid(element: "imdn") }
        self.init(
            messageID: messageID,
            // The schema demands it, but only the people who wrote the message need it.
            dateTime: child("datetime")?.trimmedText ?? "",
            recipient: child("recipient-uri")?.trimmedText,
            originalRecipient: child("original-recipient-uri")?.trimmedText,
            subject: child("subject")?.trimmedText,
            disposition: found
        )
    }
}

extension DispositionNotification.Disposition {
    /// Reads one of the notification elements, or gives `nil` for an element of another name.
    fileprivate init?(_ element: XMLElement) throws(DocumentError) {
        let status = element.firstChild(XMLName("status", in: element.name.namespace))
        let names = status?.children.map(\.name.local) ?? []
        switch element.name.local {
        case "delivery-notification":
            guard let state = names.compactMap(DispositionNotification.Delivery.init).first else { break }
            self = .delivery(state)
            return
        case "display-notification":
            guard let state = names.compactMap(DispositionNotification.Display.init).first else { break }
            self = .display(state)
            return
        case "processing-notification":
            guard let state = names.compactMap(DispositionNotification.Processing.init).first else { break }
            self = .processing(state)
            return
        default:
            return nil
        }
        throw .invalid(element: element.name.local)
    }

    /// The name of the element, and of the state in it.
    fileprivate var elementNames: (notification: String, state: String) {
        switch self {
        case .delivery(let state): ("delivery-notification", state.rawValue)
        case .display(let state): ("display-notification", state.rawValue)
        case .processing(let state): ("processing-notification", state.rawValue)
        }
    }
}

// MARK: - Writing

extension DispositionNotification {
    /// The document in XML.
    package func serialized() -> [UInt8] {
        var writer = XMLWriter()
        let names = disposition.elementNames
        writer.element("imdn", ["xmlns": Self.namespace]) { writer in
            writer.element("message-id") { $0.text(messageID) }
            writer.element("datetime") { $0.text(dateTime) }
            // The schema has both URIs or none, and a subject only behind them (RFC 5438 §11.1.9).
            if let recipient = recipient ?? originalRecipient {
                writer.element("recipient-uri") { $0.text(recipient) }
                writer.element("original-recipient-uri") { $0.text(originalRecipient ?? recipient) }
                if let subject { writer.element("subject") { $0.text(subject) } }
            }
            writer.element(names.notification) { writer in
                writer.element("status") { $0.element(names.state) }
            }
        }
        return writer.bytes
    }
}
