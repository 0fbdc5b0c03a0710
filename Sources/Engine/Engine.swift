import MSRP
package import Runtime
import SIP
package import Store
import UserAgent
import Wire

/// The client as the commands see it: one account, its registration and its messages.
///
/// The engine is the only actor. Everything below it is synchronous and is confined to it, so no layer below takes
/// a lock or awaits. Its parts: `core` decides, `transport` and `locator` touch the network, `store` keeps.
package actor Engine {
    nonisolated let loop: EventLoop
    package nonisolated let configuration: EngineConfiguration

    package nonisolated var account: Account { configuration.account }
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// Made by `prepare`, once the secret is known.
    var core: Core?
    var transport: SIPTransport?
    var connector: Connector
    var keeper = Keeper.closed
    var timer: TimerToken?
    var stream = EventStream()

    var registrationWaiters = Waiters<RegistrationStatus>()
    var unregistrationWaiters = Waiters<Void>()
    var msrp: MSRPTransport?
    var sessionTimer: TimerToken?
    var chatStates: [ChatID: ChatState] = [:]
    /// Whose an MSRP session is, by this side's own URI.
    var sessionOwners: [MSRPURI: SessionOwner] = [:]
    var capabilityWaiters: [CapabilityQuery.ID: CapabilityWaiter] = [:]
    var messageWaiters: [PagerMessage.ID: MessageWaiter] = [:]
    /// When the registrar's grant ends; the status tells what is left of it.
    var registeredUntil: Instant?
    var status: RegistrationStatus?
    /// Why the last flow failed, for those who are told that it did.
    var lastFlowFailure: String?
    /// What was last put into the store under each key, so that it is written only when it changes.
    var remembered: [String: String] = [:]
    var isShutDown = false

    /// Effects that wait until the one being performed is done, so that each sees a settled state.
    var pending: [Core.Effect] = []
    var isPerforming = false

    package init(_ configuration: EngineConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        connector = Connector(account: configuration.account, nameServers: configuration.nameServers)
    }

    /// What is registered now, with the time it has left, or `nil`.
    package var registration: RegistrationStatus? {
        guard var status, let registeredUntil else { return nil }
        status.expires = max(.zero, registeredUntil - .now)
        return status
    }

    /// Every event from now on, for any number of subscribers, until `shutDown`.
    package func events() -> AsyncStream<Event> { stream.subscribe() }

    /// The last `limit` messages with `peer`, or with anyone, oldest first.
    ///
    /// - Parameters:
    ///   - peer: Part of the other side's URI; `nil` for everyone.
    ///   - word: What the text must hold, upper and lower case alike; `nil` for any.
    ///   - limit: How many at most.
    /// - Returns: The messages.
    /// - Throws: `Store.Failure` when there is no store or it cannot be read.
    package func history(peer: String?, holding word: String? = nil, limit: Int) throws -> [HistoryEntry] {
        let store = try openedStore()
        guard let word else { return try store.history(account: account.name, peer: peer, limit: limit) }
        return try store.search(word, account: account.name, peer: peer, limit: limit)
    }

    /// The URIs of those messages were exchanged with, the latest first; none if there is no store.
    package func peers(limit: Int) -> [String] {
        (try? openedStore().peers(account: account.name, limit: limit)) ?? []
    }
}

// MARK: - Commands

extension Engine {
    /// Registers the account and waits for the answer; calls made meanwhile share it.
    ///
    /// - Returns: What the registrar granted.
    /// - Throws: `EngineError` when it refuses or stays silent, or cannot be reached.
    package func register() async throws(EngineError) -> RegistrationStatus {
        try await prepare()
        if let registration { return registration }
        return try await withDeadline(method: "REGISTER") { engine, waiter in
            let number = engine.registrationWaiters.add(waiter)
            engine.step { core, now, effects in core.register(at: now, into: &effects) }
            return { $0.registrationWaiters.resume(number, with: .failure($1)) }
        }
    }

