import SIP
package import Wire

// How a session ends (RFC 3261 §9, §15).
extension InviteSession {
    /// Ends the session, whatever it has come to: cancels it, refuses it, or hangs up.
    ///
    /// - Parameters:
    ///   - isBearerLost: Whether BYE is to say that the media have no connection any more, so that the other side
    ///     does not take it for the will of a user.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    package mutating func terminate(
        isBearerLost: Bool = false,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        if isBearerLost { farewell = .bearerLoss }
        switch phase {
        case .initiated:
            end = .byUser
            finish(into: &effects)
        case .inviting:
            end = .byUser
            phase = .ending
            effects.append(.cancel)
        case .invited: reject(.decline, into: &effects)
        case .accepted: isEndWanted = true
        case .established: hangUp(.byUser, at: now, into: &effects)
        case .ending, .ended: break
        }
    }

    /// Sends a BYE; an end the user did not ask for is told at once, for the other side may never answer.
    mutating func hangUp(_ cause: SessionEnd, at now: Instant, into effects: inout [Effect]) {
        guard phase == .established || phase == .accepted else { return }
        if cause == .byUser { end = .byUser }
        sendBye(into: &effects)
        if cause != .byUser { effects.append(.terminated(cause)) }
    }

    /// Sends a BYE, and answers what waits (RFC 3261 §15.1.1).
    mutating func sendBye(into effects: inout [Effect]) {
        phase = .ending
        stopTimers()
        refuseIncoming(into: &effects)
        guard var bye = dialog?.makeRequest(.bye) else { return finish(into: &effects) }
        if let farewell { bye.headers.append(farewell) }
        effects.append(.send(bye))
    }

    /// Takes the final response to a BYE, or that there is none: the session is over either way (§15.1.1).
    mutating func byeAnswered(_ bye: Message, into effects: inout [Effect]) {
        guard phase == .ending, bye.toTag ?? .empty == dialog?.id.remoteTag else { return }
        finish(into: &effects)
    }

    /// Takes a BYE (RFC 3261 §15.1.2).
    mutating func receiveBye(_ request: PendingRequest, into effects: inout [Effect]) {
        effects.append(.respond(request.message.response(.ok, toTag: localTag), to: request.id))
        let reason = try? request.message.headers.first(Reason.self)
        let cause = reason?.isBearerLoss == true ? SessionEnd.bearerLost : .byPeer(reason: reason?.words)
        switch phase {
        case .invited: refuseInvitation(.requestTerminated, as: cause, into: &effects)
        case .accepted, .established:
            refuseIncoming(into: &effects)
            end = isEndWanted ? .byUser : cause
            finish(into: &effects)
        case .ending: finish(into: &effects)
        case .initiated, .inviting, .ended: break
        }
    }

    /// Tells the end, if it has not been told.
    mutating func finish(into effects: inout [Effect]) {
        stopTimers()
        phase = .ended
        if let end { effects.append(.terminated(end)) }
        end = nil
    }

    private mutating func refuseIncoming(into effects: inout [Effect]) {
        guard let incoming else { return }
        self.incoming = nil
        let response = incoming.message.response(.requestTerminated, toTag: localTag)
        effects.append(.respond(response, to: incoming.id))
    }

    /// Stops everything but the wait for other forks.
    mutating func stopTimers() {
        stopProvisionals()
        for number in successes.keys.sorted() { _ = forgetSuccess(number) }
        for timer: Timer in [.refresh, .expiry, .retry, .invitation] { timers.stop(timer) }
        outgoing = nil
        wantedUpdate = nil
        isRefreshWanted = false
    }
}

extension Reason {
    /// `Media bearer loss` (TS 24.229 §7.2A.18.11).
    fileprivate static var bearerLoss: Reason {
        var parameters = Parameters()
        parameters.set("cause", "3")
        parameters.set("text", "Media bearer loss", quoted: true)
        return Reason("RELEASE_CAUSE", parameters: parameters)
    }

    fileprivate var isBearerLoss: Bool {
        token.equalsIgnoringCase(Self.bearerLoss.token) && cause == Self.bearerLoss.cause
    }

    /// What is told of it.
    fileprivate var words: String { text ?? token.text }
}
