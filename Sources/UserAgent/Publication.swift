package import SIP
package import Wire

/// The state of a user that is published and kept published (RFC 3903 §4).
///
/// A value without I/O. It knows what is to be published and what the server holds; at most one PUBLISH is on its way
/// at a time, and what changes meanwhile follows in the next.
///
/// The messages it sends lack what `Subscription` leaves out too.
package struct Publication: Sendable {
    package enum Effect: Sendable {
        /// Send a PUBLISH, and report the final response or the failure to it.
        case send(Message)
        /// The server holds what was to be published last.
        case published(expires: Duration)
        /// It does not; another attempt follows after `retryAfter`, if at all.
        case failed(EventFailure, retryAfter: Duration?)
        /// The server holds nothing any more, as far as it has answered.
        case removed
    }

    /// What is published, and for whom.
    package struct Content: Hashable, Sendable {
        /// The identity whose state it is: the Request-URI, `To` and `From`.
        package var identity: String
        package var eventPackage: String
        package var contentType: String
        package var body: ByteString

        package init(
            identity: String,
            eventPackage: String = "presence",
            contentType: String,
            body: ByteString
        ) {
            self.identity = identity
            self.eventPackage = eventPackage
            self.contentType = contentType
            self.body = body
        }
    }

    private enum Purpose: Hashable, Sendable { case change, refresh, removal }

    private enum Timer: Hashable, Sendable { case refresh, expiry, retry }

    /// A PUBLISH that waits for its final response.
    private struct Exchange: Sendable {
        var purpose: Purpose
        var callID: String
        var content: Content
        var isInitial: Bool
    }

    /// What is to be published; `nil` when nothing is to be any more.
    private var wanted: Content?
    /// What the server holds as far as is known.
    private var held: Content?
    /// The tag the server gave to what it holds.
    package private(set) var entityTag: ByteString?
    private var exchange: Exchange?
    private var timers = FewTimers<Timer>()
    private var pace = RetryPace()
    private var identifiers: IdentifierSource
    /// The lifetime to ask for: as configured, or more if the server found it too brief.
    private var expires: Duration
    private var briefRefusals = 0
    private var lostTags = 0

    /// - Parameters:
    ///   - expires: How long a publication is to live without being refreshed.
    ///   - entityTag: The tag of what an earlier run has left with the server, to be changed by this one.
    ///   - identifiers: Where Call-IDs and tags come from.
    package init(
        expires: Duration = .seconds(3600),
        entityTag: ByteString? = nil,
        identifiers: IdentifierSource = IdentifierSource()
    ) {
        self.entityTag = entityTag
        self.expires = expires
        self.identifiers = identifiers
    }

    /// When `fire` must be called, at the latest.
    package var nextDeadline: Instant? { timers.nextDeadline }

    /// Whether the server holds something that was published here.
    package var isPublished: Bool { held != nil && entityTag != nil }

    /// Whether a PUBLISH is on its way.
    package var isBusy: Bool { exchange != nil }
}

// MARK: - What the user wants

extension Publication {
    /// Publishes a state, or replaces the one that is published.
    package mutating func publish(_ content: Content, at now: Instant, into effects: inout [Effect]) {
        wanted = content
        timers.stop(.retry)
        advance(at: now, into: &effects)
    }

    /// Takes back what is published (RFC 3903 §4.5).
    package mutating func remove(at now: Instant, into effects: inout [Effect]) {
        wanted = nil
        timers.stop(.retry)
        advance(at: now, into: &effects)
    }

    /// Publishes the wanted state anew: after a registration that was lost the server may hold nothing.
    package mutating func renew(at now: Instant, into effects: inout [Effect]) {
        guard wanted != nil, exchange == nil else { return }
        timers.stop(.retry)
        if held == wanted { sendRefresh(into: &effects) } else { advance(at: now, into: &effects) }
    }

    /// Takes the next step from what the server holds to what it is to hold, if nothing is under way.
    private mutating func advance(at now: Instant, into effects: inout [Effect]) {
        guard exchange == nil, !timers.isRunning(.retry) else { return }
        if let wanted {
            guard held != wanted || entityTag == nil else { return }
            send(wanted, .change, into: &effects)
        } else if let held, entityTag != nil {
            send(held, .removal, into: &effects)
        } else {
            forget()
            effects.append(.removed)
        }
    }

    private mutating func sendRefresh(into effects: inout [Effect]) {
        guard let held, entityTag != nil, exchange == nil else { return }
        send(held, .refresh, into: &effects)
    }

    /// Fires every timer that is due at `now`.
    package mutating func fire(at now: Instant, into effects: inout [Effect]) {
        while let due = timers.popDue(at: now) {
            switch due.key {
            case .refresh: sendRefresh(into: &effects)
            case .retry: advance(at: now, into: &effects)
            case .expiry:
                forget()
                advance(at: now, into: &effects)
            }
        }
    }

