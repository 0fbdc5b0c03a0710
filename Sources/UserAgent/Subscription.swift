package import SIP
package import Wire

/// A subscription to the state of a resource, as the subscriber sees it (RFC 6665 §4.1).
///
/// A value without I/O. It keeps one subscription alive until the user unsubscribes: refreshes it in time, and makes a
/// new one when the notifier or the network has ended it and the standard lets it try again.
///
/// The messages it sends lack `Via`, credentials and what the network asks of every request. A request without a tag
/// in `To` is outside a dialog and needs the preloaded route; one with a tag carries its route set already. Whoever
/// answers a challenge sends the request again with a higher `CSeq`: the subscription counts on from the `CSeq` of the
/// final response.
package struct Subscription: Sendable {
    package enum Effect: Sendable {
        /// Send a SUBSCRIBE, and report the final response or the failure to it.
        case send(Message)
        /// Answer the NOTIFY that was the input.
        case respond(StatusCode)
        case notification(Notification)
        /// The notifier has confirmed the subscription.
        case started
        /// There is no subscription; another attempt follows after `retryAfter`, if at all.
        case failed(EventFailure, retryAfter: Duration?)
        /// The subscription has ended; a new one is attempted after `retryAfter`, if at all.
        case terminated(SubscriptionEnd, retryAfter: Duration?)
    }

    /// Where RFC 6665 §4.1.2 has the subscription.
    package enum State: Hashable, Sendable {
        case idle
        /// SUBSCRIBE is sent, no NOTIFY has come.
        case awaitingNotification
        case pending
        case active
        /// The user has unsubscribed; the last NOTIFY is awaited.
        case ending
        /// A new attempt is due later.
        case resting
    }

    enum Timer: Hashable, Sendable { case n, refresh, expiry, retry }

    package internal(set) var state = State.idle
    package private(set) var request: SubscriptionRequest
    let timerValues: TimerValues
    var identifiers: IdentifierSource
    var timers = FewTimers<Timer>()
    var dialog: Dialog?
    var pace = RetryPace()

    private(set) var callID = ""
    private var localTag = ""
    /// The sequence number of the last SUBSCRIBE.
    private var sequence: UInt32 = 0
    private var isResponseAwaited = false
    /// The SUBSCRIBE from which the dialog is made when the NOTIFY comes.
    private var initial: Message?
    /// The 2xx to it, if that came before the NOTIFY.
    private var acceptance: Message?
    /// Whether the response that is awaited is to the first SUBSCRIBE of the dialog.
    private var isInitialAwaited = false
    /// What to ask for: the user's wish, or more if the notifier found it too brief.
    private var requestedExpiry: Duration
    private var briefRefusals = 0
    /// The user has unsubscribed before there was a dialog to say so in.
    private(set) var isUnsubscribeWanted = false
    /// The name of the state that was notified last (RFC 5839 §5.2).
    var entityTag: ByteString?
    /// Whether the whole state is wanted with the next refresh, whatever has been notified.
    private var isFullStateWanted = false
    private var fullStateAsked: Instant?
    /// Whether a NOTIFY has named the expiry, which then counts more than the 2xx does (RFC 6665 §4.1.3).
    private var isExpiryNotified = false

    package init(
        _ request: SubscriptionRequest,
        timers: TimerValues,
        identifiers: IdentifierSource = IdentifierSource()
    ) {
        self.request = request
        timerValues = timers
        self.identifiers = identifiers
        requestedExpiry = request.expires
    }

    /// When `fire` must be called, at the latest.
    package var nextDeadline: Instant? { timers.nextDeadline }

    /// Asks only for the state as it is now (RFC 6665 §4.4.3).
    var isFetch: Bool { request.expires == .zero }

    /// Subscribes, now even if another attempt was due later; does nothing while there is a subscription.
    package mutating func subscribe(at now: Instant, into effects: inout [Effect]) {
        guard state == .idle || state == .resting else { return }
        begin(at: now, into: &effects)
    }

    /// Gives up the dialog without a word and subscribes anew: after the flow or the registration was lost.
    package mutating func resubscribe(
        _ request: SubscriptionRequest,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        self.request = request
        // One that is being ended ends with its dialog.
        guard state != .ending, !isUnsubscribeWanted else {
            return end(.byUser, retry: .never, at: now, into: &effects)
        }
        begin(at: now, into: &effects)
    }

    /// Asks for the whole state within the subscription, because something of it was missed (RFC 4662 §4.6, RFC 5263 §4.2).
    package mutating func requestFullState(at now: Instant, into effects: inout [Effect]) {
        guard state == .active || state == .pending, !isFullStateWanted else { return }
        isFullStateWanted = true
        // A notifier whose versions never fit must not make us ask without a pause.
        let earliest = fullStateAsked.map { $0 + RetryPace.minimumInterval } ?? now
        if !isResponseAwaited, earliest <= now {
            sendRefresh(at: now, into: &effects)
        } else {
            timers.start(.refresh, at: max(earliest, now + RetryPace.minimumInterval))
        }
    }

    /// Ends the subscription: with `Expires: 0` and a last NOTIFY if there is one (RFC 6665 §4.1.2.3).
    package mutating func unsubscribe(at now: Instant, into effects: inout [Effect]) {
        switch state {
        case .idle, .ending:
            break
        case .resting:
            end(.byUser, retry: .never, at: now, into: &effects)
        case .awaitingNotification:
            // There is no dialog to send it in before the NOTIFY has come (RFC 6665 §4.4.1).
            isUnsubscribeWanted = true
        case .pending, .active:
            sendUnsubscribe(at: now, into: &effects)
        }
    }

    /// Fires every timer that is due at `now`.
    package mutating func fire(at now: Instant, into effects: inout [Effect]) {
        while let due = timers.popDue(at: now) {
            switch due.key {
            case .retry: begin(at: now, into: &effects)
            case .refresh: sendRefresh(at: now, into: &effects)
            case .expiry: end(.expired, retry: .soon, at: now, into: &effects)
            case .n: giveUp(at: now, into: &effects)
            }
        }
    }

    /// Whether a message is the SUBSCRIBE that is under way, or a response to it.
    package func isAwaiting(_ message: Message) -> Bool {
        guard isResponseAwaited, let cseq = message.cseq, cseq.method == .subscribe else { return false }
        return sequence..<1 << 31 ~= cseq.number && message.headers.first(.callID)?.text == callID
            && message.fromTag?.text == localTag
    }

    /// Notes that the SUBSCRIBE under way has come to its end, and the number it had then.
    mutating func takeEnd(of message: Message) {
        isResponseAwaited = false
        guard let number = message.cseq?.number else { return }
        sequence = number
        dialog?.noteLocalSequence(number)
    }

    /// Whether a NOTIFY is for this subscription (RFC 6665 §4.4.1): same `Call-ID`, and our tag.
    package func isConcerned(by notify: Message) -> Bool {
        guard state != .idle, state != .resting else { return false }
        return notify.headers.first(.callID)?.text == callID && notify.toTag?.text == localTag
    }

    /// Starts the timers that follow from how long the subscription lives.
    mutating func schedule(_ granted: Duration, at now: Instant) {
        guard state != .ending else { return }
        guard granted > .zero else {
            // Nothing is left of it but the last NOTIFY, which gets its time.
            timers.stop(.refresh)
            timers.start(.expiry, at: now + timerValues.transactionLifetime)
            return
        }
        // A refresh that is due to bring the whole state is not put off.
        if !isFullStateWanted {
            timers.start(.refresh, at: now + max(granted.refreshDelay, RetryPace.minimumInterval))
        }
        timers.start(.expiry, at: now + granted)
    }

    /// Takes the way to the notifier that the 2xx to the first SUBSCRIBE names.
    mutating func takeRoute(of response: Message) {
        guard isInitialAwaited else { return }
        if dialog != nil { dialog?.adoptRoute(of: response) } else { acceptance = response }
    }

    /// Takes the expiry of a 2xx, which cannot be longer than what was asked for (RFC 6665 §4.1.2.1).
    mutating func take(granted: Duration?, at now: Instant) {
        guard !isExpiryNotified else { return }
        schedule(min(granted ?? requestedExpiry, requestedExpiry), at: now)
    }

    /// Takes the expiry that a NOTIFY names.
    mutating func take(notified expiry: Duration, at now: Instant) {
        isExpiryNotified = true
        schedule(expiry, at: now)
    }

    /// Makes the dialog from the first NOTIFY.
    mutating func establish(with notify: Message, at now: Instant) -> Bool {
        guard let initial, let dialog = Dialog(subscribe: initial, notify: notify) else { return false }
        self.dialog = dialog
        self.dialog?.noteLocalSequence(sequence)
        if let acceptance { self.dialog?.adoptRoute(of: acceptance) }
        (self.initial, self.acceptance) = (nil, nil)
        pace.started(at: now)
        // Until the 2xx or a NOTIFY says otherwise.
        if !timers.isRunning(.expiry) { schedule(requestedExpiry, at: now) }
        return true
    }

    /// Sends what could not be sent before there was a dialog.
    mutating func sendWanted(at now: Instant, into effects: inout [Effect]) {
        if isUnsubscribeWanted { sendUnsubscribe(at: now, into: &effects) }
    }

    /// Asks again for longer, after 423 (RFC 3261 §21.4.17).
    ///
    /// - Returns: Whether it was worth asking again.
    mutating func retry(after brief: Message, at now: Instant, into effects: inout [Effect]) -> Bool {
        guard briefRefusals < 2, let minimum = brief.minimumExpiry, minimum > requestedExpiry else {
            return false
        }
        briefRefusals += 1
        requestedExpiry = minimum
        if dialog == nil {
            sendInitial(at: now, into: &effects)
        } else {
            sendRefresh(at: now, into: &effects)
        }
        return true
    }

    private mutating func begin(at now: Instant, into effects: inout [Effect]) {
        clear()
        callID = identifiers.callID()
        localTag = identifiers.tag()
        sequence = 0
        briefRefusals = 0
        requestedExpiry = request.expires
        sendInitial(at: now, into: &effects)
    }

    private mutating func sendInitial(at now: Instant, into effects: inout [Effect]) {
        state = .awaitingNotification
        var subscribe = Message(method: .subscribe, uri: ByteString(request.resource))
        subscribe.headers.append(.from, "<\(request.identity)>;tag=\(localTag)")
        subscribe.headers.append(.to, "<\(request.resource)>")
        subscribe.headers.append(.callID, callID)
        subscribe.headers.append(.cseq, "\(sequence &+ 1) SUBSCRIBE")
        subscribe.headers.append(.maxForwards, "70")
        initial = subscribe
        isInitialAwaited = true
        send(subscribe, expires: requestedExpiry, at: now, into: &effects)
    }

    private mutating func sendRefresh(at now: Instant, into effects: inout [Effect]) {
        guard state == .active || state == .pending, let subscribe = dialog?.makeRequest(.subscribe) else {
            return
        }
        isExpiryNotified = false
        isInitialAwaited = false
        send(subscribe, expires: requestedExpiry, isRefresh: true, at: now, into: &effects)
        if isFullStateWanted { fullStateAsked = now }
        isFullStateWanted = false
    }

    private mutating func sendUnsubscribe(at now: Instant, into effects: inout [Effect]) {
        guard let subscribe = dialog?.makeRequest(.subscribe) else { return }
        state = .ending
        isInitialAwaited = false
        timers.stop(.refresh)
        timers.stop(.expiry)
        send(subscribe, expires: .zero, at: now, into: &effects)
    }

    private mutating func send(
        _ message: Message,
        expires: Duration,
        isRefresh: Bool = false,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var message = message
        let id = request.eventID.map { ";id=\($0)" } ?? ""
        message.headers.append(.contact, request.contact)
        message.headers.append(.event, request.eventPackage + id)
        message.headers.append(.accept, request.accept)
        message.headers.append(.expires, String(expires.components.seconds))
        if !request.supported.isEmpty { message.headers.append(Supported(request.supported)) }
        if isRefresh, !isFullStateWanted, let entityTag {
            message.headers.append(.suppressIfMatch, entityTag)
        }
        // A list of those to watch goes with the first SUBSCRIBE alone (RFC 5367 §3.2), one of documents with every one
        // (RFC 5875 §4.4).
        let isContentWanted = isInitialAwaited || request.contentDisposition == nil
        if let content = request.content, isContentWanted, expires > .zero || isFetch {
            for option in request.required { message.headers.append(Require(option)) }
            message.headers.append(.contentType, content.contentType)
            if let disposition = request.contentDisposition {
                message.headers.append(.contentDisposition, disposition)
            }
            message.body = content.body
        }
        sequence = message.cseq?.number ?? sequence
        isResponseAwaited = true
        timers.start(.n, at: now + timerValues.transactionLifetime)
        effects.append(.send(message))
    }

    /// Forgets the dialog and everything that runs for it.
    mutating func clear() {
        for timer: Timer in [.n, .refresh, .expiry, .retry] { timers.stop(timer) }
        dialog = nil
        initial = nil
        acceptance = nil
        isInitialAwaited = false
        isResponseAwaited = false
        isUnsubscribeWanted = false
        isExpiryNotified = false
        isFullStateWanted = false
        entityTag = nil
        state = .idle
    }
}
