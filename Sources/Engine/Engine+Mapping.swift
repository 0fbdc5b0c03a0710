import SIP
package import UserAgent
import Wire

// The core's values in the words of the engine's interface.

extension Core.Configuration {
    init(account: Account, instance: String, configuration: EngineConfiguration) throws(EngineError) {
        guard let identity = try? SIPURI(account.publicIdentity),
            let home = try? SIPURI("sip:\(account.realm)")
        else {
            throw .invalidIdentity(account.publicIdentity)
        }
        var profile = Registration.Profile(publicIdentity: identity, homeDomain: home)
        profile.displayName = account.displayName
        profile.instanceID = instance
        profile.requiresPreferences = account.requiresPreferences
        profile.userAgent = "IM-client/OMA1.0 \(EngineConfiguration.product)/\(configuration.version)"
        profile.accessNetworkInfo = account.accessNetworkInfo
        profile.expires = account.expires
        profile.allow = [
            .invite, .ack, .cancel, .bye, .update, .prack, .message, .notify, .options,
        ]
        let form = account.imageShareForm.identifierForm
        profile.serviceFeatures.append(ServiceIdentifier.imageShare.applicationTag(form))
        self.init(
            registration: profile,
            timers: account.usesIMSTimers ? .ims : .standard,
            watchesRegistration: account.subscribesToRegistration && configuration.isLongLived,
            keepAlive: account.keepAlive
        )
    }
}

extension RegistrationStatus {
    init(_ granted: Registration.Status, flow: Flow?) {
        self.init(
            expires: granted.expires,
            identities: granted.identities,
            registeredIdentity: granted.registeredIdentity,
            isRegisteredIdentityBarred: granted.isRegisteredIdentityBarred,
            serviceRoute: granted.serviceRoute.map(\.description),
            contact: granted.contact,
            proxy: flow.map { "\($0.remote)" } ?? "",
            transport: flow?.transport ?? .udp,
            isServiceRegistered: granted.isServiceRegistered,
            publicGRUU: granted.publicGRUU,
            temporaryGRUU: granted.temporaryGRUU
        )
    }
}

extension Refusal {
    /// Reads what a final response says of its reason.
    init(_ response: Message) {
        let warning = try? response.headers.first(SIP.Warning.self)
        let unsupported = (try? response.headers.all(Unsupported.self)) ?? []
        let retryAfter = try? response.headers.first(RetryAfter.self)
        self.init(
            status: response.status?.value ?? 0,
            reason: response.reason?.text ?? "",
            warning: warning.flatMap { $0.text },
            unsupported: unsupported.flatMap { $0.tokens.map(\.text) },
            retryAfter: retryAfter?.delay
        )
    }
}

extension EngineError {
    /// Says why a registration failed; `lastError` is what the last attempt to open a flow met.
    init(_ failure: RegistrationFailure, account: Account, lastError: EngineError?) {
        self =
            switch failure {
            case .refused(let response): .refused(method: "REGISTER", Refusal(response))
            case .authentication(let error, let status):
                .authentication(AuthenticationFailure(error, account: account, status: status.value))
            case .noAnswer: .noAnswer(method: "REGISTER")
            case .unreachable:
                lastError ?? .unreachable(target: account.proxy.host, detail: "the flow to the P-CSCF failed")
            case .notGranted: .notGranted
            case .notRegistered: .notRegistered
            }
    }
}

extension AuthenticationFailure {
    init(_ error: AuthenticationError, account: Account, status: UInt16) {
        self =
            switch error {
            case .credentialsRefused, .notFromNetwork:
                .credentialsRefused(privateIdentity: account.privateIdentity, status: status)
            case .noCredentials(let scheme): .noCredentials(scheme: scheme)
            case .noCommonAlgorithm(let offered): .noCommonAlgorithm(offered: offered)
            case .foreignRealm(let offered, let expected): .foreignRealm(offered: offered, expected: expected)
            case .networkNotAuthenticated: .networkNotAuthenticated
            case .synchronisationFailed: .synchronisationFailed
            case .malformedChallenge: .malformedChallenge
            }
    }
}

extension MessageOutcome {
    /// Sorts what became of a message; a failure is one that kept it from being sent.
    static func of(
        _ outcome: PagerMessage.Outcome,
        account: Account,
        lastError: EngineError?
    ) -> Result<MessageOutcome, EngineError> {
        switch outcome {
        case .succeeded(let response): .success(response.status == .accepted ? .storedForLater : .accepted)
        case .refused(let response): .success(of(refusal: response))
        case .noAnswer: .success(.noAnswer)
        case .notSent(let failure):
            .failure(EngineError(failure, account: account, lastError: lastError))
        case .notAuthenticated(let error, let status):
            .failure(.authentication(AuthenticationFailure(error, account: account, status: status.value)))
        }
    }

    private static func of(refusal response: Message) -> MessageOutcome {
        switch response.status {
        case .temporarilyUnavailable: .notStored(Refusal(response))
        case .requestTimeout: .noAnswer
        default: .refused(Refusal(response))
        }
    }
}

extension MessageTiming {
    /// What the network is asked to do with a message whose recipient is not there (RFC 3841 §9.1).
    var requestDisposition: String? {
        switch self {
        case .online: "no-queue"
        case .deferred: "queue"
        case .any: nil
        }
    }
}

extension Account.ImageShareForm {
    /// How an identifier is written in this form.
    package var identifierForm: ServiceIdentifier.Form { self == .mercuro ? .mercuro : .standard }
}
