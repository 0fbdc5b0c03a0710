import Documents
import MSRP
package import Runtime
import SDP
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
    /// What the account proves itself with; read by `prepare`.
    var credential = Credential.none
    var transport: SIPTransport?
    var connector: Connector
    var keeper = Keeper.closed
    /// Whether changes to the store wait to be made safe.
    var isGroupOpen = false
    /// What is told when they are.
    var heldEvents: [Event] = []
    /// Where the messages of chats go whose bytes are wanted and nothing else; made when first needed.
    var chatOutlet: ChatOutlet?
    var timer = DeadlineTimer()
    var stream = EventStream()

    var registrationWaiters = Waiters<RegistrationStatus>()
    var unregistrationWaiters = Waiters<Void>()
    var msrp: MSRPTransport?
    var sessionTimer = DeadlineTimer()
    /// Events of message sessions that have not been acted on.
    var undriven: [MSRPTransport.Event] = []
    var isDriving = false
    /// Whether the message sessions are about to send.
    var isSendingDue = false
    var chatStates: [ChatID: ChatState] = [:]
    /// Messages that go or come in a session of their own.
    var largeMessages: [MessageSession.ID: LargeMessage] = [:]
    /// Those that are not offered yet, by the number of who waits for them.
    var largePreparations: [Int: LargePreparation] = [:]
    /// The fingerprint of the certificate for message sessions, once there is one.
    var messageFingerprint: Fingerprint?
    /// Who has refused a chat over TLS in this run.
    var plainPeers: Set<String> = []
    var transferStates: [TransferID: TransferState] = [:]
    /// Transfers that are over and whose end is being told to whoever waits for it.
    var finishedTransfers: [TransferID: TransferState] = [:]
    var partings: [MessageSession.ID: Parting] = [:]
    var partingWaiters = Waiters<Void>()
    var lastTransfer: UInt64 = 0
    /// The invitations to transfers that are being answered: the relay may have to give its leave first.
    var answeredSessions: Set<MessageSession.ID> = []
    var progressTimer: TimerToken?
    /// When it was told last how much of a file is hashed.
    var lastHashingTold = Instant.now
    /// Whose an MSRP session is, by this side's own URI.
    var sessionOwners: [MSRPURI: SessionOwner] = [:]
    var capabilityWaiters: [CapabilityQuery.ID: CapabilityWaiter] = [:]
    var presence = PresenceLedger()
    /// The calls that wait for the relay to serve a session, and what the relay was answered last for each.
    var relayWaiters: [MSRPURI: RelayWaiter] = [:]
    var relayCredentials: [MSRPURI: RelayCredentials] = [:]
    /// The documents on a server; made when first needed.
    var xdm: XDMClient?
    var http: HTTPClient?
    var serverCapabilities: XCAPCapabilities?
    var messageWaiters: [PagerMessage.ID: MessageWaiter] = [:]
    var lastWaiter = 0
    /// What is known of messages that were asked about, who they were for, and who waits to know more.
    var dispositions = OutgoingDispositions()
    var sentContexts: [String: SentContext] = [:]
    var goalWaiters: [String: [GoalWaiter]] = [:]
    var lastGoalWaiter = 0
    /// What is owed for messages that are not displayed yet.
    var receipts: [UInt64: OwedReceipt] = [:]
    var lastReceipt: UInt64 = 0
    /// Notifications of ours that are on their way by MESSAGE, and whom they are for.
    var notices: [PagerMessage.ID: String] = [:]
    /// The calls that wait until nothing of ours is on its way.
    var quietWaiters = Waiters<Void>()
    /// Who is writing outside any chat.
    var composers: [String: ComposingReceiver] = [:]
    var composingTimer: TimerToken?
    /// What was learned of peers in this run.
    var learned: [PeerFact: Set<String>] = [:]
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

    /// Begins what waits for something without holding up its caller.
    ///
    /// What a task waits for resumes where that task prefers to be, and without a preference that is the pool (`EventLoop`).
    func start(_ work: @escaping @Sendable (isolated Engine) async -> Void) {
        Task(executorPreference: loop) { await work(self) }
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
    ///   - session: The session they were exchanged in; `nil` for any.
    ///   - limit: How many at most.
    /// - Returns: The messages.
    /// - Throws: `Store.Failure` when there is no store or it cannot be read.
    package func history(
        peer: String?,
        holding word: String? = nil,
        session: String? = nil,
        limit: Int
    ) throws -> [HistoryEntry] {
        let store = try openedStore()
        if let session {
            return try store.transcript(account: account.name, sessionID: session, limit: limit)
        }
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
        if !serviceOnly { await endPresence() }
        return try await withDeadline(method: "REGISTER") { engine, waiter in
            let number = engine.unregistrationWaiters.add(waiter)
            engine.step { core, now, effects in
                core.unregister(serviceOnly: serviceOnly, at: now, into: &effects)
            }
            return { $0.unregistrationWaiters.resume(number, with: .failure($1)) }
        }
    }

    /// Ends everything: de-registers unless told not to, waits a moment for the answer, closes the flows.
    package func shutDown(keepRegistration: Bool) async {
        guard !isShutDown else { return }
        isShutDown = true
        registrationWaiters.resumeAll(with: .failure(.interrupted))
        for (id, waiter) in messageWaiters where waiter.continuation != nil { abandon(id, .interrupted) }
        endGoalWaits()
        for id in capabilityWaiters.keys { abandon(id, .interrupted) }
        for id in chatStates.keys { leave(id) }
        for id in transferStates.keys { cancel(id) }
        presence.publicationWaiters.resumeAll(with: .failure(.interrupted))
        for uri in presence.arrivals.keys {
            presence.arrivals[uri]?.resumeAll(with: .failure(.interrupted))
        }
        for id in presence.fetches.keys {
            presence.resumeFetch(id, with: .failure(.interrupted))
        }
        leaveLargeMessages(keepingUnattended: true)
        await awaitPartings()
        await sendLastMessages()
        if !keepRegistration { await endPresence() }
        for local in relayWaiters.keys { relayFailed(local, .unreachable(detail: "interrupted")) }
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
        keepPresences()
        timer.cancel(on: loop)
        sessionTimer.cancel(on: loop)
        for timer in [composingTimer, progressTimer].compactMap(\.self) { loop.cancel(timer) }
        closeGroup()
        msrp?.closeAll()
        transport?.closeAll()
        http?.close()
        stream.finish()
        keeper = .closed
    }

    /// How long a leaving client waits for the registrar to confirm.
    static let farewell = Duration.seconds(3)

    /// Lets notifications, and messages nobody waits for, get their answer: one may be a challenge.
    private func sendLastMessages() async {
        guard !isQuiet else { return }
        let patience = min(Self.farewell, configuration.timeout ?? Self.farewell)
        let deadline = loop.schedule(at: .now + patience) { [weak self] in
            self?.assumeIsolated { $0.quietWaiters.resumeAll(with: .success(())) }
        }
        _ = await withCheckedContinuation { continuation in _ = quietWaiters.add(continuation) }
        loop.cancel(deadline)
        for id in messageWaiters.keys { abandon(id, .interrupted) }
        leaveLargeMessages()
    }

    private var isQuiet: Bool {
        notices.isEmpty && messageWaiters.isEmpty && !hasUnattendedLargeMessage
    }

    func resumeIfQuiet() {
        if isQuiet { quietWaiters.resumeAll(with: .success(())) }
    }

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
