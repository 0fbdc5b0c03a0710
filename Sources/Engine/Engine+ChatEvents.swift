import MSRP
import Runtime
import SDP
import SIP
import UserAgent
import Wire

// What becomes of chats: what signalling and the message sessions report of them.
extension Engine {
    // MARK: - What signalling reports

    /// How long answers may still be on their way when the other side has left.
    static let lastAnswers = Duration.seconds(1)

    /// Ends a chat, once the answers to what was sent in it have had time to come: BYE takes another way than they do.
    func closing(_ id: ChatID, _ end: ChatEnd) {
        guard end == .byPeer, chatStates[id]?.deliveries.isEmpty == false else { return closed(id, end) }
        chatStates[id]?.end = end
        loop.schedule(at: .now + Self.lastAnswers) { [weak self] in
            self?.assumeIsolated { $0.closed(id, end) }
        }
    }

    func invitedToChat(_ session: MessageSession.ID) {
        guard let invite = core?.session(session)?.invite else { return }
        // Without an identity the network vouches for there is only a claim.
        let isVouched = invite.assertedIdentity.map { Recipient.isSame($0, invite.peer) } ?? false
        let claimed = isVouched ? nil : invite.peer
        let chat = Chat(
            id: ChatID(session.number),
            peer: invite.assertedIdentity ?? invite.peer,
            claimed: claimed,
            displayName: invite.peerDisplayName,
            isOutgoing: false,
            callID: invite.callID
        )
        chatStates[chat.id] = ChatState(chat: chat, session: session)
        switch configuration.chatPolicy {
        case .none:
            step { core, now, effects in
                core.rejectInvitation(session, .busyHere, at: now, into: &effects)
            }
        case .all where invite.assertedIdentity != nil: try? takeInvitation(chat.id)
        case .ask, .all: tellInvitation(chat)
        }
    }

    private func tellInvitation(_ chat: Chat) {
        chatStates[chat.id]?.isTold = true
        emit(.chatInvited(chat))
    }

    func agreed(_ agreement: MSRPAgreement, _ id: ChatID) {
        guard let local = chatStates[id]?.local else { return }
        chatStates[id]?.agreement = agreement
        let delivery = Delivery.whole(limit: Self.chatMessageLimit)
        if let detail = open(agreement, from: local, delivery: delivery, for: .chat(id)) { fail(id, detail) }
    }

    /// The largest message taken in a chat; files have sessions of their own.
    private static let chatMessageLimit = 1_048_576

    func fail(_ id: ChatID, _ detail: String) {
        guard let state = chatStates[id] else { return }
        chatStates[id]?.agreement = nil
        closed(id, state.end ?? (state.isLeaving ? .byUser : .connection(detail: detail)))
        step { core, now, effects in core.leave(state.session, at: now, into: &effects) }
    }

    func closed(_ id: ChatID, _ end: ChatEnd) {
        guard var state = chatStates.removeValue(forKey: id) else { return }
        if let local = state.local { close(local) }
        for (_, delivery) in state.deliveries {
            delivery.waiter.resume(returning: .success(.unconfirmed))
            record(.noAnswer, of: delivery.row)
        }
        state.openWaiters.resumeAll(with: .failure(.chatNotOpened(end)))
        if state.isOpen || state.isTold { emit(.chatClosed(state.chat, end)) }
    }

    // MARK: - What the message sessions report

    func opened(_ id: ChatID) {
        guard var state = chatStates[id], !state.isOpen else { return }
        state.isOpen = true
        let chat = state.chat
        emit(.chatOpened(chat))
        state.openWaiters.resumeAll(with: .success(chat))
        chatStates[id] = state
    }

    func take(_ event: SessionEvent, in id: ChatID) {
        switch event {
        case .incoming(.message(let message, let body)): received(message, body, in: id)
        case .accepted(let messageID): settle(messageID.text, in: id, .success(.accepted))
        case .delivered(let messageID): settle(messageID.text, in: id, .success(.delivered))
        case .failed(let messageID, let code):
            settle(messageID.text, in: id, .success(.refused(code.rawValue)))
        case .overdue(let messageID):
            guard chatStates[id]?.streamed.contains(messageID.text) != true else { return }
            settle(messageID.text, in: id, .success(.unconfirmed))
        case .ended(let code): fail(id, "the other side answered \(code.rawValue)")
        case .silent: fail(id, "the other side does not answer")
        case .bound, .sent, .alive, .incoming: break
        }
    }

    private func received(_ message: MSRP.IncomingMessage, _ body: ByteString, in id: ChatID) {
        guard let chat = chatStates[id]?.chat, !body.isEmpty else { return }
        let content = MessageContent(contentType: message.contentType?.text ?? "text/plain", body: body)
            .unwrapped
        guard content.isForTheUser else { return }
        let told = IncomingChatMessage(
            chat: chat,
            messageID: message.messageID.text,
            contentType: content.contentType,
            body: content.body.bytes
        )
        record(told)
        emit(.chatMessage(told))
    }

    /// Answers the call that waits for what becomes of a message.
    func settle(_ messageID: String, in id: ChatID, _ answer: Result<ChatDelivery, EngineError>) {
        guard let delivery = chatStates[id]?.deliveries.removeValue(forKey: messageID) else { return }
        chatStates[id]?.streamed.remove(messageID)
        switch answer {
        case .success(.accepted), .success(.delivered): record(.accepted, of: delivery.row)
        case .success(.refused(let code)):
            record(.refused(Refusal(status: code, reason: "MSRP")), of: delivery.row)
        case .success(.unconfirmed), .failure: record(.noAnswer, of: delivery.row)
        }
        delivery.waiter.resume(returning: answer)
        if let state = chatStates[id], let end = state.end, state.deliveries.isEmpty { closed(id, end) }
    }
}

extension ChatEnd {
    /// Sorts the end of a session by what the user can make of it.
    init(_ close: MessageSession.Close) {
        switch close {
        case .notAgreed: self = .refused(Refusal(status: 488, reason: "the answer does not fit the offer"))
        case .notStarted(let failure), .ended(.failed(let failure)): self.init(failure)
        case .ended(.byUser): self = .byUser
        case .ended(.byPeer): self = .byPeer
        case .ended(.cancelled): self = .cancelled
        case .ended(.unanswered): self = .unanswered
        case .ended(.expired), .ended(.lost): self = .lost
        }
    }

    private init(_ failure: SessionFailure) {
        switch failure {
        case .refused(let status, let warning):
            self = .refused(
                Refusal(status: status.value, reason: status.reasonPhrase, warning: warning?.text)
            )
        case .timedOut: self = .unanswered
        case .cancelled: self = .cancelled
        case .unreachable: self = .connection(detail: "the flow to the P-CSCF failed")
        case .badAnswer: self = .refused(Refusal(status: 488, reason: "the answer cannot be read"))
        case .unconfirmed: self = .lost
        }
    }
}
