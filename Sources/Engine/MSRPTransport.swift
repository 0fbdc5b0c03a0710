import MSRP
import Runtime
import Wire

/// The connections that carry MSRP, and the sessions on them (RFC 4975 §5.4).
///
/// Owned by the engine and touched on the loop's thread only. Each connection has a parser, each session a machine;
/// the directory says which chunk is for which session. What sockets report leads back into the engine by `report`.
final class MSRPTransport: @unchecked Sendable {
    /// What a socket has to say, and which connection it is.
    enum Input: Sendable {
        case accepted(StreamConnection)
        case stream(StreamConnection.Event)
    }

    struct ConnectionID: Hashable, Sendable { let number: UInt64 }

    /// What the engine is told of a session, named by its own URI.
    enum Event {
        /// The connection of the session stands.
        case opened(MSRPURI)
        case session(MSRPURI, SessionEvent)
        /// The source of a message has nothing more to give, though the message is not complete: it was given up.
        case cut(MSRPURI, messageID: ByteString, detail: String)
        /// There is no connection for the session, or not any more.
        case closed(MSRPURI, detail: String)

        /// The session it is about.
        var local: MSRPURI {
            switch self {
            case .opened(let local), .session(let local, _), .closed(let local, _), .cut(let local, _, _):
                local
            }
        }
    }

    /// A connection, and what is on it.
    private final class Link {
        let connection: StreamConnection
        var parser = ChunkParser()
        /// The session of the chunk that is being received.
        var current: Entry?
        /// The session that opened it.
        let opener: MSRPURI?
        /// Until when a connection that was accepted may be without a session.
        var patience: Instant?
        /// Whether it is not read because a session takes nothing.
        var isPaused = false

        init(_ connection: StreamConnection, opener: MSRPURI? = nil, patience: Instant? = nil) {
            (self.connection, self.opener, self.patience) = (connection, opener, patience)
        }
    }

    /// A session, and where it stands.
    final class Entry {
        let local: MSRPURI
        var session: Session
        var streams: SessionStreams
        var link: ConnectionID?
        /// Where the active side connects, and until when a refused connection is tried again.
        let target: SocketAddress?
        var patience: Instant?

        init(_ session: Session, _ streams: SessionStreams, connectingTo target: SocketAddress?) {
            local = session.configuration.local
            (self.session, self.streams, self.target) = (session, streams, target)
            patience = .now + MSRPTransport.patience
        }
    }

    /// How long the other side may take to listen, or to connect: the transaction time (RFC 4975 §7.1.1).
    static let patience = Duration.seconds(30)
    /// The most accepted connections without a session; one more closes the oldest.
    static let strangers = 64
    private static let retryInterval = Duration.milliseconds(250)
    /// How many bytes may wait in a connection before no further chunk is made.
    private static let highWater = 262_144

    let loop: EventLoop
    private let report: @Sendable (ConnectionID, Input) -> Void
    private let retry: @Sendable (MSRPURI) -> Void
    let resume: @Sendable (MSRPURI) -> Void
    private var listener: Listener?
    private var links: [ConnectionID: Link] = [:]
    private(set) var entries: [MSRPURI: Entry] = [:]
    private var directory = SessionDirectory<ConnectionID>()
    private var random = SystemRandomNumberGenerator()
    /// Sessions that may have something to send.
    var ready: Set<MSRPURI> = []
    private var lastNumber: UInt64 = 0

    /// - Parameters:
    ///   - loop: The loop of the engine.
    ///   - report: Called with what a socket has to say, for `take`.
    ///   - retry: Called when a refused connection is to be tried again, for `connectAgain`.
    ///   - resume: Called when a source or a sink of a session can go on, for `goOn`.
    init(
        on loop: EventLoop,
        report: @escaping @Sendable (ConnectionID, Input) -> Void,
        retry: @escaping @Sendable (MSRPURI) -> Void,
        resume: @escaping @Sendable (MSRPURI) -> Void
    ) {
        (self.loop, self.report, self.retry, self.resume) = (loop, report, retry, resume)
    }