    private mutating func forget() {
        held = nil
        entityTag = nil
        timers.stop(.refresh)
        timers.stop(.expiry)
    }

    private mutating func send(_ content: Content, _ purpose: Purpose, into effects: inout [Effect]) {
        let callID = identifiers.callID()
        var publish = Message(method: .publish, uri: ByteString(content.identity))
        publish.headers.append(.maxForwards, "70")
        publish.headers.append(.from, "<\(content.identity)>;tag=\(identifiers.tag())")
        publish.headers.append(.to, "<\(content.identity)>")
        publish.headers.append(.callID, callID)
        publish.headers.append(.cseq, "1 PUBLISH")
        publish.headers.append(.event, content.eventPackage)
        publish.headers.append(Expires(seconds: purpose == .removal ? 0 : expires.wholeSeconds))
        if let entityTag { publish.headers.append(SIPIfMatch(entityTag)) }
        // What only refreshes or removes has no body (RFC 3903 §4.1).
        if purpose == .change {
            publish.headers.append(.contentType, content.contentType)
            publish.body = content.body
        }
        exchange = Exchange(
            purpose: purpose,
            callID: callID,
            content: content,
            isInitial: entityTag == nil
        )
        effects.append(.send(publish))
    }
}

// MARK: - What the server says

extension Publication {
    /// Takes the response to a PUBLISH; one that is not awaited changes nothing.
    package mutating func receive(response: Message, at now: Instant, into effects: inout [Effect]) {
        guard let status = response.status, status.isFinal, let ended = takeExchange(of: response) else {
            return
        }
        if status.isSuccess {
            succeed(ended, response, at: now, into: &effects)
        } else if ended.purpose == .removal {
            // What cannot be removed runs out.
            forget()
            advance(at: now, into: &effects)
        } else {
            refuse(ended, response, status, at: now, into: &effects)
        }
    }

    /// Takes that there will be no response to the PUBLISH.
    package mutating func receive(
        failure: TransactionLayer.ClientFailure,
        of request: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let ended = takeExchange(of: request) else { return }
        if ended.purpose == .removal { forget() }
        guard wanted != nil else { return advance(at: now, into: &effects) }
        fail(failure == .timedOut ? .timedOut : .unreachable, .later, at: now, into: &effects)
    }

    private mutating func takeExchange(of message: Message) -> Exchange? {
        guard let exchange, message.headers.first(.callID)?.text == exchange.callID else { return nil }
        self.exchange = nil
        return exchange
    }

    private mutating func succeed(
        _ ended: Exchange,
        _ response: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard ended.purpose != .removal else {
            forget()
            return advance(at: now, into: &effects)
        }
        briefRefusals = 0
        lostTags = 0
        pace.started(at: now)
        let granted = min(response.expiry ?? expires, expires)
        held = ended.content
        // Each 2xx gives a new tag (RFC 3903 §6); without one nothing can be changed, and it is published anew.
        entityTag = (try? response.headers.first(SIPETag.self))?.tag
        timers.start(.expiry, at: now + granted)
        if entityTag != nil {
            timers.start(.refresh, at: now + max(granted.refreshDelay, RetryPace.minimumInterval))
        }
        if wanted == ended.content {
            effects.append(.published(expires: granted))
        } else {
            advance(at: now, into: &effects)
        }
    }

    private mutating func refuse(
        _ ended: Exchange,
        _ response: Message,
        _ status: StatusCode,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch status {
        case .conditionalRequestFailed where !ended.isInitial && lostTags < 2:
            // The server has lost what it held: all of it is published again (RFC 3903 §4.3).
            lostTags += 1
            forget()
            advance(at: now, into: &effects)
        case .intervalTooBrief where briefRefusals < 2 && (response.minimumExpiry ?? .zero) > expires:
            briefRefusals += 1
            expires = response.minimumExpiry ?? expires
            if ended.purpose == .refresh {
                sendRefresh(into: &effects)
            } else {
                advance(at: now, into: &effects)
            }
        default:
            guard wanted != nil else { return advance(at: now, into: &effects) }
            // An entity tag may have gone with a server that answers 5xx to the unknown ones.
            if !ended.isInitial { forget() }
            fail(
                .refused(status),
                Subscription.Retry(afterRefusal: status, response),
                at: now,
                into: &effects
            )
        }
    }

    private mutating func fail(
        _ failure: EventFailure,
        _ retry: Subscription.Retry,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let delay: Duration? =
            switch retry {
            case .never: nil
            case .soon, .later: pace.nextDelay(isImmediate: false, at: now, using: &identifiers)
            case .after(let named):
                max(
                    min(named, Registration.Limits.retryAfter),
                    pace.nextDelay(isImmediate: true, at: now, using: &identifiers)
                )
            }
        if let delay { timers.start(.retry, at: now + delay) } else { wanted = nil }
        effects.append(.failed(failure, retryAfter: delay))
    }
}
