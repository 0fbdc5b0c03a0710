import Documents
import MSRP
import SDP
import SIP
import Wire

/// The automatic buddy's end of a chat: it confirms what it gets, writes a while, and repeats it; files it takes and
/// forgets.
struct LabChat: Sendable {
    let agreement: MSRPAgreement
    /// The name of the other side, as the answers use it.
    let peer: String
    /// The identities of both, for envelopes.
    let own: String
    let other: String
    private var session: MSRP.Session

    private static let envelope = MediaType("message", "cpim")

    init(
        _ agreement: MSRPAgreement,
        at local: MSRPURI,
        with peer: String,
        own: String,
        other: String
    ) throws(MSRPParseError) {
        (self.agreement, self.peer, self.own, self.other) = (agreement, peer, own, other)
        let target = MSRPPath(
            try agreement.remote.path.map { uri throws(MSRPParseError) in
                try MSRPURI(parsing: uri)
            }
        )
        let isFile = agreement.remote.others.contains("file-selector")
        let delivery: Delivery = isFile ? .streamed(limit: .max) : .whole(limit: LabLimits.chatMessage)
        session = MSRP.Session(SessionConfiguration(local: local, target: target, delivery: delivery))
    }

    var nextDeadline: Instant? { session.nextDeadline }

    /// Says hello on a connection of its own, so that the other side knows whose it is (RFC 4975 §5.4).
    mutating func open() { session.sendKeepAlive() }

    /// Takes what came, and tells of messages in it what is to be told.
    mutating func receive(
        _ event: ChunkParser.Event,
        telling told: LabNotification,
        using identifiers: inout IdentifierSource
    ) {
        var events: [SessionEvent] = []
        session.receive(event, using: &identifiers, into: &events)
        for case .incoming(.message(let message, let body)) in events {
            answer(message, body, telling: told, using: &identifiers)
        }
    }

    /// Takes the next thing to send.
    mutating func next(at now: Instant, using identifiers: inout IdentifierSource) -> ByteString? {
        var events: [SessionEvent] = []
        var output = ChunkOutput()
        let isSending = session.writeNext(to: &output, at: now, using: &identifiers, into: &events)
        return isSending ? ByteString(output.bytes) : nil
    }

    mutating func fire(at now: Instant) {
        var events: [SessionEvent] = []
        session.fire(at: now, into: &events)
    }

    // MARK: - Answers

    private mutating func answer(
        _ message: IncomingMessage,
        _ body: ByteString,
        telling told: LabNotification,
        using identifiers: inout IdentifierSource
    ) {
        guard let type = message.mediaType else { return }
        let (envelope, contentType, content) = Self.unwrapped(body, type)
        // What a program sends by itself, a program does not answer.
        guard let contentType, !contentType.isAutomatic else { return }
        for notification in envelope.map({ told.notifications(on: $0, by: own) }) ?? [] {
            let body = ByteString(notification.serialized())
            say(body, DispositionNotification.mediaType, mustWrap: true, using: &identifiers)
        }
        let composing = IsComposing(.active, refresh: .seconds(60))
        say(ByteString(composing.serialized()), IsComposing.mediaType, using: &identifiers)
        let echo = LabChat.echo(of: content, contentType)
        say(ByteString("Hi \(peer), I got your message: \(echo)"), "text/plain", using: &identifiers)
    }

    /// What was said, and the envelope it came in, if it came in one (RFC 3862).
    static func unwrapped(
        _ body: ByteString,
        _ type: MediaType
    ) -> (envelope: CPIMMessage?, type: MediaType?, content: ByteString) {
        guard type.matches(envelope), let message = try? CPIMMessage(parsing: body) else {
            return (nil, type, body)
        }
        return (message, message.content.type, message.content.decodedBody)
    }

    /// A few words on what somebody sent: the text itself, or how much of what it was.
    static func echo(of content: ByteString, _ type: MediaType) -> String {
        guard type.matches("text", "plain") else { return "\(content.count) bytes of \(type)" }
        return "“\(content.text.prefix(LabLimits.echo))”"
    }

    /// Sends content in an envelope if the other side takes it so, else as it is, if at all.
    private mutating func say(
        _ content: ByteString,
        _ contentType: String,
        mustWrap: Bool = false,
        using identifiers: inout IdentifierSource
    ) {
        guard let type = MediaType(contentType) else { return }
        let isWrapped = agreement.allows(type, within: Self.envelope)
        guard isWrapped || (!mustWrap && agreement.allows(type)) else { return }
        let body = isWrapped ? Self.wrapped(content, contentType, from: own, to: other) : content
        _ = session.send(
            MSRP.OutgoingMessage(
                messageID: RandomIdentifier.messageID(using: &identifiers),
                contentType: isWrapped ? ByteString(CPIMMessage.mediaType) : ByteString(contentType),
                content: .whole(body)
            )
        )
    }

    static func wrapped(
        _ content: ByteString,
        _ contentType: String,
        from own: String,
        to other: String
    ) -> ByteString {
        let headers = [
            CPIMHeader(.from, CPIMAddress(uri: own)), CPIMHeader(.to, CPIMAddress(uri: other)),
        ]
        return CPIMMessage(headers: headers, content: MIMEEntity(type: contentType, body: content))
            .serialized()
    }
}