    /// The address where sessions of this client are reached; opened when first asked for.
    func listen(on host: String) throws(SocketError) -> SocketAddress {
        if let listener { return listener.local }
        guard let address = SocketAddress(host: host, port: 0) else { throw .addressNotAvailable }
        let opened = try Listener(at: address, on: loop) { [weak self] connection in
            guard let self else { return nil }
            self.makeRoomForStranger()
            let id = self.makeID()
            self.links[id] = Link(connection, patience: .now + Self.patience)
            return { [report = self.report] event in report(id, .stream(event)) }
        }
        listener = opened
        return opened.local
    }

    /// Whoever connects and says nothing must not take the descriptors the others need.
    private func makeRoomForStranger() {
        let waiting = links.filter { $0.value.patience != nil }.keys
        guard waiting.count >= Self.strangers, let oldest = waiting.min(by: { $0.number < $1.number }) else {
            return
        }
        drop(oldest)
    }

    private func drop(_ id: ConnectionID) { links.removeValue(forKey: id)?.connection.abort() }

    private func makeID() -> ConnectionID {
        lastNumber += 1
        return ConnectionID(number: lastNumber)
    }

    /// When `fire` is to be called.
    var nextDeadline: Instant? {
        let sessions = entries.values.flatMap {
            [$0.session.nextDeadline, $0.link == nil ? $0.patience : nil]
        }
        return (sessions + links.values.map(\.patience)).compactMap(\.self).min()
    }

    // MARK: - Sessions

    /// Takes a session whose peer is to connect to us, or to which we connect.
    ///
    /// - Parameters:
    ///   - session: The session.
    ///   - target: Where to connect; `nil` to wait for the peer.
    ///   - makeSink: Where messages go that come in streams.
    func add(_ session: Session, connectingTo target: SocketAddress?, sinks makeSink: SinkMaker? = nil) {
        let local = session.configuration.local
        entries[local] = Entry(session, SessionStreams(makeSink), connectingTo: target)
        directory.insert(local)
        if target != nil { connect(local) }
    }

    private func connect(_ local: MSRPURI) {
        guard let target = entries[local]?.target else { return }
        let id = makeID()
        let connection = StreamConnection(to: target, on: loop) { [report] event in report(id, .stream(event))
        }
        links[id] = Link(connection, opener: local)
    }

    /// Tries again to connect, if there is still reason to.
    func connectAgain(_ local: MSRPURI) {
        if entries[local] != nil, entries[local]?.link == nil { connect(local) }
    }

    /// Queues a message; what becomes of it is an event.
    ///
    /// - Returns: Whether the session takes it.
    func send(_ message: MSRP.OutgoingMessage, in local: MSRPURI) -> Bool {
        guard entries[local]?.session.send(message) == true else { return false }
        ready.insert(local)
        return true
    }

    /// Sends what there is to send, to be called when the events so far have been acted on: the answer to a message
    /// goes out here, and must not be earlier than the message is safe.
    func flush() -> [Event] {
        let sessions = ready
        ready = []
        return sessions.flatMap { pump($0) }
    }

    /// Ends a session, and its connection if no other is on it.
    func remove(_ local: MSRPURI) {
        guard let entry = entries.removeValue(forKey: local) else { return }
        entry.streams.closeAll()
        directory.remove(local)
        for (id, link) in links where link.opener == local || id == entry.link {
            guard directory.sessions(on: id).isEmpty else { continue }
            link.connection.close()
        }
    }

    func closeAll() {
        listener?.close()
        listener = nil
        for link in links.values { link.connection.close() }
        links.removeAll()
        for entry in entries.values { entry.streams.closeAll() }
        entries.removeAll()
    }

    /// Lets time pass.
    func fire(at now: Instant = .now) -> [Event] {
        for (id, link) in links {
            if let patience = link.patience, patience <= now { drop(id) }
        }
        var events: [Event] = []
        for (local, entry) in entries {
            var told: [SessionEvent] = []
            entry.session.fire(at: now, into: &told)
            settle(told, of: entry, into: &events)
            ready.insert(local)
            guard entry.link == nil, let patience = entry.patience, patience <= now else { continue }
            entry.patience = nil
            events.append(.closed(local, detail: "the other side did not connect in time"))
        }
        return events
    }

    // MARK: - Connections

