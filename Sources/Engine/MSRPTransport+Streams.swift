import MSRP
import Runtime
import Wire

// Messages that go from a source and into a sink as the connection takes and brings them.
extension MSRPTransport {
    /// How few bytes of a message wait when its source is asked for more; never less than a chunk.
    static let lowWater = 65_536
    /// How many bytes a source is asked for at once.
    private static let slice = 65_536

    // MARK: - Out

    /// Queues a message whose bytes come from a source; what becomes of it is an event.
    ///
    /// - Parameters:
    ///   - message: Its content must be `streamed`.
    ///   - source: Where its bytes come from; closed when the message needs nothing more.
    ///   - local: The session.
    /// - Returns: Whether the session takes it; a source that is not taken is not touched.
    func send(_ message: MSRP.OutgoingMessage, from source: any MessageSource, in local: MSRPURI) -> Bool {
        guard let entry = entries[local], entry.session.send(message) else { return false }
        let messageID = message.messageID
        entry.streams.outgoing[messageID] = SessionStreams.Outgoing(source)
        source.begin { [weak self] in
            self?.wake(local) { $0.streams.outgoing[messageID]?.isWaiting = false }
        }
        makeReady(entry)
        return true
    }

    /// Gives a message up: the receiver is told if it has seen a part of it (RFC 4975 §7.1).
    func cancel(_ messageID: ByteString, in local: MSRPURI) {
        guard let entry = entries[local] else { return }
        entry.session.cancel(messageID)
        entry.streams.close(messageID)
        makeReady(entry)
    }

    /// How far a message has come; `nil` once nothing more is expected of it.
    func progress(of messageID: ByteString, in local: MSRPURI) -> MessageProgress? {
        guard let entry = entries[local], entry.session.state(of: messageID) != nil else { return nil }
        return MessageProgress(
            acceptedBytes: entry.session.acceptedBytes(of: messageID),
            size: entry.streams.outgoing[messageID]?.source.size
        )
    }

    /// Sets sources back to what is to be sent again over a new connection.
    ///
    /// - Returns: The messages whose source cannot go back: they were given up.
    func restart(_ restarts: [Restart], in local: MSRPURI) -> [Event] {
        guard let entry = entries[local] else { return [] }
        var events: [Event] = []
        for restart in restarts {
            guard let source = entry.streams.outgoing[restart.messageID]?.source else { continue }
            if source.rewind(to: restart.place) {
                entry.streams.outgoing[restart.messageID] = SessionStreams.Outgoing(source)
            } else {
                giveUp(restart.messageID, of: entry, "what was sent cannot be read again", into: &events)
            }
        }
        makeReady(entry)
        return events
    }

    /// Asks the sources of a session for as much as will soon be sent.
    func supply(_ entry: Entry, into events: inout [Event]) {
        guard !entry.streams.outgoing.isEmpty else { return }
        let lowWater = max(Self.lowWater, entry.session.configuration.chunkSize)
        for (messageID, stream) in entry.streams.outgoing where !stream.isExhausted && !stream.isWaiting {
            while entry.ask({ $0.queuedBytes(of: messageID) }) < lowWater {
                switch stream.source.next(upTo: Self.slice) {
                case .bytes(let bytes):
                    entry.session.supply(bytes, to: messageID)
                    continue
                case .last(let bytes):
                    entry.session.supply(bytes, isLast: true, to: messageID)
                    entry.streams.outgoing[messageID]?.isExhausted = true
                case .later: entry.streams.outgoing[messageID]?.isWaiting = true
                case .failed(let detail): giveUp(messageID, of: entry, detail, into: &events)
                }
                break
            }
        }
    }

    private func giveUp(
        _ messageID: ByteString,
        of entry: Entry,
        _ detail: String,
        into events: inout [Event]
    ) {
        entry.session.cancel(messageID)
        entry.streams.close(messageID)
        events.append(.cut(entry.local, messageID: messageID, detail: detail))
    }

    // MARK: - In

    /// Takes what goes on with what the last session on the connection is at, as far as nothing is to be decided.
    func receiveRun(
        _ parser: ChunkParser,
        _ input: inout ByteString,
        on id: ConnectionID,
        _ link: Link,
        _ events: inout [Event]
    ) {
        guard parser.isBetweenChunks, !input.isEmpty, let entry = link.recent?.entry, entry.link == id,
            relay?.link != id
        else { return }
        let size = input.count
        var told: [SessionEvent] = []
        entry.session.receiveConfirmations(parser, &input, into: &told)
        if let messageID = entry.ask({ $0.runMessage(parser) }), let sink = entry.streams.sink(of: messageID)
        {
            var refusal: ResponseCode?
            entry.session.receiveRun(parser, &input, of: messageID) { bytes in
                if case .refused(let code) = sink.receive(bytes) { refusal = code }
                return refusal == nil
            }
            if let refusal { entry.session.refuse(messageID, with: refusal, into: &told) }
        }
        guard input.count < size else { return }
        makeReady(entry)
        settle(told, of: entry, into: &events)
    }

    /// Hands the bytes of streamed messages to their sinks and tells the engine the rest.
    func settle(_ told: [SessionEvent], of entry: Entry, into events: inout [Event]) {
        for event in told {
            switch event {
            case .incoming(let incoming):
                deliver(incoming, of: entry, into: &events)
                if case .data = incoming { continue }
            case .sent(let messageID), .accepted(let messageID), .delivered(let messageID):
                // One that asks for no response is forgotten as soon as it is sent.
                if entry.ask({ $0.state(of: messageID) }) == nil { entry.streams.close(messageID) }
            case .failed(let messageID, _), .undelivered(let messageID, _): entry.streams.close(messageID)
            case .bound, .overdue, .alive, .silent, .ended: break
            }
            events.append(.session(entry.local, event))
        }
    }

    private func deliver(_ event: MessageAssembler.Event, of entry: Entry, into events: inout [Event]) {
        guard let refused = entry.streams.take(event) else { return }
        var told: [SessionEvent] = []
        entry.session.refuse(refused.messageID, with: refused.code, into: &told)
        settle(told, of: entry, into: &events)
    }

    // MARK: - Going on

    /// Lets a session go on in the loop's next turn, wherever the call came from.
    func wake(_ local: MSRPURI, _ body: @escaping @Sendable (Entry) -> Void) {
        loop.execute { [weak self] in
            guard let self, let entry = self.entries[local] else { return }
            body(entry)
            self.resume(local)
        }
    }

    /// Goes on with a session whose source or sink is ready again.
    func goOn(_ local: MSRPURI) {
        guard let entry = entries[local] else { return }
        makeReady(entry)
        if let id = entry.link { pauseIfFull(id) }
    }
}
