import MSRP
import Runtime
import SDP
import SIP
import UserAgent
import Wire

/// A chat the engine keeps: its two halves, and who waits for what.
struct ChatState {
    var chat: Chat
    var session: MessageSession.ID
    /// This side's own URI; an invitation has none before it is taken.
    var local: MSRPURI?
    var isOpen = false
    /// Whether this side is leaving: whatever ends first, BYE or the connection, that is why.
    var isLeaving = false
    /// Why the other side has left, while answers may still be on their way.
    var end: ChatEnd?
    /// Whether the user knows of it, so that its end is to be told.
    var isTold = false
    var agreement: MSRPAgreement?
    /// The calls that wait for it to stand.
    var openWaiters = Waiters<Chat>()
    /// The calls that wait for what becomes of their message, by its Message-ID.
    var deliveries:
        [String: (waiter: CheckedContinuation<Result<ChatDelivery, EngineError>, Never>, row: Int64?)] = [:]
}

// Chats over MSRP, as the commands see them.
extension Engine {
    /// Invites a peer to a chat, registering first if need be, and waits until messages can be sent.
    ///
    /// - Parameters:
    ///   - recipient: Whom to invite, as the user names them.
    ///   - identity: The public identity to chat as; `nil` for the default one.
    /// - Returns: The chat, which stands until it is left or `chatClosed` tells its end.
    /// - Throws: `EngineError.chatNotOpened` with the reason, or what keeps the account from registering.
    package func openChat(
        with recipient: String,
        as identity: String? = nil
    ) async throws(EngineError) -> Chat {
        let peer = try Recipient(recipient, realm: account.realm).uri
        let granted = try await register()
        let sender = try self.identity(identity ?? configuration.identity, among: granted)
        let (endpoint, local) = try makeEndpoint()
        var made: MessageSession.ID?
        step { core, now, effects in
            made = core.invite(peer, as: sender, endpoint, at: now, into: &effects)
        }
        guard let made, let invite = core?.session(made)?.invite else { throw .notRegistered }
        let chat = Chat(
            id: ChatID(made.number),
            peer: peer,
            isOutgoing: true,
            callID: invite.callID
        )
        chatStates[chat.id] = ChatState(chat: chat, session: made, local: local)
        return try await awaitOpening(of: chat.id)
    }

    /// The chats that stand, in the order they were opened.
    package var chats: [Chat] {
        chatStates.values.filter(\.isOpen).map(\.chat).sorted { $0.id.number < $1.id.number }
    }

    /// Takes an invitation and waits until the chat stands.
    package func accept(_ id: ChatID) async throws(EngineError) -> Chat {
        try takeInvitation(id)
        return try await awaitOpening(of: id)
    }

    /// Refuses an invitation with 603 (RFC 3261 §21.6.2).
    package func reject(_ id: ChatID) throws(EngineError) {
        guard let state = chatStates[id] else { throw .noChat }
        step { core, now, effects in
            core.rejectInvitation(state.session, .decline, at: now, into: &effects)
        }
    }

    /// Sends a message in a chat and waits for what becomes of it.
    ///
    /// Messages are sent in the order of the calls; a call need not wait for the answer to the one before. The message
    /// is in the history before its first byte leaves.
    package func say(
        _ body: [UInt8],
        contentType: String = "text/plain",
        in id: ChatID
    ) async throws(EngineError) -> ChatDelivery {
        guard let state = chatStates[id], state.isOpen, state.end == nil, let local = state.local, let msrp
        else {
            throw .noChat
        }
        var identifiers = IdentifierSource()
        let messageID = identifiers.messageID()
        let row = recordPending(body, contentType, in: state.chat, messageID: messageID)
        var message = MSRP.OutgoingMessage(
            messageID: ByteString(messageID),
            contentType: ByteString(contentType),
            content: .whole(ByteString(body))
        )
        message.successReport = true
        return try await withDeadline(method: "SEND") { engine, waiter in
            engine.chatStates[id]?.deliveries[messageID] = (waiter, row)
            if !msrp.send(message, in: local) { engine.settle(messageID, in: id, .failure(.noChat)) }
            engine.drive([])
            return { $0.settle(messageID, in: id, .failure($1)) }
        }
    }

