/// What was told of a message after it was accepted (RFC 5438 §5, RFC 4975 §7.1.2).
package struct DispositionReport: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case delivered, displayed
        /// It did not reach its recipient.
        case failed
        /// The recipient, or somebody on the way, does not let the sender know.
        case forbidden
        /// Somebody tried to find out and could not.
        case error
        /// The network keeps it for later.
        case stored
        case processed
    }

    /// Whom the message was sent to.
    package var peer: String
    package var messageID: String
    package var state: State
    /// The chat it was sent in, and its number there; `nil` for a message of its own.
    package var chat: Chat?
    package var number: Int?
    /// The MSRP status code of a report of failure.
    package var status: UInt16?
    package var contentType: String
    /// What was sent; of what is long, the beginning.
    package var body: [UInt8]

    package init(
        peer: String,
        messageID: String,
        state: State,
        chat: Chat? = nil,
        number: Int? = nil,
        status: UInt16? = nil,
        contentType: String,
        body: [UInt8]
    ) {
        self.peer = peer
        self.messageID = messageID
        self.state = state
        self.chat = chat
        self.number = number
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// How the wait for a goal ended that is beyond `accepted`.
package enum GoalOutcome: Hashable, Sendable {
    case reached
    /// The other side, or somebody on the way, tells that the message did not arrive.
    case failed
    /// A report of MSRP tells so, with this code (RFC 4975 §7.1.2).
    case reportedFailed(UInt16)
    /// The other side does not let the sender know.
    case forbidden
    /// Somebody on the way could not find out.
    case error
    /// The other side takes no requests for notifications.
    case notAsked
    /// Nothing was told in time.
    case notTold
}

/// Whether the other side is writing, or has stopped (RFC 3994).
package struct ComposingReport: Hashable, Sendable {
    package var peer: String
    /// `nil` where it was told outside any chat.
    package var chat: Chat?
    package var isComposing: Bool
    /// Whether it is over because what was written is here.
    package var isEndedByMessage: Bool

    package init(peer: String, chat: Chat?, isComposing: Bool, isEndedByMessage: Bool = false) {
        (self.peer, self.chat) = (peer, chat)
        (self.isComposing, self.isEndedByMessage) = (isComposing, isEndedByMessage)
    }
}
