import Wire

/// One client transaction of the layer: its machine, and what the machine sends.
struct ClientTransaction: Sendable {
    enum Machine: Sendable {
        case invite(InviteClientTransaction)
        case nonInvite(NonInviteClientTransaction)
    }

    var machine: Machine
    let key: ClientTransactionKey
    /// An INVITE with our `Via` on top, from which CANCEL and ACK are made.
    let invite: Message?
    /// The request as it is sent, every time the same, until it is sent no more.
    private(set) var bytes: [UInt8]
    let flow: Flow
    /// Whether the layer itself is the user: a CANCEL, of which nothing is reported.
    let isOwn: Bool
    /// How many `Via` values the request had, and so has its response (RFC 3261 §18.1.2).
    private let viaCount: Int
    /// A CANCEL is due as soon as a provisional response comes (RFC 3261 §9.1).
    var isCancelWanted = false
    /// A final response has been reported.
    var isAnswered = false
    /// The ACK for a refusal of an INVITE, once it has been made.
    var acknowledgement: [UInt8]?

    init(machine: Machine, key: ClientTransactionKey, request: Message, flow: Flow, isOwn: Bool) {
        self.machine = machine
        self.key = key
        if case .invite = machine { invite = request } else { invite = nil }
        self.flow = flow
        self.isOwn = isOwn
        bytes = request.serialized()
        viaCount = request.viaCount
    }

    /// Whether the transaction still waits for a final response that its user wants to hear of.
    var isWaiting: Bool { !isOwn && !isAnswered }

    /// Lets go of the request: what remains only absorbs responses that come again.
    mutating func forgetRequest() { bytes = [] }

    /// Whether a response that carries our branch has come back the way the request went.
    ///
    /// A response with another `sent-by`, or with a further `Via` below ours, was not made for us (RFC 3261 §18.1.2).
    func isReturn(of response: Message) -> Bool {
        guard response.viaCount == viaCount, let via = response.topVia else { return false }
        return via.isSent(by: flow.local)
    }
}

/// The timers of client transactions.
enum ClientTimer: Hashable, Sendable {
    case invite(InviteClientTransaction.Timer)
    case nonInvite(NonInviteClientTransaction.Timer)
}

/// A timer of one transaction of the layer.
enum TimerKey: Hashable, Sendable {
    case client(ClientTransactionID, ClientTimer)
    case server(ServerTransactionID, ServerTimer)
}
