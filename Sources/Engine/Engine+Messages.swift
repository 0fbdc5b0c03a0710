import Documents
import Runtime
import SIP
import UserAgent
import Wire

/// A message whose outcome is not known, and who waits for it.
struct MessageWaiter {
    /// The call that waits; `nil` once it has its answer.
    var continuation: CheckedContinuation<Result<MessageReport, EngineError>, Never>?
    /// Its row in the history.
    var row: Int64?
    var message: OutgoingMessage
    var to: String
    var from: String
    var callID: String
    /// What its envelope names it by; `nil` for a message without.
    var messageID: String?
    /// What names it whatever way it takes.
    var number: Int
    /// Whether it was refused in its envelope, and goes without.
    var isSecondAttempt = false
    /// Whether it goes in a session of its own.
    var isBySession = false
    /// Whether somebody was told what became of it.
    var isTold = false
}

// Pager messages (RFC 3428): out with an envelope or without, in for the user or for the client.
extension Engine {
    /// Sends a pager message, registering first if need be, and waits for its outcome.
    ///
    /// The message is in the history, as pending, before its first byte leaves.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - goal: What is waited for; beyond `accepted` it is asked for here and awaited with `outcome`.
    /// - Returns: What became of it.
    /// - Throws: `EngineError` with what kept it from being sent.
    package func send(
        _ message: OutgoingMessage,
        until goal: MessageGoal = .accepted
    ) async throws(EngineError) -> MessageReport {
        let recipient = try self.recipient(message.to).uri
        let limit = isLarge(message, to: recipient) ? Self.largeMessageLimit : Self.bodyLimit
        guard message.body.count <= limit else { throw .tooLarge(size: message.body.count, limit: limit) }
        if goal > .accepted, account.messageFormat == .plain { throw .cannotAsk }
        try await prepare()
        if message.body.count > PagerMessage.datagramLimit { connector.prefersStreams = true }
        let granted = try await register()
        let sender = try identity(message.identity ?? configuration.identity, among: granted)
        if message.timing == .online { try await awaitPresence(of: recipient) }
        return try await withDeadline(method: "MESSAGE") { engine, waiter in
            let number = engine.submit(message, to: recipient, from: sender, until: goal, waiter)
            return { engine, _ in engine.giveUp(number) }
        }
    }

    /// The largest body of a pager message: with its headers it must fit the 65,535 bytes that cores take.
    static let bodyLimit = 60_000

    /// Waits until a message has got as far as `goal`, which `send` was told.
    package func outcome(of report: MessageReport, reaching goal: MessageGoal) async -> GoalOutcome {
        await outcome(of: report.messageID, reaching: goal)
    }

    /// Sets a message on its way; its outcome resumes `continuation`.
    ///
    /// - Returns: The number to give it up by.
    private func submit(
        _ message: OutgoingMessage,
        to recipient: String,
        from identity: String?,
        until goal: MessageGoal,
        _ continuation: CheckedContinuation<Result<MessageReport, EngineError>, Never>
    ) -> Int {
        guard let core else {
            continuation.resume(returning: .failure(.notRegistered))
            return 0
        }
        var identifiers = IdentifierSource()
        let asked = request(max(message.asks, goal.level))
        lastWaiter += 1
        let waiter = MessageWaiter(
            continuation: continuation,
            message: message,
            to: recipient,
            from: identity ?? core.usableIdentity,
            callID: identifiers.callID(),
            messageID: wraps(for: recipient, asking: asked) ? identifiers.messageID() : nil,
            number: lastWaiter
        )
        if let messageID = waiter.messageID {
            let excerpt = Array(message.body.prefix(SentContext.excerptLength))
            expectDispositions(
                of: messageID,
                asked,
                SentContext(peer: recipient, contentType: message.contentType, excerpt: excerpt)
            )
        }
        if isLarge(message, to: recipient) {
            beginLarge(waiter, asking: asked)
        } else {
            sendInstead(waiter, asking: asked)
        }
        if goal == .sent { release(waiter.number) }
        return waiter.number
    }

