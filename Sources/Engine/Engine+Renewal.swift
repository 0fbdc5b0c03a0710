import MSRP
import Runtime
import SDP
import SIP
import UserAgent
import Wire

/// What is under way to bring a chat back whose connection broke (RFC 4975 §5.4).
struct ChatRenewal {
    /// What the chat ends with if it does not come back.
    var reason: ChatEnd
    /// When it is given up.
    var timer: TimerToken
}

// A connection that breaks does not end a chat: the side that invited offers another way, and what was not confirmed
// is sent again on it.
extension Engine {
    /// How often a chat is brought back without a message getting through in between.
    static let mostRenewals = 3
    /// How long a BYE may be on its way when the other side closes the connection first.
    static let partingTime = Duration.milliseconds(500)

    /// Brings back a chat whose connection broke, or waits for the other side to do it; one that did not stand yet, or
    /// breaks again and again, ends.
    func connectionBroke(_ id: ChatID, _ failure: MSRPTransport.Failure) {
        guard let state = chatStates[id] else { return }
        guard state.isOpen, state.end == nil, !state.isLeaving, state.renewal == nil, !isShutDown,
            state.renewals < Self.mostRenewals, case .connection(let detail) = failure
        else { return fail(id, state.renewal?.reason ?? ChatEnd(failure)) }
        log(.notice, "the connection of the chat with \(state.chat.peer) broke: \(detail)")
        // The other side may come back on the way that was agreed, as it may on another one.
        for event in state.local.map({ msrp?.suspend($0) ?? [] }) ?? [] { take(event) }
        beginRenewal(of: id, because: ChatEnd(failure), after: Self.partingTime)
    }

    /// Moves whatever a session belongs to onto another way, while the old one still serves.
    func renew(_ local: MSRPURI, because detail: String) {
        if case .transfer(let id)? = sessionOwners[local] {
            // A file goes on in a session of its own where this one ends.
            return finish(id, .connection(detail: detail))
        }
        guard case .chat(let id)? = sessionOwners[local], let state = chatStates[id], state.isOpen,
            state.renewal == nil, state.end == nil, !state.isLeaving
        else { return }
        log(.notice, "the chat with \(state.chat.peer) goes another way: \(detail)")
        beginRenewal(of: id, because: .connection(detail: detail), after: .zero, isOurs: true)
    }

    private func beginRenewal(
        of id: ChatID,
        because reason: ChatEnd,
        after delay: Duration,
        isOurs: Bool = false
    ) {
        let timer = loop.schedule(at: .now + account.msrpTimeout) { [weak self] in
            self?.assumeIsolated { engine in engine.fail(id, reason) }
        }
        chatStates[id]?.renewal = ChatRenewal(reason: reason, timer: timer)
        chatStates[id]?.renewals += 1
        guard isOurs || chatStates[id]?.chat.isOutgoing == true else { return }
        loop.schedule(at: .now + delay) { [weak self] in
            self?.assumeIsolated { engine in
                guard engine.chatStates[id]?.renewal != nil else { return }
                engine.start { await $0.offerRenewal(of: id) }
            }
        }
    }

    private func offerRenewal(of id: ChatID) async {
        guard let state = chatStates[id] else { return }
        do throws(EngineError) {
            let (endpoint, local) = try await makeEndpoint(
                ConnectionOffer(isSecure: state.agreement?.local.isSecure == true)
            )
            guard chatStates[id]?.renewal != nil else { return close(local) }
            chatStates[id]?.nextLocal = local
            step { core, now, effects in core.change(state.session, to: endpoint, at: now, into: &effects) }
        } catch {
            log(.notice, "the chat with \(state.chat.peer) cannot be brought back: \(error)")
            fail(id, state.renewal?.reason ?? .lost)
        }
    }

    /// Answers the other side, which wants the messages to go another way.
    func changeOffered(_ id: ChatID) {
        start { await $0.answerChange(of: id) }
    }

    private func answerChange(of id: ChatID) async {
        guard let state = chatStates[id] else { return }
        do throws(EngineError) {
            let isSecure = state.agreement?.local.isSecure == true
            let (endpoint, local) = try await makeEndpoint(ConnectionOffer(isSecure: isSecure))
            guard chatStates[id] != nil else { return close(local) }
            chatStates[id]?.nextLocal = local
            step { core, now, effects in
                core.acceptChange(state.session, endpoint, at: now, into: &effects)
            }
            if chatStates[id]?.nextLocal == local { close(local) }
        } catch {
            log(.notice, "the chat with \(state.chat.peer) cannot go another way: \(error)")
            step { core, now, effects in core.rejectChange(state.session, at: now, into: &effects) }
        }
    }

    /// Ends a chat for which no other way was found.
    func changeFailed(_ id: ChatID, _ failure: SessionFailure) {
        guard let renewal = chatStates[id]?.renewal else { return }
        log(.notice, "another way for the chat was refused: \(failure)")
        fail(id, renewal.reason)
    }

    /// Notes that the chat has its connection again.
    func renewed(_ id: ChatID) {
        guard let renewal = chatStates[id]?.renewal else { return }
        loop.cancel(renewal.timer)
        chatStates[id]?.renewal = nil
        log(.notice, "the chat has a connection again")
    }
}
