package import Wire

extension TransactionLayer {
    /// Sends a request in a transaction of its own.
    ///
    /// - Parameters:
    ///   - request: The request, without the `Via` of this hop. A request other than ACK.
    ///   - flow: The flow it takes; its retransmissions, its CANCEL and its ACK take the same.
    ///   - keepAlive: Whether to ask for the interval of keep-alives with `keep` (RFC 6223 §4.3).
    ///   - identifiers: The source of the branch.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    /// - Returns: The name under which the response or the failure will be reported.
    package mutating func send(
        _ request: Message,
        over flow: Flow,
        keepAlive: Bool = false,
        identifiers: inout IdentifierSource,
        at now: Instant,
        into effects: inout [Effect]
    ) -> ClientTransactionID {
        let branch = identifiers.branch()
        var request = request
        request.headers.prepend(Via(branch: branch, over: flow, keepAlive: keepAlive))
        return start(request, branch: branch, over: flow, isOwn: false, at: now, into: &effects)
    }

    /// Sends an ACK for a 2xx response: it belongs to no transaction and is never answered (RFC 3261 §13.2.2.4).
    ///
    /// The user sends it again for every 2xx that comes again.
    package func sendAcknowledgement(
        _ acknowledgement: Message,
        over flow: Flow,
        identifiers: inout IdentifierSource,
        into effects: inout [Effect]
    ) {
        var acknowledgement = acknowledgement
        acknowledgement.headers.prepend(Via(branch: identifiers.branch(), over: flow, keepAlive: false))
        effects.append(.transmit(acknowledgement.serialized(), over: flow))
    }

    /// Cancels an INVITE that has no final response yet (RFC 3261 §9.1).
    ///
    /// The CANCEL goes out once a provisional response has come; the INVITE then ends with its final response, 487 as
    /// a rule, or with a time-out. Cancelling anything else does nothing.
    package mutating func cancel(
        _ id: ClientTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard case .invite(let machine)? = clients[id]?.machine else { return }
        switch machine.state {
        case .calling: clients[id]?.isCancelWanted = true
        case .proceeding: sendCancel(for: id, at: now, into: &effects)
        case .completed, .accepted, .terminated: break
        }
    }

    mutating func receiveResponse(
        _ response: Message,
        over flow: Flow,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let status = response.status, let key = ClientTransactionKey(of: response),
            let id = clientIDs[key],
            let client = clients[id], client.isReturn(of: response)
        else {
            effects.append(.discarded(.strayResponse, over: flow))
            return
        }
        switch client.machine {
        case .invite: step(id, .response(status), carrying: response, at: now, into: &effects)
        case .nonInvite: stepNonInvite(id, .response(status), carrying: response, at: now, into: &effects)
        }
        if clients[id]?.isCancelWanted == true, status.isProvisional {
            sendCancel(for: id, at: now, into: &effects)
        }
    }

    mutating func fire(
        _ timer: ClientTimer,
        of id: ClientTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch timer {
        case .invite(let timer): step(id, .fired(timer), at: now, into: &effects)
        case .nonInvite(let timer): stepNonInvite(id, .fired(timer), at: now, into: &effects)
        }
    }

    mutating func failTransport(of id: ClientTransactionID, at now: Instant, into effects: inout [Effect]) {
        switch clients[id]?.machine {
        case .invite: step(id, .transportFailed, at: now, into: &effects)
        case .nonInvite: stepNonInvite(id, .transportFailed, at: now, into: &effects)
        case nil: break
        }
    }

    private mutating func start(
        _ request: Message,
        branch: String,
        over flow: Flow,
        isOwn: Bool,
        at now: Instant,
        into effects: inout [Effect]
    ) -> ClientTransactionID {
        guard let method = request.method, method != .ack else {
            preconditionFailure("only a request other than ACK makes a transaction")
        }
        let id = ClientTransactionID(number: makeNumber())
        let key = ClientTransactionKey(branch: branch, method: method)
        let isReliable = flow.transport.isReliable
        var inviteSteps: [InviteClientTransaction.Effect] = []
        var nonInviteSteps: [NonInviteClientTransaction.Effect] = []
        let machine: ClientTransaction.Machine =
            method == .invite
            ? .invite(.init(isReliable: isReliable, timers: timerValues, into: &inviteSteps))
            : .nonInvite(.init(isReliable: isReliable, timers: timerValues, into: &nonInviteSteps))
        clients[id] = ClientTransaction(
            machine: machine,
            key: key,
            request: request,
            flow: flow,
            isOwn: isOwn
        )
        clientIDs[key] = id
        for step in inviteSteps { perform(step, for: id, carrying: nil, at: now, into: &effects) }
        for step in nonInviteSteps { perform(step, for: id, carrying: nil, at: now, into: &effects) }
        return id
    }

