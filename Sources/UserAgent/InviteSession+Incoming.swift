package import SIP
package import Wire

// Requests of the other side within the session (RFC 3261 §14.2, RFC 3311 §5.2).
extension InviteSession {
    /// Takes a request within the session: INVITE, UPDATE, PRACK or BYE.
    package mutating func receive(
        request message: Message,
        _ id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let request = PendingRequest(id: id, message: message, offer: SessionBody(of: message))
        if message.method == .bye, dialog != nil, dialog?.isConcerned(by: message) == false,
            forks.contains(where: { $0.dialog.isConcerned(by: message) })
        {
            // A fork that has lost leaves by itself.
            return answer(request, .ok, into: &effects)
        }
        switch take(message) {
        case nil: answer(request, .callDoesNotExist, into: &effects)
        case .outOfOrder?: answer(request, .serverInternalError, into: &effects)
        case .inOrder?:
            switch message.method {
            case .bye?: receiveBye(request, into: &effects)
            case .prack?: receivePrack(request, at: now, into: &effects)
            case .invite?, .update?: receiveChange(request, at: now, into: &effects)
            default: answer(request, .methodNotAllowed, into: &effects)
            }
        }
    }

    /// Shows a request to its dialog, that of a fork perhaps.
    private mutating func take(_ request: Message) -> Dialog.Verdict? {
        guard phase != .ended else { return nil }
        if dialog?.isConcerned(by: request) == true { return dialog?.receive(request) }
        guard dialog == nil, let index = forks.firstIndex(where: { $0.dialog.isConcerned(by: request) })
        else { return nil }
        return forks[index].dialog.receive(request)
    }

    /// Gives a request its final response.
    mutating func answer(
        _ request: PendingRequest,
        _ status: StatusCode,
        retryAfter: Duration? = nil,
        warning: Warning? = nil,
        into effects: inout [Effect]
    ) {
        var response = request.message.response(status, toTag: localTag)
        if let retryAfter { response.headers.append(RetryAfter(rounding: retryAfter)) }
        if let warning { response.headers.append(warning) }
        effects.append(.respond(response, to: request.id))
    }

    private mutating func receiveChange(
        _ request: PendingRequest,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard phase != .ending else { return answer(request, .callDoesNotExist, into: &effects) }
        if let status = collision(of: request) {
            // A random time, so that two that wait for each other do not meet again (RFC 3261 §14.2).
            let isBusy = status == .serverInternalError
            let delay = isBusy ? Duration.seconds(Int.random(in: 0...10, using: &identifiers)) : nil
            return answer(request, status, retryAfter: delay, into: &effects)
        }
        if let least = sessionTimer.refusal(of: request.message) {
            let response = request.message.tooSmall(least, toTag: localTag)
            effects.append(.respond(response, to: request.id))
            return
        }
        note(request.message)
        receiveOffer(request, at: now, into: &effects)
    }

    /// Why a re-INVITE or UPDATE cannot be taken now, as a status; `nil` if it can.
    private func collision(of request: PendingRequest) -> StatusCode? {
        let isInvite = request.message.method == .invite
        if incoming != nil || isInvite && phase == .invited { return .serverInternalError }
        if isInvite, successes.count >= Limits.unconfirmedAnswers { return .serverInternalError }
        guard isInvite || request.offer != nil else { return nil }
        if isOfferUnanswered { return .serverInternalError }
        if isInvite, phase == .inviting || outgoing?.method == .invite { return .requestPending }
        return isOfferOutstanding ? .requestPending : nil
    }

    /// Answers a request at once if it changes nothing, or asks the user.
    mutating func receiveOffer(
        _ request: PendingRequest,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let isInvite = request.message.method == .invite
        if let offer = request.offer, offer != remoteDescription || phase != .established {
            incoming = request
            effects.append(.updateReceived(offer))
            return
        }
        // A refresh, or an INVITE that asks for our offer (RFC 3261 §14.2).
        let body = isInvite || request.offer != nil ? localDescription : nil
        agree(to: request, with: body, isOffer: isInvite && request.offer == nil, at: now, into: &effects)
    }

    private mutating func agree(
        to request: PendingRequest,
        with body: SessionBody?,
        isOffer: Bool,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var response = request.message.response(.ok, toTag: localTag)
        complete(&response, body: body)
        let isInvite = request.message.method == .invite
        // The timer starts with the session: a 2xx before that, to UPDATE or PRACK, says nothing of it.
        if phase == .established { sessionTimer.answer(request.message, in: &response) }
        if isInvite {
            confirm(request, with: response, isOffer: isOffer, at: now, into: &effects)
        } else {
            effects.append(.respond(response, to: request.id))
            if phase == .established { scheduleSessionTimer(at: now) }
        }
    }

    // MARK: - What the user says to it

    /// The change that is offered, until it is accepted or rejected.
    var offeredChange: SessionBody? { incoming?.offer }

    /// Accepts the change that was offered.
    package mutating func acceptUpdate(
        with answer: SessionBody,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let request = incoming else { return }
        incoming = nil
        (localDescription, remoteDescription) = (answer, request.offer ?? remoteDescription)
        agree(to: request, with: answer, isOffer: false, at: now, into: &effects)
        effects.append(.updated)
        sendWanted(at: now, into: &effects)
    }

    /// Refuses the change; the session goes on as it was (RFC 3261 §14.2).
    package mutating func rejectUpdate(
        _ status: StatusCode = .notAcceptableHere,
        warning: Warning? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let request = incoming, status.isFinal, !status.isSuccess else { return }
        incoming = nil
        answer(request, status, warning: warning, into: &effects)
        sendWanted(at: now, into: &effects)
    }
}