    /// Leaves the IM service (the binding stays, without the feature tag), or the network altogether.
    package func unregister(serviceOnly: Bool) async throws(EngineError) {
        guard status != nil else { throw .notRegistered }
        return try await withDeadline(method: "REGISTER") { engine, waiter in
            let number = engine.unregistrationWaiters.add(waiter)
            engine.step { core, now, effects in
                core.unregister(serviceOnly: serviceOnly, at: now, into: &effects)
            }
            return { $0.unregistrationWaiters.resume(number, with: .failure($1)) }
        }
    }

    /// Sends a pager message, registering first if need be, and waits for its outcome.
    ///
    /// The message is in the history, as pending, before its first byte leaves.
    package func send(_ message: OutgoingMessage) async throws(EngineError) -> MessageReport {
        let recipient = try Recipient(message.to, realm: account.realm).uri
        guard message.body.count <= Self.bodyLimit else {
            throw .tooLarge(size: message.body.count, limit: Self.bodyLimit)
        }
        try await prepare()
        if message.body.count > PagerMessage.datagramLimit { connector.prefersStreams = true }
        let granted = try await register()
        let sender = try identity(message.identity ?? configuration.identity, among: granted)
        return try await withDeadline(method: "MESSAGE") { engine, waiter in
            let id = engine.submit(message, to: recipient, from: sender, waiter)
            return { engine, _ in if let id { engine.giveUp(id) } }
        }
    }

    /// The largest body of a pager message: with its headers it must fit the 65,535 bytes that cores take.
    static let bodyLimit = 60_000

    /// Ends everything: de-registers unless told not to, waits a moment for the answer, closes the flows.
    package func shutDown(keepRegistration: Bool) async {
        guard !isShutDown else { return }
        isShutDown = true
        registrationWaiters.resumeAll(with: .failure(.interrupted))
        for id in messageWaiters.keys { abandon(id, .interrupted) }
        for id in capabilityWaiters.keys { abandon(id, .interrupted) }
        for id in chatStates.keys { leave(id) }
        if !keepRegistration, core?.hasBinding == true {
            let patience = min(Self.farewell, configuration.timeout ?? Self.farewell)
            let deadline = loop.schedule(at: .now + patience) { [weak self] in
                self?.assumeIsolated {
                    $0.unregistrationWaiters.resumeAll(with: .failure(.noAnswer(method: "REGISTER")))
                }
            }
            _ = await withCheckedContinuation { continuation in
                _ = unregistrationWaiters.add(continuation)
                step { core, now, effects in core.unregister(serviceOnly: false, at: now, into: &effects) }
            }
            loop.cancel(deadline)
        }
        unregistrationWaiters.resumeAll(with: .failure(.interrupted))
        keepPort(ofRegistration: keepRegistration && status != nil)
        if let timer { loop.cancel(timer) }
        if let sessionTimer { loop.cancel(sessionTimer) }
        msrp?.closeAll()
        transport?.closeAll()
        stream.finish()
        keeper = .closed
    }

    /// How long a leaving client waits for the registrar to confirm.
    static let farewell = Duration.seconds(3)

    /// Waits for an answer at most as long as `--timeout` allows; `start` sets the work going and returns how to
    /// answer the waiting call early.
    func withDeadline<Value: Sendable>(
        method: String,
        _ start: (isolated Engine, CheckedContinuation<Result<Value, EngineError>, Never>) -> Canceller
    ) async throws(EngineError) -> Value {
        guard !isShutDown else { throw .interrupted }
        var deadline: TimerToken?
        let answer = await withCheckedContinuation { continuation in
            let cancel = start(self, continuation)
            if let timeout = configuration.timeout {
                deadline = loop.schedule(at: .now + timeout) { [weak self] in
                    self?.assumeIsolated { cancel($0, .noAnswer(method: method)) }
                }
            }
        }
        if let deadline { loop.cancel(deadline) }
        return try answer.get()
    }

    typealias Canceller = @Sendable (isolated Engine, EngineError) -> Void

    /// The identity to send as: the one asked for if the network lists it, else the account's own, else the default.
    func identity(_ wanted: String?, among granted: RegistrationStatus) throws(EngineError) -> String? {
        guard let wanted else { return nil }
        guard let match = granted.identities.first(where: { Recipient.isSame($0, wanted) }) else {
            throw .identityNotAvailable(wanted, available: granted.identities)
        }
        return match
    }
}
