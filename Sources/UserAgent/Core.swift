package import SIP
package import Wire

/// The user agent core of RFC 3261 §8 for one account: everything between the messages on a flow and what they mean.
///
/// A value without I/O: commands, messages, failures and the time go in, effects come out. It owns the transaction
/// layer and the usages (registration, its event subscription, pager messages) and leads each message to the one it
/// is for.
package struct Core: Sendable {
    /// What the owner of the core must do next, in this order.
    package enum Effect: Sendable {
        case transmit([UInt8], over: Flow)
        /// Open a flow to the P-CSCF, over TCP if a message is too large for UDP; tell with `flowOpened` or
        /// `flowNotOpened`.
        case openFlow(isLarge: Bool)
        case closeFlow(FlowID)
        case registration(Registration.Report)
        /// A pager message came: make it safe, then `accept` it.
        case message(ReceivedPagerMessage)
        case finished(PagerMessage.ID, PagerMessage.Outcome)
        case session(MessageSession.ID, MessageSession.Report)
        case capabilities(CapabilityQuery.ID, CapabilityQuery.Outcome)
        case publication(Publication.Report)
        case watch(PresenceWatch.ID, PresenceWatch.Report)
        /// A message larger than UDP should carry goes over UDP, because there is no other flow; its size.
        case sentOverDatagram(size: Int)
        /// The registration event subscription is not there: the network can deregister us unnoticed.
        case watchFailed(EventFailure)
        /// A message from the network was dropped or refused; for the log.
        case noted(String)
    }

    /// What a request that waits for its response is for.
    enum Purpose: Hashable, Sendable {
        case registration
        case watch
        case pagerMessage(PagerMessage.ID)
        case session(MessageSession.ID)
        case capabilities(CapabilityQuery.ID)
        case publication
        case presence(PresenceWatch.ID)
    }

    /// A request that waits for its final response.
    struct Outstanding: Sendable {
        var purpose: Purpose
        /// The request as it was sent, without `Via`.
        var request: Message
        var attempts = AuthenticationAttempts()
    }

    /// A request that is too large for the flow there is, or came while it was being left.
    struct HeldRequest: Sendable {
        var request: Message
        var purpose: Purpose
    }

    /// A pager message that is not finished.
    struct Delivery: Sendable {
        var message: PagerMessage
        /// The refusal it met because the network had forgotten the registration; it is repeated once.
        var refusal: Message?

        var isRepeated: Bool { refusal != nil }
    }

    package let configuration: Configuration
    var identifiers: IdentifierSource
    var transactions: TransactionLayer
    var registration: Registration
    var watch: Subscription?
    /// The subscription of a registration that has ended; what it still brings is answered and goes nowhere.
    var formerWatch: Subscription?
    var keepAlive: KeepAlive?
    var screening: RequestScreening
    /// The flow the registration uses, or is being tried on.
    package internal(set) var flow: Flow?
    /// Whether our address is changed on the way to the P-CSCF, so that most others cannot connect to it.
    package internal(set) var isTranslated = false
    /// Whether the registration is being moved to a flow that carries large messages.
    var isMoving = false
    var hasTriedLargeFlow = false
    /// Requests of presence that wait for the end of the move.
    var held: [HeldRequest] = []

    var sessions: [MessageSession.ID: MessageSession] = [:]
    /// The sessions of each call: there may be thousands, and two in one call if it goes to oneself.
    var sessionsByCall: [String: [MessageSession.ID]] = [:]
    /// When something in a session falls due.
    var sessionTimers = TimerQueue<MessageSession.ID>()
    var publication: Publication
    var watches: [PresenceWatch.ID: Boxed<PresenceWatch>] = [:]
    /// When each watch is to be looked at, at the latest; there may be hundreds.
    var watchTimers = TimerQueue<PresenceWatch.ID>()
    /// Which watch a NOTIFY of a call is for.
    var watchesByCall: [String: PresenceWatch.ID] = [:]
    /// Where the notifiers send to: another one means that they must be told.
    var presenceContact: String?
    var outstanding: [ClientTransactionID: Outstanding] = [:]
    var deliveries: [PagerMessage.ID: Delivery] = [:]
    /// Messages that wait for a registration, in the order they were given.
    var queue: [PagerMessage.ID] = []
    /// Requests from the network that the owner has not accepted yet.
    var unanswered: [ServerTransactionID: Message] = [:]
    var lastNumber: UInt64 = 0

    package init(
        _ configuration: Configuration,
        authenticator: Authenticator,
        publishedTag: ByteString? = nil,
        identifiers: IdentifierSource = IdentifierSource()
    ) {
        var identifiers = identifiers
        self.configuration = configuration
        transactions = TransactionLayer(timers: configuration.timers, identifiers: identifiers.makeSource())
        registration = Registration(
            profile: configuration.registration,
            authenticator: authenticator,
            identifiers: identifiers.makeSource()
        )
        publication = Publication(entityTag: publishedTag, identifiers: identifiers.makeSource())
        screening = RequestScreening(configuration.capabilities)
        self.identifiers = identifiers
    }

    /// What bounds the memory that the network can take; the layers below have limits of their own.
    package struct Limits: Hashable, Sendable {
        /// Pager messages from the network that wait to be made safe.
        package static let unansweredRequests = 256
        /// Sessions at a time, invitations that wait for an answer included; a further one gets 486.
        package static let sessions = 2048
        /// Watches at a time, one for each buddy where there is no list server.
        package static let watches = 2048
    }
}

// MARK: - Commands

