package import Engine

/// The chats and invitations of a prompt, and the chat that its lines go to.
///
/// Confined to the session, as the output is.
package final class Conversations {
    private let realm: String
    private var open: [Chat] = []
    private var invitations: [Chat] = []
    private var unsettled: [ChatID: Int] = [:]
    private var settlementWaiters: [(id: ChatID, continuation: CheckedContinuation<Void, Never>)] = []
    /// The chat that lines are said in.
    package private(set) var current: Chat?
    /// The worst that became of a message since the prompt was opened.
    package private(set) var status = ExitStatus.done

    /// - Parameter realm: The domain whose users go by their names.
    package init(realm: String) { self.realm = realm }

    /// Takes what happened; whoever was being talked to and is gone stays `current`, so that no line goes elsewhere.
    package func take(_ kind: Event.Kind) {
        switch kind {
        case .chatInvited(let chat): invitations.append(chat)
        case .chatOpened(let chat): add(chat)
        case .chatClosed(let chat, _): drop(chat)
        case .registering, .registered, .registrationFailed, .unregistered, .connectionLost, .message,
            .outcome, .disposition, .composing, .chatMessage, .chatSent, .presence, .presenceUnknown,
            .watcher, .buddiesChanged,
            .warning, .fileOffered, .fileHashing, .fileStarted, .fileProgress,
            .fileEnded:
            break
        }
    }

    private func add(_ chat: Chat) {
        invitations.removeAll { $0.id == chat.id }
        if let index = open.firstIndex(where: { $0.id == chat.id }) {
            open[index] = chat
        } else {
            open.append(chat)
        }
    }

    /// Forgets a chat or an invitation.
    func drop(_ chat: Chat) {
        open.removeAll { $0.id == chat.id }
        invitations.removeAll { $0.id == chat.id }
    }

    /// Makes a chat the one that lines go to, or none.
    package func enter(_ chat: Chat?) {
        if let chat { add(chat) }
        current = chat
    }

    /// Whether the chat that lines go to is over.
    package var isCurrentOver: Bool { current.map { chat in !open.contains { $0.id == chat.id } } ?? false }

    /// What stands before the line that is typed.
    package var prompt: String { current.map { shortName(of: $0) + "> " } ?? "ims> " }

    func shortName(of chat: Chat) -> String { ChatText.shortName(of: chat.peer, realm: realm) }

    /// The chats in the order they were opened, and the invitations after them.
    package var entries: [ChatEntry] {
        open.map { ChatEntry(chat: $0, state: $0.id == current?.id ? .current : .open) }
            + invitations.map { ChatEntry(chat: $0, state: .invited) }
    }

    /// Finds an open chat by its number, its peer's address or name, or the current one.
    package func chat(_ selector: String?) throws(ChatFailure) -> Chat {
        if let selector { return try find(selector, in: open) }
        if let current { return current }
        return try only(open)
    }

    /// Finds an invitation by its number, its sender's address or name, or the only one.
    package func invitation(_ selector: String?) throws(ChatFailure) -> Chat {
        if let selector { return try find(selector, in: invitations) }
        return try only(invitations)
    }

    private func find(_ selector: String, in chats: [Chat]) throws(ChatFailure) -> Chat {
        if let number = UInt64(selector), let chat = chats.first(where: { $0.id.number == number }) {
            return chat
        }
        let found = chats.filter { chat in
            chat.peer.lowercased() == selector.lowercased() || shortName(of: chat) == selector
        }
        guard let chat = found.first else { throw .unknown(selector) }
        guard found.count == 1 else { throw .several }
        return chat
    }

    private func only(_ chats: [Chat]) throws(ChatFailure) -> Chat {
        guard let chat = chats.first else { throw .unknown(nil) }
        guard chats.count == 1 else { throw .several }
        return chat
    }
}

extension Conversations {
    /// Counts a message that is said.
    package func begin(in id: ChatID) { unsettled[id, default: 0] += 1 }

    /// Takes what became of a message.
    package func settle(_ delivery: ChatDelivery, in id: ChatID) {
        unsettled[id, default: 1] -= 1
        if unsettled[id] == 0 { unsettled[id] = nil }
        if status == .done { status = delivery.exitStatus }
        let ready = settlementWaiters.filter { unsettled[$0.id] == nil }
        settlementWaiters.removeAll { unsettled[$0.id] == nil }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Whether so many messages wait for a confirmation that no more should be said.
    package func isFull(_ id: ChatID) -> Bool { unsettled[id, default: 0] >= ChatFeed.window }

    /// Waits until it is known of every message what became of it.
    package func allSettled(in id: ChatID) async {
        guard unsettled[id] != nil else { return }
        await withCheckedContinuation { settlementWaiters.append((id, $0)) }
    }
}