    /// Leaves a chat: BYE, then the connection is closed; one that has ended meanwhile is left already.
    package func leave(_ id: ChatID) {
        guard let state = chatStates[id] else { return }
        chatStates[id]?.isLeaving = true
        step { core, now, effects in core.leave(state.session, at: now, into: &effects) }
    }

    // MARK: - Setting up

    /// What this side offers or answers, with a URI of its own.
    private func makeEndpoint() throws(EngineError) -> (MessageSession.Endpoint, MSRPURI) {
        guard let host = core?.flow?.local.host else { throw .notRegistered }
        var identifiers = IdentifierSource()
        do {
            let address = try msrpTransport().listen(on: host)
            let uri = try MSRPURI(host: host, port: address.port, sessionID: identifiers.messageID())
            let medium = MSRPMedia(
                path: [uri.text.text],
                host: host,
                port: address.port,
                isSecure: false,
                acceptTypes: ["text/plain", "message/cpim", "*"]
            )
            let number = identifiers.next() >> 2
            let origin = Origin(sessionID: number, version: number, address: Connection(host))
            return (MessageSession.Endpoint(medium: medium, origin: origin), uri)
        } catch let error as SocketError {
            throw .unreachable(target: host, detail: error.description)
        } catch {
            throw .unreachable(target: host, detail: "\(error)")
        }
    }

    private func msrpTransport() -> MSRPTransport {
        if let msrp { return msrp }
        let made = MSRPTransport(on: loop) { [weak self] id, input in
            self?.assumeIsolated { engine in engine.drive(engine.msrp?.take(input, for: id) ?? []) }
        } retry: { [weak self] local in
            self?.assumeIsolated { $0.msrp?.connectAgain(local) }
        }
        msrp = made
        return made
    }

    private func awaitOpening(of id: ChatID) async throws(EngineError) -> Chat {
        try await withDeadline(method: "INVITE") { engine, waiter in
            guard engine.chatStates[id] != nil, let number = engine.chatStates[id]?.openWaiters.add(waiter)
            else {
                waiter.resume(returning: .failure(.noChat))
                return { _, _ in }
            }
            if let state = engine.chatStates[id], state.isOpen {
                engine.chatStates[id]?.openWaiters.resume(number, with: .success(state.chat))
            }
            return { engine, error in
                engine.chatStates[id]?.openWaiters.resume(number, with: .failure(error))
                engine.leave(id)
            }
        }
    }

    private func takeInvitation(_ id: ChatID) throws(EngineError) {
        guard let state = chatStates[id], !state.chat.isOutgoing, state.agreement == nil else {
            throw .noChat
        }
        let (endpoint, local) = try makeEndpoint()
        chatStates[id]?.local = local
        step { core, now, effects in
            core.acceptInvitation(state.session, endpoint, at: now, into: &effects)
        }
    }

    // MARK: - What signalling reports

    func take(_ report: MessageSession.Report, of session: MessageSession.ID) {
        let id = ChatID(session.number)
        switch report {
        case .invited: invited(session)
        case .agreed(let agreement): agreed(agreement, id)
        case .closed(let close): closing(id, ChatEnd(close))
        }
    }

    /// How long answers may still be on their way when the other side has left.
    private static let lastAnswers = Duration.seconds(1)

    /// Ends a chat, once the answers to what was sent in it have had time to come: BYE takes another way than they do.
    private func closing(_ id: ChatID, _ end: ChatEnd) {
        guard end == .byPeer, chatStates[id]?.deliveries.isEmpty == false else { return closed(id, end) }
        chatStates[id]?.end = end
        loop.schedule(at: .now + Self.lastAnswers) { [weak self] in
            self?.assumeIsolated { $0.closed(id, end) }
        }
    }

