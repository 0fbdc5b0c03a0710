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
        let end = end == .lost ? chatStates[id]?.renewal?.reason ?? end : end
        guard end == .byPeer, chatStates[id]?.said.isEmpty == false else { return closed(id, end) }
        chatStates[id]?.end = end
        loop.schedule(at: .now + Self.lastAnswers) { [weak self] in
            self?.assumeIsolated { $0.closed(id, end) }
        }
    }

    func invitedToChat(_ session: MessageSession.ID) {
        guard let invite = core?.session(session)?.invite else { return }
        if bringsMessage(invite) { return takeLarge(session) }
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
        case .none: refuse(chat.id, .busyHere)
        case .all where invite.assertedIdentity != nil: start { await $0.takeOrRefuse(chat.id) }
        case .fromBuddies:
            guard chat.isVerified, isBuddy(chat.peer) else { return refuse(chat.id, .busyHere) }
            start { await $0.takeOrRefuse(chat.id) }
        case .all where !configuration.canAsk:
            emit(.warning(.chatNotVouched(claimed: chat.peer)))
            refuse(chat.id, .busyHere)
        case .ask, .all: tellInvitation(chat)
        }
    }

    /// Takes an invitation without asking; it is refused where that cannot be done.
    private func takeOrRefuse(_ id: ChatID) async {
        do throws(EngineError) {
            try await takeInvitation(id)
        } catch {
            log(.warning, "an invitation is refused: \(error)")
            refuse(id, .temporarilyUnavailable)
        }
    }

    private func refuse(_ id: ChatID, _ status: StatusCode) {
        guard let session = chatStates[id]?.session else { return }
        step { core, now, effects in core.rejectInvitation(session, status, at: now, into: &effects) }
    }

    private func tellInvitation(_ chat: Chat) {
        chatStates[chat.id]?.isTold = true
        emit(.chatInvited(chat))
    }

    func agreed(_ agreement: MSRPAgreement, _ id: ChatID) {
        guard let state = chatStates[id], let local = state.nextLocal ?? state.local else { return }
        guard !agreement.needsPlainOffer else { return fail(id, .gateway) }
        let old = state.nextLocal == nil ? nil : state.local
        chatStates[id]?.agreement = agreement
        chatStates[id]?.local = local
        chatStates[id]?.nextLocal = nil
        let sinks = chatSinks(id)
        let detail = open(
            agreement,
            from: local,
            delivery: sinks == nil ? .whole(limit: Self.chatMessageLimit) : .streamed(limit: .max),
            sinks: sinks,
            for: .chat(id),
            replacing: old
        )
        if let detail { fail(id, .connection(detail: detail)) }
    }

    /// The largest message taken in a chat; files have sessions of their own.
    private static let chatMessageLimit = 1_048_576

    func fail(_ id: ChatID, _ end: ChatEnd) {
        guard let state = chatStates[id] else { return }
        chatStates[id]?.agreement = nil
        closed(id, state.end ?? (state.isLeaving ? .byUser : end))
        step { core, now, effects in core.leave(state.session, at: now, into: &effects) }
    }

    func closed(_ id: ChatID, _ end: ChatEnd) {
        guard var state = chatStates.removeValue(forKey: id) else { return }
        for local in [state.local, state.nextLocal].compactMap(\.self) { close(local) }
        if let renewal = state.renewal { loop.cancel(renewal.timer) }
        for (messageID, said) in state.said.sorted(by: { $0.value.number < $1.value.number }) {
            conclude(said, messageID, .success(.unconfirmed), in: state.chat)
        }
        state.openWaiters.resumeAll(with: .failure(.chatNotOpened(end)))
        // That somebody else answers for the other side is to be known although nothing came of it.
        var isForged = false
        if case .certificate = end { isForged = true }
        if state.isOpen || state.isTold || isForged { emit(.chatClosed(state.chat, end)) }
    }

    // MARK: - What the message sessions report

    func opened(_ id: ChatID, _ security: ConnectionSecurity) {
        renewed(id)
        guard chatStates[id]?.isOpen == false else { return }
        chatStates[id]?.isOpen = true
        chatStates[id]?.chat.security = security
        guard let chat = chatStates[id]?.chat else { return }
        emit(.chatOpened(chat))
        chatStates[id]?.openWaiters.resumeAll(with: .success(chat))
    }
}

extension ChatEnd {
    init(_ failure: MSRPTransport.Failure) {
        switch failure {
        case .connection(let detail): self = .connection(detail: detail)
        case .certificate(let detail): self = .certificate(detail: detail)
        }
    }

    /// Sorts the end of a session by what the user can make of it.
    init(_ close: MessageSession.Close) {
        switch close {
        case .notAgreed: self = .refused(Refusal(status: 488, reason: "the answer does not fit the offer"))
        case .notStarted(let failure), .ended(.failed(let failure)): self.init(failure)
        case .ended(.byUser): self = .byUser
        case .ended(.byPeer): self = .byPeer
        case .ended(.bearerLost): self = .connection(detail: "the other side has lost it")
        case .ended(.cancelled): self = .cancelled
        case .ended(.unanswered): self = .unanswered
        case .ended(.expired), .ended(.lost): self = .lost
        }
    }

    private init(_ failure: SessionFailure) {
        switch failure {
        case .refused(let status, let warning, let retryAfter):
            self = .refused(
                Refusal(
                    status: status.value,
                    reason: status.reasonPhrase,
                    warning: warning?.text,
                    retryAfter: retryAfter
                )
            )
        case .timedOut: self = .unanswered
        case .cancelled: self = .cancelled
        case .unreachable: self = .connection(detail: "the flow to the P-CSCF failed")
        case .badAnswer: self = .refused(Refusal(status: 488, reason: "the answer cannot be read"))
        case .unconfirmed: self = .lost
        }
    }
}
