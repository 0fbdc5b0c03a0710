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
    /// The own URI that a change offers or answers.
    var nextLocal: MSRPURI?
    var renewal: ChatRenewal?
    /// How often it was brought back since a message got through.
    var renewals = 0
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
    /// How many messages were said in it.
    var count = 0
    /// The messages without an answer, by their Message-ID.
    var said: [String: SaidMessage] = [:]
    /// What the client itself has sent and has no answer, by Message-ID: the type of its content.
    var asides: [String: String] = [:]
    var composing = ComposingSender()
    var peerComposing = ComposingReceiver()
    var refusesTypingNotices = false
}

/// A message in a chat that has no answer yet.
struct SaidMessage {
    /// The call that waits; `nil` once it has its answer.
    var waiter: CheckedContinuation<Result<ChatDelivery, EngineError>, Never>?
    var row: Int64?
    var number: Int
    var contentType: String
    var body: [UInt8]
    /// Whether it was sent in an envelope, and is sent without one if that is refused.
    var isWrapped: Bool
    /// Whether it is the second attempt, without the envelope that was refused.
    var isSecondAttempt = false
    /// Whether it goes from a source: its answers may be as late as whoever reads at the far end is slow.
    var isStreamed = false
    var goal: MessageGoal
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
        let peer = try self.recipient(recipient).uri
        let granted = try await register()
        let sender = try self.identity(identity ?? configuration.identity, among: granted)
        let invitation = Invitation(peer: peer, sender: sender)
        var offer = firstOffer(to: peer)
        while true {
            do throws(EngineError) {
                return try await open(invitation, offer)
            } catch {
                guard case .chatNotOpened(let end) = error, let next = nextOffer(to: peer, after: offer, end)
                else { throw error }
                offer = next
            }
        }
    }

    /// Whom to invite, and as whom.
    private struct Invitation {
        var peer: String
        var sender: String?
    }

    private func open(
        _ invitation: Invitation,
        _ offer: ConnectionOffer
    ) async throws(EngineError) -> Chat {
        let (endpoint, local) = try await makeEndpoint(offer)
        var made: MessageSession.ID?
        step { core, now, effects in
            made = core.invite(invitation.peer, as: invitation.sender, endpoint, at: now, into: &effects)
        }
        guard let made, let invite = core?.session(made)?.invite else {
            close(local)
            throw .notRegistered
        }
        let chat = Chat(
            id: ChatID(made.number),
            peer: invitation.peer,
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
        try await takeInvitation(id)
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
    ///
    /// - Parameters:
    ///   - body: The message.
    ///   - contentType: Its type.
    ///   - id: The chat.
    ///   - level: The notifications to ask for, and to tell of as they come; `nil` where only the goal counts.
    ///   - goal: What is waited for.
    /// - Returns: What became of it.
    /// - Throws: `EngineError.noChat`, or what kept it from being sent.
    package func say(
        _ body: [UInt8],
        contentType: String = "text/plain",
        in id: ChatID,
        asking level: NotificationLevel? = nil,
        until goal: MessageGoal = .accepted
    ) async throws(EngineError) -> ChatDelivery {
        guard let state = chatStates[id], state.isOpen, state.end == nil, state.local != nil else {
            throw .noChat
        }
        var identifiers = IdentifierSource()
        let messageID = identifiers.messageID()
        let row = recordPending(body, contentType, in: state.chat, messageID: messageID)
        let number = state.count + 1
        chatStates[id]?.count = number
        // That it was delivered the report of MSRP tells.
        let asked = request(max(level ?? .none, goal == .displayed ? .displayed : .none))
        if level != nil || goal > .accepted {
            let excerpt = Array(body.prefix(SentContext.excerptLength))
            let context = SentContext(
                peer: state.chat.peer,
                chat: state.chat,
                number: number,
                contentType: contentType,
                excerpt: excerpt
            )
            expectDispositions(of: messageID, asked.union(.delivery), context)
        }
        let isWrapped = wraps(contentType, asking: asked, in: state)
        let delivery = try await withDeadline(method: "SEND") { engine, waiter in
            let said = SaidMessage(
                waiter: waiter,
                row: row,
                number: number,
                contentType: contentType,
                body: body,
                isWrapped: isWrapped,
                goal: goal
            )
            engine.chatStates[id]?.said[messageID] = said
            engine.transmit(said, messageID, asking: asked, in: id)
            return { $0.settle(messageID, in: id, .failure($1)) }
        }
        guard goal > .accepted, delivery == .accepted || delivery == .delivered else { return delivery }
        if goal == .displayed, !isWrapped || isKnown(.plainText, of: state.chat.peer) {
            return .missed(.notAsked)
        }
        switch await outcome(of: messageID, reaching: goal) {
        case .reached: return goal == .displayed ? .displayed : .delivered
        case let missed: return .missed(missed)
        }
    }

    /// Sends one message whose bytes come from a source, and waits for what becomes of it.
    ///
    /// The history notes it without its bytes.
    ///
    /// - Parameters:
    ///   - source: Where the bytes come from; closed when the message needs nothing more.
    ///   - contentType: Its media type.
    ///   - id: The chat.
    /// - Returns: What became of the message.
    /// - Throws: `EngineError.sourceFailed` when the source could not be read to its end.
    package func say(
        from source: any MessageSource,
        contentType: String,
        in id: ChatID
    ) async throws(EngineError) -> ChatDelivery {
        guard let state = chatStates[id], state.isOpen, state.end == nil, let local = state.local, let msrp
        else { throw .noChat }
        var identifiers = IdentifierSource()
        let messageID = identifiers.messageID()
        let row = recordPending([], contentType, in: state.chat, messageID: messageID)
        let number = state.count + 1
        chatStates[id]?.count = number
        var message = MSRP.OutgoingMessage(
            messageID: ByteString(messageID),
            contentType: ByteString(contentType),
            content: .streamed(size: source.size)
        )
        message.successReport = true
        return try await withDeadline(method: "SEND") { engine, waiter in
            var said = SaidMessage(
                waiter: waiter,
                row: row,
                number: number,
                contentType: contentType,
                body: [],
                isWrapped: false,
                goal: .accepted
            )
            said.isStreamed = true
            engine.chatStates[id]?.said[messageID] = said
            if !msrp.send(message, from: source, in: local) {
                engine.settle(messageID, in: id, .failure(.noChat))
            }
            engine.drive([])
            return { engine, error in
                msrp.cancel(ByteString(messageID), in: local)
                engine.settle(messageID, in: id, .failure(error))
                engine.drive([])
            }
        }
    }

    /// Leaves a chat: BYE, then the connection is closed; one that has ended meanwhile is left already.
    package func leave(_ id: ChatID) {
        sendNow()
        guard let state = chatStates[id] else { return }
        chatStates[id]?.isLeaving = true
        step { core, now, effects in core.leave(state.session, at: now, into: &effects) }
    }

    // MARK: - Setting up

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

    func takeInvitation(_ id: ChatID) async throws(EngineError) {
        guard let state = chatStates[id], !state.chat.isOutgoing, state.agreement == nil else {
            throw .noChat
        }
        let offered = core?.session(state.session)?.offered ?? []
        let (answer, local) = try await makeEndpoint(answering: offered)
        guard chatStates[id] != nil, chatStates[id]?.local == nil else {
            close(local)
            throw .noChat
        }
        chatStates[id]?.local = local
        step { core, now, effects in
            core.acceptInvitation(state.session, answer, at: now, into: &effects)
        }
    }
}
