package import SIP
package import Wire

// The side that is called (RFC 3261 §13.3).
extension InviteSession {
    /// The request of the invitation, for what it says beyond the offer; `nil` once it has been answered.
    package var invite: Message? { invitation?.message }

    /// Tells the caller how far it has come, reliably if the caller demands it (RFC 3262 §3).
    ///
    /// - Parameters:
    ///   - status: A status from 101 to 199.
    ///   - description: An early answer; then the response is reliable if the caller can do that.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    package mutating func ring(
        _ status: StatusCode = .ringing,
        description: SessionBody? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard phase == .invited, let invitation, status.isProvisional, status != .trying else { return }
        var response = invitation.message.response(status, toTag: localTag)
        complete(&response, body: description)
        guard provisionals.isReliable(hasBody: description != nil) else {
            effects.append(.respond(response, to: invitation.id))
            return
        }
        guard provisionals.waiting.count < Limits.waitingProvisionals else { return }
        if let description, invitation.offer != nil {
            localDescription = description
            provisionals.hasAnswered = true
        }
        provisionals.waiting.append(response)
        sendProvisional(at: now, into: &effects)
    }

    /// Accepts the invitation.
    ///
    /// - Parameters:
    ///   - description: The answer, or the offer if the invitation has none; `nil` if a reliable provisional response
    ///     has carried it.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    package mutating func accept(
        with description: SessionBody?,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard phase == .invited, let invitation, wantedAcceptance == nil else { return }
        guard !provisionals.delaysAcceptance else {
            // Not before the description that was sent is confirmed (RFC 3262 §3).
            wantedAcceptance = .some(description)
            return
        }
        if let incoming {
            self.incoming = nil
            answer(incoming, .serverInternalError, retryAfter: .seconds(1), into: &effects)
        }
        let body = provisionals.hasAnswered ? nil : description
        var response = invitation.message.response(.ok, toTag: localTag)
        complete(&response, body: body)
        sessionTimer.answer(invitation.message, in: &response)
        if let body { localDescription = body }
        self.invitation = nil
        stopProvisionals()
        timers.stop(.invitation)
        phase = .accepted
        dialog?.confirm()
        confirm(invitation, with: response, isOffer: invitation.offer == nil, at: now, into: &effects)
    }

    /// Refuses the invitation: 486, 603, or 488 with the warning that says why.
    package mutating func reject(
        _ status: StatusCode,
        warning: Warning? = nil,
        retryAfter: Duration? = nil,
        into effects: inout [Effect]
    ) {
        guard phase == .invited, status.isFinal, !status.isSuccess else { return }
        refuseInvitation(status, warning: warning, retryAfter: retryAfter, as: .byUser, into: &effects)
    }

    /// Whether the caller of this request waits for an answer of this session.
    func isAnswering(_ id: ServerTransactionID) -> Bool { invitation?.id == id || incoming?.id == id }

    /// Takes that the caller has cancelled a request (RFC 3261 §9.2).
    package mutating func cancelled(_ id: ServerTransactionID, into effects: inout [Effect]) {
        if invitation?.id == id {
            refuseInvitation(.requestTerminated, as: .cancelled, into: &effects)
        } else if let incoming, incoming.id == id {
            self.incoming = nil
            let response = incoming.message.response(.requestTerminated, toTag: localTag)
            effects.append(.respond(response, to: id))
            effects.append(.updateFailed(.cancelled))
        }
    }

    mutating func refuseInvitation(
        _ status: StatusCode,
        warning: Warning? = nil,
        retryAfter: Duration? = nil,
        as end: SessionEnd,
        into effects: inout [Effect]
    ) {
        guard phase == .invited, let invitation else { return }
        self.invitation = nil
        var response = invitation.message.response(status, toTag: localTag)
        if let warning { response.headers.append(warning) }
        if let retryAfter { response.headers.append(RetryAfter(rounding: retryAfter)) }
        effects.append(.respond(response, to: invitation.id))
        self.end = end
        finish(into: &effects)
    }

    // MARK: - 2xx and ACK

    /// Sends a 2xx to an INVITE, and again until the ACK comes, over any transport (RFC 3261 §13.3.1.4).
    mutating func confirm(
        _ request: PendingRequest,
        with response: Message,
        isOffer: Bool,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let number = request.message.cseq?.number ?? 0
        successes[number] = Success(
            id: request.id,
            response: response,
            interval: timerValues.t1,
            isOffer: isOffer
        )
        timers.start(.success(number), at: now + timerValues.t1)
        timers.start(.unconfirmed(number), at: now + timerValues.transactionLifetime)
        effects.append(.respond(response, to: request.id))
        scheduleSessionTimer(at: now)
    }

    mutating func repeatSuccess(_ number: UInt32, at now: Instant, into effects: inout [Effect]) {
        guard var success = successes[number] else { return }
        success.interval = min(success.interval * 2, timerValues.t2)
        successes[number] = success
        timers.start(.success(number), at: now + success.interval)
        effects.append(.respond(success.response, to: success.id))
    }

    /// Ends the session, because the ACK has not come (RFC 3261 §13.3.1.4).
    mutating func giveUpSuccess(_ number: UInt32, at now: Instant, into effects: inout [Effect]) {
        guard forgetSuccess(number) != nil else { return }
        switch phase {
        case .accepted where isEndWanted: hangUp(.byUser, at: now, into: &effects)
        case .accepted:
            effects.append(.startFailed(.unconfirmed))
            sendBye(into: &effects)
        default: hangUp(.lost, at: now, into: &effects)
        }
    }

    mutating func forgetSuccess(_ number: UInt32) -> Success? {
        timers.stop(.success(number))
        timers.stop(.unconfirmed(number))
        return successes.removeValue(forKey: number)
    }

    /// Takes an ACK; one that confirms nothing changes nothing.
    package mutating func receive(
        acknowledgement: Message,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard dialog?.isConcerned(by: acknowledgement) == true, let number = acknowledgement.cseq?.number,
            let success = forgetSuccess(number)
        else { return }
        let isFirst = phase == .accepted
        guard isFirst || phase == .established else { return }
        phase = .established
        guard !isEndWanted else { return hangUp(.byUser, at: now, into: &effects) }
        var isChanged = false
        if success.isOffer {
            guard let answer = SessionBody(of: acknowledgement) else {
                if isFirst { effects.append(.startFailed(.badAnswer)) }
                return isFirst
                    ? sendBye(into: &effects) : hangUp(.failed(.badAnswer), at: now, into: &effects)
            }
            isChanged = answer != remoteDescription
            remoteDescription = answer
        }
        if isFirst { effects.append(.started) } else if isChanged { effects.append(.updated) }
        sendWanted(at: now, into: &effects)
    }
}

extension RetryAfter {
    /// Whole seconds, a started one counted.
    init(rounding delay: Duration) {
        let (seconds, fraction) = delay.components
        self.init(seconds: UInt32(clamping: fraction > 0 ? seconds + 1 : seconds))
    }
}
