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
        guard let place = messages.place(of: messageID) else { return }
        messages.entries[place].supply(bytes, isLast: isLast)
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

    /// Writes the next thing to send: answers first, then chunks of messages in turn.
    ///
    /// - Parameters:
    ///   - output: Gets one chunk, report or response.
    ///   - now: When it is handed to the system, from where the time of its response counts.
    ///   - generator: Where its identifier comes from.
    ///   - events: Gets what becomes of messages.
    /// - Returns: Whether there was something to send; not while too much waits for its response.
    package mutating func writeNext(
        to output: inout ChunkOutput,
        at now: Instant,
        using generator: inout some RandomNumberGenerator,
        into events: inout [SessionEvent]
    ) -> Bool {
        if !holdsAnswers, output.write({ answers.moveFirst(to: &$0) }) { return true }
        guard end == nil else { return false }
        let silenceEnd = configuration.keepAlive.map { now + $0 }
        if keepAlives > 0 {
            keepAliveTime = silenceEnd
            let chunk = keepAliveChunk(at: now, using: &generator)
            output.write { chunk.write(to: &$0) }
            return true
        }
        guard transactions.waitingCount < configuration.limits.unansweredRequests, !waitsForFarEnd,
            let place = nextMessage()
        else {
            // To be asked for something to send is not to say something.
            keepAliveTime = keepAliveTime ?? silenceEnd
            return false
        }
        keepAliveTime = silenceEnd
        let size = output.count
        writeChunk(of: place, to: &output, at: now, using: &generator, into: &events)
        if isFarEndUnheard { noteUnheard(output.count - size, at: now) }
        return true
    }

    /// Whether it is not known yet that what goes to the relay arrives.
    private var isFarEndUnheard: Bool { configuration.isRelayed && !isBound && !unheard.isOver }

    private var waitsForFarEnd: Bool {
        isFarEndUnheard && unheard.bytes >= configuration.limits.unheardBytes
    }

    private mutating func noteUnheard(_ count: Int, at now: Instant) {
        unheard.bytes += count
        guard waitsForFarEnd, unheard.deadline == nil else { return }
        unheard.deadline = now + configuration.limits.unheardTime
        sendKeepAlive()
    }

    /// The message whose turn it is; interleaved ones go to the end of their row.
    private mutating func nextMessage() -> Int? {
        let first = ordered.first.flatMap { readyMessage($0) }
        if let first, !interleavedGoesNext {
            interleavedGoesNext = true
            return first
        }
        interleavedGoesNext = false
        for _ in 0..<interleaved.count {
            guard let messageID = interleaved.first else { break }
            if interleaved.count > 1 {
                _ = interleaved.removeFirst()
                interleaved.append(messageID)
            }
            if let place = readyMessage(messageID) { return place }
        }
        return first
    }

    private func readyMessage(_ messageID: ByteString) -> Int? {
        guard let place = messages.place(of: messageID), messages.entries[place].isReady else { return nil }
        return place
    }

    private mutating func writeChunk(
        of place: Int,
        to output: inout ChunkOutput,
        at now: Instant,
        using generator: inout some RandomNumberGenerator,
        into events: inout [SessionEvent]
    ) {
        let messageID = messages.entries[place].message.messageID
        let (id, range) = messages.entries[place].writeChunk(
            upTo: configuration.chunkSize,
            (targetText, localText),
            to: &output,
            using: &generator
        )
        guard !messages.entries[place].isCancelled else { return forget(messageID) }
        let failureReport = messages.entries[place].message.failureReport
        if failureReport != .no {
            let expectsSuccess = failureReport == .yes
            if expectsSuccess { messages.entries[place].unanswered += 1 }
            let entry = TransactionTable.Entry(
                messageID: messageID,
                range: range,
                expectsSuccess: expectsSuccess
            )
            let deadline = now + configuration.transactionTime
            transactions.insert(id, entry, deadline: deadline, limits: configuration.limits)
        }
        guard messages.entries[place].isSent else { return }
        leaveQueue(messageID)
        if configuration.isRelayed, messages.entries[place].message.successReport {
            reportDeadlines.append((messageID, now + configuration.reportTime))
        }
        events.append(.sent(messageID: messageID))
        if failureReport != .yes { finish(messageID, into: &events) }
    }

    private mutating func keepAliveChunk(
        at now: Instant,
        using generator: inout some RandomNumberGenerator
    ) -> OutgoingChunk {
        keepAlives = 0
        let id = TransactionID(using: &generator)
        var head = ChunkHead(transactionID: id.text, .request(.send))
        (head.toPath, head.fromPath) = (targetText, localText)
        head.messageID = RandomIdentifier.messageID(using: &generator)
        head.byteRange = ByteRange(start: 1, end: 0, total: 0)
        head.successReport = isFarEndUnheard
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
