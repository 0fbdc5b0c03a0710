package import Wire

/// One message as history keeps it.
package struct HistoryEntry: Hashable, Sendable {
    package enum Direction: String, Hashable, Sendable { case incoming, outgoing }

    /// How far a message got; an outgoing one starts as `pending` before its first byte is sent.
    package enum State: String, Hashable, Sendable {
        case pending, accepted, stored, notStored = "not_stored", refused, unanswered, received
    }

    /// What the other side has told of an outgoing message (RFC 5438, RFC 4975 §7.1.2); each beats those before it.
    package enum Delivery: String, CaseIterable, Hashable, Sendable { case failed, delivered, displayed }

    /// The row of the store; `nil` until the entry is stored.
    package var id: Int64?
    package var time: Timestamp
    /// The name of the account that sent or received it.
    package var account: String
    package var direction: Direction
    /// The other side: the asserted identity if there is one, else the claimed one.
    package var peer: String
    /// The `From` URI as written by the sender.
    package var from: String
    /// The identity the network vouches for (RFC 3325), if it did.
    package var asserted: String?
    package var to: String
    package var contentType: String
    package var body: [UInt8]
    package var callID: String
    package var state: State
    /// The final status code of an outgoing message, once there is one.
    package var status: UInt16?
    /// The session it belongs to; `nil` for a message of its own.
    package var sessionID: String?
    /// The id that notifications and reports name it by.
    package var messageID: String?
    package var delivery: Delivery?

    package init(
        id: Int64? = nil,
        time: Timestamp,
        account: String,
        direction: Direction,
        peer: String,
        from: String,
        asserted: String? = nil,
        to: String,
        contentType: String,
        body: [UInt8],
        callID: String,
        state: State,
        status: UInt16? = nil,
        sessionID: String? = nil,
        messageID: String? = nil,
        delivery: Delivery? = nil
    ) {
        self.id = id
        self.time = time
        self.account = account
        self.direction = direction
        self.peer = peer
        self.from = from
        self.asserted = asserted
        self.to = to
        self.contentType = contentType
        self.body = body
        self.callID = callID
        self.state = state
        self.status = status
        self.sessionID = sessionID
        self.messageID = messageID
        self.delivery = delivery
    }
}