    private mutating func sendCancel(
        for id: ClientTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard let client = clients[id], let invite = client.invite else { return }
        clients[id]?.isCancelWanted = false
        step(id, .cancelled, at: now, into: &effects)
        let cancel = invite.hopRequest(.cancel, to: nil)
        _ = start(cancel, branch: client.key.branch, over: client.flow, isOwn: true, at: now, into: &effects)
    }

    private mutating func step(
        _ id: ClientTransactionID,
        _ input: InviteClientTransaction.Input,
        carrying response: Message? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard case .invite(var machine)? = clients[id]?.machine else { return }
        var steps: [InviteClientTransaction.Effect] = []
        machine.step(input, into: &steps)
        clients[id]?.machine = .invite(machine)
        for step in steps { perform(step, for: id, carrying: response, at: now, into: &effects) }
    }

    private mutating func stepNonInvite(
        _ id: ClientTransactionID,
        _ input: NonInviteClientTransaction.Input,
        carrying response: Message? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard case .nonInvite(var machine)? = clients[id]?.machine else { return }
        var steps: [NonInviteClientTransaction.Effect] = []
        machine.step(input, into: &steps)
        clients[id]?.machine = .nonInvite(machine)
        if machine.state == .completed { clients[id]?.forgetRequest() }
        for step in steps { perform(step, for: id, carrying: response, at: now, into: &effects) }
    }

    private mutating func perform(
        _ step: InviteClientTransaction.Effect,
        for id: ClientTransactionID,
        carrying response: Message?,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch step {
        case .send: transmitRequest(of: id, into: &effects)
        case .acknowledge: acknowledge(response, for: id, into: &effects)
        case .deliver: deliver(response, to: id, into: &effects)
        case .start(let timer, let delay): timers.start(.client(id, .invite(timer)), at: now + delay)
        case .stop(let timer): timers.stop(.client(id, .invite(timer)))
        case .finish(let outcome): finish(id, outcome, into: &effects)
        }
    }

    private mutating func perform(
        _ step: NonInviteClientTransaction.Effect,
        for id: ClientTransactionID,
        carrying response: Message?,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch step {
        case .send: transmitRequest(of: id, into: &effects)
        case .deliver: deliver(response, to: id, into: &effects)
        case .start(let timer, let delay): timers.start(.client(id, .nonInvite(timer)), at: now + delay)
        case .stop(let timer): timers.stop(.client(id, .nonInvite(timer)))
        case .finish(let outcome): finish(id, outcome, into: &effects)
        }
    }

    private func transmitRequest(of id: ClientTransactionID, into effects: inout [Effect]) {
        guard let client = clients[id] else { return }
        effects.append(.transmit(client.bytes, over: client.flow))
    }

    /// Acknowledges a refusal: the same ACK every time, to where the INVITE went (§17.1.1.3).
    private mutating func acknowledge(
        _ response: Message?,
        for id: ClientTransactionID,
        into effects: inout [Effect]
    ) {
        guard let response, let client = clients[id], let invite = client.invite else { return }
        let bytes =
            client.acknowledgement
            ?? invite.hopRequest(.ack, to: response.headers.first(.to)).serialized()
        clients[id]?.acknowledgement = bytes
        effects.append(.transmit(bytes, over: client.flow))
    }

    private mutating func deliver(
        _ response: Message?,
        to id: ClientTransactionID,
        into effects: inout [Effect]
    ) {
        guard let response, let client = clients[id], !client.isOwn else { return }
        if response.status?.isFinal == true { clients[id]?.isAnswered = true }
        effects.append(.response(response, to: id))
    }

    private mutating func finish(
        _ id: ClientTransactionID,
        _ outcome: ClientOutcome,
        into effects: inout [Effect]
    ) {
        guard let client = clients.removeValue(forKey: id) else { return }
        clientIDs[client.key] = nil
        guard !client.isOwn, !client.isAnswered else { return }
        switch outcome {
        case .answered: break
        case .timedOut: effects.append(.failure(id, .timedOut))
        case .unreachable: effects.append(.failure(id, .unreachable))
        }
    }
}
