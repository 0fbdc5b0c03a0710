import SIP
import Wire

// What this client sends: completed as the network asks, challenged, answered.
extension Core {
    /// Completes a request and sends it in a transaction of its own.
    mutating func send(
        _ request: Message,
        for purpose: Purpose,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var request = request
        if purpose != .registration {
            request = completed(request)
            registration.authenticator.authorize(&request)
        }
        transmit(Outstanding(purpose: purpose, request: request), at: now, into: &effects)
    }

    private mutating func transmit(_ waiting: Outstanding, at now: Instant, into effects: inout [Effect]) {
        guard let flow else {
            return conclude(waiting, .failure(.unreachable), at: now, into: &effects)
        }
        var steps: [TransactionLayer.Effect] = []
        let id = transactions.send(
            waiting.request,
            over: flow,
            keepAlive: waiting.purpose == .registration,
            identifiers: &identifiers,
            at: now,
            into: &steps
        )
        outstanding[id] = waiting
        perform(steps, at: now, into: &effects)
    }

    // MARK: - What comes back

    mutating func take(
        _ response: Message,
        to id: ClientTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard response.status?.isFinal == true, let waiting = outstanding.removeValue(forKey: id) else {
            return
        }
        let isChallenge = response.status == .unauthorized || response.status == .proxyAuthenticationRequired
        if isChallenge, waiting.purpose != .registration {
            answer(response, to: waiting, at: now, into: &effects)
        } else {
            if waiting.purpose != .registration {
                // A proxy may name the nonce to use next; what it cannot prove is told with the registration.
                _ = registration.authenticator.noteSuccess(response, to: waiting.request)
            }
            conclude(waiting, .response(response), at: now, into: &effects)
        }
    }

    mutating func take(
        _ failure: TransactionLayer.ClientFailure,
        of id: ClientTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let waiting = outstanding.removeValue(forKey: id) else { return }
        conclude(waiting, .failure(failure), at: now, into: &effects)
    }

    /// Hands a response to the session it is for: provisional ones too, and every 2xx of an INVITE that forked.
    private mutating func take(
        _ response: Message,
        to waiting: Outstanding,
        _ id: ClientTransactionID,
        of session: MessageSession.ID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let isInvite = waiting.request.method == .invite
        if response.status?.isFinal == true, !(isInvite && response.status?.isSuccess == true) {
            outstanding[id] = nil
        }
        if response.status == .proxyAuthenticationRequired,
            sessions[session]?.invite.answersChallenges == true
        {
            return answer(response, to: waiting, at: now, into: &effects)
        }
        stepSession(session, at: now, into: &effects) { invite, steps in
            invite.receive(response: response, to: waiting.request, at: now, into: &steps)
        }
    }

    /// Answers a challenge with credentials, in a request of the next number (RFC 3261 §22.2).
    private mutating func answer(
        _ challenge: Message,
        to waiting: Outstanding,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var waiting = waiting
        do throws(AuthenticationError) {
            try registration.authenticator.answer(
                challenge,
                to: &waiting.request,
                attempts: &waiting.attempts,
                identifiers: &identifiers
            )
        } catch {
            return conclude(waiting, .unanswerable(challenge, error), at: now, into: &effects)
        }
        waiting.request.raiseSequence()
        transmit(waiting, at: now, into: &effects)
    }

    /// Takes that a request is not going to be sent.
    mutating func giveUp(
        _ request: Message,
        for purpose: Purpose,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let waiting = Outstanding(purpose: purpose, request: request)
        conclude(waiting, .failure(.unreachable), at: now, into: &effects)
    }

    /// How a request ended.
    private enum Conclusion {
        case response(Message)
        case failure(TransactionLayer.ClientFailure)
        /// A challenge that could not be answered.
        case unanswerable(Message, AuthenticationError)
    }

    private mutating func conclude(
        _ waiting: Outstanding,
        _ conclusion: Conclusion,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch waiting.purpose {
        case .registration: concludeRegistration(conclusion, at: now, into: &effects)
        case .watch: concludeWatch(waiting.request, conclusion, at: now, into: &effects)
        case .pagerMessage(let id): concludeMessage(id, conclusion, at: now, into: &effects)
        case .capabilities(let id): concludeCapabilities(id, waiting.request, conclusion, into: &effects)
        case .publication: concludePublication(waiting.request, conclusion, at: now, into: &effects)
        case .presence(let id): concludePresence(id, waiting.request, conclusion, at: now, into: &effects)
        case .session(let id):
            stepSession(id, at: now, into: &effects) { session, steps in
                switch conclusion {
                case .response(let response), .unanswerable(let response, _):
                    session.receive(response: response, to: waiting.request, at: now, into: &steps)
                case .failure(let failure):
                    session.receive(failure: failure, of: waiting.request, at: now, into: &steps)
                }
            }
        }
    }

