import Documents
package import SIP
package import Wire

// What the network sends, led to the usage it is for.
extension Core {
    /// Takes one message, as a datagram or a stream carried it.
    package mutating func receive(
        _ bytes: ByteString,
        over flow: Flow,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var steps: [TransactionLayer.Effect] = []
        do throws(SIPParseError) {
            transactions.receive(try Message(parsing: bytes), over: flow, at: now, into: &steps)
        } catch {
            effects.append(.noted("\(flow.remote) sent a malformed message: \(error)"))
            refuse(bytes, with: error.status, over: flow, into: &effects)
        }
        perform(steps, at: now, into: &effects)
    }

    /// Answers the request at which a stream became unreadable; the stream is to be closed after that.
    ///
    /// A length that is missing or wrong gets 400, one that is too much 513 (RFC 3261 §18.3, §21.5.7).
    package mutating func receive(
        _ error: StreamFramingError,
        over flow: Flow,
        into effects: inout [Effect]
    ) {
        guard let head = error.head else { return }
        refuse(head, with: error.status, over: flow, into: &effects)
    }

    /// Answers a request that cannot be read, if enough of it can to say where the answer goes.
    private mutating func refuse(
        _ bytes: ByteString,
        with status: StatusCode,
        over flow: Flow,
        into effects: inout [Effect]
    ) {
        guard let request = Message.salvage(bytes) else { return }
        let verdict = screening.refuse(request, with: status, tag: identifiers.tag())
        guard case .respond(let response) = verdict else { return }
        effects.append(.transmit(response.serialized(), over: flow))
    }

    mutating func perform(
        _ steps: [TransactionLayer.Effect],
        at now: Instant,
        into effects: inout [Effect]
    ) {
        for step in steps {
            switch step {
            case .transmit(let bytes, let flow): effects.append(.transmit(bytes, over: flow))
            case .request(let request, let id, _): take(request, id, at: now, into: &effects)
            case .response(let response, let id): take(response, to: id, at: now, into: &effects)
            case .failure(let id, let failure): take(failure, of: id, at: now, into: &effects)
            case .discarded(let reason, let flow):
                effects.append(.noted("dropped a message from \(flow.remote): \(reason)"))
            case .acknowledgement(let request, _): takeAcknowledgement(request, at: now, into: &effects)
            case .cancelled(let id): takeCancel(id, at: now, into: &effects)
            // The session gives up by a timer of its own when no ACK comes.
            case .unacknowledged: break
            }
        }
    }

    mutating func respond(
        _ response: Message,
        to request: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var response = response
        complete(&response)
        var steps: [TransactionLayer.Effect] = []
        transactions.respond(response, to: request, at: now, into: &steps)
        perform(steps, at: now, into: &effects)
    }

    // MARK: - Requests

    private mutating func take(
        _ request: Message,
        _ id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let concerned = session(of: request)
        let presence = presenceWatch(of: request)
        let isExpected =
            concerned != nil || presence != nil
            || [watch, formerWatch].contains { $0?.isConcerned(by: request) == true }
        switch screening.screen(request, isExpected: isExpected, tag: identifiers.tag()) {
        case .discard: effects.append(.noted("ignored \(request.method?.rawValue ?? "a request")"))
        case .respond(let response):
            let (method, status) = (request.method?.rawValue ?? "request", response.status?.value ?? 0)
            effects.append(.noted("answered \(method) with \(status)"))
            respond(response, to: id, at: now, into: &effects)
        case .accept where concerned != nil:
            guard let concerned else { return }
            stepSession(concerned, at: now, into: &effects) { session, steps in
                session.receive(request: request, id, at: now, into: &steps)
            }
        case .accept where request.method == .invite: takeInvitation(request, id, at: now, into: &effects)
        case .accept where presence != nil:
            guard let presence else { return }
            stepPresence(presence, answering: (id, request), at: now, into: &effects) { watch, steps in
                watch.receive(notify: request, at: now, into: &steps)
            }
        case .accept where request.method == .notify: takeNotification(request, id, at: now, into: &effects)
        case .accept: takePagerMessage(request, id, at: now, into: &effects)
        }
    }

    private mutating func takePagerMessage(
        _ request: Message,
        _ id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let message = ReceivedPagerMessage(request, request: id) else {
            let response = request.response(.badRequest, toTag: identifiers.tag())
            return respond(response, to: id, at: now, into: &effects)
        }
        guard unanswered.count < Limits.unansweredRequests else {
            let response = request.response(.serviceUnavailable, toTag: identifiers.tag())
            return respond(response, to: id, at: now, into: &effects)
        }
        unanswered[id] = request
        effects.append(.message(message))
    }

    private mutating func takeNotification(
        _ request: Message,
        _ id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard watch?.isConcerned(by: request) == true else {
            let isFormer = formerWatch?.isConcerned(by: request) == true
            let status: StatusCode = isFormer ? .ok : .callDoesNotExist
            let response = request.response(status, toTag: identifiers.tag())
            return respond(response, to: id, at: now, into: &effects)
        }
        stepWatch(answering: (id, request), at: now, into: &effects) { watch, steps in
            watch.receive(notify: request, at: now, into: &steps)
        }
    }

    // MARK: - The subscription to one's own registration

    /// Lets the subscription take one input, `notify` if that is what it is, then does what it asks for.
    mutating func stepWatch(
        answering notify: (id: ServerTransactionID, request: Message)? = nil,
        at now: Instant,
        into effects: inout [Effect],
        _ body: (inout Subscription, inout [Subscription.Effect]) -> Void
    ) {
        guard var watch else { return }
        var steps: [Subscription.Effect] = []
        body(&watch, &steps)
        self.watch = watch
        for step in steps {
            switch step {
            case .send(let request): send(request, for: .watch, at: now, into: &effects)
            case .respond(let status):
                guard let notify else { continue }
                let response = notify.request.response(status, toTag: identifiers.tag())
                respond(response, to: notify.id, at: now, into: &effects)
            case .notification(let notification): take(notification, at: now, into: &effects)
            case .started, .terminated: break
            case .failed(let failure, _): effects.append(.watchFailed(failure))
            }
        }
    }

    private mutating func take(_ notification: Notification, at now: Instant, into effects: inout [Effect]) {
        guard !notification.body.isEmpty else { return }
        do throws(DocumentError) {
            let document = try RegistrationInformation(parsing: notification.body.bytes)
            stepRegistration(at: now, into: &effects) { registration, steps in
                registration.receive(document, at: now, into: &steps)
            }
        } catch {
            effects.append(.noted("a registration event document is unreadable: \(error)"))
        }
    }

    /// Begins to watch the registration, or goes on with it over another flow.
    mutating func beginWatch(at now: Instant, into effects: inout [Effect]) {
        guard configuration.watchesRegistration, let contact = registration.contact else { return }
        let request = SubscriptionRequest.registrationState(of: usableIdentity, contact: "<\(contact.text)>")
        if watch == nil {
            watch = Subscription(request, timers: configuration.timers, identifiers: identifiers.makeSource())
            registration.watchBegan()
            stepWatch(at: now, into: &effects) { watch, steps in watch.subscribe(at: now, into: &steps) }
        } else if watch?.request.contact != request.contact {
            registration.watchBegan()
            stepWatch(at: now, into: &effects) { watch, steps in
                watch.resubscribe(request, at: now, into: &steps)
            }
        }
    }

    /// Lets go of the subscription: it ends with the registration it watches.
    mutating func endWatch() {
        guard let watch else { return }
        formerWatch = watch
        self.watch = nil
    }
}
