package import Wire

/// One end of a session: what is sent, answered, confirmed and received (RFC 4975 §7).
///
/// The owner feeds it what the parser of the connection reads, and asks it for chunks whenever the connection takes
/// some. Time and random numbers are handed in.
package struct Session: Sendable {
    package internal(set) var configuration: SessionConfiguration
    var assembler: MessageAssembler
    /// Whether the peer has sent a request on the present connection.
    package internal(set) var isBound = false
    /// The code the session ended with.
    package internal(set) var end: ResponseCode?

    // MARK: Outgoing

    var messages = OutgoingTable()
    /// Messages that stay in their order.
    var ordered = FirstInFirstOut<ByteString>()
    /// Messages whose chunks alternate.
    var interleaved = FirstInFirstOut<ByteString>()
    var interleavedGoesNext = false
    var answers = AnswerQueue()
    /// Whether responses and reports are kept back, since what they would confirm is not yet where it belongs.
    package var holdsAnswers = false
    var keepAlives = 0
    /// When the peer is to be asked whether it is still there.
    var keepAliveTime: Instant?
    var transactions = TransactionTable()
    /// What was sent through a relay before anything came from the far end.
    var unheard = Unheard()
    /// Accepted messages whose report has not come, the oldest first.
    var awaitingReport = FirstInFirstOut<ByteString>()
    /// Until when the far end is to have reported what went through a relay, the oldest first.
    var reportDeadlines = FirstInFirstOut<(messageID: ByteString, deadline: Instant)>()
    var unconfirmed = 0
    var nextOrder: UInt64 = 0
    var targetText: ByteString
    var localText: ByteString

    /// A relay answers 200 while it still connects to its next hop, and loses what does not fit into its queue
    /// meanwhile: so little is sent until the far end was heard, or was silent for long.
    struct Unheard: Sendable {
        var bytes = 0
        /// Until when the rest waits.
        var deadline: Instant?
        /// Whether the far end was given time enough.
        var isOver = false
    }

    // MARK: Incoming

    var request: IncomingRequest?
    /// The last request whose paths are right: they seldom change, and need be understood once.
    var knownPaths: KnownPaths?

    struct KnownPaths: Sendable {
        var head: ChunkHead
        /// What is answered to a SEND that comes this way and is taken.
        var acceptance: ResponseTemplate?
    }

    /// The request that is being received.
    struct IncomingRequest: Sendable {
        var head: ChunkHead
        var isAnswered = false
        /// Whether the request goes to the assembler.
        var isSend = false
        var code = ResponseCode.ok
    }

    package init(_ configuration: SessionConfiguration) {
        self.configuration = configuration
        assembler = MessageAssembler(delivery: configuration.delivery, limits: configuration.limits)
        targetText = configuration.target.text
        localText = configuration.local.text
    }

    // MARK: What waits

    /// Whether another message is taken: so many at most are neither confirmed nor failed.
    package var takesMessages: Bool {
        end == nil && unconfirmed < configuration.limits.unconfirmedMessages
    }

    /// Whether the owner should read on: a peer that takes no answers gets no more of them.
    package var takesInput: Bool { answers.count < configuration.limits.queuedAnswers }

    /// When `fire` is due, if ever.
    package var nextDeadline: Instant? {
        let own = end == nil ? [keepAliveTime, unheard.deadline] : []
        return ([transactions.nextDeadline, reportDeadlines.first?.deadline] + own).compactMap(\.self).min()
    }

    /// The messages that are neither confirmed nor failed, in the order they were queued.
    package var unconfirmedMessages: [ByteString] {
        messages.values.filter { $0.state != .accepted }.sorted { $0.order < $1.order }
            .map(\.message.messageID)
    }

    package func state(of messageID: ByteString) -> OutgoingState? { messages[messageID]?.state }

    /// How many bytes of a message, from the first on, the next hop has answered with 200.
    package func acceptedBytes(of messageID: ByteString) -> UInt64 {
        messages[messageID]?.acceptedRanges.prefix ?? 0
    }

    /// How many bytes of a streamed message wait to be sent: the owner supplies more when they become few.
    package func queuedBytes(of messageID: ByteString) -> Int {
        messages.place(of: messageID).map { messages.entries[$0].queuedBytes } ?? 0
    }

    /// Whether a response with this identifier is one to this session.
    package func awaits(_ transactionID: ByteString) -> Bool { transactions.contains(transactionID) }

    /// Lets time pass: tells which responses are late, and asks a peer that is silent whether it is still there.
    package mutating func fire(at now: Instant, into events: inout [SessionEvent]) {
        while let late = transactions.popDue(at: now) {
            guard let messageID = late.messageID else {
                events.append(.silent)
                continue
            }
            guard messages[messageID]?.isOverdue == false else { continue }
            messages[messageID]?.isOverdue = true
            events.append(.overdue(messageID: messageID))
            sendKeepAlive()
        }
        while let first = reportDeadlines.first, first.deadline <= now {
            _ = reportDeadlines.removeFirst()
            guard messages[first.messageID]?.isOverdue == false else { continue }
            messages[first.messageID]?.isOverdue = true
            events.append(.overdue(messageID: first.messageID))
        }
        if let deadline = unheard.deadline, deadline <= now { unheard = Unheard(isOver: true) }
        guard let keepAliveTime, keepAliveTime <= now else { return }
        self.keepAliveTime = nil
        sendKeepAlive()
    }
}
