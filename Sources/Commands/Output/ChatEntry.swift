package import Engine

/// A chat or an invitation in the list of `chats`.
package struct ChatEntry: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case open, invited
        /// The one that lines typed at the prompt go to.
        case current
    }

    package var chat: Chat
    package var state: State

    package init(chat: Chat, state: State) { (self.chat, self.state) = (chat, state) }
}
