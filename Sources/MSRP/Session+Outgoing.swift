package import Wire

extension Session {
    // MARK: What the owner asks for

    /// Queues a message.
    ///
    /// - Returns: Whether it was taken: not while too many are unconfirmed, nor under a `Message-ID` that is in use.
    package mutating func send(_ message: OutgoingMessage) -> Bool {
        guard takesMessages, messages[message.messageID] == nil else { return false }
        messages[message.messageID] = OutgoingProgress(message, order: nextOrder)
        nextOrder += 1
        unconfirmed += 1
        enqueue(message)
        return true
    }

    private mutating func enqueue(_ message: OutgoingMessage) {
        if message.interleaves {
            interleaved.append(message.messageID)
        } else {
            ordered.append(message.messageID)
        }
    }

    /// Hands over the next bytes of a streamed message.
    package mutating func supply(_ bytes: ByteString, isLast: Bool = false, to messageID: ByteString) {
        messages[messageID]?.supply(bytes, isLast: isLast)
    }

    /// Gives a message up: the receiver is told with `#` if it has seen a part of it (RFC 4975 §7.1).
    package mutating func cancel(_ messageID: ByteString) {
        guard let progress = messages[messageID] else { return }
        if progress.sentBytes == 0 || progress.isSent {
            forget(messageID)
        } else {
            messages[messageID]?.isCancelled = true
        }
    }

    /// Queues an empty SEND: it binds a connection to the session (RFC 4975 §5.4), or keeps the way open (§7.1).
    package mutating func sendKeepAlive() { keepAlives = 1 }

    // MARK: Chunks

    var hasReadyMessage: Bool {
        guard transactions.waitingCount < configuration.limits.unansweredRequests else { return false }
        return ordered.first.flatMap { messages[$0]?.isReady } ?? false
            || interleaved.all.contains { messages[$0]?.isReady ?? false }
    }

    /// Takes the next thing to send: answers first, then chunks of messages in turn.
    ///
    /// - Parameters:
    ///   - maxBytes: How much body the connection would take now; a chunk is never smaller than it need be for that.
    ///   - now: When it is handed to the system, from where the time of its response counts.
    ///   - generator: Where its identifier comes from.
    ///   - events: Gets what becomes of messages.
    /// - Returns: `nil` when there is nothing to send, or too much waits for its response.
    package mutating func nextChunk(
        maxBytes: Int = .max,
        at now: Instant,
        using generator: inout some RandomNumberGenerator,
        into events: inout [SessionEvent]
    ) -> OutgoingChunk? {
        if !holdsAnswers, let answer = answers.removeFirst() { return answer }
        guard end == nil else { return nil }
        defer { keepAliveTime = configuration.keepAlive.map { now + $0 } }
        if keepAlives > 0 { return keepAliveChunk(at: now, using: &generator) }
        guard hasReadyMessage, let messageID = nextMessage() else { return nil }
        return chunk(of: messageID, maxBytes: maxBytes, at: now, using: &generator, into: &events)
    }

    /// The message whose turn it is; interleaved ones go to the end of their row.
    private mutating func nextMessage() -> ByteString? {
        let first = ordered.first.flatMap { messages[$0]?.isReady == true ? $0 : nil }
        if let first, !interleavedGoesNext {
            interleavedGoesNext = true
            return first
        }
        interleavedGoesNext = false
        for _ in 0..<interleaved.count {
            guard let messageID = interleaved.removeFirst() else { break }
            interleaved.append(messageID)
            if messages[messageID]?.isReady == true { return messageID }
        }
        return first
    }