    /// Sends a message by MESSAGE, whether or not that was the first choice.
    func sendInstead(_ waiter: MessageWaiter, asking asked: DispositionRequest) {
        var waiter = waiter
        waiter.isBySession = false
        guard waiter.message.body.count <= Self.bodyLimit else {
            record(.noAnswer, status: nil, of: waiter.row)
            let error = EngineError.tooLarge(size: waiter.message.body.count, limit: Self.bodyLimit)
            waiter.continuation?.resume(returning: .failure(error))
            return
        }
        transmit(recorded(waiter), asking: asked)
    }

    /// A message that is in the history, as pending.
    func recorded(_ waiter: MessageWaiter) -> MessageWaiter {
        guard waiter.row == nil else { return waiter }
        var waiter = waiter
        waiter.row = recordPending(
            waiter.message,
            to: waiter.to,
            from: waiter.from,
            callID: waiter.callID,
            messageID: waiter.messageID
        )
        return waiter
    }

    /// Lets whoever sent a message go on, now that it is on its way.
    func release(_ number: Int) {
        largePreparations[number]?.isReleased = true
        for (id, waiter) in messageWaiters where waiter.number == number {
            messageWaiters[id]?.continuation = nil
            answer(waiter, .sent, status: nil)
        }
        for (id, large) in largeMessages {
            guard case .outgoing(var waiter, let asked) = large.way, waiter.number == number else { continue }
            let told = waiter
            waiter.continuation = nil
            largeMessages[id]?.way = .outgoing(waiter, asked)
            answer(told, .sent, status: nil)
        }
    }

    private func transmit(_ waiter: MessageWaiter, asking asked: DispositionRequest) {
        let content = content(of: waiter, asking: asked)
        let pager = PagerMessage(
            recipient: waiter.to,
            contentType: content.contentType,
            body: content.body,
            identity: waiter.from,
            isPrivate: waiter.message.isPrivate,
            requestDisposition: waiter.message.timing.requestDisposition,
            callID: waiter.callID
        )
        guard let id = core?.take(pager) else {
            waiter.continuation?.resume(returning: .failure(.notRegistered))
            return
        }
        messageWaiters[id] = waiter
        step { core, now, effects in core.send(id, at: now, into: &effects) }
    }

    /// A message as it is written for its recipient.
    func content(of waiter: MessageWaiter, asking asked: DispositionRequest) -> MessageContent {
        let message = waiter.message
        guard let messageID = waiter.messageID else {
            return MessageContent(contentType: message.contentType, body: ByteString(message.body))
        }
        return wrapped(
            message.body,
            message.contentType,
            from: message.isPrivate ? Self.anonymous : waiter.from,
            to: waiter.to,
            asking: asked,
            messageID: messageID
        )
    }

    /// Who a message without a name is from (RFC 3323 §4.1.1.3).
    private static let anonymous = "sip:anonymous@anonymous.invalid"

    /// Answers a call that waits for an outcome, before there is one; the history says that none came.
    func abandon(_ id: PagerMessage.ID, _ error: EngineError) {
        guard let waiter = messageWaiters.removeValue(forKey: id) else { return }
        core?.abandon(id)
        record(.noAnswer, status: nil, of: waiter.row)
        waiter.continuation?.resume(returning: .failure(error))
    }

    /// Ends the wait for an outcome that takes too long: as far as is known nobody answered.
    private func giveUp(_ number: Int) {
        if let id = messageWaiters.first(where: { $0.value.number == number })?.key {
            core?.abandon(id)
            finish(id, .noAnswer)
        }
        giveUpLarge(number)
    }

