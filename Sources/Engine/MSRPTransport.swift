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
        /// There is no connection for the session, or not any more.
        case closed(MSRPURI, detail: String)
    }

    private struct Link {
        var connection: StreamConnection
        var parser = ChunkParser()
        /// The session of the chunk that is being received.
        var current: MSRPURI?
        /// The session that opened it.
        var opener: MSRPURI?
        /// Until when a connection that was accepted may be without a session.
        var patience: Instant?
    }

    private struct Entry {
        var session: Session
        var link: ConnectionID?
        /// Where the active side connects, and until when a refused connection is tried again.
        var target: SocketAddress?
        var patience: Instant?
    }

    /// How long the other side may take to listen, or to connect: the transaction time (RFC 4975 §7.1.1).
    static let patience = Duration.seconds(30)
    /// The most accepted connections without a session; one more closes the oldest.
    static let strangers = 64
    private static let retryInterval = Duration.milliseconds(250)
    /// How many bytes may wait in a connection before no further chunk is made.
    private static let highWater = 262_144

    private let loop: EventLoop
    private let report: @Sendable (ConnectionID, Input) -> Void
    private let retry: @Sendable (MSRPURI) -> Void
    private var listener: Listener?
    private var links: [ConnectionID: Link] = [:]
    private var entries: [MSRPURI: Entry] = [:]
    private var directory = SessionDirectory<ConnectionID>()
    private var random = SystemRandomNumberGenerator()
    /// Sessions that may have something to send.
    private var ready: Set<MSRPURI> = []
    private var lastNumber: UInt64 = 0

    init(
        on loop: EventLoop,
        report: @escaping @Sendable (ConnectionID, Input) -> Void,
        retry: @escaping @Sendable (MSRPURI) -> Void
    ) {
        (self.loop, self.report, self.retry) = (loop, report, retry)
    }

    /// The address where sessions of this client are reached; opened when first asked for.
    func listen(on host: String) throws(SocketError) -> SocketAddress {
        if let listener { return listener.local }
        guard let address = SocketAddress(host: host, port: 0) else { throw .addressNotAvailable }
        let opened = try Listener(at: address, on: loop) { [weak self] connection in
            guard let self else { return nil }
            self.makeRoomForStranger()
            let id = self.makeID()
            self.links[id] = Link(connection: connection, patience: .now + Self.patience)
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
    func add(_ session: Session, connectingTo target: SocketAddress?) {
        let local = session.configuration.local
        entries[local] = Entry(session: session, target: target, patience: .now + Self.patience)
        directory.insert(local)
        if target != nil { connect(local) }
    }

    private func connect(_ local: MSRPURI) {
        guard let target = entries[local]?.target else { return }
        let id = makeID()
        let connection = StreamConnection(to: target, on: loop) { [report] event in report(id, .stream(event))
        }
        links[id] = Link(connection: connection, opener: local)
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
        entries.removeAll()
    }

    /// Lets time pass.
    func fire(at now: Instant = .now) -> [Event] {
        for (id, link) in links {
            if let patience = link.patience, patience <= now { drop(id) }
        }
        var events: [Event] = []
        for local in entries.keys {
            var told: [SessionEvent] = []
            entries[local]?.session.fire(at: now, into: &told)
            events += told.map { .session(local, $0) }
            ready.insert(local)
            guard let entry = entries[local], entry.link == nil, let patience = entry.patience,
                patience <= now
            else { continue }
            entries[local]?.patience = nil
            events.append(.closed(local, detail: "the other side did not connect in time"))
        }
        return events
    }

    // MARK: - Connections

    func take(_ input: Input, for id: ConnectionID) -> [Event] {
        guard case .stream(let event) = input, let link = links[id] else { return [] }
        switch event {
        case .connected:
            guard let local = link.opener, entries[local] != nil else { return [] }
            directory.insert(local, on: id)
            entries[local]?.link = id
            // The active side speaks first, so that the passive one knows whose connection it is (RFC 4975 §5.4).
            entries[local]?.session.sendKeepAlive()
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
        guard var link = links[id] else { return [] }
        var input = ByteString(bytes)
        var events: [Event] = []
        do throws(MSRPParseError) {
            while let event = try link.parser.next(&input) {
                if case .head(let head) = event { link.current = admit(head, on: id, &events) }
                guard let local = link.current else { continue }
                var told: [SessionEvent] = []
                entries[local]?.session.receive(event, using: &random, into: &told)
                ready.insert(local)
                events += told.map { .session(local, $0) }
            }
            links[id]?.parser = link.parser
            links[id]?.current = link.current
        } catch {
            return events + end(id, nil)
        }
        return events
    }

    /// Finds the session of a chunk; one for none is refused.
    private func admit(_ head: ChunkHead, on id: ConnectionID, _ events: inout [Event]) -> MSRPURI? {
        switch directory.admit(head, on: id) {
        case .session(let local):
            if entries[local]?.link == nil, head.method != nil {
                links[id]?.patience = nil
                entries[local]?.link = id
                events.append(.opened(local))
            }
            return local
        case .refused(let code):
            if let response = SessionDirectory<ConnectionID>.response(code, to: head) {
                try? links[id]?.connection.send(response.bytes)
            }
            return nil
        case .ignored: return nil
        }
    }

    /// Sends what a session has to send, as far as its connection takes it.
    private func pump(_ local: MSRPURI) -> [Event] {
        guard let id = entries[local]?.link, let connection = links[id]?.connection else { return [] }
        var told: [SessionEvent] = []
        while connection.queuedBytes < Self.highWater,
            let chunk = entries[local]?.session.nextChunk(at: .now, using: &random, into: &told)
        {
            do throws(SocketError) { try connection.send(chunk.bytes) } catch { break }
        }
        return told.map { .session(local, $0) }
    }
}
