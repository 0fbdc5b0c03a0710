internal import Documents
package import SIP
package import Wire

/// The registration of one public identity over one flow (RFC 3261 §10, TS 24.229 §5.1.1).
///
/// A value that knows what is wanted, what the registrar granted and what is under way; `advance` compares them
/// and takes the next step. At most one REGISTER is on its way at a time.
package struct Registration: Sendable {
    package let profile: Profile
    /// The one keeper of the account's credentials; other requests are authorised with it too.
    package var authenticator: Authenticator
    var identifiers: IdentifierSource

    var goal = Goal.absent
    var flow: Flow?
    var isAwaitingFlow = false
    var exchange: Exchange?
    var binding: Binding?
    /// Whether the binding is to be refreshed as soon as nothing else is on its way.
    var isRefreshWanted = false
    var retry: Retry?
    var pace = RegistrationPace()
    var table = RegistrationTable()

    /// The lifetime asked for: the account's, or more if the registrar wants more.
    var expires: Duration
    /// Whether `reg-id` is sent, until a hop says that it cannot (RFC 5626 §11.6).
    var usesOutbound: Bool
    var callID = ""
    var fromTag = ""
    var sequence: UInt32 = 0

    /// What the user wants to be true at the registrar.
    enum Goal: Hashable, Sendable {
        case absent
        case present(withService: Bool)
    }

    /// A REGISTER that waits for its final answer.
    struct Exchange: Sendable {
        /// The request as last sent, without `Via`.
        var request: Message
        var flow: Flow
        var sequence: UInt32
        var purpose: Goal
        var attempts = AuthenticationAttempts()
        var hasRaisedExpiry = false
        /// Whether it was first sent with a nonce of an earlier answer.
        var usesKeptNonce: Bool
    }

    /// What the registrar granted, and until when.
    struct Binding: Sendable {
        var status: Status
        var contact: SIPURI
        var flow: Flow
        var since: Instant
        var refreshAt: Instant
        var expiresAt: Instant
    }

    /// A wait before the next attempt.
    struct Retry: Sendable {
        var at: Instant
        var failure: RegistrationFailure
        /// Whether the network named the time, so that nobody may hurry it.
        var isMandatory: Bool
    }

    package init(profile: Profile, authenticator: Authenticator, identifiers: IdentifierSource) {
        self.profile = profile
        self.authenticator = authenticator
        self.identifiers = identifiers
        expires = profile.expires
        usesOutbound = profile.registrationID != nil
    }
}

// MARK: - What others ask

extension Registration {
    /// Whether requests can be sent: a binding is granted and its flow stands.
    package var isRegistered: Bool { binding != nil && binding?.flow == flow && goal != .absent }

    /// Whether the registrar may hold a binding of ours.
    package var hasBinding: Bool { binding != nil || exchange != nil }

    /// Whether a REGISTER is on its way or will be without anyone asking.
    package var isBusy: Bool { exchange != nil || isAwaitingFlow || retry != nil }

    /// What was granted last, or `nil`.
    package var status: Status? { binding?.status }

    /// The proxies behind the P-CSCF that requests must visit (RFC 3608 §5).
    package var serviceRoute: [Route] { binding?.status.serviceRoute ?? [] }

    /// The identities that may be used outward, the default one first; a barred one is not among them.
    package var identities: [String] { binding?.status.identities ?? [] }

    package var defaultIdentity: String? { identities.first }

    /// The Contact URI of this client, as it sends it.
    package var contact: SIPURI? { flow.flatMap { contactURI(over: $0) } }

    package var nextDeadline: Instant? {
        let isIdle = exchange == nil && retry == nil && !isAwaitingFlow && !isRefreshWanted
        return [binding?.expiresAt, isIdle ? binding?.refreshAt : nil, retry?.at].compactMap(\.self).min()
    }
}

// MARK: - What the user wants

extension Registration {
    /// Registers with the IM service, or refreshes the registration; attempts that are under way are shared.
    package mutating func start(at now: Instant, into effects: inout [Effect]) {
        if let retry, retry.isMandatory, retry.at > now {
            goal = .present(withService: true)
            return effects.append(.report(.failed(retry.failure, retryAfter: retry.at - now)))
        }
        retry = nil
        let wanted = Goal.present(withService: true)
        if goal == wanted, exchange == nil, binding != nil { isRefreshWanted = true }
        goal = wanted
        advance(at: now, into: &effects)
    }

    /// Leaves the IM service, or the network altogether.
    package mutating func unregister(serviceOnly: Bool, at now: Instant, into effects: inout [Effect]) {
        if serviceOnly {
            guard goal != .absent, binding != nil else {
                return effects.append(.report(.failed(.notRegistered, retryAfter: nil)))
            }
            goal = .present(withService: false)
        } else {
            goal = .absent
            retry = nil
            isAwaitingFlow = false
        }
        advance(at: now, into: &effects)
    }

