/// Names a chat of this run.
package struct ChatID: Hashable, Sendable {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }
}

/// An MSRP session with one peer (RFC 4975), as the user sees it.
package struct Chat: Hashable, Sendable {
    package var id: ChatID
    /// The other side: the asserted identity if there is one, else the claimed one, or the URI that was invited.
    package var peer: String
    /// What the inviting side claims to be, where that is not what the network vouches for; the same as `peer` if it
    /// vouches for nothing.
    package var claimed: String?
    package var displayName: String?
    /// Whether this side invited.
    package var isOutgoing: Bool
    /// The `Call-ID` of the session.
    package var callID: String
    /// How its connection is protected, once it stands.
    package var security: ConnectionSecurity?

    package init(
        id: ChatID,
        peer: String,
        claimed: String? = nil,
        displayName: String? = nil,
        isOutgoing: Bool,
        callID: String
    ) {
        self.id = id
        self.peer = peer
        self.claimed = claimed
        self.displayName = displayName
        self.isOutgoing = isOutgoing
        self.callID = callID
    }

    /// Whether the network vouches for the peer, or this side chose it.
    package var isVerified: Bool { claimed.map { $0.lowercased() != peer.lowercased() } ?? true }
}

/// A message that came in a chat.
package struct IncomingChatMessage: Hashable, Sendable {
    package var chat: Chat
    package var messageID: String
    package var contentType: String
    package var body: [UInt8]
    /// What its envelope adds to that, if it came in one.
    package var envelope: EnvelopeClaims?
    /// What to hand to `Engine.displayed` once it was shown; `nil` if nobody wants to know.
    package var receipt: ReceiptID?

    package init(chat: Chat, messageID: String, contentType: String, body: [UInt8]) {
        (self.chat, self.messageID, self.contentType, self.body) = (chat, messageID, contentType, body)
    }
}

/// What became of a message in a chat.
package enum ChatDelivery: Hashable, Sendable {
    /// All of it has left.
    case sent
    /// The next hop has answered all of it with 200: the peer's device, or a relay on the way to it.
    case accepted
    /// The far end reports that all of it arrived (RFC 4975 §7.1.2).
    case delivered
    /// It was shown to the user at the far end (RFC 5438 §5.2).
    case displayed
    /// It was refused with this MSRP status code.
    case refused(UInt16)
    /// No answer came in time, or the session ended before it.
    case unconfirmed
    /// It was accepted, and what was waited for will not come, or did not in time.
    case missed(GoalOutcome)
}

/// Why a chat has ended.
package enum ChatEnd: Hashable, Sendable {
    case byUser
    case byPeer
    /// The peer did not take the invitation.
    case refused(Refusal)
    /// The one who invited gave up before there was an answer.
    case cancelled
    /// Nobody answered the invitation.
    case unanswered
    /// The MSRP connection could not be made, or broke; `detail` says why.
    case connection(detail: String)
    /// The other side's certificate is not the one that was announced or can be trusted; `detail` says which was seen.
    case certificate(detail: String)
    /// A gateway before the peer does not let the connection through as it was offered (RFC 6714 §4.2).
    case gateway
    /// The session ran out, or the peer does not know it any more.
    case lost
}

/// Whether the connections of chats are encrypted.
package enum ChatTransport: String, Hashable, Sendable, CaseIterable {
    /// TLS is offered; a peer that refuses it is asked again without, and the user is told.
    case automatic = "auto"
    /// Nothing but TLS, whoever invites.
    case tls
    /// TCP is offered; a peer that offers TLS gets it.
    case tcp
}

/// What is done with an invitation to a chat.
package enum ChatPolicy: String, Hashable, Sendable, CaseIterable {
    /// The user is asked.
    case ask
    /// Every invitation of a sender the network vouches for is taken.
    case all
    /// Those of senders that the network vouches for and that are on the buddy list are taken, others are not.
    case fromBuddies = "from-buddies"
    /// Every invitation is refused with 486.
    case none
}
