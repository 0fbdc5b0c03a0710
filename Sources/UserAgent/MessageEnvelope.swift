package import Documents
package import Wire

/// What the CPIM envelope of a message says; all of it is the sender's claim.
package struct MessageEnvelope: Hashable, Sendable {
    package var from: CPIMAddress?
    package var to: [CPIMAddress]
    package var dateTime: Timestamp?
    /// The time as it was written, which a notification gives back.
    package var dateTimeText: String?
    package var subject: String?
    package var messageID: String?
    /// Whom the sender addressed, where an intermediary has changed that (RFC 5438 §6.4).
    package var originalTo: CPIMAddress?
    /// The intermediaries a notification goes back through (RFC 5438 §6.5).
    package var recordRoutes: [CPIMAddress]
    /// The names the sender demands to be understood and that are not (RFC 3862 §3.5).
    package var unmetRequirements: [CPIMName]

    /// What a peer can make us hold, and send back, with one envelope.
    package enum Limits {
        package static let recordRoutes = 16
        /// The longest `Message-ID` that is answered.
        package static let messageIDLength = 256
        /// The longest time and the longest subject that a notification gives back.
        package static let dateTimeLength = 64
        package static let subjectLength = 1024
    }

    private static let understood: Set<CPIMName> = [
        .from, .to, .cc, .dateTime, .subject, .require, .messageID, .dispositionNotification, .originalTo,
        .recordRoute, .route,
    ]

    init(_ message: CPIMMessage) {
        from = message.sender
        to = message.recipients
        dateTime = message.dateTime
        dateTimeText = message.text(.dateTime, upTo: Limits.dateTimeLength)
        subject = message.text(.subject, upTo: Limits.subjectLength)
        messageID = message.text(.messageID, upTo: Limits.messageIDLength)
        originalTo = message.first(.originalTo).flatMap { CPIMAddress(parsing: $0.value) }
        recordRoutes = message.all(.recordRoute).prefix(Limits.recordRoutes)
            .compactMap { CPIMAddress(parsing: $0.value) }
        unmetRequirements = message.requiredNames.filter { !Self.understood.contains($0) }
    }
}

extension CPIMMessage {
    /// The text of a header, or `nil` if it is empty or longer than `limit` bytes.
    fileprivate func text(_ name: CPIMName, upTo limit: Int) -> String? {
        guard let text = first(name)?.text, (1...limit).contains(text.utf8.count) else { return nil }
        return text
    }
}

/// A message as it was received, with whatever wraps it taken away.
package struct ReceivedContent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case text(String)
        case composing(IsComposing)
        case notification(DispositionNotification)
        /// Anything else, a body that is not what its type says among it.
        case other
    }

    package var kind: Kind
    /// The type and the bytes of the innermost content.
    package var contentType: String
    package var body: ByteString
    /// The envelope, if there is one.
    package var envelope: MessageEnvelope?
    /// What the sender asks to be told; never anything about what is no message of a person.
    package var requestedDispositions: DispositionRequest = []
}

extension ReceivedContent {
    /// Reads what a message carries; a body that is not what its type says is `other`, whatever is wrong with it.
    init(_ content: MessageContent) {
        guard MediaType(content.contentType)?.matches("message", "cpim") == true,
            let message = try? CPIMMessage(parsing: content.body)
        else {
            self.init(contentType: content.contentType, body: content.body)
            return
        }
        let type = message.contentType?.description ?? message.contentHeader("Content-Type")?.text ?? ""
        self.init(contentType: type, body: message.decodedBody)
        envelope = MessageEnvelope(message)
        switch kind {
        case .text, .other:
            let request = message.first(.dispositionNotification)?.text ?? ""
            requestedDispositions = DispositionRequest(parsing: request)
        case .composing, .notification:
            // No notification is ever sent for one (RFC 5438 §7.2.1), and nobody is shown a status message.
            break
        }
    }

    private init(contentType: String, body: ByteString) {
        (self.contentType, self.body) = (contentType, body)
        kind = Self.kind(of: MediaType(contentType), body) ?? .other
    }

    private static func kind(of type: MediaType?, _ body: ByteString) -> Kind? {
        guard let type else { return nil }
        if type.matches("text", "plain") { return text(body, charset: type["charset"]).map(Kind.text) }
        if type.matches("application", "im-iscomposing+xml") {
            return (try? IsComposing(parsing: body)).map(Kind.composing)
        }
        if type.matches("message", "imdn+xml") {
            return (try? DispositionNotification(parsing: body)).map(Kind.notification)
        }
        return nil
    }

    /// The text, or `nil` in a character set this program does not know.
    private static func text(_ body: ByteString, charset: String?) -> String? {
        switch charset?.lowercased() {
        case nil, "utf-8", "utf8", "us-ascii", "ascii": body.text
        case "iso-8859-1", "latin1":
            String(String.UnicodeScalarView(body.bytes.map { Unicode.Scalar($0) }))
        default: nil
        }
    }
}
