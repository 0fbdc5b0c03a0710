package import Wire

/// A message to be sent.
package struct OutgoingMessage: Sendable {
    package enum Content: Sendable {
        /// All of it; it is kept until it is confirmed.
        case whole(ByteString)
        /// The owner supplies it piece by piece; the size is `nil` if it is not known yet.
        case streamed(size: UInt64?)
    }

    package var messageID: ByteString
    package var contentType: ByteString
    package var content: Content
    package var successReport = false
    package var failureReport = FailureReport.yes
    /// Fields of every chunk, `Content-Disposition` for one.
    package var otherFields: [ChunkHead.Field] = []
    /// Whether its chunks may alternate with those of other messages; messages that do not stay in their order.
    package var interleaves: Bool

    package init(messageID: ByteString, contentType: ByteString, content: Content) {
        (self.messageID, self.contentType, self.content) = (messageID, contentType, content)
        if case .streamed = content { interleaves = true } else { interleaves = false }
    }
}

/// What has become of a message so far.
package enum OutgoingState: Hashable, Sendable {
    /// Not all of it is sent.
    case sending
    /// All of it is sent, not all of it answered.
    case sent
    /// Every chunk is answered with 200 by the next hop.
    case accepted
}

/// A message on its way out.
struct OutgoingProgress: Sendable {
    var message: OutgoingMessage
    /// The order in which messages were queued, to be kept when they are sent again.
    let order: UInt64
    /// What is to be sent next.
    private var queued = FirstInFirstOut<ByteString>()
    private(set) var queuedBytes = 0
    /// Whether nothing more will be queued.
    private(set) var isSupplied = false
    /// How many bytes are in chunks that were handed out.
    private(set) var sentBytes: UInt64 = 0
    /// Whether the chunk with the end was handed out.
    private(set) var isSent = false
    /// Whether the owner gave the message up and the receiver is still to be told.
    var isCancelled = false
    /// Chunks that wait for their response.
    var unanswered = 0
    var isOverdue = false
    /// Whether a chunk got lost behind the next hop: only a report can confirm the message now.
    var isLost = false
    /// Whether the next hop has nothing more to confirm.
    var isFinished = false
    var acceptedRanges = ByteRangeSet()
    var reportedRanges = ByteRangeSet()
    /// What its chunks have in common; made with the first one.
    private var template: ChunkTemplate?

    init(_ message: OutgoingMessage, order: UInt64) {
        (self.message, self.order) = (message, order)
        restart(at: 0)
    }

    var state: OutgoingState { !isSent ? .sending : unanswered > 0 || isLost ? .sent : .accepted }

    /// Whether reports cover all of it.
    var isDelivered: Bool { isSent && reportedRanges.prefix >= sentBytes }

    /// The size, as far as it is known.
    var size: UInt64? {
        if isSupplied { return sentBytes + UInt64(queuedBytes) }
        if case .streamed(let size) = message.content { return size }
        return nil
    }

    mutating func supply(_ bytes: ByteString, isLast: Bool) {
        guard !isSupplied else { return }
        if !bytes.isEmpty { queued.append(bytes) }
        queuedBytes += bytes.count
        isSupplied = isLast
    }

    /// Begins again at `place`: the bytes before it are confirmed.
    mutating func restart(at place: UInt64) {
        queued.removeAll()
        (queuedBytes, sentBytes, isSent, isSupplied) = (0, place, false, false)
        (unanswered, isOverdue, isLost, template) = (0, false, false, nil)
        guard case .whole(let bytes) = message.content else { return }
        supply(bytes[Int(min(place, UInt64(bytes.count)))...], isLast: true)
    }

    /// Whether a chunk can be made: it is the last one, or long enough (RFC 4975 §7.1.1).
    var isReady: Bool {
        !isSent && (isCancelled || isSupplied || queuedBytes >= MSRPLimits.plainChunkSize)
    }

    /// Writes the next chunk; a message that was given up ends with it.
    ///
    /// - Parameters:
    ///   - size: The largest body.
    ///   - paths: The `To-Path` and the `From-Path`.
    ///   - output: Gets the chunk.
    ///   - generator: Where its identifier comes from.
    /// - Returns: The identifier, and which bytes of the message the chunk holds.
    mutating func writeChunk(
        upTo size: Int,
        _ paths: (to: ByteString, from: ByteString),
        to output: inout ChunkOutput,
        using generator: inout some RandomNumberGenerator
    ) -> (id: TransactionID, range: Range<UInt64>) {
        let count = isCancelled ? 0 : min(size, queuedBytes)
        let (start, total) = (sentBytes, self.size)
        let end = count > MSRPLimits.plainChunkSize ? nil : start + UInt64(count)
        let template = self.template ?? ChunkTemplate(head(paths))
        if self.template == nil { self.template = template }
        sentBytes += UInt64(count)
        queuedBytes -= count
        isSent = !isCancelled && isSupplied && queuedBytes == 0
        let id = template.write(
            ByteRange(start: start + 1, end: end, total: total),
            isCancelled ? .aborted : isSent ? .complete : .continued,
            queued.takeBody(count),
            to: &output,
            using: &generator
        )
        return (id, start..<sentBytes)
    }

    private func head(_ paths: (to: ByteString, from: ByteString)) -> ChunkHead {
        var head = ChunkHead(transactionID: .empty, .request(.send))
        (head.toPath, head.fromPath, head.messageID) = (paths.to, paths.from, message.messageID)
        (head.successReport, head.failureReport) = (message.successReport, message.failureReport)
        (head.otherFields, head.contentType) = (message.otherFields, message.contentType)
        return head
    }
}

extension FirstInFirstOut<ByteString> {
    /// Takes bytes from the front of the pieces.
    fileprivate mutating func takeBody(_ count: Int) -> ChunkBody {
        var (body, missing) = (ChunkBody(), count)
        while missing > 0, let piece = removeFirst() {
            let part = min(piece.count, missing)
            body.append(piece[0..<part])
            missing -= part
            if part < piece.count { prepend(piece[part...]) }
        }
        return body
    }
}
