package import Wire

/// Where a streamed message goes on after its session was made anew.
package struct Restart: Hashable, Sendable {
    package let messageID: ByteString
    /// How many bytes from the first on were confirmed: the owner supplies the ones behind them.
    package let place: UInt64

    package init(messageID: ByteString, place: UInt64) { (self.messageID, self.place) = (messageID, place) }
}

extension Session {
    /// Moves to a new connection as it was set up for it.
    package mutating func renew(as setup: SessionConfiguration) -> [Restart] {
        let restarts = renew(local: setup.local, target: setup.target)
        configuration = setup
        return restarts
    }

    /// Moves to a new connection with the URIs that were negotiated for it (RFC 4975 §5.4).
    ///
    /// What was not confirmed is sent again under the same `Message-ID`, in the old order; the far end knows by it
    /// what it has already. Messages of which a part has been received may go on as well. What a relay has answered
    /// is confirmed only when the far end has reported it.
    ///
    /// - Parameters:
    ///   - local: The own URI in the new session.
    ///   - target: The `To-Path` of the new session.
    /// - Returns: The streamed messages whose bytes the owner must supply again, and from where.
    package mutating func renew(local: MSRPURI, target: MSRPPath) -> [Restart] {
        let wasRelayed = configuration.isRelayed
        (configuration.local, configuration.target) = (local, target)
        (localText, targetText) = (local.text, target.text)
        (isBound, end, request, knownPaths, keepAlives, keepAliveTime) = (false, nil, nil, nil, 0, nil)
        transactions = TransactionTable()
        unheard = Unheard()
        answers.removeAll()
        ordered.removeAll()
        interleaved.removeAll()
        awaitingReport.removeAll()
        reportDeadlines.removeAll()
        assembler.connectionEnded()
        var restarts: [Restart] = []
        for progress in messages.values.sorted(by: { $0.order < $1.order })
        where !progress.isFinished || wasRelayed {
            let message = progress.message
            let messageID = message.messageID
            if progress.isFinished { unconfirmed += 1 }
            messages[messageID]?.isFinished = false
            if progress.isCancelled {
                forget(messageID)
                continue
            }
            let place = wasRelayed ? progress.reportedRanges.prefix : progress.acceptedRanges.prefix
            if wasRelayed { messages[messageID]?.acceptedRanges = progress.reportedRanges }
            messages[messageID]?.restart(at: place)
            if case .streamed = message.content {
                restarts.append(Restart(messageID: messageID, place: place))
            }
            if message.interleaves { interleaved.append(messageID) } else { ordered.append(messageID) }
        }
        return restarts
    }
}
