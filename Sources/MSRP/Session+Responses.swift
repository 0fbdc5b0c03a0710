internal import Wire

extension Session {
    /// Takes a response to one of our requests; one to no request is ignored (RFC 4975 §7.2).
    mutating func receiveResponse(_ code: ResponseCode, _ head: ChunkHead, into events: inout [SessionEvent])
    {
        guard let entry = transactions.remove(head.transactionID) else { return }
        conclude(entry, code, into: &events)
    }

    /// Takes note of what the next hop made of a request of ours.
    mutating func conclude(
        _ entry: TransactionTable.Entry,
        _ code: ResponseCode,
        into events: inout [SessionEvent]
    ) {
        guard let messageID = entry.messageID else {
            events.append(.alive)
            if code == .sessionDoesNotExist || code == .boundElsewhere { finishSession(code, into: &events) }
            return
        }
        let place = messages.place(of: messageID)
        if let place, entry.expectsSuccess { messages.entries[place].unanswered -= 1 }
        guard code.isSuccess else { return receiveFailure(code, of: messageID, into: &events) }
        guard let place else { return }
        messages.entries[place].acceptedRanges.insert(entry.range)
        if messages.entries[place].state == .accepted { finish(messageID, into: &events) }
    }

    /// Takes a failure from a response or a report, which mean the same to a session (RFC 4975 §7.3.2).
    private mutating func receiveFailure(
        _ code: ResponseCode,
        of messageID: ByteString,
        isReported: Bool = false,
        into events: inout [SessionEvent]
    ) {
        switch code {
        case .sessionDoesNotExist, .boundElsewhere:
            messages[messageID]?.isLost = true
            finishSession(code, into: &events)
        case .timedOut:
            // As if our own time had run out (RFC 4975 §10.4).
            guard messages[messageID]?.isOverdue == false else { return }
            messages[messageID]?.isOverdue = true
            messages[messageID]?.isLost = true
            events.append(.overdue(messageID: messageID))
        default:
            forget(messageID)
            events.append(
                isReported
                    ? .undelivered(messageID: messageID, code) : .failed(messageID: messageID, code)
            )
        }
    }

    private mutating func finishSession(_ code: ResponseCode, into events: inout [SessionEvent]) {
        guard end == nil else { return }
        end = code
        events.append(.ended(code))
    }

    /// Takes a report on one of our messages; one on another is ignored (RFC 4975 §7.3.2).
    mutating func receiveReport(_ head: ChunkHead, into events: inout [SessionEvent]) {
        guard let messageID = head.messageID, let progress = messages[messageID], let status = head.status,
            status.namespace == 0
        else { return }
        guard status.code.isSuccess else {
            return receiveFailure(status.code, of: messageID, isReported: true, into: &events)
        }
        guard progress.message.successReport else { return }
        let start = (head.byteRange?.start ?? 1) - 1
        // An end that is not told, or a range that is not there, means all that was sent.
        let end = min(head.byteRange?.end ?? progress.sentBytes, progress.sentBytes)
        if start < end { messages[messageID]?.reportedRanges.insert(start..<end) }
        guard messages[messageID]?.isDelivered == true else { return }
        events.append(.delivered(messageID: messageID))
        // The far end has it: what the next hop still owes does not matter.
        forget(messageID)
    }
}
