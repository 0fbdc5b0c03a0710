import Documents
import Runtime
import Store
import UserAgent
import Wire

/// A message of ours that may still be told about.
struct SentContext {
    var peer: String
    var chat: Chat?
    var number: Int?
    var contentType: String
    /// What was sent; of what is long, the beginning.
    var excerpt: [UInt8]

    /// How much of a message is kept to know it by.
    static let excerptLength = 256
}

/// A call that waits for a message to get further than `accepted`.
struct GoalWaiter {
    var goal: MessageGoal
    var number: Int
    var continuation: CheckedContinuation<GoalOutcome, Never>
}

// What becomes of messages of ours after they were accepted.
extension Engine {
    /// How long is waited for a notification unless `--timeout` says otherwise.
    static let notificationPatience = Duration.seconds(60)

    /// Remembers a message that was asked about, before it is sent.
    func expectDispositions(
        of messageID: String,
        _ asked: DispositionRequest,
        _ context: SentContext
    ) {
        guard !asked.isEmpty else { return }
        dispositions.add(messageID, requested: asked)
        sentContexts[messageID] = context
        if sentContexts.count > 2 * OutgoingDispositions.limit {
            sentContexts = sentContexts.filter { dispositions[$0.key] != nil }
        }
    }

    /// Waits until a message that was accepted has got as far as `goal`, or will not.
    func outcome(of messageID: String?, reaching goal: MessageGoal) async -> GoalOutcome {
        guard let messageID, let known = dispositions[messageID] else { return .notAsked }
        if let outcome = GoalOutcome(known, goal) { return outcome }
        guard !isShutDown else { return .notTold }
        lastGoalWaiter += 1
        let number = lastGoalWaiter
        let patience = configuration.timeout ?? Self.notificationPatience
        let deadline = loop.schedule(at: .now + patience) { [weak self] in
            self?.assumeIsolated { $0.endWait(for: messageID, number, .notTold) }
        }
        let outcome = await withCheckedContinuation { continuation in
            let waiter = GoalWaiter(goal: goal, number: number, continuation: continuation)
            goalWaiters[messageID, default: []].append(waiter)
        }
        loop.cancel(deadline)
        return outcome
    }

    private func endWait(for messageID: String, _ number: Int, _ outcome: GoalOutcome) {
        guard let index = goalWaiters[messageID]?.firstIndex(where: { $0.number == number }),
            let waiter = goalWaiters[messageID]?.remove(at: index)
        else { return }
        if goalWaiters[messageID]?.isEmpty == true { goalWaiters[messageID] = nil }
        waiter.continuation.resume(returning: outcome)
    }

    /// Ends every wait, for a client that leaves.
    func endGoalWaits() {
        for (messageID, waiters) in goalWaiters {
            for waiter in waiters { endWait(for: messageID, waiter.number, .notTold) }
        }
    }

    /// Takes what was told of a message of ours.
    ///
    /// - Parameters:
    ///   - notification: What was told.
    ///   - status: The status code of a report of MSRP that tells a failure.
    func take(_ notification: DispositionNotification, status: UInt16? = nil) {
        let messageID = notification.messageID
        let outcome = dispositions.receive(notification)
        let entry = record(notification.disposition, of: messageID)
        switch outcome {
        case .changed(let known):
            // Each notification is a request of its own: one that was overtaken tells nothing any more.
            let isOvertaken =
                known.display == .displayed && notification.disposition == .delivery(.delivered)
            if !isOvertaken, let context = sentContexts[messageID] {
                tell(notification.disposition, of: messageID, context, status: status)
            }
            for waiter in goalWaiters[messageID] ?? [] {
                guard let outcome = GoalOutcome(known, waiter.goal, status: status) else { continue }
                endWait(for: messageID, waiter.number, outcome)
            }
        case .unknown:
            // It was sent in an earlier run, which the history knows.
            guard let entry else { return log(.detail, "a notification about no message of ours") }
            let context = SentContext(
                peer: entry.peer,
                contentType: entry.contentType,
                excerpt: Array(entry.body.prefix(SentContext.excerptLength))
            )
            tell(notification.disposition, of: messageID, context, status: status)
        case .duplicate, .notRequested: break
        }
    }

    private func tell(
        _ disposition: DispositionNotification.Disposition,
        of messageID: String,
        _ context: SentContext,
        status: UInt16?
    ) {
        emit(
            .disposition(
                DispositionReport(
                    peer: context.peer,
                    messageID: messageID,
                    state: DispositionReport.State(disposition),
                    chat: context.chat,
                    number: context.number,
                    status: status,
                    contentType: context.contentType,
                    body: context.excerpt
                )
            )
        )
    }

    /// Writes down what was told, and gives the message if that is news.
    @discardableResult
    func record(
        _ disposition: DispositionNotification.Disposition,
        of messageID: String
    ) -> HistoryEntry? {
        guard configuration.keepsHistory else { return nil }
        let delivery: HistoryEntry.Delivery
        switch disposition {
        case .delivery(.delivered): delivery = .delivered
        case .delivery(.failed): delivery = .failed
        case .display(.displayed): delivery = .displayed
        case .delivery, .display, .processing: return nil
        }
        let entry = keepInGroup { store throws(Store.Failure) in
            try store.update(messageID: messageID, account: account.name, delivery: delivery)
        }
        return entry ?? nil
    }
}

extension GoalOutcome {
    /// What is known of a wait, or `nil` while it is open.
    init?(_ known: MessageDisposition, _ goal: MessageGoal, status: UInt16? = nil) {
        switch known.outcome(for: goal == .displayed ? .displayed : .delivered) {
        case .reached: self = .reached
        case .failed: self = status.map { .reportedFailed($0) } ?? .failed
        case .forbidden: self = .forbidden
        case .error: self = .error
        case nil: return nil
        }
    }
}

extension DispositionReport.State {
    init(_ disposition: DispositionNotification.Disposition) {
        switch disposition {
        case .delivery(.delivered): self = .delivered
        case .delivery(.failed): self = .failed
        case .delivery(.forbidden), .display(.forbidden), .processing(.forbidden): self = .forbidden
        case .delivery(.error), .display(.error), .processing(.error): self = .error
        case .display(.displayed): self = .displayed
        case .processing(.processed): self = .processed
        case .processing(.stored): self = .stored
        }
    }
}