    func finish(_ id: PagerMessage.ID, _ outcome: PagerMessage.Outcome) {
        guard !finishNotice(id, outcome), let waiter = messageWaiters.removeValue(forKey: id) else { return }
        if repeatsPlain(waiter, outcome) { return }
        switch MessageOutcome.of(outcome, account: account, lastError: connector.lastError) {
        case .success(let sorted):
            if waiter.isSecondAttempt, case .succeeded = outcome { learnPlainText(of: waiter.to) }
            answer(waiter, sorted, status: outcome.status)
        case .failure(let error):
            record(.noAnswer, status: nil, of: waiter.row)
            waiter.continuation?.resume(returning: .failure(error))
        }
        resumeIfQuiet()
    }

    /// Sends a message again without its envelope if that is what was refused: it was not delivered.
    private func repeatsPlain(_ waiter: MessageWaiter, _ outcome: PagerMessage.Outcome) -> Bool {
        guard waiter.messageID != nil, case .refused(let response) = outcome, let status = response.status,
            MessageContent.refusesEnvelope(status)
        else { return false }
        var waiter = waiter
        var identifiers = IdentifierSource()
        (waiter.messageID, waiter.isSecondAttempt) = (nil, true)
        waiter.callID = identifiers.callID()
        transmit(waiter, asking: [])
        return true
    }

    /// Remembers that a peer wants no envelopes, and tells the user once.
    func learnPlainText(of peer: String) {
        guard !isKnown(.plainText, of: peer) else { return }
        learn(.plainText, of: peer)
        emit(.warning(.plainText(peer: peer)))
    }

    /// Tells what became of a message: first the store, then the user, so that what was reported survives.
    func answer(_ waiter: MessageWaiter, _ outcome: MessageOutcome, status: UInt16?) {
        if outcome != .sent { record(outcome, status: status, of: waiter.row) }
        let report = MessageReport(
            to: waiter.to,
            callID: waiter.callID,
            outcome: outcome,
            from: waiter.from,
            status: status,
            messageID: waiter.messageID,
            isBySession: waiter.isBySession
        )
        emit(.outcome(report))
        waiter.continuation?.resume(returning: .success(report))
    }

    // MARK: - What comes

    func take(_ received: ReceivedPagerMessage) {
        let content = MessageContent(contentType: received.contentType, body: received.body).unwrapped
        if content.envelope != nil { forget(.plainText, of: received.asserted ?? received.from) }
        let accept = {
            self.step { core, now, effects in core.accept(received.request, at: now, into: &effects) }
        }
        switch content.kind {
        case .composing(let status):
            accept()
            take(status, from: received.asserted ?? received.from)
        case .notifications(let notifications):
            for notification in notifications { take(notification) }
            accept()
        case .text, .other:
            receive(IncomingMessage(received, content), content, accept)
        }
    }

    /// Takes a message for the user: first the store, then its answer, then the user.
    func receive(_ message: IncomingMessage, _ content: ReceivedContent, _ accept: () -> Void = {}) {
        var message = message
        record(message)
        accept()
        endComposing(of: message.asserted ?? message.from)
        message.receipt = acknowledge(content, from: message.asserted)
        emit(.message(message))
    }
}

extension IncomingMessage {
    init(_ received: ReceivedPagerMessage, _ content: ReceivedContent) {
        self.init(
            from: received.from,
            fromDisplayName: received.fromDisplayName,
            asserted: received.asserted,
            to: received.to,
            contentType: content.contentType,
            body: content.body.bytes,
            callID: received.callID
        )
        let senders = [received.from, received.asserted].compactMap(\.self)
        envelope = content.envelope.map { EnvelopeClaims($0, besides: senders) }
    }
}

extension EnvelopeClaims {
    init(_ envelope: MessageEnvelope, besides senders: [String]) {
        self.init(
            sender: envelope.claimedSender(besides: senders)?.uri,
            subject: envelope.subject,
            dateTime: envelope.dateTime,
            messageID: envelope.messageID
        )
    }
}

extension PagerMessage.Outcome {
    /// The status of the final response, if there was one.
    fileprivate var status: UInt16? {
        switch self {
        case .succeeded(let response), .refused(let response): response.status?.value
        case .noAnswer, .notSent, .notAuthenticated: nil
        }
    }
}
