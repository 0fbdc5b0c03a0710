package import Documents
internal import SIP
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

extension MessageEnvelope {
    /// Whom the envelope names as the sender, if that is somebody else than SIP does: to be shown as a claim.
    ///
    /// A name that withholds who it is claims nothing (RFC 3323 §4.1.1.3), and schemes and parameters do not count:
    /// `im:` and `sip:` name the same person (RFC 3860).
    ///
    /// - Parameter senders: Who the message is from: its `From`, and what the network asserts.
    /// - Returns: The claim, or `nil` if there is none or it is true.
    package func claimedSender(besides senders: [String]) -> CPIMAddress? {
        guard let from, let claimed = PersonalAddress(from.uri) else { return from }
        guard claimed != .anonymous else { return nil }
        return senders.contains { PersonalAddress($0) == claimed } ? nil : from
    }
}

/// What of a URI names a person: user and host, or a telephone number.
private struct PersonalAddress: Hashable {
    var user: ByteString
    var host: ByteString

    static let anonymous = PersonalAddress(user: "anonymous", host: "anonymous.invalid")

    init(user: ByteString, host: ByteString) { (self.user, self.host) = (user, host) }

    init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        // An `im:` or `pres:` URI has the form of a SIP URI.
        let readable = ["im", "pres"].contains(scheme) ? "sip" + text[colon...] : text
        switch try? URI(readable) {
        case .sip(let uri):
            guard let user = uri.user, !user.isEmpty else { return nil }
            self.init(user: user.percentDecoded, host: uri.host.lowercased)
            // A telephone number is the same at every host (RFC 3261 §19.1.6).
            if uri.parameters["user"]?.equalsIgnoringCase("phone") == true { self = Self.telephone(user) }
        case .tel(let uri): self = Self.telephone(uri.text[4...])
        case .other, nil: return nil
        }
    }

    private static func telephone(_ number: ByteString) -> PersonalAddress {
        let digits = number.bytes.prefix { $0 != UInt8(ascii: ";") }
            .filter { $0.isDigit || $0 == UInt8(ascii: "+") }
        return PersonalAddress(user: ByteString(digits), host: .empty)
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
    /// Whether there is something for the user to read, and not for the client.
    package var isForTheUser: Bool {
        switch kind {
        case .text, .other: true
        case .composing, .notifications: false
        }
    }

    package enum Kind: Hashable, Sendable {
        case text(String)
        case composing(IsComposing)
        /// One notification, or all that an intermediary has gathered (RFC 5438 §8.3).
        case notifications([DispositionNotification])
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
        let type = message.content.type?.description ?? message.content.header("Content-Type")?.text ?? ""
        self.init(contentType: type, body: message.content.decodedBody)
        envelope = MessageEnvelope(message)
        switch kind {
        case .text, .other:
            let request = message.first(.dispositionNotification)?.text ?? ""
            requestedDispositions = DispositionRequest(parsing: request)
        case .composing, .notifications:
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
            return (try? DispositionNotification(parsing: body)).map { .notifications([$0]) }
        }
        if type.matches("multipart", "mixed"), let boundary = type["boundary"] {
            return notifications(body, boundary: boundary).map(Kind.notifications)
        }
        return nil
    }

    /// The notifications in a multipart, or `nil` if a part is anything else.
    private static func notifications(_ body: ByteString, boundary: String) -> [DispositionNotification]? {
        guard let parts = try? Multipart(parsing: body, boundary: boundary).parts, !parts.isEmpty else {
            return nil
        }
        var notifications: [DispositionNotification] = []
        for part in parts {
            guard part.type?.matches("message", "imdn+xml") == true,
                let notification = try? DispositionNotification(parsing: part.decodedBody)
            else { return nil }
            notifications.append(notification)
        }
        return notifications
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
