package import Engine

/// What became of a message that was sent in a chat.
package struct ChatReport: Hashable, Sendable {
    package var chat: Chat
    /// Which of the messages sent in this chat it is, from 1; where lines are sent, the line.
    package var number: Int
    package var contentType: String
    package var body: [UInt8]
    package var delivery: ChatDelivery

    package init(chat: Chat, number: Int, contentType: String, body: [UInt8], delivery: ChatDelivery) {
        self.chat = chat
        self.number = number
        self.contentType = contentType
        self.body = body
        self.delivery = delivery
    }
}

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

/// How a message that came in a chat is written as text.
package enum ChatForm: Hashable, Sendable {
    /// As in a conversation: with the time and the peer.
    case conversation
    /// The text alone, one line a message, for the next program of a pipe.
    case lines
    /// The bytes as they came.
    case blocks
    /// Not at all: another program gets them.
    case none

    /// Whether a person follows the conversation.
    var isConversation: Bool { self == .conversation }

    /// A message as a line for another program: without the line end at its end, those within it as blanks.
    package static func line(of body: [UInt8]) -> [UInt8] {
        let (newline, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        var line = body
        if line.last == newline { line.removeLast() }
        if line.last == carriageReturn { line.removeLast() }
        guard line.contains(newline) || line.contains(carriageReturn) else { return line + [newline] }
        line = line.map { $0 == newline || $0 == carriageReturn ? UInt8(ascii: " ") : $0 }
        return line + [newline]
    }
}
