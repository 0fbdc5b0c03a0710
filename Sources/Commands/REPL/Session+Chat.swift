import Engine

/// The chats of a prompt: lines that are said, and the prompt that names whom to.
extension Session {
    /// Says a line in the current chat; what becomes of it is told later.
    func say(_ text: String) async -> ExitStatus {
        guard let engine, let chat = conversations.current else { return .noAnswer }
        guard !conversations.isCurrentOver else {
            return tell(ChatFailure.over(peer: conversations.shortName(of: chat)))
        }
        // Lines from a file come faster than they can be confirmed.
        if conversations.isFull(chat.id) { await conversations.allSettled(in: chat.id) }
        conversations.begin(in: chat.id)
        Task(executorPreference: loop) { await self.say(text, in: chat, on: engine) }
        return .done
    }

    private func say(_ text: String, in chat: Chat, on engine: Engine) async {
        let level = setup.account.requestedNotifications
        do {
            let delivery = try await engine.say(Array(text.utf8), in: chat.id, asking: level)
            conversations.settle(delivery, in: chat.id)
        } catch {
            // What cannot be sent any more has not arrived.
            if error == .noChat { tell(ChatFailure.over(peer: conversations.shortName(of: chat))) }
            conversations.settle(.unconfirmed, in: chat.id)
        }
    }

    /// Lets the other side know that a line is being typed that is going to be said.
    func followTyping() {
        guard let engine, let chat = conversations.current, !conversations.isCurrentOver,
            let line = prompt.editor?.text, line != prompt.typed
        else { return }
        prompt.typed = line
        guard case .text = ChatLine(line) else { return }
        Task(executorPreference: loop) { await engine.typed(in: chat.id) }
    }

    /// Lets the prompt name the chat that lines go to, after whatever may have changed it.
    ///
    /// When that chat is over, a person returns to the commands; lines of a file must not be taken for some.
    func followConversations() {
        if setup.isTerminal, conversations.isCurrentOver { conversations.enter(nil) }
        prompt.editor?.setPrompt(conversations.prompt)
        if isChatAloneOver { prompt.continuation?.finish() }
    }

    /// Whether the prompt was opened for one chat, which is over.
    var isChatAloneOver: Bool { prompt.isForChat && conversations.current == nil }

    /// Tells what can be typed in a chat.
    func showChatHelp() {
        let peer = conversations.current.map(conversations.shortName) ?? ""
        output.text(
            """
            A line is said to \(peer). A line that begins with / is a command:
              /leave [PEER]    leave the chat, as Ctrl-D does
              /chats           list the chats and invitations
              /switch PEER     go to another chat, by its number or peer
              /accept [PEER]   take an invitation
              /reject [PEER]   refuse it
              //TEXT           say /TEXT
            Every other command of the prompt can stand behind a / too; /help COMMAND explains one.

            """
        )
    }

    /// Leaves every chat when all that was said in it is confirmed.
    func leaveChats() async {
        for entry in conversations.entries where entry.state != .invited {
            guard !wasInterrupted else { return }
            _ = await perform(LeaveChat(entry.chat), isREPL: true, identity: nil)
        }
    }
}
