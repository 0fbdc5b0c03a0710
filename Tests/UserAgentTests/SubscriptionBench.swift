import SIP
import Testing
import UserAgent
import Wire

/// A subscription with virtual time, and a notifier to play against it.
struct SubscriptionBench: VirtualTime {
    var now = Duration.zero
    private(set) var subscription: Subscription
    /// Every SUBSCRIBE, and when it was sent.
    private(set) var sent: [(time: Duration, message: Message)] = []
    /// The answers to NOTIFY requests.
    private(set) var answers: [StatusCode] = []
    private(set) var notifications: [UserAgent.Notification] = []
    private(set) var starts = 0
    private(set) var failures: [(failure: EventFailure, retryAfter: Duration?)] = []
    private(set) var ends: [(cause: SubscriptionEnd, retryAfter: Duration?)] = []
    private var notifySequence = 0
    private let epoch = Instant.now

    init(expires: Duration = .seconds(600_000), timers: TimerValues = .standard) {
        var request = SubscriptionRequest.registrationState(
            of: "sip:alice@ims.test",
            contact: "<sip:alice@192.0.2.1:5070>"
        )
        request.expires = expires
        subscription = Subscription(request, timers: timers, identifiers: IdentifierSource(seed: 5))
    }

    /// A subscription that has been granted and confirmed at once.
    static func active(granted: Int = 600_000, timers: TimerValues = .standard) throws -> SubscriptionBench {
        var bench = SubscriptionBench(timers: timers)
        bench.subscribe()
        try bench.respond(.ok, ["Expires": "\(granted)"])
        try bench.notify("active")
        return bench
    }

    mutating func subscribe() { act { $0.subscribe(at: $1, into: &$2) } }

    mutating func unsubscribe() { act { $0.unsubscribe(at: $1, into: &$2) } }

    mutating func resubscribe() { act { $0.resubscribe($0.request, at: $1, into: &$2) } }

    /// Fails a SUBSCRIBE, the last one unless told otherwise.
    mutating func fail(_ failure: TransactionLayer.ClientFailure, of number: Int? = nil) {
        let request = number.map { sent[$0].message } ?? sent.last?.message
        act { $0.receive(failure: failure, of: request, at: $1, into: &$2) }
    }

    /// Answers a SUBSCRIBE, the last one unless told otherwise.
    mutating func respond(
        _ status: StatusCode,
        _ fields: [String: String] = [:],
        to number: Int? = nil,
        cseqStep: UInt32 = 0
    ) throws {
        let request = try #require(number.map { sent[$0] } ?? sent.last).message
        var response = try request.response(status, from: "as", fields)
        if cseqStep > 0, let cseq = request.cseq {
            response.headers.set(CSeq(number: cseq.number + cseqStep, method: .subscribe))
        }
        act { $0.receive(response: response, at: $1, into: &$2) }
    }

    /// Sends a NOTIFY that belongs to the last SUBSCRIBE, changed as the test wants it.
    mutating func notify(
        _ state: String?,
        from tag: String = "as",
        event: String? = "reg",
        cseq: Int? = nil,
        body: String = "<reginfo/>",
        change: (inout Message) -> Void = { _ in }
    ) throws {
        let subscribe = try #require(sent.last).message
        notifySequence += 1
        var notify = Message(method: .notify, uri: ByteString("sip:alice@192.0.2.1:5070"))
        notify.headers.append(.via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK\(notifySequence)")
        notify.headers.append(.from, "<sip:alice@ims.test>;tag=\(tag)")
        notify.headers.append(.to, "<sip:alice@ims.test>;tag=\(try #require(subscribe.fromTag))")
        notify.headers.append(.callID, try #require(subscribe.headers.first(.callID)))
        notify.headers.append(.cseq, "\(cseq ?? notifySequence) NOTIFY")
        notify.headers.append(.contact, "<sip:as.ims.test>")
        notify.headers.append(.recordRoute, "<sip:scscf.ims.test;lr>")
        if let event { notify.headers.append(.event, event) }
        if let state { notify.headers.append(.subscriptionState, state) }
        if !body.isEmpty { notify.headers.append(.contentType, "application/reginfo+xml") }
        notify.body = ByteString(body)
        change(&notify)
        act { $0.receive(notify: notify, at: $1, into: &$2) }
    }

    var nextDeadline: Duration? { subscription.nextDeadline.map { $0 - epoch } }

    mutating func fire() { act { $0.fire(at: $1, into: &$2) } }

    private mutating func act(_ action: (inout Subscription, Instant, inout [Subscription.Effect]) -> Void) {
        var effects: [Subscription.Effect] = []
        action(&subscription, epoch + now, &effects)
        for effect in effects {
            switch effect {
            case .send(let message): sent.append((now, message))
            case .respond(let status): answers.append(status)
            case .notification(let notification): notifications.append(notification)
            case .started: starts += 1
            case .failed(let failure, let delay): failures.append((failure, delay))
            case .terminated(let cause, let delay): ends.append((cause, delay))
            }
        }
    }
}

extension Message {
    /// The `Expires` of the message in seconds.
    var expirySeconds: String? { headers.first(.expires)?.text }
}
