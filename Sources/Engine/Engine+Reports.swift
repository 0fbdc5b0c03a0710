import Runtime
import SIP
import UserAgent
import Wire

// What the core reports, told to those who wait and to those who listen.
extension Engine {
    func take(_ report: Registration.Report) {
        switch report {
        case .registering(let flow):
            emit(.registering(RegistrationAttempt(proxy: "\(flow.remote)", transport: flow.transport)))
        case .registered(let granted): registered(granted)
        case .failed(let failure, let retryAfter): registrationFailed(failure, retryAfter)
        case .unregistered(let cause): unregistered(cause)
        case .flowLost(let retryAfter):
            emit(.connectionLost(lastFlowFailure ?? "the flow to the P-CSCF failed"))
            log(.notice, "registering again in \(retryAfter)")
        case .wrongProof: log(.warning, "the registrar's proof (rspauth) is wrong: is it who it says?")
        }
    }

    private func registered(_ granted: Registration.Status) {
        connector.isProven = true
        connector.lastError = nil
        let status = RegistrationStatus(granted, flow: core?.flow)
        let isNews = self.status != status
        self.status = status
        registeredUntil = .now + granted.expires
        keepNonces()
        log(.notice, "registered for \(granted.expires.components.seconds) s as \(status.registeredIdentity)")
        if isNews { emit(.registered(status)) }
        registrationWaiters.resumeAll(with: .success(status))
        if !status.isServiceRegistered { unregistrationWaiters.resumeAll(with: .success(())) }
    }

    private func registrationFailed(_ failure: RegistrationFailure, _ retryAfter: Duration?) {
        let error = EngineError(failure, account: account, lastError: connector.lastError)
        // With the last call answered nobody waits for the next attempt, unless the client is here to stay.
        emit(.registrationFailed(error, retryAfter: retryAfter))
        let goesOn = retryAfter != nil && isFaultOfTarget(failure) && connector.failed()
        if !goesOn { registrationWaiters.resumeAll(with: .failure(error)) }
        unregistrationWaiters.resumeAll(with: .failure(error))
    }

    /// Whether another server of the P-CSCF may do better (RFC 3263 §4.3).
    private func isFaultOfTarget(_ failure: RegistrationFailure) -> Bool {
        switch failure {
        case .unreachable, .noAnswer: true
        case .refused, .authentication, .notGranted, .notRegistered: false
        }
    }

    private func unregistered(_ cause: Registration.UnregistrationCause) {
        status = nil
        registeredUntil = nil
        keepNonces()
        let told: UnregistrationCause =
            switch cause {
            case .byUser: .byUser
            case .byNetwork(let event): .byNetwork(event: event, isReturning: core?.isReturning == true)
            case .expired: .expired
            }
        emit(.unregistered(told))
        unregistrationWaiters.resumeAll(with: .success(()))
        if case .byNetwork(let event, isReturning: false) = told {
            registrationWaiters.resumeAll(with: .failure(.deregisteredByNetwork(event: event)))
        }
    }

    func take(_ failure: SubscriptionFailure) {
        let refusal: Refusal =
            switch failure {
            case .refused(let status): Refusal(status: status.value, reason: status.reasonPhrase)
            case .timedOut: Refusal(status: 408, reason: "no answer")
            case .unreachable: Refusal(status: 503, reason: "not reachable")
            }
        emit(.warning(.registrationEventRefused(refusal)))
    }

    // MARK: - Messages

    /// Hands a message to the core; its outcome resumes `waiter`.
    func submit(
        _ message: OutgoingMessage,
        to recipient: String,
        from identity: String?,
        _ waiter: CheckedContinuation<Result<MessageReport, EngineError>, Never>
    ) -> PagerMessage.ID? {
        guard let core else {
            waiter.resume(returning: .failure(.notRegistered))
            return nil
        }
        var identifiers = IdentifierSource()
        let callID = identifiers.callID()
        let sender = identity ?? core.usableIdentity
        let row = recordPending(message, to: recipient, from: sender, callID: callID)
        let pager = PagerMessage(
            recipient: recipient,
            contentType: message.contentType,
            body: ByteString(message.body),
            identity: sender,
            isPrivate: message.isPrivate,
            callID: callID
        )
        let id = self.core?.take(pager)
        guard let id else { return nil }
        messageWaiters[id] = MessageWaiter(
            continuation: waiter,
            row: row,
            to: recipient,
            from: sender,
            callID: callID
        )
        step { core, now, effects in core.send(id, at: now, into: &effects) }
        return id
    }

    /// Answers a call that waits for an outcome, before there is one; the history says that none came.
    func abandon(_ id: PagerMessage.ID, _ error: EngineError) {
        guard let waiter = messageWaiters.removeValue(forKey: id) else { return }
        core?.abandon(id)
        record(.noAnswer, of: waiter.row)
        waiter.continuation.resume(returning: .failure(error))
    }

    /// Ends the wait for an outcome that takes too long: as far as is known nobody answered.
    func giveUp(_ id: PagerMessage.ID) {
        core?.abandon(id)
        finish(id, .noAnswer)
    }

    func finish(_ id: PagerMessage.ID, _ outcome: PagerMessage.Outcome) {
        guard let waiter = messageWaiters.removeValue(forKey: id) else { return }
        switch MessageOutcome.of(outcome, account: account, lastError: connector.lastError) {
        case .success(let outcome):
            // First the store, then the user: what was reported survives.
            record(outcome, of: waiter.row)
            let report = MessageReport(
                to: waiter.to,
                callID: waiter.callID,
                outcome: outcome,
                from: waiter.from
            )
            emit(.outcome(report))
            waiter.continuation.resume(returning: .success(report))
        case .failure(let error):
            record(.noAnswer, of: waiter.row)
            waiter.continuation.resume(returning: .failure(error))
        }
    }

    func take(_ received: ReceivedPagerMessage) {
        let message = IncomingMessage(
            from: received.from,
            fromDisplayName: received.fromDisplayName,
            asserted: received.asserted,
            to: received.to,
            contentType: received.contentType,
            body: received.body.bytes,
            callID: received.callID
        )
        record(message)
        step { core, now, effects in core.accept(received.request, at: now, into: &effects) }
        emit(.message(message))
    }
}

/// A call that waits for the outcome of a message, and what is known of the message.
struct MessageWaiter {
    var continuation: CheckedContinuation<Result<MessageReport, EngineError>, Never>
    /// Its row in the history.
    var row: Int64?
    var to: String
    var from: String
    var callID: String
}
