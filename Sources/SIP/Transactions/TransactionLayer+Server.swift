package import Wire

extension TransactionLayer {
    /// Answers a request that was reported.
    ///
    /// What the transaction may not send is dropped: anything after the final response, a second 2xx excepted for
    /// INVITE, and what RFC 4320 forbids.
    ///
    /// - Parameters:
    ///   - response: The response, with the `Via` values of the request.
    ///   - id: The transaction of the request.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    package mutating func respond(
        _ response: Message,
        to id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let status = response.status, let server = servers[id] else { return }
        switch server.machine {
        case .invite: step(id, .respond(status), carrying: response, at: now, into: &effects)
        case .nonInvite: stepNonInvite(id, .respond(status), carrying: response, at: now, into: &effects)
        }
    }

    mutating func receiveRequest(
        _ received: Message,
        over flow: Flow,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let method = received.method, let key = ServerTransactionKey(of: received) else {
            effects.append(.discarded(.noReturnPath, over: flow))
            return
        }
        if let id = serverIDs[key]?.first(where: {
            servers[$0]?.isMatched(by: received, method: method) == true
        }) {
            receiveAgain(received, method: method, id: id, at: now, into: &effects)
            return
        }
        var request = received
        let replyFlow = request.markReceived(over: flow)
        guard method != .ack else {
            effects.append(.acknowledgement(request, over: flow))
            return
        }
        guard servers.count < limits.serverTransactions, heldBytes < limits.heldBytes else {
            effects.append(.discarded(.overload, over: flow))
            return
        }
        let id = open(request, method: method, key: key, over: replyFlow, at: now, into: &effects)
        if method == .cancel {
            receiveCancel(request, id: id, at: now, into: &effects)
        } else if rememberedRequests.note(
            request,
            at: now,
            for: timerValues.transactionLifetime,
            limits: limits
        ) {
            effects.append(.request(request, id, over: flow))
        } else {
            let response = request.response(.loopDetected, toTag: identifiers.tag())
            respond(response, to: id, at: now, into: &effects)
        }
    }

    mutating func fire(
        _ timer: ServerTimer,
        of id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch timer {
        case .invite(let timer): step(id, .fired(timer), at: now, into: &effects)
        case .nonInvite(let timer): stepNonInvite(id, .fired(timer), at: now, into: &effects)
        }
    }

    private mutating func receiveAgain(
        _ request: Message,
        method: Method,
        id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch servers[id]?.machine {
        case .invite:
            let input: InviteServerTransaction.Input = method == .ack ? .acknowledgement : .retransmission
            step(id, input, carrying: request, at: now, into: &effects)
        case .nonInvite:
            stepNonInvite(id, .retransmission, at: now, into: &effects)
        case nil:
            break
        }
    }

    /// Answers a CANCEL, and reports it if the INVITE it means still waits for a final response (RFC 3261 §9.2).
    private mutating func receiveCancel(
        _ cancel: Message,
        id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        let sameBranch = servers[id].flatMap { serverIDs[$0.key] } ?? []
        guard let target = sameBranch.first(where: { $0 != id }), let server = servers[target] else {
            let refusal = cancel.response(.callDoesNotExist, toTag: identifiers.tag())
            respond(refusal, to: id, at: now, into: &effects)
            return
        }
        // The tag of the response to the INVITE, as far as it has been chosen (§9.2).
        let tag = server.responseTag?.text ?? identifiers.tag()
        respond(cancel.response(.ok, toTag: tag), to: id, at: now, into: &effects)
        if case .invite(let machine) = server.machine, machine.state == .proceeding {
            effects.append(.cancelled(target))
        }
    }

    private mutating func open(
        _ request: Message,
        method: Method,
        key: ServerTransactionKey,
        over flow: Flow,
        at now: Instant,
        into effects: inout [Effect]
    ) -> ServerTransactionID {
        let id = ServerTransactionID(number: makeNumber())
        let isReliable = flow.transport.isReliable
        var inviteSteps: [InviteServerTransaction.Effect] = []
        var nonInviteSteps: [NonInviteServerTransaction.Effect] = []
        let machine: ServerTransaction.Machine =
            method == .invite
            ? .invite(.init(isReliable: isReliable, timers: timerValues, into: &inviteSteps))
            : .nonInvite(.init(isReliable: isReliable, timers: timerValues, into: &nonInviteSteps))
        servers[id] = ServerTransaction(
            machine: machine,
            key: key,
            method: method,
            flow: flow,
            request: request
        )
        heldBytes += servers[id]?.heldBytes ?? 0
        serverIDs[key, default: []].append(id)
        for step in inviteSteps { perform(step, for: id, carrying: nil, at: now, into: &effects) }
        for step in nonInviteSteps { perform(step, for: id, carrying: nil, at: now, into: &effects) }
        return id
    }

    private mutating func step(
        _ id: ServerTransactionID,
        _ input: InviteServerTransaction.Input,
        carrying message: Message? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard case .invite(var machine)? = servers[id]?.machine else { return }
        var steps: [InviteServerTransaction.Effect] = []
        machine.step(input, into: &steps)
        servers[id]?.machine = .invite(machine)
        for step in steps { perform(step, for: id, carrying: message, at: now, into: &effects) }
    }

    private mutating func stepNonInvite(
        _ id: ServerTransactionID,
        _ input: NonInviteServerTransaction.Input,
        carrying message: Message? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard case .nonInvite(var machine)? = servers[id]?.machine else { return }
        var steps: [NonInviteServerTransaction.Effect] = []
        machine.step(input, into: &steps)
        servers[id]?.machine = .nonInvite(machine)
        for step in steps { perform(step, for: id, carrying: message, at: now, into: &effects) }
    }

    private mutating func perform(
        _ step: InviteServerTransaction.Effect,
        for id: ServerTransactionID,
        carrying message: Message?,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch step {
        case .send: transmit(message, for: id, into: &effects)
        case .sendTrying: transmit(servers[id]?.request?.response(.trying), for: id, into: &effects)
        case .resend: retransmit(for: id, into: &effects)
        case .deliverAcknowledgement:
            guard let message, let flow = servers[id]?.flow else { return }
            effects.append(.acknowledgement(message, over: flow))
        case .start(let timer, let delay): timers.start(.server(id, .invite(timer)), at: now + delay)
        case .stop(let timer): timers.stop(.server(id, .invite(timer)))
        case .finish(let outcome):
            finish(id)
            if outcome == .unacknowledged { effects.append(.unacknowledged(id)) }
        }
    }

    private mutating func perform(
        _ step: NonInviteServerTransaction.Effect,
        for id: ServerTransactionID,
        carrying message: Message?,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch step {
        case .send: transmit(message, for: id, into: &effects)
        case .sendTrying: transmit(servers[id]?.request?.response(.trying), for: id, into: &effects)
        case .resend: retransmit(for: id, into: &effects)
        case .start(let timer, let delay): timers.start(.server(id, .nonInvite(timer)), at: now + delay)
        case .stop(let timer): timers.stop(.server(id, .nonInvite(timer)))
        case .finish: finish(id)
        }
    }

    /// Sends a response and keeps its bytes for retransmissions.
    private mutating func transmit(
        _ response: Message?,
        for id: ServerTransactionID,
        into effects: inout [Effect]
    ) {
        guard let response, let flow = servers[id]?.flow else { return }
        let bytes = response.serialized()
        heldBytes -= servers[id]?.heldBytes ?? 0
        servers[id]?.keep(response, as: bytes)
        heldBytes += servers[id]?.heldBytes ?? 0
        effects.append(.transmit(bytes, over: flow))
    }

    private func retransmit(for id: ServerTransactionID, into effects: inout [Effect]) {
        guard let server = servers[id] else { return }
        effects.append(.transmit(server.response, over: server.flow))
    }

    private mutating func finish(_ id: ServerTransactionID) {
        guard let server = servers.removeValue(forKey: id) else { return }
        heldBytes -= server.heldBytes
        serverIDs[server.key]?.removeAll { $0 == id }
        if serverIDs[server.key]?.isEmpty == true { serverIDs[server.key] = nil }
    }
}
