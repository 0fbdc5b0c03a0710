import Documents
import MSRP
import Runtime
import UserAgent
import Wire

// Who is writing (RFC 3994): told to the other side of a chat, and learned from it.
extension Engine {
    /// How many people are remembered to be writing outside any chat.
    private static let composerLimit = 256

    /// Takes that the user is typing in a chat; the other side is told if it wants to know.
    package func typed(in id: ChatID) {
        guard account.sendsTypingNotices, let state = chatStates[id], state.isOpen,
            !state.refusesTypingNotices,
            let status = chatStates[id]?.composing.typed(at: .now)
        else { return }
        send(status, in: id)
        rearmComposing()
    }

    private func send(_ status: IsComposing, in id: ChatID) {
        guard let peer = chatStates[id]?.chat.peer, !isKnown(.noTypingNotices, of: peer) else { return }
        let content = MessageContent.composing(status)
        if !sendAside(content, holding: IsComposing.mediaType, in: id) {
            chatStates[id]?.refusesTypingNotices = true
        }
    }

    // MARK: - What the other side says

    func take(_ status: IsComposing, in id: ChatID) {
        guard let chat = chatStates[id]?.chat,
            chatStates[id]?.peerComposing.receive(status, at: .now) == true
        else { return }
        tell(ComposingReport(peer: chat.peer, chat: chat, isComposing: status.state == .active))
    }

    /// Takes what somebody says outside any chat.
    func take(_ status: IsComposing, from peer: String) {
        guard composers[peer] != nil || composers.count < Self.composerLimit else { return }
        let isNews = composers[peer, default: ComposingReceiver()].receive(status, at: .now)
        if composers[peer]?.isComposing == false { composers[peer] = nil }
        guard isNews else { return }
        tell(ComposingReport(peer: peer, chat: nil, isComposing: status.state == .active))
    }

    /// Takes that what was written in a chat is here.
    func endComposing(in id: ChatID) {
        guard let chat = chatStates[id]?.chat, chatStates[id]?.peerComposing.receivedContent() == true else {
            return
        }
        tell(ComposingReport(peer: chat.peer, chat: chat, isComposing: false, isEndedByMessage: true))
    }

    func endComposing(of peer: String) {
        guard composers.removeValue(forKey: peer)?.isComposing == true else { return }
        tell(ComposingReport(peer: peer, chat: nil, isComposing: false, isEndedByMessage: true))
    }

    private func tell(_ report: ComposingReport) {
        emit(.composing(report))
        rearmComposing()
    }

    // MARK: - Time

    /// Sets the timer to the next time that somebody's writing is over, or to be told again.
    func rearmComposing() {
        if let composingTimer { loop.cancel(composingTimer) }
        composingTimer = nil
        let own = chatStates.values.map(\.composing.nextDeadline)
        let others =
            chatStates.values.map(\.peerComposing.nextDeadline) + composers.values.map(\.nextDeadline)
        guard let deadline = (own + others).compactMap(\.self).min() else { return }
        composingTimer = loop.schedule(at: deadline) { [weak self] in
            self?.assumeIsolated { $0.fireComposing() }
        }
    }

    private func fireComposing() {
        let now = Instant.now
        for id in chatStates.keys {
            if let status = chatStates[id]?.composing.fire(at: now) { send(status, in: id) }
            guard chatStates[id]?.peerComposing.fire(at: now) == true, let chat = chatStates[id]?.chat else {
                continue
            }
            emit(.composing(ComposingReport(peer: chat.peer, chat: chat, isComposing: false)))
        }
        for peer in composers.keys where composers[peer]?.fire(at: now) == true {
            composers[peer] = nil
            emit(.composing(ComposingReport(peer: peer, chat: nil, isComposing: false)))
        }
        rearmComposing()
    }
}
