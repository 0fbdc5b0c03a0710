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
        beginPresence()
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
        if cause == .byUser { presence.forgetWatches() }
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

    func take(_ failure: EventFailure) {
        emit(.warning(.registrationEventRefused(Refusal(failure))))
    }
}
