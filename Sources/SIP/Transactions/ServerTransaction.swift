import Wire

/// One server transaction of the layer: its machine, and what the machine sends.
struct ServerTransaction: Sendable {
    enum Machine: Sendable {
        case invite(InviteServerTransaction)
        case nonInvite(NonInviteServerTransaction)
    }

    var machine: Machine
    let key: ServerTransactionKey
    let method: Method
    /// Where responses go (RFC 3261 §18.2.2, RFC 3581 §4).
    let flow: Flow
    /// The request as it was handed to the user, until it has a final response.
    private(set) var request: Message?
    /// The tag in the `To` of the request, or nothing.
    private let requestTag: ByteString?
    /// The last response as it was sent.
    private(set) var response: [UInt8] = []
    /// The tag in the `To` of the last response that had one.
    private(set) var responseTag: ByteString?
    /// The size of what is held: the request while it is there, and the last response.
    private(set) var heldBytes: Int

    init(machine: Machine, key: ServerTransactionKey, method: Method, flow: Flow, request: Message) {
        self.machine = machine
        self.key = key
        self.method = Method(rawValue: method.rawValue)
        self.flow = flow
        self.request = request
        requestTag = request.toTag?.copied
        heldBytes = request.estimatedSize
    }

    /// Keeps a response for retransmissions; after a final one the request is not needed again.
    mutating func keep(_ response: Message, as bytes: [UInt8]) {
        if let tag = response.toTag { responseTag = tag.copied }
        if response.status?.isFinal == true { request = nil }
        self.response = bytes
        heldBytes = bytes.count + (request?.estimatedSize ?? 0)
    }

    /// Whether a request with the same key is this one again, or its ACK.
    ///
    /// With a unique branch only the method counts. Without, the `To` tag does too: for an ACK that of our response
    /// (RFC 3261 §17.2.3).
    func isMatched(by request: Message, method: Method) -> Bool {
        guard self.method == (method == .ack ? .invite : method) else { return false }
        guard !key.isUnique else { return true }
        let tag = request.toTag
        return method == .ack ? tag == responseTag : tag == requestTag
    }
}

/// The timers of server transactions.
enum ServerTimer: Hashable, Sendable {
    case invite(InviteServerTransaction.Timer)
    case nonInvite(NonInviteServerTransaction.Timer)
}

/// The requests of the last 64·T1, by what stays the same whatever way a request takes (RFC 3261 §8.2.2.2).
struct RequestMemory: Sendable {
    struct Key: Hashable, Sendable {
        var fromTag: ByteString
        var callID: ByteString
        var number: UInt32
        var method: ByteString

        /// The key of a request that can be recognised: not one in a dialog, nor one without a `From` tag.
        init?(of request: Message, upTo limit: Int) {
            guard request.toTag == nil, let fromTag = request.fromTag, let cseq = request.cseq,
                let callID = request.headers.first(.callID),
                fromTag.count + callID.count + cseq.method.text.count <= limit
            else { return nil }
            (self.fromTag, self.callID) = (fromTag.copied, callID.copied)
            (number, method) = (cseq.number, cseq.method.text.copied)
        }
    }

    /// When each request is forgotten; all are kept equally long, so the earliest is the oldest.
    private var keys = TimerQueue<Key>()

    /// Notes a request.
    ///
    /// - Parameters:
    ///   - request: A request that matches no transaction.
    ///   - now: The current time.
    ///   - lifetime: How long to remember it.
    ///   - limits: How many to remember, the oldest of which goes first, and how large ones.
    /// - Returns: Whether it is new, not the same request on another way.
    mutating func note(
        _ request: Message,
        at now: Instant,
        for lifetime: Duration,
        limits: TransactionLayer.Limits
    ) -> Bool {
        while keys.popDue(at: now) != nil {}
        guard let key = Key(of: request, upTo: limits.rememberedBytes) else { return true }
        guard !keys.isRunning(key) else { return false }
        if keys.count >= limits.rememberedRequests, let oldest = keys.nextDeadline {
            _ = keys.popDue(at: oldest)
        }
        keys.start(key, at: now + lifetime)
        return true
    }
}