    /// Sends the registration anew as it is, after what is under way.
    package mutating func refresh(at now: Instant, into effects: inout [Effect]) {
        guard goal != .absent else { return }
        isRefreshWanted = true
        advance(at: now, into: &effects)
    }
}

// MARK: - Flow and time

extension Registration {
    /// A flow to the P-CSCF stands: the first, or one that replaces the former.
    package mutating func flowReady(_ flow: Flow, at now: Instant, into effects: inout [Effect]) {
        self.flow = flow
        isAwaitingFlow = false
        if goal != .absent { advance(at: now, into: &effects) }
    }

    /// The flow broke, or none could be opened.
    package mutating func flowFailed(at now: Instant, into effects: inout [Effect]) {
        if isAwaitingFlow {
            isAwaitingFlow = false
            return fail(.unreachable, retry: .later, at: now, into: &effects)
        }
        guard let failed = flow else { return }
        flow = nil
        isRefreshWanted = binding != nil
        if exchange?.flow == failed { exchange = nil }
        guard goal != .absent else { return advance(at: now, into: &effects) }
        let delay = pace.nextDelay(using: &identifiers)
        retry = Retry(at: now + delay, failure: .unreachable, isMandatory: false)
        effects.append(.report(.flowLost(retryAfter: delay)))
    }

    /// There will be no final response to the REGISTER that is on its way.
    package mutating func failure(
        _ failure: TransactionLayer.ClientFailure,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let failed = exchange else { return }
        exchange = nil
        // A transaction that ends because its flow was replaced says nothing about the new flow.
        guard failed.flow == flow else { return advance(at: now, into: &effects) }
        // Silence is taken for a dead flow: the next attempt goes over another (RFC 3263 §4.3).
        flow = nil
        isRefreshWanted = binding != nil
        fail(failure == .timedOut ? .noAnswer : .unreachable, retry: .later, at: now, into: &effects)
    }

    /// Takes the passing of time.
    package mutating func fire(at now: Instant, into effects: inout [Effect]) {
        if let binding, binding.expiresAt <= now {
            self.binding = nil
            isRefreshWanted = false
            if goal != .absent { effects.append(.report(.unregistered(.expired))) }
        }
        if let retry, retry.at <= now { self.retry = nil }
        if let binding, binding.refreshAt <= now, goal != .absent { isRefreshWanted = true }
        if goal != .absent || binding != nil { advance(at: now, into: &effects) }
    }
}

// MARK: - The next step

extension Registration {
    /// Takes the step that leads from what is to what is wanted, if nothing is under way and nothing has to be awaited.
    mutating func advance(at now: Instant, into effects: inout [Effect]) {
        guard exchange == nil, retry == nil, !isAwaitingFlow else { return }
        guard case .present(let withService) = goal else { return leave(at: now, into: &effects) }
        if let binding, binding.flow == flow, !isRefreshWanted,
            binding.status.isServiceRegistered == withService
        {
            return
        }
        guard let flow else {
            isAwaitingFlow = true
            return effects.append(.needFlow)
        }
        isRefreshWanted = false
        if binding?.flow != flow || binding?.status.isServiceRegistered != withService {
            effects.append(.report(.registering(over: flow)))
        }
        send(goal, over: flow, into: &effects)
    }

    private mutating func leave(at now: Instant, into effects: inout [Effect]) {
        guard let binding, let flow, binding.flow == flow else {
            // Nothing is registered, or nothing can be said to the registrar: the binding is left to run out.
            self.binding = nil
            isRefreshWanted = false
            return effects.append(.report(.unregistered(.byUser)))
        }
        send(.absent, over: flow, into: &effects)
    }

    /// When an attempt that failed is made again.
    enum RetryRule {
        case never
        case later
        /// Not before the time the network named (TS 24.229 §5.1.1.2.1).
        case after(Duration)
    }

    /// Ends an attempt without success.
    mutating func fail(
        _ failure: RegistrationFailure,
        retry rule: RetryRule,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        exchange = nil
        guard goal != .absent else {
            // The leave failed; its binding runs out by itself and nobody waits for it any more.
            binding = nil
            effects.append(.report(.failed(failure, retryAfter: nil)))
            return effects.append(.report(.unregistered(.byUser)))
        }
        let delay: Duration
        var isMandatory = false
        switch rule {
        case .never:
            goal = .absent
            isRefreshWanted = false
            effects.append(.report(.failed(failure, retryAfter: nil)))
            guard binding != nil else { return }
            binding = nil
            return effects.append(.report(.unregistered(.byNetwork(event: "rejected"))))
        case .later:
            delay = pace.nextDelay(using: &identifiers)
        case .after(let named):
            _ = pace.nextDelay(using: &identifiers)
            delay = min(named, Limits.retryAfter)
            isMandatory = true
        }
        isRefreshWanted = binding != nil
        retry = Retry(at: now + delay, failure: failure, isMandatory: isMandatory)
        effects.append(.report(.failed(failure, retryAfter: delay)))
    }
}
