import SDP
package import SIP
package import Wire

// Chats: invitations that go out and come in, and what becomes of them.
extension Core {
    /// Invites `recipient` to a chat; the registration must stand.
    ///
    /// - Returns: The session, or `nil` without a registration.
    package mutating func invite(
        _ recipient: String,
        as identity: String?,
        _ endpoint: MessageSession.Endpoint,
        at now: Instant,
        into effects: inout [Effect]
    ) -> MessageSession.ID? {
        invite(recipient, as: identity, .messaging, at: now, into: &effects) { session in
            session.makeOffer(from: endpoint)
        }
    }

    /// Invites `recipient` to a session of a service; `makeOffer` says of which media.
    ///
    /// - Returns: The session, or `nil` without a registration.
    mutating func invite(
        _ recipient: String,
        as identity: String?,
        _ service: ServiceTags,
        at now: Instant,
        into effects: inout [Effect],
        _ makeOffer: (inout MessageSession) -> SessionBody
    ) -> MessageSession.ID? {
        guard registration.isRegistered, let profile = sessionProfile(as: identity, service) else {
            return nil
        }
        let invite = InviteSession(
            calling: recipient,
            as: profile,
            timers: configuration.timers,
            identifiers: identifiers.makeSource()
        )
        let id = makeSessionID()
        var session = MessageSession(invite)
        let offer = makeOffer(&session)
        sessions[id] = session
        sessionsByCall[session.invite.callID, default: []].append(id)
        stepSession(id, at: now, into: &effects) { session, steps in
            session.start(offering: offer, at: now, into: &steps)
        }
        return id
    }

    /// Takes an invitation; `agreed` follows, or the end if what is offered does not fit.
    package mutating func acceptInvitation(
        _ id: MessageSession.ID,
        _ endpoint: MessageSession.Endpoint,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        acceptInvitation(id, at: now, into: &effects) { session throws(MSRPRefusal) in
            let answer = try session.makeAnswer(from: endpoint)
            return (answer, session.agreed.map { .agreed($0) })
        }
    }

    /// Takes an invitation with the answer that `makeAnswer` gives, and tells what it has agreed.
    mutating func acceptInvitation(
        _ id: MessageSession.ID,
        at now: Instant,
        into effects: inout [Effect],
        _ makeAnswer: (inout MessageSession) throws(MSRPRefusal) -> (SessionBody, MessageSession.Report?)
    ) {
        guard var session = sessions[id] else { return }
        do throws(MSRPRefusal) {
            let (answer, report) = try makeAnswer(&session)
            sessions[id] = session
            // The one who invited may connect as soon as it has the answer, before its ACK is here.
            if let report { effects.append(.session(id, report)) }
            stepSession(id, at: now, into: &effects) { session, steps in
                session.accept(with: answer, at: now, into: &steps)
            }
        } catch {
            let warning = Warning(code: error.warningCode, agent: "ims", text: error.warningText)
            stepSession(id, at: now, into: &effects) { session, steps in
                session.reject(.notAcceptableHere, warning: warning, into: &steps)
            }
        }
    }

    /// Refuses an invitation.
    package mutating func rejectInvitation(
        _ id: MessageSession.ID,
        _ status: StatusCode,
        warning: Warning? = nil,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        stepSession(id, at: now, into: &effects) { session, steps in
            session.reject(status, warning: warning, into: &steps)
        }
    }

    /// Ends a session: BYE, or CANCEL while it is not answered.
    ///
    /// - Parameters:
    ///   - id: The session.
    ///   - isBearerLost: Whether the reason is that the connection of the media broke.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done.
    package mutating func leave(
        _ id: MessageSession.ID,
        isBearerLost: Bool = false,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        stepSession(id, at: now, into: &effects) { session, steps in
            session.terminate(isBearerLost: isBearerLost, at: now, into: &steps)
        }
    }

    /// A session that is not over.
    package func session(_ id: MessageSession.ID) -> MessageSession? { sessions[id] }

    private mutating func makeSessionID() -> MessageSession.ID {
        lastNumber += 1
        return MessageSession.ID(number: lastNumber)
    }

    private func sessionProfile(
        as identity: String?,
        _ service: ServiceTags = .messaging
    ) -> InviteSession.Profile? {
        guard let contact = registration.contact else { return nil }
        var profile = InviteSession.Profile(
            identity: identity ?? usableIdentity,
            displayName: configuration.registration.displayName,
            contactURI: contact.text.text,
            service: service
        )
        profile.product = configuration.registration.userAgent
        return profile
    }

    // MARK: - What sessions ask for

    mutating func stepSession(
        _ id: MessageSession.ID,
        at now: Instant,
        into effects: inout [Effect],
        _ body: (inout InviteSession, inout [InviteSession.Effect]) -> Void
    ) {
        guard var session = sessions[id] else { return }
        var steps: [InviteSession.Effect] = []
        body(&session.invite, &steps)
        sessions[id] = session
        schedule(id, session)
        for step in steps { perform(step, of: id, at: now, into: &effects) }
        if sessions[id]?.invite.isDone == true { forgetSession(id) }
    }

    private mutating func schedule(_ id: MessageSession.ID, _ session: MessageSession) {
        if let deadline = session.invite.nextDeadline {
            sessionTimers.start(id, at: deadline)
        } else {
            sessionTimers.stop(id)
        }
    }

