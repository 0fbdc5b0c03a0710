package import SIP
package import Wire

extension Subscription {
    /// When to try again after an end.
    enum Retry: Hashable, Sendable {
        case never
        /// At once the first time, more slowly if it happens again.
        case soon
        case later
        /// Not before the peer's `retry-after`.
        case after(Duration)
    }

    /// Takes the response to a SUBSCRIBE; one that is not awaited changes nothing.
    package mutating func receive(
        response: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard isAwaiting(response), let status = response.status, status.isFinal else { return }
        takeEnd(of: response)
        if status.isSuccess { takeRoute(of: response) }
        guard !status.isSuccess || status == .noNotification else {
            return take(granted: response.expiry, at: now)
        }
        // No NOTIFY will follow (RFC 5839 §7.1, RFC 6665 §4.1.2.2).
        timers.stop(.n)
        switch state {
        case .awaitingNotification where status.isSuccess, .pending where status.isSuccess,
            .active where status.isSuccess:
            take(granted: response.expiry, at: now)
        case .awaitingNotification: refuseInitial(response, status, at: now, into: &effects)
        case .pending, .active: refuseRefresh(response, status, at: now, into: &effects)
        case .ending: end(.byUser, retry: .never, at: now, into: &effects)
        case .idle, .resting: break
        }
    }