    func take(_ input: Input, for id: ConnectionID) -> [Event] {
        guard case .stream(let event) = input, let link = links[id] else { return [] }
        switch event {
        case .connected:
            guard let local = link.opener, let entry = entries[local] else { return [] }
            directory.insert(local, on: id)
            entry.link = id
            // The active side speaks first, so that the passive one knows whose connection it is (RFC 4975 §5.4).
            entry.session.sendKeepAlive()
            ready.insert(local)
            return [.opened(local)]
        case .received(let bytes): return receive(bytes, on: id)
        case .drained:
            ready.formUnion(directory.sessions(on: id))
            return []
        case .ended: return end(id, nil)
        case .closed(let error): return end(id, error)
        }
    }

    private func end(_ id: ConnectionID, _ error: SocketError?) -> [Event] {
        guard let link = links.removeValue(forKey: id) else { return [] }
        link.connection.abort()
        var ended = directory.end(id)
        if let opener = link.opener, entries[opener]?.link == nil, !ended.contains(opener) {
            if error == .refused, let patience = entries[opener]?.patience, patience > .now {
                // The other side may listen a moment later.
                loop.schedule(at: .now + Self.retryInterval) { [retry] in retry(opener) }
                return []
            }
            ended.append(opener)
        }
        return ended.filter { entries[$0] != nil }.map { local in
            entries[local]?.link = nil
            entries[local]?.patience = nil
            return .closed(local, detail: error?.description ?? "closed by the other side")
        }
    }

    private func receive(_ bytes: [UInt8], on id: ConnectionID) -> [Event] {
        guard let link = links[id] else { return [] }
        var input = ByteString(bytes)
        var events: [Event] = []
        var told: [SessionEvent] = []
        do throws(MSRPParseError) {
            while let event = try link.parser.next(&input) {
                if case .head(let head) = event { link.current = admit(head, on: id, link, &events) }
                guard let entry = link.current else { continue }
                entry.session.receive(event, using: &random, into: &told)
                ready.insert(entry.local)
                settle(told, of: entry, into: &events)
                told.removeAll(keepingCapacity: true)
            }
        } catch {
            return events + end(id, nil)
        }
        pauseIfFull(id, link)
        return events
    }

    /// Finds the session of a chunk; one for none is refused.
    private func admit(
        _ head: ChunkHead,
        on id: ConnectionID,
        _ link: Link,
        _ events: inout [Event]
    ) -> Entry? {
        switch directory.admit(head, on: id) {
        case .session(let local):
            guard let entry = entries[local] else { return nil }
            if entry.link == nil, head.method != nil {
                link.patience = nil
                entry.link = id
                events.append(.opened(local))
            }
            return entry
        case .refused(let code):
            if let response = SessionDirectory<ConnectionID>.response(code, to: head) {
                try? link.connection.send(response.bytes)
            }
            return nil
        case .ignored: return nil
        }
    }

    /// Stops reading a connection while one of its sessions can take nothing, and goes on when all can.
    func pauseIfFull(_ id: ConnectionID) {
        if let link = links[id] { pauseIfFull(id, link) }
    }

    private func pauseIfFull(_ id: ConnectionID, _ link: Link) {
        let isFull = directory.sessions(on: id).contains { local in
            entries[local].map { $0.streams.isFull || !$0.session.takesInput } ?? false
        }
        guard isFull != link.isPaused else { return }
        link.isPaused = isFull
        if isFull { link.connection.pauseReading() } else { link.connection.resumeReading() }
    }

    /// Sends what a session has to send, as far as its connection takes it.
    private func pump(_ local: MSRPURI) -> [Event] {
        guard let entry = entries[local], let id = entry.link, let link = links[id] else { return [] }
        var events: [Event] = []
        var told: [SessionEvent] = []
        entry.session.holdsAnswers = entry.streams.isFull
        while link.connection.queuedBytes < Self.highWater {
            supply(entry, into: &events)
            guard let chunk = entry.session.nextChunk(at: .now, using: &random, into: &told) else { break }
            do throws(SocketError) { try link.connection.send(chunk.bytes) } catch { break }
        }
        settle(told, of: entry, into: &events)
        pauseIfFull(id, link)
        return events
    }
}
