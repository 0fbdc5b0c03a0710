import SIP
package import Wire

// Changes and refreshes that we send (RFC 3261 §14.1, RFC 3311 §5.1, RFC 4028 §7.4).
extension InviteSession {
    /// Offers a change, once nothing else is under way.
    package mutating func update(
        offering offer: SessionBody,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch phase {
        case .initiated, .ending, .ended: return
        case .inviting, .invited, .accepted, .established: break
        }
        wantedUpdate = offer
        retries = 0
        sendWanted(at: now, into: &effects)
    }

    /// Whether an offer of ours has no answer, so that there can be no other.
    var isOfferOutstanding: Bool {
        phase == .inviting || provisionals.awaitsAnswer || outgoing?.offer != nil
            || successes.contains { $0.value.isOffer }
    }

    /// Whether an offer of the other side has no answer.
    var isOfferUnanswered: Bool {
        if phase == .invited, invitation?.offer != nil, !provisionals.hasAnswered { return true }
        return incoming?.offer != nil
    }

    /// Sends the change or the refresh that is wanted, if the session is ready for it.
    mutating func sendWanted(at now: Instant, into effects: inout [Effect]) {
        guard phase == .established, outgoing == nil, incoming == nil, !isOfferOutstanding,
            !timers.isRunning(.retry)
        else { return }
        if let offer = wantedUpdate {
            wantedUpdate = nil
            // A change may need a person on the other side to agree, which UPDATE leaves no time for (RFC 3311 §5.1).
            send(OutgoingChange(method: .invite, offer: offer, isRefresh: false), into: &effects)
        } else if isRefreshWanted {
            isRefreshWanted = false
            let knowsUpdate = peerMethods?.contains(.update) == true
            send(
                OutgoingChange(
                    method: knowsUpdate ? .update : .invite,
                    offer: knowsUpdate ? nil : localDescription,
                    isRefresh: true
                ),
                into: &effects
            )
        }
    }

    private mutating func send(_ change: OutgoingChange, into effects: inout [Effect]) {
        guard var request = dialog?.makeRequest(change.method) else { return }
        complete(&request, body: change.offer)
        sessionTimer.complete(&request, isInitial: false)
        outgoing = change
        outgoing?.sequence = request.cseq?.number ?? 0
        lastReliable = nil
        effects.append(.send(request))
    }

    // MARK: - Responses

    mutating func receiveChange(
        _ response: Message,
        _ status: StatusCode,
        to request: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let isInvite = request.method == .invite
        guard !status.isProvisional else {
            if isInvite { acknowledgeProvisional(response, into: &effects) }
            return
        }
        if isInvite, status.isSuccess {
            guard acknowledge(request, into: &effects) else { return }
        }
        guard let change = outgoing, change.method == request.method, phase == .established,
            let number = request.cseq?.number, number >= change.sequence
        else { return }
        outgoing = nil
        if status.isSuccess {
            complete(change, with: response, at: now, into: &effects)
        } else {
            changeRefused(change, response, status, at: now, into: &effects)
        }
    }

    /// Acknowledges a 2xx to a re-INVITE, every time it comes.
    ///
    /// - Returns: Whether it has come for the first time.
    private mutating func acknowledge(
        _ request: Message,
        into effects: inout [Effect]
    ) -> Bool {
        guard let number = request.cseq?.number, let dialog else { return false }
        if let last = lastAcknowledgement, last.sequence == number {
            effects.append(.acknowledge(last.message))
            return false
        }
        let message = dialog.acknowledgement(of: request)
        lastAcknowledgement = (number, message)
        effects.append(.acknowledge(message))
        return true
    }

    private mutating func acknowledgeProvisional(_ response: Message, into effects: inout [Effect]) {
        guard response.requires("100rel"), let number = response.reliableNumber else { return }
        if let last = lastReliable, number != last &+ 1 { return }
        lastReliable = number
        guard let prack = dialog?.acknowledgement(of: response, number: number) else { return }
        effects.append(.send(prack))
    }

    private mutating func complete(
        _ change: OutgoingChange,
        with response: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        dialog?.receive(response: response)
        note(response)
        retries = 0
        sessionTimer.take(response)
        scheduleSessionTimer(at: now)
        if let offer = change.offer {
            guard let answer = SessionBody(of: response) else {
                return hangUp(.failed(.badAnswer), at: now, into: &effects)
            }
            let isChanged = answer != remoteDescription || offer != localDescription
            (localDescription, remoteDescription) = (offer, answer)
            if isChanged || !change.isRefresh { effects.append(.updated) }
        }
        sendWanted(at: now, into: &effects)
    }

    private mutating func changeRefused(
        _ change: OutgoingChange,
        _ response: Message,
        _ status: StatusCode,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch status.value {
        case 408, 481:
            hangUp(.lost, at: now, into: &effects)
        case 422 where intervalRefusals < Limits.intervalRefusals && sessionTimer.takeRefusal(response):
            intervalRefusals += 1
            send(change, into: &effects)
        case 491 where retries < Limits.retries:
            retry(change, after: glareDelay(), at: now)
        case 500, 503:
            guard retries < Limits.retries, let delay = response.retryDelay else { fallthrough }
            retry(change, after: min(delay, Limits.retryDelay), at: now)
        default:
            changeFailed(change, SessionFailure(refusal: response), at: now, into: &effects)
        }
    }

    mutating func changeFailed(
        _ failure: TransactionLayer.ClientFailure,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let change = outgoing, phase == .established else { return }
        outgoing = nil
        switch failure {
        // As if 408 had come (RFC 3261 §8.1.3.1, §12.2.1.2).
        case .timedOut: hangUp(.lost, at: now, into: &effects)
        case .unreachable: changeFailed(change, .unreachable, at: now, into: &effects)
        }
    }

    /// Leaves the session as it was (RFC 3261 §14.1); a refresh is tried once more before the session expires.
    private mutating func changeFailed(
        _ change: OutgoingChange,
        _ failure: SessionFailure,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        retries = 0
        if change.isRefresh {
            if case .refused(let status, _, _) = failure, [405, 501].contains(status.value) {
                peerMethods?.removeAll { $0 == .update }
            }
            let delay = (sessionTimer.refreshDelay ?? SessionTimer.floor) / 4
            timers.start(.refresh, at: now + max(delay, .seconds(5)))
        } else {
            effects.append(.updateFailed(failure))
        }
        sendWanted(at: now, into: &effects)
    }

    private mutating func retry(_ change: OutgoingChange, after delay: Duration, at now: Instant) {
        retries += 1
        if change.isRefresh {
            isRefreshWanted = true
        } else if wantedUpdate == nil {
            wantedUpdate = change.offer
        }
        timers.start(.retry, at: now + delay)
    }

    /// How long to wait after 491: longer for the one who chose the `Call-ID` (RFC 3261 §14.1).
    private mutating func glareDelay() -> Duration {
        let range = isCaller ? 210...400 : 0...200
        return .milliseconds(10) * Int.random(in: range, using: &identifiers)
    }
}
