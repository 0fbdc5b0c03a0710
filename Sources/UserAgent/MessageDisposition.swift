package import Documents
import Wire

/// How far a message that was sent is known to have got (RFC 5438 §5).
package struct MessageDisposition: Hashable, Sendable {
    package let requested: DispositionRequest
    package private(set) var delivery: DispositionNotification.Delivery?
    package private(set) var display: DispositionNotification.Display?
    package private(set) var processing: DispositionNotification.Processing?

    package init(requested: DispositionRequest) { self.requested = requested }

    /// How far a sender waits for a message to get.
    package enum Goal: Hashable, Sendable { case delivered, displayed }

    package enum Outcome: Hashable, Sendable {
        case reached
        /// It was not delivered.
        case failed
        /// The recipient, or somebody on the way, does not let the sender know.
        case forbidden
        /// Somebody tried to find out and could not.
        case error
    }

    /// Whether the message reached `goal`, or `nil` while that is open.
    ///
    /// What was displayed was delivered, and what was not delivered will not be displayed.
    package func outcome(for goal: Goal) -> Outcome? {
        if display == .displayed { return .reached }
        if delivery == .failed { return .failed }
        switch goal {
        case .delivered:
            switch delivery {
            case .delivered: return .reached
            case .forbidden: return .forbidden
            case .error: return .error
            case .failed, nil: return nil
            }
        case .displayed:
            switch display {
            case .forbidden: return .forbidden
            case .error: return .error
            case .displayed, nil: return nil
            }
        }
    }

    /// Takes in a notification.
    ///
    /// Several devices of the recipient may each send theirs: the best news counts, in whatever order they come.
    ///
    /// - Returns: Whether it told something new.
    mutating func merge(_ disposition: DispositionNotification.Disposition) -> Bool {
        let before = self
        switch disposition {
        case .delivery(let state) where state.rank > delivery?.rank ?? 0: delivery = state
        case .display(let state) where state.rank > display?.rank ?? 0: display = state
        case .processing(let state) where state.rank > processing?.rank ?? 0: processing = state
        case .delivery, .display, .processing: break
        }
        return self != before
    }

    func asked(for disposition: DispositionNotification.Disposition) -> Bool {
        switch disposition {
        case .delivery: !requested.isDisjoint(with: .delivery)
        case .display: requested.contains(.display)
        case .processing: requested.contains(.processing)
        }
    }
}

extension DispositionNotification.Delivery {
    fileprivate var rank: Int {
        switch self {
        case .error: 1
        case .forbidden: 2
        case .failed: 3
        case .delivered: 4
        }
    }
}

extension DispositionNotification.Display {
    fileprivate var rank: Int {
        switch self {
        case .error: 1
        case .forbidden: 2
        case .displayed: 3
        }
    }
}

extension DispositionNotification.Processing {
    fileprivate var rank: Int {
        switch self {
        case .error: 1
        case .forbidden: 2
        case .stored: 3
        case .processed: 4
        }
    }
}

/// The messages that were sent and asked for notifications, by their `Message-ID`.
///
/// RFC 5438 §7.1.3 sets no time after which none can come; the oldest messages are forgotten when there are too many.
package struct OutgoingDispositions: Sendable {
    /// How many messages are remembered; for older ones the history is asked.
    package static let limit = 4096

    private var messages: [String: MessageDisposition] = [:]
    /// The message ids in the order of their sending.
    private var order: [String] = []

    package init() {}

    /// Remembers a message before it is sent; one that is sent again stays as it is.
    package mutating func add(_ messageID: String, requested: DispositionRequest) {
        guard !requested.isEmpty, messages[messageID] == nil else { return }
        if order.count == Self.limit { messages[order.removeFirst()] = nil }
        order.append(messageID)
        messages[messageID] = MessageDisposition(requested: requested)
    }

    package subscript(messageID: String) -> MessageDisposition? { messages[messageID] }

    package enum Outcome: Hashable, Sendable {
        /// The message is known to have got to another state.
        case changed(MessageDisposition)
        /// The notification told nothing new.
        case duplicate
        /// No message of this id was sent lately: it is older, or the notification is forged.
        case unknown
        /// The message did not ask for this kind of notification.
        case notRequested
    }

    /// Takes a notification from the network.
    package mutating func receive(_ notification: DispositionNotification) -> Outcome {
        guard var message = messages[notification.messageID] else { return .unknown }
        guard message.asked(for: notification.disposition) else { return .notRequested }
        guard message.merge(notification.disposition) else { return .duplicate }
        messages[notification.messageID] = message
        return .changed(message)
    }
}

/// What is owed to the sender of a message that was received (RFC 5438 §7.2.1).
///
/// Each kind of notification is given at most once, whatever happens to the message.
package struct IncomingDisposition: Hashable, Sendable {
    private let envelope: MessageEnvelope
    private var wants: DispositionRequest

    /// Makes the state of a message, or gives `nil` for one that asks for nothing, as notifications never do.
    package init?(_ content: ReceivedContent) {
        guard let envelope = content.envelope, envelope.messageID != nil,
            !content.requestedDispositions.isEmpty
        else { return nil }
        self.envelope = envelope
        wants = content.requestedDispositions
    }

    /// Gives what to tell once the message is safe here.
    package mutating func delivered() -> DispositionNotification? {
        conclude(.delivery(.delivered), asked: .positiveDelivery, concludes: .delivery)
    }

    /// Gives what to tell when a message that was accepted turns out not to reach the user.
    package mutating func failed() -> DispositionNotification? {
        conclude(.delivery(.failed), asked: .negativeDelivery, concludes: .delivery)
    }

    /// Gives what to tell once the message was shown to the user.
    package mutating func displayed() -> DispositionNotification? {
        conclude(.display(.displayed), asked: .display, concludes: .display)
    }

    private mutating func conclude(
        _ disposition: DispositionNotification.Disposition,
        asked request: DispositionRequest,
        concludes kind: DispositionRequest
    ) -> DispositionNotification? {
        defer { wants.subtract(kind) }
        guard wants.contains(request), let messageID = envelope.messageID else { return nil }
        return DispositionNotification(
            messageID: messageID,
            dateTime: envelope.dateTimeText ?? "",
            recipient: envelope.to.first?.uri,
            originalRecipient: envelope.originalTo?.uri,
            subject: envelope.subject,
            disposition: disposition
        )
    }
}