    private mutating func concludeRegistration(
        _ conclusion: Conclusion,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        if case .response(let response) = conclusion { noteTranslation(response) }
        stepRegistration(at: now, into: &effects) { registration, steps in
            switch conclusion {
            case .response(let response), .unanswerable(let response, _):
                registration.response(response, at: now, into: &steps)
            case .failure(let failure): registration.failure(failure, at: now, into: &steps)
            }
        }
    }

    /// Notes whether the P-CSCF sees another address than ours (RFC 3261 §18.2.1).
    private mutating func noteTranslation(_ response: Message) {
        guard let via = try? response.headers.first(Via.self), let seen = via.received?.text else { return }
        isTranslated = seen != via.hostAddress
    }

    private mutating func concludeWatch(
        _ request: Message,
        _ conclusion: Conclusion,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        stepWatch(at: now, into: &effects) { watch, steps in
            switch conclusion {
            case .response(let response), .unanswerable(let response, _):
                watch.receive(response: response, at: now, into: &steps)
            case .failure(let failure): watch.receive(failure: failure, of: request, at: now, into: &steps)
            }
        }
    }

    private mutating func concludePublication(
        _ request: Message,
        _ conclusion: Conclusion,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        stepPublication(at: now, into: &effects) { publication, steps in
            switch conclusion {
            case .response(let response), .unanswerable(let response, _):
                publication.receive(response: response, at: now, into: &steps)
            case .failure(let failure):
                publication.receive(failure: failure, of: request, at: now, into: &steps)
            }
        }
    }

    private mutating func concludePresence(
        _ id: PresenceWatch.ID,
        _ request: Message,
        _ conclusion: Conclusion,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        stepPresence(id, at: now, into: &effects) { watch, steps in
            switch conclusion {
            case .response(let response), .unanswerable(let response, _):
                watch.receive(response: response, at: now, into: &steps)
            case .failure(let failure): watch.receive(failure: failure, of: request, at: now, into: &steps)
            }
        }
    }

    private mutating func concludeMessage(
        _ id: PagerMessage.ID,
        _ conclusion: Conclusion,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let delivery = deliveries[id] else { return }
        switch conclusion {
        case .response(let response) where response.status == .forbidden && !delivery.isRepeated:
            // A P-CSCF that was restarted has forgotten us and refuses everything; a refusal was not delivered, so
            // that the message may be sent again once the registration is renewed.
            deliveries[id]?.refusal = response
            queue.append(id)
            register(at: now, into: &effects)
        case .response(let response):
            let isSuccess = response.status?.isSuccess == true
            finish(id, isSuccess ? .succeeded(response) : .refused(response), into: &effects)
        case .failure: finish(id, .noAnswer, into: &effects)
        case .unanswerable(let response, .notFromNetwork): finish(id, .refused(response), into: &effects)
        case .unanswerable(let response, let error):
            let status = response.status ?? .unauthorized
            finish(id, .notAuthenticated(error, status: status), into: &effects)
        }
    }

    private mutating func concludeCapabilities(
        _ id: CapabilityQuery.ID,
        _ request: Message,
        _ conclusion: Conclusion,
        into effects: inout [Effect]
    ) {
        // A challenge was answered with a higher number, from where the dialog counts on.
        for session in sessions(of: request.headers.first(.callID)?.text ?? "") {
            sessions[session]?.invite.noteCapabilityQuery(request)
        }
        let outcome: CapabilityQuery.Outcome =
            switch conclusion {
            case .response(let response):
                response.status?.isSuccess == true ? .answered(response) : .refused(response)
            case .unanswerable(let response, _): .refused(response)
            case .failure(.timedOut): .noAnswer
            case .failure: .unreachable
            }
        effects.append(.capabilities(id, outcome))
    }

    mutating func finish(
        _ id: PagerMessage.ID,
        _ outcome: PagerMessage.Outcome,
        into effects: inout [Effect]
    ) {
        deliveries[id] = nil
        effects.append(.finished(id, outcome))
    }
}

extension Message {
    /// Raises the number of `CSeq` by one.
    fileprivate mutating func raiseSequence() {
        guard var sequence = try? headers.first(CSeq.self) else { return }
        sequence.number += 1
        headers.set(sequence)
    }
}
