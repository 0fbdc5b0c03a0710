import Documents
import MSRP
import Runtime
import SIP
import UserAgent
import Wire

// The messages of a chat: what is sent and what becomes of it, and what comes.
extension Engine {
    /// Whether a message goes in an envelope: the other side takes it so, and there is a reason to, or no other way.
    func wraps(_ contentType: String, asking asked: DispositionRequest, in state: ChatState) -> Bool {
        guard let type = MediaType(contentType), let agreement = state.agreement else { return false }
        let isPreferred = wraps(for: state.chat.peer, asking: asked)
        return agreement.form(of: type, preferring: isPreferred ? .wrapped : .plain) == .wrapped
    }

    func transmit(
        _ said: SaidMessage,
        _ messageID: String,
        asking asked: DispositionRequest,
        in id: ChatID
    ) {
        guard let state = chatStates[id], let local = state.local, let msrp else {
            return settle(messageID, in: id, .failure(.noChat))
        }
        var content = MessageContent(contentType: said.contentType, body: ByteString(said.body))
        if said.isWrapped {
            content = wrapped(
                said.body,
                said.contentType,
                from: core?.usableIdentity ?? account.publicIdentity,
                to: state.chat.peer,
                asking: asked,
                messageID: messageID
            )
        }
        var message = MSRP.OutgoingMessage(
            messageID: ByteString(messageID),
            contentType: ByteString(content.contentType),
            content: .whole(content.body)
        )
        message.successReport = true
        chatStates[id]?.composing.sentContent()
        if !msrp.send(message, in: local) { settle(messageID, in: id, .failure(.noChat)) }
        sendSoon()
    }

    // MARK: - What the message session reports

    func take(_ event: SessionEvent, in id: ChatID) {
        switch event {
        case .incoming(.message), .accepted, .delivered: chatStates[id]?.renewals = 0
        case .incoming(.failed(_, let failure)):
            log(.notice, "a message of \(chatStates[id]?.chat.peer ?? "a chat") is not complete: \(failure)")
        default: break
        }
        switch event {
        case .incoming(.message(let message, let body)): received(message, body, in: id)
        case .sent(let messageID): sent(messageID.text, in: id)
        case .accepted(let messageID):
            if !finishAside(messageID.text, in: id, nil) {
                settle(messageID.text, in: id, .success(.accepted))
            }
        case .delivered(let messageID):
            settle(messageID.text, in: id, .success(.delivered))
            let notification = DispositionNotification(reporting: .delivered, of: messageID.text)
            // Where only the first answer counts, the history alone is interested.
            if dispositions[messageID.text] == nil {
                record(notification.disposition, of: messageID.text)
            } else {
                take(notification)
            }
        case .failed(let messageID, let code): failed(messageID.text, code.rawValue, in: id)
        case .undelivered(let messageID, let code):
            failed(messageID.text, code.rawValue, isReported: true, in: id)
        case .overdue(let messageID):
            guard chatStates[id]?.said[messageID.text]?.isStreamed != true else { return }
            if !finishAside(messageID.text, in: id, nil) {
                settle(messageID.text, in: id, .success(.unconfirmed))
            }
        case .ended(let code): fail(id, .connection(detail: "the other side answered \(code.rawValue)"))
        case .silent: fail(id, .connection(detail: "the other side does not answer"))
        case .bound, .alive, .incoming: break
        }
    }

    private func sent(_ messageID: String, in id: ChatID) {
        guard let said = chatStates[id]?.said[messageID], said.goal == .sent, let waiter = said.waiter else {
            return
        }
        chatStates[id]?.said[messageID]?.waiter = nil
        tell(said, messageID, .sent, in: id)
        waiter.resume(returning: .success(.sent))
    }

    private func failed(_ messageID: String, _ code: UInt16, isReported: Bool = false, in id: ChatID) {
        guard !finishAside(messageID, in: id, code) else { return }
        let notification = DispositionNotification(reporting: .failed, of: messageID)
        guard let said = chatStates[id]?.said[messageID] else { return take(notification, status: code) }
        if said.isWrapped, code == ResponseCode.unsupportedMediaType.rawValue,
            let type = MediaType(said.contentType), account.messageFormat != .wrapped,
            chatStates[id]?.agreement?.form(of: type, preferring: .plain) == .plain
        {
            return sendPlain(said, messageID, in: id)
        }
        guard isReported else { return settle(messageID, in: id, .success(.refused(code))) }
        settle(messageID, in: id, .success(.missed(.reportedFailed(code))))
        record(notification.disposition, of: messageID)
    }

