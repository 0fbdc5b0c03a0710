package import Documents
package import SIP
package import Wire

/// The body of a message and its type, as MESSAGE and MSRP carry it.
package struct MessageContent: Hashable, Sendable {
    package var contentType: String
    package var body: ByteString

    package init(contentType: String, body: ByteString) {
        (self.contentType, self.body) = (contentType, body)
    }

    /// The type of text, with the one character set this program writes.
    package static let textType = "text/plain;charset=UTF-8"

    /// Text without an envelope: what every peer can read.
    package static func plain(_ text: String) -> MessageContent {
        MessageContent(contentType: textType, body: ByteString(text))
    }

    /// What the message carries, without its envelope.
    package var unwrapped: ReceivedContent { ReceivedContent(self) }
}

// MARK: - Wrapping

extension MessageContent {
    /// Puts `text` into a CPIM envelope.
    package static func wrap(
        _ text: String,
        from: CPIMAddress,
        to: CPIMAddress,
        dateTime: Timestamp,
        wants: DispositionRequest = [],
        messageID: String? = nil,
        subject: String? = nil
    ) -> MessageContent {
        plain(text).wrapped(
            from: from,
            to: to,
            dateTime: dateTime,
            wants: wants,
            messageID: messageID,
            subject: subject
        )
    }

    /// The content in a CPIM envelope.
    ///
    /// - Parameters:
    ///   - from: Who sends it.
    ///   - to: Who is to receive it.
    ///   - dateTime: When it is sent.
    ///   - wants: What to ask for; nothing is asked without a message id (RFC 5438 §7.1.1.1).
    ///   - messageID: What notifications will refer to.
    ///   - subject: What it is about.
    /// - Returns: The wrapped content.
    package func wrapped(
        from: CPIMAddress,
        to: CPIMAddress,
        dateTime: Timestamp,
        wants: DispositionRequest = [],
        messageID: String? = nil,
        subject: String? = nil
    ) -> MessageContent {
        var headers = [CPIMHeader(.from, from), CPIMHeader(.to, to)]
        if let messageID { headers.append(CPIMHeader(.messageID, text: messageID)) }
        headers.append(CPIMHeader(.dateTime, text: dateTime.description))
        if let subject { headers.append(CPIMHeader(.subject, text: subject)) }
        if messageID != nil, !wants.isEmpty {
            headers.append(CPIMHeader(.dispositionNotification, text: wants.headerValue))
        }
        return MessageContent(
            CPIMMessage(headers: headers, content: MIMEEntity(type: contentType, body: body))
        )
    }

    /// Wraps a status message, whose envelope asks for nothing.
    package static func composing(
        _ status: IsComposing,
        from: CPIMAddress,
        to: CPIMAddress,
        dateTime: Timestamp
    ) -> MessageContent {
        composing(status).wrapped(from: from, to: to, dateTime: dateTime)
    }

    /// A status message without an envelope.
    package static func composing(_ status: IsComposing) -> MessageContent {
        MessageContent(contentType: IsComposing.mediaType, body: ByteString(status.serialized()))
    }

    /// Wraps the notification that answers a message (RFC 5438 §7.2.1).
    ///
    /// It goes to the address that SIP names as the sender (§12.1.3.1): the envelope may name anybody.
    ///
    /// - Parameters:
    ///   - notification: What to tell.
    ///   - envelope: The envelope of the message it is about.
    ///   - sender: Who that message was for: us.
    ///   - recipient: Who had sent that message.
    ///   - dateTime: When the notification is sent.
    ///   - messageID: A new one, as every message has.
    /// - Returns: The wrapped notification.
    package static func notification(
        _ notification: DispositionNotification,
        answering envelope: MessageEnvelope,
        from sender: CPIMAddress,
        to recipient: CPIMAddress,
        dateTime: Timestamp,
        messageID: String
    ) -> MessageContent {
        var headers = [CPIMHeader(.from, sender), CPIMHeader(.to, recipient)]
        headers.append(CPIMHeader(.messageID, text: messageID))
        headers.append(CPIMHeader(.dateTime, text: dateTime.description))
        headers += envelope.recordRoutes.map { CPIMHeader(.route, $0) }
        var content = MIMEEntity(
            type: DispositionNotification.mediaType,
            body: ByteString(notification.serialized())
        )
        content.headers.append(.init("Content-Disposition", "notification"))
        return MessageContent(CPIMMessage(headers: headers, content: content))
    }

    private init(_ message: CPIMMessage) {
        self.init(contentType: CPIMMessage.mediaType, body: message.serialized())
    }
}

// MARK: - What the peer takes

extension MessageContent {
    /// Whether a peer that answers a wrapped message with this status may take it as plain text.
    package static func refusesEnvelope(_ status: StatusCode) -> Bool {
        // 415 by RFC 3261 §21.4.13; 406, 488 and 606 by servers that look into bodies.
        [406, 415, 488, 606].contains(status.value)
    }

    /// How content may be sent in a session.
    package enum Form: Hashable, Sendable { case plain, wrapped }

    /// Chooses the form for content of the type `type`, or gives `nil` if the peer takes it in none.
    ///
    /// - Parameters:
    ///   - type: The type of the content itself.
    ///   - acceptTypes: The entries of the peer's `accept-types` (RFC 4975 §8.6).
    ///   - acceptWrappedTypes: The entries of its `accept-wrapped-types`, which count inside an envelope only.
    ///   - preferred: The form to use where the peer takes both.
    /// - Returns: The form.
    package static func form(
        for type: MediaType,
        acceptTypes: [String],
        acceptWrappedTypes: [String],
        preferring preferred: Form
    ) -> Form? {
        let takesPlain = acceptTypes.contains { type.isAccepted(by: $0) }
        let takesEnvelope = acceptTypes.contains { MediaType("message", "cpim").isAccepted(by: $0) }
        let takesWrapped =
            takesEnvelope && (takesPlain || acceptWrappedTypes.contains { type.isAccepted(by: $0) })
        switch (takesPlain, takesWrapped) {
        case (true, true): return preferred
        case (true, false): return .plain
        case (false, true): return .wrapped
        case (false, false): return nil
        }
    }
}

extension MediaType {
    /// Whether an entry of `accept-types` covers the type: `*`, `text/*` or the type itself (RFC 4975 §9).
    fileprivate func isAccepted(by entry: String) -> Bool {
        if entry == "*" { return true }
        guard let accepted = MediaType(entry) else { return false }
        return accepted.subtype == "*"
            ? ByteString(type).equalsIgnoringCase(accepted.type) : matches(accepted)
    }
}