extension Core {
    /// Whether the registrar may hold a binding of ours.
    package var hasBinding: Bool { registration.hasBinding }

    /// Whether a registration that is not there now will be made again without anyone asking.
    package var isReturning: Bool { registration.isBusy }

    /// The account's credentials, with the nonces and sequence numbers they have come to.
    package var authenticator: Authenticator { registration.authenticator }

    /// Begins to register, or to refresh what is registered.
    package mutating func register(at now: Instant, into effects: inout [Effect]) {
        stepRegistration(at: now, into: &effects) { registration, steps in
            registration.start(at: now, into: &steps)
        }
    }

    /// Leaves the IM service only, or the network.
    package mutating func unregister(serviceOnly: Bool, at now: Instant, into effects: inout [Effect]) {
        if !serviceOnly {
            endWatch()
            // What goes on over another flow keeps its subscriptions.
            if !isMoving { endWatches(at: now, into: &effects) }
        }
        stepRegistration(at: now, into: &effects) { registration, steps in
            registration.unregister(serviceOnly: serviceOnly, at: now, into: &steps)
        }
    }

    /// Takes a pager message that `send` is to send.
    package mutating func take(_ message: PagerMessage) -> PagerMessage.ID {
        lastNumber += 1
        let id = PagerMessage.ID(number: lastNumber)
        deliveries[id] = Delivery(message: message)
        return id
    }

    /// Sends a pager message, once there is a registration; the outcome follows as an effect.
    package mutating func send(_ id: PagerMessage.ID, at now: Instant, into effects: inout [Effect]) {
        guard deliveries[id] != nil else { return }
        queue.append(id)
        // While the registration moves to another flow, it must not be made again on the one it leaves.
        guard !isMoving else { return }
        guard registration.isRegistered else { return register(at: now, into: &effects) }
        flushQueue(at: now, into: &effects)
    }

    /// Forgets a message whose outcome nobody waits for any more.
    package mutating func abandon(_ id: PagerMessage.ID) {
        deliveries[id] = nil
        queue.removeAll { $0 == id }
    }

    /// Answers a pager message that has been made safe with 200 (RFC 3428 §7).
    package mutating func accept(
        _ request: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let message = unanswered.removeValue(forKey: request) else { return }
        respond(message.response(.ok, toTag: identifiers.tag()), to: request, at: now, into: &effects)
    }
}

// MARK: - Flows and time

extension Core {
    /// When `fire` must be called, at the latest.
    package var nextDeadline: Instant? {
        var earliest: Instant?
        func take(_ deadline: Instant?) {
            guard let deadline else { return }
            earliest = min(earliest ?? deadline, deadline)
        }
        take(transactions.nextDeadline)
        take(registration.nextDeadline)
        take(watch?.nextDeadline)
        take(keepAlive?.nextDeadline)
        take(publication.nextDeadline)
        take(watchTimers.nextDeadline)
        take(sessionTimers.nextDeadline)
        return earliest
    }

    package mutating func fire(at now: Instant, into effects: inout [Effect]) {
        var steps: [TransactionLayer.Effect] = []
        transactions.fire(at: now, into: &steps)
        perform(steps, at: now, into: &effects)
        stepRegistration(at: now, into: &effects) { registration, steps in
            registration.fire(at: now, into: &steps)
        }
        stepWatch(at: now, into: &effects) { watch, steps in watch.fire(at: now, into: &steps) }
        stepPublication(at: now, into: &effects) { publication, steps in
            publication.fire(at: now, into: &steps)
        }
        fireSessions(at: now, into: &effects)
        fireWatches(at: now, into: &effects)
        switch keepAlive?.fire(at: now, using: &identifiers) {
        case .ping: if let flow { effects.append(.transmit(Array("\r\n\r\n".utf8), over: flow)) }
        case .failed: if let flow { flowFailed(flow.id, at: now, into: &effects) }
        case nil: break
        }
    }

    /// A flow to the P-CSCF stands.
    package mutating func flowOpened(_ opened: Flow, at now: Instant, into effects: inout [Effect]) {
        if let flow, flow.id != opened.id { effects.append(.closeFlow(flow.id)) }
        flow = opened
        stepRegistration(at: now, into: &effects) { registration, steps in
            registration.flowReady(opened, at: now, into: &steps)
        }
        endMove(at: now, into: &effects)
    }

    /// No flow to the P-CSCF could be opened.
    package mutating func flowNotOpened(at now: Instant, into effects: inout [Effect]) {
        // The old flow is left: from here on it is a registration like any other.
        guard !isMoving else { return endMove(at: now, into: &effects) }
        stepRegistration(at: now, into: &effects) { registration, steps in
            registration.flowFailed(at: now, into: &steps)
        }
    }

    /// A flow broke: what waited on it fails, and the registration looks for another.
    package mutating func flowFailed(_ id: FlowID, at now: Instant, into effects: inout [Effect]) {
        guard flow?.id == id else { return effects.append(.closeFlow(id)) }
        flow = nil
        keepAlive = nil
        effects.append(.closeFlow(id))
        var steps: [TransactionLayer.Effect] = []
        transactions.flowFailed(id, at: now, into: &steps)
        perform(steps, at: now, into: &effects)
        stepRegistration(at: now, into: &effects) { registration, steps in
            registration.flowFailed(at: now, into: &steps)
        }
    }

    /// The P-CSCF answered a keep-alive.
    package mutating func receivePong(over id: FlowID, at now: Instant) {
        if flow?.id == id { keepAlive?.receivePong(at: now, using: &identifiers) }
    }
}