    private func invited(_ session: MessageSession.ID) {
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

    private func agreed(_ agreement: MSRPAgreement, _ id: ChatID) {
        guard let local = chatStates[id]?.local, let msrp,
            let path = try? MSRPPath(agreement.remote.path.map(\.text).joined(separator: " "))
        else {
            return
        }
        chatStates[id]?.agreement = agreement
        var target: SocketAddress?
        if agreement.role == .active {
            let hop = path.first
            let host = agreement.target == .path ? hop?.hostAddress ?? "" : agreement.remote.host.text
            let port = agreement.target == .path ? hop?.port ?? 2855 : agreement.remote.port
            target = SocketAddress(host: host, port: port)
            if target == nil { return fail(id, "\(host) is not a numeric address") }
        }
        let setup = SessionConfiguration(
            local: local,
            target: path,
            delivery: .whole(limit: Self.chatMessageLimit)
        )
        msrp.add(Session(setup), connectingTo: target)
        rearmChats()
    }

    /// The largest message taken in a chat; files have sessions of their own.
    private static let chatMessageLimit = 1_048_576

    private func fail(_ id: ChatID, _ detail: String) {
        guard let state = chatStates[id] else { return }
        chatStates[id]?.agreement = nil
        closed(id, state.end ?? (state.isLeaving ? .byUser : .connection(detail: detail)))
        step { core, now, effects in core.leave(state.session, at: now, into: &effects) }
    }

    func closed(_ id: ChatID, _ end: ChatEnd) {
        guard var state = chatStates.removeValue(forKey: id) else { return }
        if let local = state.local { msrp?.remove(local) }
        for (_, delivery) in state.deliveries {
            delivery.waiter.resume(returning: .success(.unconfirmed))
            record(.noAnswer, of: delivery.row)
        }
        state.openWaiters.resumeAll(with: .failure(.chatNotOpened(end)))
        if state.isOpen || state.isTold { emit(.chatClosed(state.chat, end)) }
    }

    // MARK: - What the message sessions report

    /// Acts on what the message sessions report, and only then lets them send, until nothing more happens.
    func drive(_ events: [MSRPTransport.Event]) {
        var events = events
        repeat {
            for event in events { take(event) }
            events = msrp?.flush() ?? []
        } while !events.isEmpty
        rearmChats()
    }

    private func take(_ event: MSRPTransport.Event) {
        switch event {
        case .opened(let local): opened(local)
        case .closed(let local, let detail):
            guard let id = chatID(local) else { return }
            fail(id, detail)
        case .session(let local, let event):
            guard let id = chatID(local) else { return }
            take(event, in: id)
        }
    }

    private func chatID(_ local: MSRPURI) -> ChatID? { chatStates.first { $0.value.local == local }?.key }

    private func opened(_ local: MSRPURI) {
        guard let id = chatID(local), var state = chatStates[id], !state.isOpen else { return }
        state.isOpen = true
        let chat = state.chat
        emit(.chatOpened(chat))
        state.openWaiters.resumeAll(with: .success(chat))
        chatStates[id] = state
    }

    private func take(_ event: SessionEvent, in id: ChatID) {
        switch event {
        case .incoming(.message(let message, let body)): received(message, body, in: id)
        case .accepted(let messageID): settle(messageID.text, in: id, .success(.accepted))
        case .delivered(let messageID): settle(messageID.text, in: id, .success(.delivered))
        case .failed(let messageID, let code):
            settle(messageID.text, in: id, .success(.refused(code.rawValue)))
        case .overdue(let messageID): settle(messageID.text, in: id, .success(.unconfirmed))
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
        switch answer {
        case .success(.accepted), .success(.delivered): record(.accepted, of: delivery.row)
        case .success(.refused(let code)):
            record(.refused(Refusal(status: code, reason: "MSRP")), of: delivery.row)
        case .success(.unconfirmed), .failure: record(.noAnswer, of: delivery.row)
        }
        delivery.waiter.resume(returning: answer)
        if let state = chatStates[id], let end = state.end, state.deliveries.isEmpty { closed(id, end) }
    }

    /// Sets the timer of the message sessions anew.
    func rearmChats() {
        if let chatTimer { loop.cancel(chatTimer) }
        chatTimer = nil
        guard let deadline = msrp?.nextDeadline else { return }
        chatTimer = loop.schedule(at: deadline) { [weak self] in
            self?.assumeIsolated { engine in engine.drive(engine.msrp?.fire() ?? []) }
        }
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
