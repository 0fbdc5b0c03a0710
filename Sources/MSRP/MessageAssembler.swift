package import Wire

/// Makes messages out of the chunks of one session (RFC 4975 §7.3.1).
///
/// Chunks may come in any order, more than once and overlapping, and those of several messages may alternate. Bytes
/// are handed out in order; what comes too early waits, within limits. Nothing is allocated for what is only claimed.
package struct MessageAssembler: Sendable {
    package enum Event: Sendable {
        /// A whole message.
        case message(IncomingMessage, body: ByteString)
        /// The first bytes of a streamed message are about to come.
        case began(IncomingMessage)
        /// The next bytes of a streamed message.
        case data(messageID: ByteString, ByteString)
        /// A streamed message is complete.
        case completed(messageID: ByteString, size: UInt64)
        case failed(messageID: ByteString, IncomingFailure)
    }

    /// What a chunk was good for.
    package struct Outcome: Hashable, Sendable {
        /// How the request is to be answered.
        package var code: ResponseCode
        /// The size of the message that is now complete, or was before.
        package var completeSize: UInt64?
    }

    private enum Memory: Sendable {
        case complete(size: UInt64)
        case refused(ResponseCode)
    }

    /// The chunk that is being received.
    private struct Current: Sendable {
        var messageID: ByteString?
        /// Where its message is among the open ones, if it is one of them.
        var index: Int?
        /// The place of the next byte.
        var place: UInt64
        var head: ChunkHead
        /// Set once the rest of the chunk is of no use.
        var settled: Outcome?
    }

    /// Is told what becomes of messages.
    package typealias Listener = (Event) -> Void

    package var delivery: Delivery
    private let limits: MSRPLimits
    /// The messages that have begun and are not complete: so few that to look through them is fastest.
    private var open: [PartialMessage] = []
    private var remembered: [ByteString: Memory] = [:]
    private var rememberedOrder = FirstInFirstOut<ByteString>()
    private var current: Current?
    private var turn: UInt64 = 0

    package init(delivery: Delivery, limits: MSRPLimits = .standard) {
        (self.delivery, self.limits) = (delivery, limits)
    }

    /// How many messages have begun and are not complete.
    package var openCount: Int { open.count }

    /// Begins a chunk.
    ///
    /// - Parameters:
    ///   - head: The head of a SEND.
    ///   - refusal: The code its message is refused with whatever it contains, if it is.
    ///   - tell: Is told what becomes of messages.
    /// - Returns: The code it fails with, if that is known already: the sender should hear of it at once, since the
    ///   chunk may be endless.
    package mutating func begin(
        _ head: ChunkHead,
        refusal: ResponseCode? = nil,
        _ tell: Listener
    ) -> ResponseCode? {
        let index = head.messageID.flatMap(place)
        let messageID =
            index.map { open[$0].message.messageID } ?? head.messageID.map { ByteString($0.bytes) }
        let start = (head.byteRange?.start ?? 1) - 1
        current = Current(messageID: messageID, index: index, place: start, head: head)
        guard let messageID else {
            if head.contentType != nil { settle(.badRequest) }
            return current?.settled?.code
        }
        switch remembered[messageID] {
        case .complete(let size): current?.settled = Outcome(code: .ok, completeSize: size)
        case .refused(let code): settle(code)
        case nil:
            if let refusal {
                refuse(messageID, refusal, tell)
            } else if (head.byteRange?.total ?? 0) > sizeLimit || (current?.place ?? 0) > sizeLimit {
                refuse(messageID, .stopSending, tell)
            }
        }
        let code = current?.settled?.code
        return code == .ok ? nil : code
    }

    private var sizeLimit: UInt64 { min(delivery.limit, limits.messageSize) }

    /// Takes the next bytes of the chunk that was begun.
    ///
    /// - Returns: The code it fails with, if these bytes make it fail.
    package mutating func receive(_ bytes: ByteString, _ tell: Listener) -> ResponseCode? {
        guard let place = current?.place, let head = current?.head, current?.settled == nil else {
            return nil
        }
        guard let messageID = current?.messageID else {
            settle(.badRequest)
            return .badRequest
        }
        guard place + UInt64(bytes.count) <= sizeLimit else {
            refuse(messageID, .stopSending, tell)
            return current?.settled?.code
        }
        current?.place += UInt64(bytes.count)
        let index = begin(messageID, head, tell)
        let fits = open[index].receive(bytes, at: place, limits: limits) { piece in
            tell(.data(messageID: messageID, piece))
        }
        guard !fits || waitingBytes > limits.outOfOrderBytes else { return nil }
        refuse(messageID, .stopSending, tell)
        return current?.settled?.code
    }

    /// Where a message is to which `passOn` may add; `nil` if more is to be thought of.
    func plainPlace(of messageID: ByteString) -> Int? {
        guard current == nil, let index = place(of: messageID), open[index].isPlain else { return nil }
        return index
    }

    /// Notes that a whole chunk of a plain message was handed out, which goes on behind it.
    ///
    /// - Parameters:
    ///   - range: Where the chunk lies in the message.
    ///   - count: How many bytes it has.
    ///   - index: What `plainPlace(of:)` gave.
    /// - Returns: `false`, and nothing was noted, if it is not what comes next or too much.
    mutating func passOn(_ range: ByteRange, _ count: Int, at index: Int) -> Bool {
        guard range.start - 1 == open[index].contiguous, (range.total ?? 0) <= sizeLimit,
            range.start - 1 + UInt64(count) <= sizeLimit
        else { return false }
        turn += 1
        open[index].lastTurn = turn
        open[index].passOn(count)
        return true
    }

    private var waitingBytes: Int {
        open.count == 1 ? 0 : open.reduce(0) { $0 + $1.waitingBytes }
    }

    private func place(of messageID: ByteString) -> Int? {
        open.indices.first { open[$0].message.messageID == messageID }
    }

    private mutating func remove(at index: Int) -> PartialMessage {
        current?.index = nil
        return open.remove(at: index)
    }

    /// Ends the chunk that was begun.
    package mutating func end(_ flag: ContinuationFlag, _ tell: Listener) -> Outcome {
        guard let end = current?.place, let head = current?.head else { return Outcome(code: .ok) }
        defer { current = nil }
        if let settled = current?.settled { return settled }
        guard let messageID = current?.messageID else { return Outcome(code: .ok) }
        if flag == .aborted {
            if let index = place(of: messageID) {
                _ = remove(at: index)
                tell(.failed(messageID: messageID, .abandoned))
            }
            return Outcome(code: .ok)
        }
        // A request without a body is no message, unless it says how one ends that has begun (RFC 4975 §7.1).
        if head.contentType != nil { _ = begin(messageID, head, tell) }
        guard let index = current?.index ?? place(of: messageID) else {
            // It may still ask for a report, to learn that the way to here is open.
            return Outcome(code: .ok, completeSize: flag == .complete && end == 0 ? 0 : nil)
        }
        if flag == .complete { open[index].size = end }
        guard let size = open[index].size, open[index].contiguous >= size else { return Outcome(code: .ok) }
        let message = remove(at: index)
        remember(messageID, .complete(size: size))
        switch delivery {
        case .whole: tell(.message(message.message, body: ByteString(message.collected)))
        case .streamed: tell(.completed(messageID: messageID, size: size))
        }
        return Outcome(code: .ok, completeSize: size)
    }

    /// Refuses a message that has begun: the next of its chunks is answered with `code`, and its bytes are dropped.
    package mutating func refuse(_ messageID: ByteString, _ code: ResponseCode, _ tell: Listener) {
        if let index = place(of: messageID) {
            _ = remove(at: index)
            tell(.failed(messageID: messageID, .refused(code)))
        }
        remember(messageID, .refused(code))
        if current?.messageID == messageID { settle(code) }
    }

    /// Forgets the chunk that the end of the connection cut off; what came of it counts.
    package mutating func connectionEnded() { current = nil }

    private mutating func settle(_ code: ResponseCode) { current?.settled = Outcome(code: code) }

    /// Opens the message of the present chunk, if it is not open.
    ///
    /// - Returns: Where it is among the open ones.
    private mutating func begin(_ messageID: ByteString, _ head: ChunkHead, _ tell: Listener) -> Int {
        turn += 1
        if let known = current?.index ?? place(of: messageID) {
            open[known].lastTurn = turn
            return known
        }
        while open.count >= limits.openMessages {
            guard let stalest = open.indices.min(by: { open[$0].lastTurn < open[$1].lastTurn }) else { break }
            let displaced = remove(at: stalest).message.messageID
            remember(displaced, .refused(.stopSending))
            tell(.failed(messageID: displaced, .displaced))
        }
        let message = IncomingMessage(head, messageID: messageID)
        var collects = false
        if case .whole = delivery { collects = true } else { tell(.began(message)) }
        open.append(PartialMessage(message: message, collects: collects, lastTurn: turn))
        current?.index = open.count - 1
        return open.count - 1
    }

    private mutating func remember(_ messageID: ByteString, _ memory: Memory) {
        if remembered.updateValue(memory, forKey: messageID) == nil { rememberedOrder.append(messageID) }
        while rememberedOrder.count > limits.rememberedMessages, let oldest = rememberedOrder.removeFirst() {
            remembered[oldest] = nil
        }
    }
}
