package import Wire

/// The transaction layer of RFC 3261 §17 with the part of the transport layer that looks into messages (§18).
///
/// A value without I/O: messages, failures and the time go in, effects come out. It keeps the four machines, matches
/// what arrives to them, acknowledges and cancels hop by hop, and sees to it that a request reaches the user once.
package struct TransactionLayer: Sendable {
    /// What the owner of the layer must do next, in this order.
    package enum Effect: Sendable {
        /// Send these bytes, one message, over the flow.
        case transmit([UInt8], over: Flow)
        /// A new request: answer it with `respond`. Its top `Via` tells where it came from (§18.2.1).
        case request(Message, ServerTransactionID, over: Flow)
        /// An ACK for a 2xx response to INVITE, or for none we know (§13.3.1.4).
        case acknowledgement(Message, over: Flow)
        /// The other side wants the INVITE cancelled: answer it with 487 (§9.2). The CANCEL has been answered.
        case cancelled(ServerTransactionID)
        /// No ACK came for the refusal of an INVITE within 64·T1 (§17.2.1).
        case unacknowledged(ServerTransactionID)
        case response(Message, to: ClientTransactionID)
        /// There will be no final response.
        case failure(ClientTransactionID, ClientFailure)
        /// A message from the network was dropped in silence.
        case discarded(Discard, over: Flow)
    }

    /// Why there is no final response.
    package enum ClientFailure: Hashable, Sendable {
        /// None came within 64·T1: as if 408 had (§8.1.3.1).
        case timedOut
        /// The flow broke: as if 503 had come (§8.1.3.1).
        case unreachable
    }

    /// Why a message from the network was dropped without an answer.
    package enum Discard: Hashable, Sendable {
        /// A response to nothing we have sent, or that has been through others on its way back (§18.1.2).
        case strayResponse
        /// No `Via`, so that nobody can be answered.
        case noReturnPath
        /// Too many transactions are open; the client will try again.
        case overload
    }

    /// What bounds the memory that requests from the network can take.
    package struct Limits: Hashable, Sendable {
        /// Server transactions at a time, finished ones that absorb retransmissions included; a request beyond that
        /// is dropped, so that the client tries again later.
        package var serverTransactions = 2048
        /// Requests remembered so that one which comes by two ways reaches the user once (§8.2.2.2).
        package var rememberedRequests = 4096
        /// The bytes of one remembered request's tag, `Call-ID` and method; a request with more is not remembered.
        package var rememberedBytes = 512
        /// The bytes of unanswered requests and of responses kept for retransmission; a request beyond that is dropped.
        package var heldBytes = 16 << 20

        package init() {}
    }

    let timerValues: TimerValues
    let limits: Limits
    /// For the tags of responses the layer gives by itself.
    var identifiers: IdentifierSource
    var timers = TimerQueue<TimerKey>()
    var nextNumber: UInt64 = 0

    var clients: [ClientTransactionID: ClientTransaction] = [:]
    var clientIDs: [ClientTransactionKey: ClientTransactionID] = [:]
    var servers: [ServerTransactionID: ServerTransaction] = [:]
    /// The transactions that share a branch: a request, and perhaps its CANCEL.
    var serverIDs: [ServerTransactionKey: [ServerTransactionID]] = [:]
    var rememberedRequests = RequestMemory()
    /// The bytes of requests and responses that the server transactions hold.
    var heldBytes = 0

    package init(
        timers: TimerValues,
        limits: Limits = Limits(),
        identifiers: IdentifierSource = IdentifierSource()
    ) {
        timerValues = timers
        self.limits = limits
        self.identifiers = identifiers
    }

    /// When `fire` must be called, at the latest.
    package var nextDeadline: Instant? { timers.nextDeadline }

    /// Whether any transaction of ours still waits for its final response.
    package var isWaiting: Bool { clients.values.contains { $0.isWaiting } }

    /// How many server transactions there are, those that only absorb retransmissions included.
    package var serverTransactionCount: Int { servers.count }

    /// Takes in a message from the network.
    package mutating func receive(
        _ message: Message,
        over flow: Flow,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch message.startLine {
        case .request: receiveRequest(message, over: flow, at: now, into: &effects)
        case .response: receiveResponse(message, over: flow, at: now, into: &effects)
        }
    }

    /// Fires every timer that is due at `now`.
    package mutating func fire(at now: Instant, into effects: inout [Effect]) {
        while let due = timers.popDue(at: now) {
            switch due.key {
            case .client(let id, let timer): fire(timer, of: id, at: now, into: &effects)
            case .server(let id, let timer): fire(timer, of: id, at: now, into: &effects)
            }
        }
    }

    /// Ends the client transactions that wait for a response over a flow that has broken (§17.1.4).
    ///
    /// Server transactions stay, to absorb what comes again over another flow (RFC 6026 §8.8).
    package mutating func flowFailed(_ flow: FlowID, at now: Instant, into effects: inout [Effect]) {
        let affected = clients.filter { $0.value.flow.id == flow }.map(\.key)
        for id in affected.sorted(by: { $0.number < $1.number }) {
            failTransport(of: id, at: now, into: &effects)
        }
    }

    mutating func makeNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }
}

/// Names a client transaction for as long as it lives.
package struct ClientTransactionID: Hashable, Sendable {
    let number: UInt64
}

/// Names a server transaction for as long as it lives.
package struct ServerTransactionID: Hashable, Sendable {
    let number: UInt64
}
