import SIP
import Testing
import Wire

/// A transaction layer with virtual time: what it does is written down, what it sends is read back.
struct LayerBench {
    private(set) var now = Duration.zero
    private(set) var layer: TransactionLayer
    /// What was sent, when and where.
    private(set) var sent: [(time: Duration, message: Message, flow: Flow)] = []
    private(set) var requests: [(message: Message, id: ServerTransactionID)] = []
    private(set) var acknowledgements: [Message] = []
    private(set) var cancelled: [ServerTransactionID] = []
    private(set) var unacknowledged: [ServerTransactionID] = []
    private(set) var responses: [(message: Message, id: ClientTransactionID)] = []
    private(set) var failures:
        [(time: Duration, id: ClientTransactionID, failure: TransactionLayer.ClientFailure)] =
            []
    private(set) var discards: [TransactionLayer.Discard] = []
    private var identifiers = IdentifierSource(seed: 1)
    private let epoch = Instant.now

    init(timers: TimerValues = .standard, limits: TransactionLayer.Limits = .init()) {
        layer = TransactionLayer(timers: timers, limits: limits, identifiers: IdentifierSource(seed: 2))
    }

    static let udp = Flow(
        id: FlowID(1),
        transport: .udp,
        local: TransportAddress(host: "192.0.2.1", port: 5070),
        remote: TransportAddress(host: "192.0.2.9", port: 40_000)
    )
    static let tcp = Flow(
        id: FlowID(2),
        transport: .tcp,
        local: TransportAddress(host: "192.0.2.1", port: 50_001),
        remote: TransportAddress(host: "192.0.2.9", port: 5060)
    )

    mutating func send(
        _ text: String,
        over flow: Flow = udp,
        keepAlive: Bool = false
    ) throws -> ClientTransactionID {
        var effects: [TransactionLayer.Effect] = []
        let id = layer.send(
            try message(text),
            over: flow,
            keepAlive: keepAlive,
            identifiers: &identifiers,
            at: epoch + now,
            into: &effects
        )
        try settle(effects)
        return id
    }

    mutating func acknowledge(_ text: String, over flow: Flow = udp) throws {
        var effects: [TransactionLayer.Effect] = []
        layer.sendAcknowledgement(try message(text), over: flow, identifiers: &identifiers, into: &effects)
        try settle(effects)
    }

    mutating func receive(_ text: String, over flow: Flow = udp) throws {
        try receive(message(text), over: flow)
    }

    mutating func receive(_ message: Message, over flow: Flow = udp) throws {
        var effects: [TransactionLayer.Effect] = []
        layer.receive(message, over: flow, at: epoch + now, into: &effects)
        try settle(effects)
    }

    mutating func respond(
        _ status: StatusCode,
        to number: Int = 0,
        tag: String = "ours",
        over flow: Flow = udp
    ) throws {
        let (request, id) = try #require(requests.indices.contains(number) ? requests[number] : nil)
        var effects: [TransactionLayer.Effect] = []
        layer.respond(request.response(status, toTag: tag), to: id, at: epoch + now, into: &effects)
        try settle(effects)
    }

    mutating func cancel(_ id: ClientTransactionID) throws {
        var effects: [TransactionLayer.Effect] = []
        layer.cancel(id, at: epoch + now, into: &effects)
        try settle(effects)
    }

    mutating func flowFailed(_ flow: Flow) throws {
        var effects: [TransactionLayer.Effect] = []
        layer.flowFailed(flow.id, at: epoch + now, into: &effects)
        try settle(effects)
    }

    /// Fires every timer due up to `limit` at its own instant, and stands at `limit` then.
    mutating func run(until limit: Duration) throws {
        while let deadline = layer.nextDeadline, deadline <= epoch + limit {
            now = deadline - epoch
            var effects: [TransactionLayer.Effect] = []
            layer.fire(at: deadline, into: &effects)
            try settle(effects)
        }
        now = limit
    }

    /// The answer of a server to what was sent last.
    func answer(_ status: StatusCode, tag: String = "theirs") throws -> Message {
        try #require(sent.last).message.response(status, toTag: tag)
    }

    private mutating func settle(_ effects: [TransactionLayer.Effect]) throws {
        for effect in effects {
            switch effect {
            case .transmit(let bytes, let flow):
                sent.append((now, try Message(parsing: ByteString(bytes)), flow))
            case .request(let message, let id, _): requests.append((message, id))
            case .acknowledgement(let message, _): acknowledgements.append(message)
            case .cancelled(let id): cancelled.append(id)
            case .unacknowledged(let id): unacknowledged.append(id)
            case .response(let message, let id): responses.append((message, id))
            case .failure(let id, let failure): failures.append((now, id, failure))
            case .discarded(let reason, _): discards.append(reason)
            }
        }
    }

    private func message(_ text: String) throws -> Message {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        return try Message(parsing: ByteString(lines + "\r\n\r\n"))
    }
}

/// Requests as other elements send them.
enum Sample {
    static func request(
        _ method: String,
        via: String = "SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bKabc",
        cseq: String? = nil,
        fromTag: String = ";tag=theirs",
        toTag: String = "",
        callID: String = "call1"
    ) -> String {
        """
        \(method) sip:alice@192.0.2.1 SIP/2.0
        Via: \(via)
        Max-Forwards: 70
        From: <sip:bob@example.com>\(fromTag)
        To: <sip:alice@example.com>\(toTag)
        Call-ID: \(callID)
        CSeq: \(cseq ?? "7 \(method)")
        Contact: <sip:bob@192.0.2.9>
        """
    }

    /// A request of ours before it has a `Via`.
    static func own(_ method: String, cseq: UInt32 = 1) -> String {
        """
        \(method) sip:bob@example.com SIP/2.0
        Max-Forwards: 70
        Route: <sip:proxy.example.com;lr>
        From: <sip:alice@example.com>;tag=ours
        To: <sip:bob@example.com>
        Call-ID: own1
        CSeq: \(cseq) \(method)
        Contact: <sip:alice@192.0.2.1:5070>
        """
    }
}
