package import SIP
package import Wire

/// A whole IMS core in one value: P-CSCF, registrar and router for a handful of users, without I/O or clock.
///
/// It shares the message and transaction code of the client, so it proves nothing about them; it shows a newcomer the
/// flows and gives tests a network that fails when told to.
package struct LabCore: Sendable {
    package enum Effect: Sendable {
        case transmit([UInt8], over: Flow)
        /// Something a person who watches wants to read, on one line.
        case note(String)
        /// Something to do with a connection of the MSRP switch.
        case link(LabSwitch.Effect)
    }

    /// A request from a client, on its way to its answer.
    struct Incoming {
        let message: Message
        let id: ServerTransactionID
        let flow: Flow
        let now: Instant
    }

    /// What a request of ours was for.
    enum Purpose {
        /// It carried a client's request on; the response goes back to it.
        case forward(Message, ServerTransactionID)
        case notification(DialogID)
        case text(to: String)
    }

    let configuration: LabConfiguration
    var faults: LabFaults
    var registrar = LabRegistrar()
    var nonces = LabNonces()
    var subscriptions: [DialogID: LabSubscription] = [:]
    var presence = LabPresence()
    var messages: LabSwitch
    var documents: LabXCAP
    /// The chats of the automatic buddy.
    var calls: [DialogID: LabCall] = [:]
    var lastCall = 0
    var identifiers: IdentifierSource
    private var layer: TransactionLayer
    private var purposes: [ClientTransactionID: Purpose] = [:]
    /// What the transaction layer asked for and is not done yet.
    private var steps: [TransactionLayer.Effect] = []
    private var outbox: [Effect] = []
    private var delayed: [(time: Instant, bytes: [UInt8], flow: Flow)] = []

    package init(_ configuration: LabConfiguration) {
        (self.configuration, faults) = (configuration, configuration.faults)
        identifiers = configuration.seed.map { IdentifierSource(seed: $0) } ?? IdentifierSource()
        messages = LabSwitch(
            configuration,
            identifiers: configuration.seed.map { IdentifierSource(seed: $0 &+ 1) } ?? IdentifierSource()
        )
        documents = LabXCAP(
            configuration,
            identifiers: configuration.seed.map { IdentifierSource(seed: $0 &+ 2) } ?? IdentifierSource()
        )
        layer = TransactionLayer(
            timers: configuration.timers,
            identifiers: configuration.seed.map { IdentifierSource(seed: ~$0) } ?? IdentifierSource()
        )
    }

    // MARK: - Inputs

    /// Takes in one message: a datagram, or what was cut out of a stream.
    package mutating func receive(
        _ bytes: ByteString,
        over flow: Flow,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        // A keep-alive over UDP is line ends and nothing else.
        guard bytes.bytes.contains(where: { !$0.breaksField }) else { return }
        do throws(SIPParseError) {
            let message = try Message(parsing: bytes)
            if message.isRequest, faults.takeDropped() {
                note("lost on purpose: \(message.method?.rawValue ?? "") from \(flow.remote)")
            } else {
                layer.receive(message, over: flow, at: now, into: &steps)
            }
        } catch {
            refuse(bytes, error, over: flow, at: now)
        }
        settle(at: now, into: &effects)
    }

    /// Takes note that a connection is over.
    package mutating func flowClosed(_ flow: FlowID, at now: Instant, into effects: inout [Effect]) {
        registrar.lose(flow)
        loseCalls(on: flow)
        loseSubscriptions(at: now) { $0.flow.id == flow }
        layer.flowFailed(flow, at: now, into: &steps)
        settle(at: now, into: &effects)
    }

    /// Takes in what came on a connection of the MSRP switch.
    mutating func receive(
        _ bytes: ByteString,
        on link: LabSwitch.LinkID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        messages.receive(bytes, on: link, at: now)
        settle(at: now, into: &effects)
    }

    mutating func linkClosed(_ link: LabSwitch.LinkID, at now: Instant, into effects: inout [Effect]) {
        messages.close(link, at: now)
        settle(at: now, into: &effects)
    }

    /// Answers a request for documents, and tells those who watch them.
    mutating func answer(
        _ request: LabHTTPRequest,
        at now: Instant,
        into effects: inout [Effect]
    ) -> LabHTTPResponse {
        let response = documents.answer(request, at: now)
        for change in documents.takeChanges() { take(change, at: now) }
        settle(at: now, into: &effects)
        return response
    }

    /// When `fire` must be called, at the latest.
    package var nextDeadline: Instant? {
        let deadlines = [
            layer.nextDeadline, delayed.map(\.time).min(), registrar.nextExpiry,
            subscriptions.values.map(\.expiry).min(), presence.nextExpiry,
            messages.nextDeadline, nextRepetition,
        ]
        return deadlines.compactMap(\.self).min()
    }

    package mutating func fire(at now: Instant, into effects: inout [Effect]) {
        layer.fire(at: now, into: &steps)
        expireBindings(at: now)
        expireSubscriptions(at: now)
        expirePublications(at: now)
        repeatAnswers(at: now)
        messages.fire(at: now)
        let due = delayed.filter { $0.time <= now }
        delayed.removeAll { $0.time <= now }
        outbox += due.map { .transmit($0.bytes, over: $0.flow) }
        settle(at: now, into: &effects)
    }

    /// Obeys one line of somebody who watches; `help` lists what there is.
    package mutating func control(_ line: String, at now: Instant, into effects: inout [Effect]) -> String {
        let answer = obey(line, at: now)
        settle(at: now, into: &effects)
        return answer
    }

    // MARK: - Requests

    private mutating func receive(_ request: Incoming) {
        if let failure = request.message.validate(isEndpoint: false) {
            if case .reject(let status) = failure.verdict { answer(request, status) }
            return
        }
        if let seconds = faults.retryAfter {
            answer(request, .serviceUnavailable) { $0.headers.append(RetryAfter(seconds: seconds)) }
            return
        }
        if let method = request.message.method, let status = faults.takeStatus(of: method) {
            return refuse(request, method, status)
        }
        if let id = DialogID(ofReceived: request.message), calls[id] != nil {
            return receive(request, in: id)
        }
        switch request.message.method {
        case .register?: register(request)
        case .message?, .invite?, .bye?, .update?, .prack?: route(request)
        case .subscribe?: subscribe(request)
        case .publish?: publish(request)
        case .options?: answerOptions(request)
        case let method?:
            answer(request, method.isKnown ? .methodNotAllowed : .notImplemented) { response in
                response.headers.append(Allow(Self.methods))
            }
        case nil: break
        }
    }

    private static let methods: [Method] = [
        .register, .message, .subscribe, .publish, .options, .invite, .ack, .cancel, .bye, .update, .prack,
    ]

    /// An OPTIONS for the core itself is answered, one for a user is carried on.
    private mutating func answerOptions(_ request: Incoming) {
        let target = request.message.requestURI.flatMap { try? SIPURI(parsing: $0) }
        guard let target, target.user == nil else { return route(request) }
        answer(request, .ok) { response in
            response.headers.append(Allow(Self.methods))
            response.headers.append(Self.events)
        }
    }

    /// Answers a request as a fault wants it, with what the status must bring along.
    private mutating func refuse(_ request: Incoming, _ method: Method, _ status: StatusCode) {
        note("\(method) from \(request.flow.remote) answered \(status.value) on purpose")
        let asked = (try? request.message.headers.first(Expires.self))?.seconds ?? 3600
        answer(request, status) { response in
            switch status {
            case .intervalTooBrief: response.headers.append(MinExpires(seconds: asked &+ 60))
            case .badEvent: response.headers.append(Self.events)
            case .methodNotAllowed: response.headers.append(Allow(Self.methods.filter { $0 != method }))
            case .serviceUnavailable: response.headers.append(RetryAfter(seconds: 1))
            default: break
            }
        }
    }

    /// Answers a message that cannot be read, if it can be seen that it is a request and whose.
    private mutating func refuse(
        _ bytes: ByteString,
        _ error: SIPParseError,
        over flow: Flow,
        at now: Instant
    ) {
        note("unreadable message from \(flow.remote): \(error)")
        guard let request = Message.salvage(bytes), request.method != .ack, request.topVia != nil else {
            return
        }
        transmit(request.response(error.status, toTag: identifiers.tag()).serialized(), over: flow, at: now)
    }

    // MARK: - Outputs

    /// Answers a request; `complete` adds what the status asks for.
    mutating func answer(
        _ request: Incoming,
        _ status: StatusCode,
        reason: String? = nil,
        tag: String? = nil,
        _ complete: (inout Message) -> Void = { _ in }
    ) {
        var response = request.message.response(status, reason: reason, toTag: tag ?? identifiers.tag())
        response.headers.append(.server, "ims-lab")
        complete(&response)
        layer.respond(response, to: request.id, at: request.now, into: &steps)
    }

    /// Sends a response that is made already.
    mutating func respond(_ response: Message, to id: ServerTransactionID, at now: Instant) {
        layer.respond(response, to: id, at: now, into: &steps)
    }

    /// Sends a request of ours, or one of a client's on.
    mutating func send(_ request: Message, over flow: Flow, for purpose: Purpose, at now: Instant) {
        let id = layer.send(request, over: flow, identifiers: &identifiers, at: now, into: &steps)
        purposes[id] = purpose
    }

    mutating func note(_ text: String) { outbox.append(.note(text.safeForDisplay())) }

    private mutating func transmit(_ bytes: [UInt8], over flow: Flow, at now: Instant) {
        guard faults.delay > .zero else { return outbox.append(.transmit(bytes, over: flow)) }
        if delayed.count < LabLimits.delayed { delayed.append((now + faults.delay, bytes, flow)) }
    }

    /// Does what the transaction layer asks for until it asks for nothing more.
    private mutating func settle(at now: Instant, into effects: inout [Effect]) {
        while !steps.isEmpty {
            let batch = steps
            steps = []
            for step in batch { perform(step, at: now) }
        }
        effects += outbox
        outbox = []
        effects += messages.takeEffects().map { .link($0) }
    }

    private mutating func perform(_ step: TransactionLayer.Effect, at now: Instant) {
        switch step {
        case .transmit(let bytes, let flow): transmit(bytes, over: flow, at: now)
        case .request(let message, let id, let flow):
            receive(Incoming(message: message, id: id, flow: flow, now: now))
        case .response(let response, let id): finish(id, response, at: now)
        case .failure(let id, let failure):
            let status: StatusCode = failure == .timedOut ? .requestTimeout : .temporarilyUnavailable
            finish(id, Message(status: status), at: now)
        case .discarded(let reason, let flow): note("discarded a message from \(flow.remote): \(reason)")
        case .acknowledgement(let message, let flow): carryAcknowledgement(message, over: flow)
        case .cancelled(let id): cancel(id, at: now)
        // The one who is called stops by itself when no ACK comes.
        case .unacknowledged: break
        }
    }

    /// Carries the ACK of a 2xx on: it belongs to no transaction (RFC 3261 §13.2.2.4).
    private mutating func carryAcknowledgement(_ message: Message, over flow: Flow) {
        if let id = DialogID(ofReceived: message), calls[id] != nil { return acknowledge(id) }
        let target = message.requestURI.flatMap { try? URI(parsing: $0) }
        guard registrar.user(on: flow) != nil, let target, let binding = registrar.binding(at: target) else {
            return note("an ACK for nobody from \(flow.remote)")
        }
        var carried = message
        carried.headers.remove(.via)
        carried.headers.remove(.route)
        layer.sendAcknowledgement(carried, over: binding.flow, identifiers: &identifiers, into: &steps)
    }

    /// Cancels what was carried on for a client (RFC 3261 §16.10).
    private mutating func cancel(_ id: ServerTransactionID, at now: Instant) {
        for case (let client, .forward(_, id)) in purposes { layer.cancel(client, at: now, into: &steps) }
    }

    /// Takes the response to a request of ours; one without header fields is our own, for want of one.
    private mutating func finish(_ id: ClientTransactionID, _ response: Message, at now: Instant) {
        guard let status = response.status, let purpose = purposes[id] else { return }
        if status.isFinal { purposes[id] = nil }
        switch purpose {
        case .forward(let request, let server): carryBack(response, of: request, to: server, at: now)
        case .notification(let dialog):
            if status.isFinal, !status.isSuccess {
                loseSubscriptions(at: now) { $0.dialog.id == dialog }
            }
        case .text(let user):
            if status.isFinal { note("\(user) answered \(status.value)") }
        }
    }

    /// Hands a response on to the client whose request was carried on, by the way that request came (RFC 3261 §16.7).
    private mutating func carryBack(
        _ response: Message,
        of request: Message,
        to id: ServerTransactionID,
        at now: Instant
    ) {
        guard let status = response.status, status != .trying else { return }
        var carried = response
        if response.headers.isEmpty {
            carried = request.response(status, toTag: identifiers.tag())
        } else {
            carried.headers.remove(.via)
            carried.headers = HeaderList(request.headers.filter { $0.name == .via } + Array(carried.headers))
            passSwitch(&carried, isFirst: false)
        }
        leaveSwitch(request, status)
        layer.respond(carried, to: id, at: now, into: &steps)
    }
}