    /// Takes that there will be no response to a SUBSCRIBE.
    ///
    /// - Parameters:
    ///   - failure: What kept the response away.
    ///   - request: The SUBSCRIBE, perhaps sent again with a higher number; without it the one under way is meant.
    ///     An older one changes nothing.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    package mutating func receive(
        failure: TransactionLayer.ClientFailure,
        of request: Message? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        if let request {
            guard isAwaiting(request) else { return }
            takeEnd(of: request)
        }
        switch state {
        case .awaitingNotification:
            fail(failure == .timedOut ? .timedOut : .unreachable, retry: .later, at: now, into: &effects)
        case .pending, .active:
            // After a time-out timer N, which is as long, says that it is over; otherwise it stays until it expires
            // and is refreshed again before that (RFC 6665 §4.1.2.2).
            guard failure == .unreachable else { break }
            timers.stop(.n)
            refreshLater(after: nil, at: now)
        case .ending:
            end(.byUser, retry: .never, at: now, into: &effects)
        case .idle, .resting:
            break
        }
    }

    /// Takes a NOTIFY; the first effect is the answer to it.
    package mutating func receive(
        notify: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        if let refusal = refusal(of: notify) {
            effects.append(.respond(refusal))
            return
        }
        guard let subscriptionState = try? notify.headers.first(SubscriptionState.self) else {
            effects.append(.respond(.badRequest))
            return
        }
        let notified = Notification.State(subscriptionState)
        let isFirst = dialog == nil
        if isFirst, notified != .terminated, !establish(with: notify, at: now) {
            effects.append(.respond(.badRequest))
            return
        }
        effects.append(.respond(.ok))
        // While the last NOTIFY is awaited, only that ends the waiting.
        if state != .ending, !isFetch { timers.stop(.n) }
        if isFirst, notified != .terminated { effects.append(.started) }
        entityTag = (try? notify.headers.first(SIPETag.self))?.tag.copied
        effects.append(.notification(Notification(of: notify, state: notified)))
        guard notified != .terminated else {
            terminate(subscriptionState, at: now, into: &effects)
            return
        }
        if state != .ending { state = notified == .active ? .active : .pending }
        if let expiry = subscriptionState.expires { take(notified: expiry, at: now) }
        if state != .ending { sendWanted(at: now, into: &effects) }
    }

    /// Why a NOTIFY cannot be taken, as a status (RFC 6665 §4.1.3); `nil` if it can.
    private mutating func refusal(of notify: Message) -> StatusCode? {
        // A NOTIFY with another tag comes from another fork; one subscription is enough (RFC 6665 §4.1.4).
        guard dialog?.isConcerned(by: notify) ?? isConcerned(by: notify) else { return .callDoesNotExist }
        guard let event = try? notify.headers.first(Event.self) else { return .badRequest }
        guard event.package == request.eventPackage else { return .badEvent }
        guard event.id?.text == request.eventID else { return .callDoesNotExist }
        guard dialog?.receive(notify) != .outOfOrder else { return .serverInternalError }
        return nil
    }

    private mutating func refuseInitial(
        _ response: Message,
        _ status: StatusCode,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        if status == .intervalTooBrief, retry(after: response, at: now, into: &effects) { return }
        fail(.refused(status), retry: Retry(afterRefusal: status, response), at: now, into: &effects)
    }

    private mutating func refuseRefresh(
        _ response: Message,
        _ status: StatusCode,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch status.value {
        case 423 where retry(after: response, at: now, into: &effects):
            break
        case 481:
            // The notifier has lost the subscription; a new one is made (3GPP TS 24.229 §5.1.1.3).
            end(.refused(status), retry: .soon, at: now, into: &effects)
        case 404, 405, 410, 416, 480...485, 489, 501, 604:
            let retry = Retry(afterRefusal: status, response)
            end(.refused(status), retry: retry, at: now, into: &effects)
        default:
            refreshLater(after: response.retryDelay, at: now)
        }
    }

    /// Refreshes once more before the subscription expires, if there is time.
    private mutating func refreshLater(after delay: Duration?, at now: Instant) {
        timers.start(.refresh, at: now + max(delay ?? RetryPace.base, RetryPace.minimumInterval))
    }

    /// Does as the reason in `Subscription-State: terminated` says (RFC 6665 §4.1.3).
    private mutating func terminate(
        _ subscriptionState: SubscriptionState,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard state != .ending else { return end(.byUser, retry: .never, at: now, into: &effects) }
        guard !isFetch else { return end(.fetched, retry: .never, at: now, into: &effects) }
        let retry: Retry =
            switch subscriptionState.reason {
            case .deactivated, .timeout: .soon
            case .rejected, .noresource, .invariant: .never
            case .probation, .giveup, nil: subscriptionState.retryAfter.map { .after($0) } ?? .later
            }
        end(.byNotifier(subscriptionState.reason), retry: retry, at: now, into: &effects)
    }

    /// Takes that no NOTIFY has come within timer N (RFC 6665 §4.1.2.2, §4.1.2.4).
    mutating func giveUp(at now: Instant, into effects: inout [Effect]) {
        switch state {
        case .awaitingNotification: fail(.timedOut, retry: .later, at: now, into: &effects)
        case .pending, .active: end(.expired, retry: .soon, at: now, into: &effects)
        case .ending: end(.byUser, retry: .never, at: now, into: &effects)
        case .idle, .resting: break
        }
    }

    mutating func fail(
        _ failure: EventFailure,
        retry: Retry,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard !isUnsubscribeWanted else { return end(.byUser, retry: .never, at: now, into: &effects) }
        let delay = rest(retry, at: now)
        effects.append(.failed(failure, retryAfter: delay))
        if delay == .zero { fire(at: now, into: &effects) }
    }

    mutating func end(
        _ cause: SubscriptionEnd,
        retry: Retry,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let isWanted = !isUnsubscribeWanted
        let delay = rest(isWanted ? retry : .never, at: now)
        effects.append(.terminated(isWanted ? cause : .byUser, retryAfter: delay))
        if delay == .zero { fire(at: now, into: &effects) }
    }

    /// Forgets the subscription and starts the timer of the next attempt.
    ///
    /// - Returns: The delay of that attempt, or `nil` if there will be none.
    private mutating func rest(_ retry: Retry, at now: Instant) -> Duration? {
        clear()
        guard !isFetch, let delay = delay(of: retry, at: now) else { return nil }
        state = .resting
        timers.start(.retry, at: now + delay)
        return delay
    }

    private mutating func delay(of retry: Retry, at now: Instant) -> Duration? {
        switch retry {
        case .never: nil
        case .soon: pace.nextDelay(isImmediate: true, at: now, using: &identifiers)
        case .later: pace.nextDelay(isImmediate: false, at: now, using: &identifiers)
        case .after(let delay): max(delay, pace.nextDelay(isImmediate: true, at: now, using: &identifiers))
        }
    }
}