    private mutating func chunk(
        of messageID: ByteString,
        maxBytes: Int,
        at now: Instant,
        using generator: inout some RandomNumberGenerator,
        into events: inout [SessionEvent]
    ) -> OutgoingChunk? {
        guard var progress = messages.removeValue(forKey: messageID) else { return nil }
        let size = min(configuration.chunkSize, max(maxBytes, MSRPLimits.plainChunkSize))
        let wasCancelled = progress.isCancelled
        let total = progress.size
        let (body, start, isLast) =
            wasCancelled ? (.empty, progress.sentBytes, true) : progress.takeChunk(upTo: size)
        let id = TransactionID(for: body, using: &generator)
        let head = head(of: progress.message, id, start: start, count: body.count, total: total)
        let range = start..<start + UInt64(body.count)
        if progress.message.failureReport != .no, !wasCancelled {
            let expectsSuccess = progress.message.failureReport == .yes
            if expectsSuccess { progress.unanswered += 1 }
            let entry = TransactionTable.Entry(
                messageID: messageID,
                range: range,
                expectsSuccess: expectsSuccess
            )
            transactions.insert(
                id,
                entry,
                deadline: now + configuration.transactionTime,
                limits: configuration.limits
            )
        }
        messages[messageID] = progress
        if wasCancelled {
            forget(messageID)
        } else if isLast {
            leaveQueue(messageID)
            if configuration.isRelayed, progress.message.successReport {
                reportDeadlines.append((messageID, now + configuration.reportTime))
            }
            events.append(.sent(messageID: messageID))
            if progress.message.failureReport != .yes { finish(messageID, into: &events) }
        }
        return head.chunk(body: body, flag: wasCancelled ? .aborted : isLast ? .complete : .continued)
    }

    private func head(
        of message: OutgoingMessage,
        _ id: TransactionID,
        start: UInt64,
        count: Int,
        total: UInt64?
    ) -> ChunkHead {
        var head = ChunkHead(transactionID: id.text, .request(.send))
        (head.toPath, head.fromPath, head.messageID) = (targetText, localText, message.messageID)
        (head.successReport, head.failureReport) = (message.successReport, message.failureReport)
        let end = count > MSRPLimits.plainChunkSize ? nil : start + UInt64(count)
        head.byteRange = ByteRange(start: start + 1, end: end, total: total)
        (head.otherFields, head.contentType) = (message.otherFields, message.contentType)
        return head
    }

    private mutating func keepAliveChunk(
        at now: Instant,
        using generator: inout some RandomNumberGenerator
    ) -> OutgoingChunk {
        keepAlives = 0
        let id = TransactionID(for: .empty, using: &generator)
        var head = ChunkHead(transactionID: id.text, .request(.send))
        (head.toPath, head.fromPath) = (targetText, localText)
        head.messageID = RandomIdentifier.messageID(using: &generator)
        head.byteRange = ByteRange(start: 1, end: 0, total: 0)
        let entry = TransactionTable.Entry(messageID: nil, range: 0..<0, expectsSuccess: true)
        transactions.insert(
            id,
            entry,
            deadline: now + configuration.transactionTime,
            limits: configuration.limits
        )
        return head.chunk()
    }

    // MARK: Ends

    /// Takes a message out of the row of those that have chunks to send.
    private mutating func leaveQueue(_ messageID: ByteString) {
        if ordered.first == messageID {
            _ = ordered.removeFirst()
        } else {
            ordered.removeAll { $0 == messageID }
            interleaved.removeAll { $0 == messageID }
        }
    }

    /// Forgets a message that failed, was given up or needs nothing more.
    mutating func forget(_ messageID: ByteString) {
        guard let progress = messages.removeValue(forKey: messageID) else { return }
        if !progress.isFinished { unconfirmed -= 1 }
        if !progress.isSent { leaveQueue(messageID) }
        if progress.unanswered > 0 || progress.message.failureReport == .partial {
            transactions.removeAll(of: messageID)
        }
    }

    /// Notes that nothing more is expected of the next hop; a message waits on if a report was asked for.
    mutating func finish(_ messageID: ByteString, into events: inout [SessionEvent]) {
        guard let progress = messages[messageID], !progress.isFinished else { return }
        unconfirmed -= 1
        // A relay answers for itself: where the far end is to report, only that says that the message got there.
        let isConfirmed = !configuration.isRelayed || !progress.message.successReport
        if progress.message.failureReport == .yes, isConfirmed {
            events.append(.accepted(messageID: messageID))
        }
        guard progress.message.successReport else {
            messages[messageID] = nil
            return
        }
        messages[messageID]?.isFinished = true
        awaitingReport.append(messageID)
        // Those whose report has come are still in the row.
        while let oldest = awaitingReport.first,
            messages[oldest] == nil || awaitingReport.count > configuration.limits.rememberedMessages
        {
            messages[oldest] = nil
            _ = awaitingReport.removeFirst()
        }
    }
}
