import Runtime
import Store
import UserAgent
import Wire

// Nothing is lost: what the user is told was sent or received is in the store first.
extension Engine {
    /// The store, opened if it is not yet.
    ///
    /// - Throws: `Store.Failure`; `notWritable` when the configuration keeps no history.
    func openedStore() throws(Store.Failure) -> Store {
        if case .open(let store) = keeper { return store }
        guard let path = configuration.storePath else { throw .notWritable("history is switched off") }
        let store = try Store(path: path)
        keeper = .open(store)
        return store
    }

    /// Does something with the store; a failure is told once, and from then on the store is left alone.
    @discardableResult
    func keep<Value>(_ body: (Store) throws(Store.Failure) -> Value) -> Value? {
        closeGroup()
        return attempt(body)
    }

    /// Does something with the store that is safe by `closeGroup`, which is before anything is sent or told.
    ///
    /// What happens in one turn of the loop then costs hardly more than one change.
    @discardableResult
    func keepInGroup<Value>(_ body: (Store) throws(Store.Failure) -> Value) -> Value? {
        attempt { store throws(Store.Failure) in
            if !isGroupOpen {
                try store.beginGroup()
                isGroupOpen = true
                loop.execute { [weak self] in self?.assumeIsolated { $0.closeGroup() } }
            }
            return try body(store)
        }
    }

    /// Makes safe what was done as a group, and then tells what has happened meanwhile.
    func closeGroup() {
        guard isGroupOpen else { return }
        isGroupOpen = false
        attempt { store throws(Store.Failure) in try store.commitGroup() }
        let events = heldEvents
        heldEvents = []
        for event in events { deliver(event) }
    }

    @discardableResult
    private func attempt<Value>(_ body: (Store) throws(Store.Failure) -> Value) -> Value? {
        if case .unavailable = keeper { return nil }
        guard configuration.storePath != nil else { return nil }
        do throws(Store.Failure) {
            return try body(try openedStore())
        } catch {
            // What was done before it is to be kept if it can be.
            closeGroup()
            if case .unavailable = keeper { return nil }
            keeper = .unavailable
            emit(.warning(.historyNotKept(error.description)))
            return nil
        }
    }

    /// Writes an outgoing message down before its first byte leaves.
    func recordPending(
        _ message: OutgoingMessage,
        to recipient: String,
        from sender: String,
        callID: String,
        messageID: String?
    ) -> Int64? {
        guard configuration.keepsHistory else { return nil }
        var entry = HistoryEntry(
            time: .now,
            account: account.name,
            direction: .outgoing,
            peer: recipient,
            from: sender,
            to: recipient,
            contentType: message.contentType,
            body: message.body,
            callID: callID,
            state: .pending
        )
        entry.messageID = messageID
        return keep { store throws(Store.Failure) in try store.append(entry) }
    }

    func record(_ outcome: MessageOutcome, status: UInt16?, of row: Int64?) {
        guard let row else { return }
        let state: HistoryEntry.State =
            switch outcome {
            case .sent: .pending
            case .accepted: .accepted
            case .storedForLater: .stored
            case .notStored: .notStored
            case .refused: .refused
            case .noAnswer: .unanswered
            }
        keepInGroup { store throws(Store.Failure) in try store.update(row, state: state, status: status) }
    }

    /// Writes a message of a chat down before its first byte leaves.
    func recordPending(_ body: [UInt8], _ contentType: String, in chat: Chat, messageID: String) -> Int64? {
        guard configuration.keepsHistory else { return nil }
        var entry = HistoryEntry(
            time: .now,
            account: account.name,
            direction: .outgoing,
            peer: chat.peer,
            from: core?.usableIdentity ?? account.publicIdentity,
            to: chat.peer,
            contentType: contentType,
            body: body,
            callID: chat.callID,
            state: .pending
        )
        (entry.sessionID, entry.messageID) = (chat.callID, messageID)
        return keepInGroup { store throws(Store.Failure) in try store.append(entry) }
    }

    /// Writes down what came in a chat.
    ///
    /// - Returns: Whether it is news: what was repeated on a new connection or in a new session is not.
    func record(_ message: IncomingChatMessage) -> Bool {
        guard configuration.keepsHistory else { return true }
        let chat = message.chat
        var entry = HistoryEntry(
            time: .now,
            account: account.name,
            direction: .incoming,
            peer: chat.peer,
            from: chat.claimed ?? chat.peer,
            asserted: chat.isOutgoing || chat.claimed == chat.peer ? nil : chat.peer,
            to: core?.usableIdentity ?? account.publicIdentity,
            contentType: message.contentType,
            body: message.body,
            callID: chat.callID,
            state: .received
        )
        (entry.sessionID, entry.messageID) = (chat.callID, message.messageID)
        let row = keepInGroup { store throws(Store.Failure) in try store.appendOnce(entry) }
        return row.map { $0 != nil } ?? true
    }

    func record(_ message: IncomingMessage) {
        guard configuration.keepsHistory else { return }
        var entry = HistoryEntry(
            time: .now,
            account: account.name,
            direction: .incoming,
            peer: message.asserted ?? message.from,
            from: message.from,
            asserted: message.asserted,
            to: message.to,
            contentType: message.contentType,
            body: message.body,
            callID: message.callID,
            state: .received
        )
        entry.messageID = message.envelope?.messageID
        keep { store throws(Store.Failure) in try store.append(entry) }
    }
}