    mutating func fireSessions(at now: Instant, into effects: inout [Effect]) {
        var due: [MessageSession.ID] = []
        while let id = sessionTimers.popDue(at: now)?.key { due.append(id) }
        for id in due {
            stepSession(id, at: now, into: &effects) { session, steps in session.fire(at: now, into: &steps) }
        }
    }

    private mutating func perform(
        _ step: InviteSession.Effect,
        of id: MessageSession.ID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        switch step {
        case .send(let request): send(request, for: .session(id), at: now, into: &effects)
        case .acknowledge(let request): acknowledge(request, at: now, into: &effects)
        case .cancel: cancelInvitation(of: id, at: now, into: &effects)
        case .respond(let response, let request): respond(response, to: request, at: now, into: &effects)
        case .started: started(id, at: now, into: &effects)
        case .startFailed(let failure): effects.append(.session(id, .closed(.notStarted(failure))))
        case .terminated(let end):
            guard let session = sessions[id] else { return }
            effects.append(.session(id, .closed(session.close(end))))
        case .updateReceived(let offer): receiveChange(offer, of: id, at: now, into: &effects)
        case .updated: concludeChange(of: id, nil, at: now, into: &effects)
        case .updateFailed(let failure): concludeChange(of: id, failure, at: now, into: &effects)
        case .alerting: break
        }
    }

    private mutating func started(_ id: MessageSession.ID, at now: Instant, into effects: inout [Effect]) {
        guard let session = sessions[id], session.invite.isCaller else { return }
        if session.fileMedia.isEmpty {
            takeAnswer(of: id, at: now, into: &effects)
        } else {
            filesAnswered(id, at: now, into: &effects)
        }
    }

    /// Takes what was agreed, or ends a session in which nothing was.
    mutating func takeAnswer(of id: MessageSession.ID, at now: Instant, into effects: inout [Effect]) {
        if let agreement = sessions[id]?.takeAnswer() {
            effects.append(.session(id, .agreed(agreement)))
        } else {
            leave(id, at: now, into: &effects)
        }
    }

    private mutating func acknowledge(_ request: Message, at now: Instant, into effects: inout [Effect]) {
        guard let flow else { return }
        var steps: [TransactionLayer.Effect] = []
        transactions.sendAcknowledgement(request, over: flow, identifiers: &identifiers, into: &steps)
        perform(steps, at: now, into: &effects)
    }

    private mutating func cancelInvitation(
        of id: MessageSession.ID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        for (transaction, waiting) in outstanding
        where waiting.purpose == .session(id) && waiting.request.method == .invite {
            var steps: [TransactionLayer.Effect] = []
            transactions.cancel(transaction, at: now, into: &steps)
            perform(steps, at: now, into: &effects)
        }
    }

    private mutating func forgetSession(_ id: MessageSession.ID) {
        sessionTimers.stop(id)
        guard let call = sessions.removeValue(forKey: id)?.invite.callID else { return }
        let others = sessions(of: call).filter { $0 != id }
        sessionsByCall[call] = others.isEmpty ? nil : others
        outstanding = outstanding.filter { $0.value.purpose != .session(id) }
    }

    // MARK: - What the network sends

    /// The session a message belongs to.
    func session(of message: Message) -> MessageSession.ID? {
        guard let call = message.headers.first(.callID)?.text else { return nil }
        return sessions(of: call).first { sessions[$0]?.invite.isConcerned(by: message) == true }
    }

    func sessions(of call: String) -> [MessageSession.ID] { sessionsByCall[call] ?? [] }

    /// Takes an INVITE outside a dialog.
    mutating func takeInvitation(
        _ request: Message,
        _ id: ServerTransactionID,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        // Who shares images is answered in the words that were used.
        let form = ServiceIdentifier.Form(imageShareIn: request.headers.first(.contact)?.text ?? "")
        let service = form.map(ServiceTags.imageShare) ?? .messaging
        guard sessions.count < Limits.sessions, let profile = sessionProfile(as: nil, service) else {
            let response = request.response(.busyHere, toTag: identifiers.tag())
            return respond(response, to: id, at: now, into: &effects)
        }
        var steps: [InviteSession.Effect] = []
        let invite = InviteSession(
            invited: request,
            id,
            as: profile,
            timers: configuration.timers,
            identifiers: identifiers.makeSource(),
            at: now,
            into: &steps
        )
        let session = makeSessionID()
        if let invite {
            sessions[session] = MessageSession(invite)
            sessionsByCall[invite.callID, default: []].append(session)
        }
        for step in steps { perform(step, of: session, at: now, into: &effects) }
        guard invite != nil else { return }
        stepSession(session, at: now, into: &effects) { session, steps in session.ring(at: now, into: &steps)
        }
        effects.append(.session(session, .invited))
    }

    mutating func takeAcknowledgement(_ request: Message, at now: Instant, into effects: inout [Effect]) {
        guard let id = session(of: request) else { return }
        stepSession(id, at: now, into: &effects) { session, steps in
            session.receive(acknowledgement: request, at: now, into: &steps)
        }
    }

    mutating func takeCancel(_ request: ServerTransactionID, at now: Instant, into effects: inout [Effect]) {
        guard let id = sessions.first(where: { $0.value.invite.isAnswering(request) })?.key else { return }
        stepSession(id, at: now, into: &effects) { session, steps in
            session.cancelled(request, into: &steps)
        }
    }
}