    /// Sends a message again without the envelope that was refused.
    private func sendPlain(_ said: SaidMessage, _ messageID: String, in id: ChatID) {
        var said = said
        (said.isWrapped, said.isSecondAttempt) = (false, true)
        chatStates[id]?.said[messageID] = said
        transmit(said, messageID, asking: [], in: id)
    }

    /// Answers the call that waits for what becomes of a message.
    func settle(_ messageID: String, in id: ChatID, _ answer: Result<ChatDelivery, EngineError>) {
        guard let said = chatStates[id]?.said.removeValue(forKey: messageID), let chat = chatStates[id]?.chat
        else { return }
        if said.isSecondAttempt, case .success(.accepted) = answer { learnPlainText(of: chat.peer) }
        conclude(said, messageID, answer, in: chat)
        if let state = chatStates[id], let end = state.end, state.said.isEmpty { closed(id, end) }
    }

    /// Tells what became of a message: first the store, then the user.
    func conclude(
        _ said: SaidMessage,
        _ messageID: String,
        _ answer: Result<ChatDelivery, EngineError>,
        in chat: Chat
    ) {
        switch answer {
        case .success(.sent), .success(.accepted), .success(.delivered), .success(.displayed),
            .success(.missed):
            record(.accepted, status: 200, of: said.row)
        case .success(.refused(let code)):
            record(.refused(Refusal(status: code, reason: "MSRP")), status: code, of: said.row)
        case .success(.unconfirmed), .failure: record(.noAnswer, status: nil, of: said.row)
        }
        guard let waiter = said.waiter else { return }
        let delivery = (try? answer.get()) ?? .unconfirmed
        emit(.chatSent(ChatReport(said, messageID, delivery, in: chat)))
        waiter.resume(returning: answer)
    }

    private func tell(_ said: SaidMessage, _ messageID: String, _ delivery: ChatDelivery, in id: ChatID) {
        guard let chat = chatStates[id]?.chat else { return }
        emit(.chatSent(ChatReport(said, messageID, delivery, in: chat)))
    }

    // MARK: - What comes

    private func received(_ message: MSRP.IncomingMessage, _ body: ByteString, in id: ChatID) {
        guard let chat = chatStates[id]?.chat, !body.isEmpty else { return }
        let content = MessageContent(contentType: message.contentType?.text ?? "text/plain", body: body)
            .unwrapped
        if content.envelope != nil { forget(.plainText, of: chat.peer) }
        switch content.kind {
        case .composing(let status): take(status, in: id)
        case .notifications(let notifications): for notification in notifications { take(notification) }
        case .text, .other:
            var told = IncomingChatMessage(
                chat: chat,
                messageID: message.messageID.text,
                contentType: content.contentType,
                body: content.body.bytes
            )
            let senders = [chat.peer, chat.claimed].compactMap(\.self)
            told.envelope = content.envelope.map { EnvelopeClaims($0, besides: senders) }
            guard record(told) else { return log(.notice, "a message of \(chat.peer) came again") }
            endComposing(in: id)
            told.receipt = acknowledge(content, from: chat.isVerified ? chat.peer : nil, in: id)
            emit(.chatMessage(told))
        }
    }
}

extension ChatReport {
    fileprivate init(_ said: SaidMessage, _ messageID: String, _ delivery: ChatDelivery, in chat: Chat) {
        self.init(
            chat: chat,
            number: said.number,
            messageID: messageID,
            contentType: said.contentType,
            body: Array(said.body.prefix(SentContext.excerptLength)),
            delivery: delivery
        )
    }
}

extension DispositionNotification {
    /// What a report of MSRP tells (RFC 4975 §7.1.2).
    init(reporting delivery: Delivery, of messageID: String) {
        self.init(messageID: messageID, dateTime: "", disposition: .delivery(delivery))
    }
}
