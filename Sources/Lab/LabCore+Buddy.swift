import Documents
import MSRP
import SDP
import SIP
import Wire

/// A chat somebody has with the automatic buddy, as signalling sees it.
struct LabCall: Sendable {
    var dialog: Dialog
    /// What names its path through the switch.
    let path: ByteString
    /// The 2xx, which is repeated until its ACK comes (RFC 3261 §13.3.1.4).
    let answer: Message
    let flow: Flow
    let invite: ServerTransactionID
    /// When the 2xx is due again, after how long the next time, and until when.
    var repetition: (time: Instant, interval: Duration, end: Instant)?
    let number: Int
}

extension LabCore {
    /// Answers for the buddy what nobody else answers.
    mutating func answerAsBuddy(_ request: Incoming, from sender: LabUser, _ buddy: LabUser) {
        switch request.message.method {
        case .invite?: pickUp(request, from: sender, buddy)
        case .options?:
            let contact = contact(of: buddy, request.flow)
            answer(request, .ok) { response in
                response.headers.append(Allow(Self.buddyMethods))
                response.headers.append(.accept, "application/sdp, text/plain, message/cpim")
                if let contact { response.headers.append(contact) }
            }
        case .message?:
            answer(request, .ok)
            greet(sender, from: buddy, about: request.message, at: request.now)
        default: answer(request, .callDoesNotExist)
        }
    }

    private static let buddyMethods: [Method] = [.invite, .ack, .bye, .cancel, .options, .message, .update]

    /// Where the buddy is, and what it can do (RFC 3840).
    private func contact(of buddy: LabUser, _ flow: Flow) -> Contact? {
        guard let uri = ownURI(buddy.name, flow) else { return nil }
        var contact = Contact(NameAddress(uri))
        contact.parameters.set("+g.oma.sip-im")
        contact.parameters.set("+g.3gpp.iari-ref", "\"urn%3Aurn-7%3A3gpp-application.ims.iari.gsma-is\"")
        contact.parameters.set("automata")
        return contact
    }

    // MARK: - Messages

    /// Answers a message with a friendly word and an echo.
    private mutating func greet(_ user: LabUser, from buddy: LabUser, about message: Message, at now: Instant)
    {
        // What a program sends by itself, a program does not answer.
        guard let outer = message.contentType,
            case (let envelope, let type?, let content) = LabChat.unwrapped(message.body, outer),
            !type.isAutomatic
        else { return }
        if let envelope { notify(user, of: envelope, from: buddy, at: now) }
        let echo = LabChat.echo(of: content, type)
        deliver("Hi \(user.name), I got your message: \(echo)", from: buddy, to: user, at: now)
    }

    /// Tells what became of a message, as far as its sender asks.
    private mutating func notify(
        _ user: LabUser,
        of envelope: CPIMMessage,
        from buddy: LabUser,
        at now: Instant
    ) {
        guard let own = buddy.identities(in: configuration.domain).first?.text.text,
            let other = user.identities(in: configuration.domain).first?.text.text
        else { return }
        for notification in messages.faults.notification.notifications(on: envelope, by: own) {
            let content = ByteString(notification.serialized())
            let type = DispositionNotification.mediaType
            let body = LabChat.wrapped(content, type, from: own, to: other)
            deliver(body, MediaType("message", "cpim"), from: buddy, to: user, at: now)
        }
    }

    // MARK: - Chats

    private mutating func pickUp(_ request: Incoming, from sender: LabUser, _ buddy: LabUser) {
        let message = request.message
        guard let offer = try? SessionDescription(parsing: message.body),
            let (index, offered) = offer.firstMSRP,
            let own = buddy.identities(in: configuration.domain).first,
            let other = sender.identities(in: configuration.domain).first,
            let (path, medium) = messages.converse(
                about: offered,
                with: sender.name,
                own: own.text.text,
                other: other.text.text,
                at: request.now
            )
        else { return answer(request, .notAcceptableHere) }
        let tag = identifiers.tag()
        guard let dialog = Dialog(received: message, localTag: tag, state: .confirmed),
            let contact = contact(of: buddy, request.flow)
        else { return answer(request, .badRequest, reason: "A dialog needs a Contact") }
        let origin = Origin(sessionID: 1, version: 1, address: Connection(request.flow.local.host))
        let description = SessionDescription.answer(to: offer, from: origin, accepting: [index: medium.media])
        var response = message.response(.ok, toTag: tag)
        response.headers.append(contact)
        response.headers.append(Allow(Self.buddyMethods))
        response.setBody(description.text, type: MediaType("application", "sdp"))
        makeRoomForCall()
        let t1 = configuration.timers.t1
        lastCall += 1
        calls[dialog.id] = LabCall(
            dialog: dialog,
            path: path,
            answer: response,
            flow: request.flow,
            invite: request.id,
            repetition: (request.now + t1, t1, request.now + t1 * 64),
            number: lastCall
        )
        respond(response, to: request.id, at: request.now)
    }

    private mutating func makeRoomForCall() {
        while calls.count >= LabLimits.calls,
            let oldest = calls.min(by: { $0.value.number < $1.value.number })?.key
        { removeCall(oldest) }
    }

    private mutating func removeCall(_ id: DialogID) {
        if let call = calls.removeValue(forKey: id) { messages.removePath(call.path) }
    }

    /// Answers a request in a chat with the buddy.
    mutating func receive(_ request: Incoming, in id: DialogID) {
        guard calls[id]?.dialog.receive(request.message) == .inOrder, let call = calls[id] else {
            return answer(request, .serverInternalError, reason: "Out of order")
        }
        switch request.message.method {
        case .bye?:
            removeCall(id)
            answer(request, .ok)
        case .invite?, .update?:
            // Whatever is offered, the messages stay where they are.
            let isOffer = !request.message.body.isEmpty || request.message.method == .invite
            answer(request, .ok) { response in
                if let contact = call.answer.headers.first(.contact) {
                    response.headers.append(.contact, contact)
                }
                guard isOffer else { return }
                response.setBody(call.answer.body, type: MediaType("application", "sdp"))
            }
        default: answer(request, .ok)
        }
    }

    /// Notes that an answer of the buddy has arrived.
    mutating func acknowledge(_ id: DialogID) { calls[id]?.repetition = nil }

    var nextRepetition: Instant? { calls.values.compactMap { $0.repetition?.time }.min() }

    /// Repeats the answers that were not acknowledged; who never acknowledges one has no chat.
    mutating func repeatAnswers(at now: Instant) {
        for (id, call) in calls {
            guard let (time, interval, end) = call.repetition, time <= now else { continue }
            guard now < end else {
                removeCall(id)
                continue
            }
            let next = min(interval * 2, configuration.timers.t2)
            calls[id]?.repetition = (min(now + next, end), next, end)
            respond(call.answer, to: call.invite, at: now)
        }
    }

    /// Forgets the chats of a connection that is no more.
    mutating func loseCalls(on flow: FlowID) {
        for (id, call) in calls where call.flow.id == flow { removeCall(id) }
    }
}

extension SessionDescription {
    /// The first MSRP medium that is in use, and where it is.
    fileprivate var firstMSRP: (index: Int, media: MSRPMedia)? {
        for (index, section) in media.enumerated() where !section.isRefused {
            if let media = try? MSRPMedia(section, in: self) { return (index, media) }
        }
        return nil
    }
}
