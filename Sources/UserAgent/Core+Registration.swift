import SIP
import Wire

// The registration, and what follows from it: the watch, the keep-alive, the messages that waited.
extension Core {
    /// Lets the registration take one input, then does what it asks for.
    mutating func stepRegistration(
        at now: Instant,
        into effects: inout [Effect],
        _ body: (inout Registration, inout [Registration.Effect]) -> Void
    ) {
        var steps: [Registration.Effect] = []
        body(&registration, &steps)
        for step in steps {
            switch step {
            case .send(let request, _): send(request, for: .registration, at: now, into: &effects)
            case .needFlow: effects.append(.openFlow(isLarge: false))
            case .report(let report): take(report, at: now, into: &effects)
            case .needFullState:
                stepWatch(at: now, into: &effects) { watch, steps in
                    let request = watch.request
                    watch.resubscribe(request, at: now, into: &steps)
                }
            }
        }
    }

    private mutating func take(
        _ report: Registration.Report,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        effects.append(.registration(report))
        // Who asks what this client can do is told what the registrar was told.
        let contact = flow.flatMap { registration.presentContact(over: $0) }
        screening.capabilities.contact = contact
        screening.capabilities.users = contact.map { users(besides: $0) } ?? []
        switch report {
        case .registered(let status):
            keepFlowAlive(as: status, at: now)
            beginWatch(at: now, into: &effects)
            renewPresence(at: now, into: &effects)
            releaseHeld(at: now, into: &effects)
            flushQueue(at: now, into: &effects)
        case .failed(let failure, _):
            failQueue(failure, into: &effects)
            failHeld(at: now, into: &effects)
        case .unregistered:
            endWatch()
            guard !isMoving else { return openLargeFlow(into: &effects) }
            failQueue(.notRegistered, into: &effects)
            failHeld(at: now, into: &effects)
        case .registering, .flowLost, .wrongProof: break
        }
    }

    /// The user parts of what requests to this client are addressed to: its contact, as the S-CSCF writes it, or one
    /// of the registered identities, as a request does that has passed none.
    private func users(besides contact: Contact) -> Set<String> {
        let identities = (registration.status?.identities ?? []).compactMap {
            try? URI(parsing: ByteString($0))
        }
        let users = identities.map { $0.sip?.userText } + [contact.uri.sip?.userText]
        return Set((users + [registration.profile.publicIdentity.userText]).compactMap(\.self))
    }

    /// Begins keep-alives on a flow that has none yet (RFC 5626 §4.4, RFC 6223 §4).
    private mutating func keepFlowAlive(as status: Registration.Status, at now: Instant) {
        guard keepAlive == nil, let flow else { return }
        let named = status.keepAlive.flatMap { $0 > .zero ? $0 : nil }
        let isConfigured = configuration.keepAlive != nil
        guard let interval = configuration.keepAlive ?? named ?? standardInterval(over: flow),
            interval > .zero
        else {
            return
        }
        // Over UDP the answer would be one of STUN, which nobody has promised for a double CRLF.
        let expectsPong = flow.transport.isReliable && status.keepAlive != nil && !isConfigured
        keepAlive = KeepAlive(every: interval, expectsPong: expectsPong, at: now, using: &identifiers)
    }

    private func standardInterval(over flow: Flow) -> Duration? {
        flow.transport.isReliable ? KeepAlive.standardInterval : nil
    }

    // MARK: - Messages that wait

    /// Sends what waited for a registration.
    mutating func flushQueue(at now: Instant, into effects: inout [Effect]) {
        guard registration.isRegistered, let flow else { return }
        while let id = queue.first {
            guard let delivery = deliveries[id] else {
                queue.removeFirst()
                continue
            }
            let sender = delivery.message.identity ?? usableIdentity
            let request = delivery.message.request(
                from: sender,
                displayName: configuration.registration.displayName,
                tag: identifiers.tag()
            )
            if let size = datagramExcess(of: request, over: flow) {
                guard hasTriedLargeFlow else { return moveToLargeFlow(at: now, into: &effects) }
                effects.append(.sentOverDatagram(size: size))
            }
            queue.removeFirst()
            send(request, for: .pagerMessage(id), at: now, into: &effects)
        }
    }

    /// The size of a request as it would be sent, if that is more than a datagram should carry.
    private func datagramExcess(of request: Message, over flow: Flow) -> Int? {
        guard flow.transport == .udp else { return nil }
        var request = completed(request)
        // On a copy: what is only measured uses up no nonce.
        var authenticator = registration.authenticator
        authenticator.authorize(&request)
        let via = Self.viaAllowance + flow.local.description.utf8.count
        let size = request.serialized().count + via
        return size > PagerMessage.datagramLimit ? size : nil
    }

    /// At least what the `Via` of a request takes beside the address, which is added after its size must be known.
    private static let viaAllowance = 72

    /// The account's own identity if the network lets it be used, else the default one (TS 24.229 §5.1.2A.1.1).
    package var usableIdentity: String {
        let own = registration.profile.publicIdentity.text.text
        guard registration.status?.isRegisteredIdentityBarred == true else { return own }
        return registration.defaultIdentity ?? own
    }

    private mutating func failQueue(_ failure: RegistrationFailure, into effects: inout [Effect]) {
        isMoving = false
        let waiting = queue
        queue.removeAll()
        for id in waiting {
            guard let delivery = deliveries[id] else { continue }
            finish(id, delivery.refusal.map { .refused($0) } ?? .notSent(failure), into: &effects)
        }
    }

    // MARK: - A flow for large messages

    /// Leaves the UDP flow for one over TCP: cores take requests only over the flow that is registered, so that the
    /// registration moves with the message (RFC 3261 §18.1.1).
    private mutating func moveToLargeFlow(at now: Instant, into effects: inout [Effect]) {
        isMoving = true
        hasTriedLargeFlow = true
        unregister(serviceOnly: false, at: now, into: &effects)
    }

    /// Sends a request of presence, over TCP if it is large.
    mutating func sendBySize(
        _ request: Message,
        for purpose: Purpose,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard !isMoving else { return held.append(HeldRequest(request: request, purpose: purpose)) }
        if let flow, let size = datagramExcess(of: request, over: flow) {
            guard hasTriedLargeFlow || !registration.isRegistered else {
                held.append(HeldRequest(request: request, purpose: purpose))
                return moveToLargeFlow(at: now, into: &effects)
            }
            effects.append(.sentOverDatagram(size: size))
        }
        send(request, for: purpose, at: now, into: &effects)
    }

    /// Sends what waited for the end of a move, as far as it was not made anew for the new flow.
    private mutating func releaseHeld(at now: Instant, into effects: inout [Effect]) {
        guard !isMoving else { return }
        let waiting = held
        held = []
        for one in waiting {
            if case .presence(let id) = one.purpose,
                watches[id]?.value.subscription.isAwaiting(one.request) != true
            {
                continue
            }
            sendBySize(one.request, for: one.purpose, at: now, into: &effects)
        }
    }

    private mutating func failHeld(at now: Instant, into effects: inout [Effect]) {
        let waiting = held
        held = []
        for one in waiting { giveUp(one.request, for: one.purpose, at: now, into: &effects) }
    }

    private mutating func openLargeFlow(into effects: inout [Effect]) {
        effects.append(.openFlow(isLarge: true))
    }

    /// The registration goes on over the flow that was opened for large messages.
    mutating func endMove(at now: Instant, into effects: inout [Effect]) {
        guard isMoving else { return }
        isMoving = false
        register(at: now, into: &effects)
    }
}
