import Crypto
import MSRP
import Runtime
import SIP
import Wire

/// The connections that carry MSRP, and the sessions on them (RFC 4975 §5.4).
///
/// Owned by the engine and touched on the loop's thread only. Each connection has a parser, each session a machine;
/// the directory says which chunk is for which session. What sockets report leads back into the engine by `report`.
final class MSRPTransport: @unchecked Sendable {
    /// How long the other side may take to listen, or to connect: the transaction time (RFC 4975 §7.1.1).
    static let patience = Duration.seconds(30)
    /// The most accepted connections without a session; one more closes the oldest.
    static let strangers = 64
    static let retryInterval = Duration.milliseconds(250)
    /// How many bytes may wait in a connection before no further chunk is made.
    private static let highWater = 262_144
    /// How many bytes of chunks are handed to a connection at once.
    private static let batch = 131_072

    let loop: EventLoop
    let report: @Sendable (ConnectionID, Input) -> Void
    let retry: @Sendable (MSRPURI) -> Void
    let resume: @Sendable (MSRPURI) -> Void
    /// What connections with TLS need; there are none before it is known.
    var tls: TLSContext?
    /// The ports that listeners may take; any if `nil`.
    let ports: ClosedRange<UInt16>?
    private var listeners: [Place: Listener] = [:]
    var links: [ConnectionID: Link] = [:]
    var entries: [MSRPURI: Entry] = [:]
    /// The sessions that are offered: the other side may connect before its answer is here.
    var expected: Set<MSRPURI> = []
    var directory = SessionDirectory<ConnectionID>()
    /// Sessions that are about to move, by the URI they move to.
    private var moving: [MSRPURI: MSRPURI] = [:]
    var relay: Relay?
    /// Whether nothing is read, because what came is still on its way to the user.
    var isHeld = false {
        didSet { if isHeld != oldValue { for (id, link) in links { pauseIfFull(id, link) } } }
    }
    var random = RandomReserve()
    /// Sessions that may have something to send.
    private var ready: [Entry] = []
    var alarms = TimerQueue<Alarm>()
    /// What is about to be handed to a connection.
    private var output = ChunkOutput()
    private var lastNumber: UInt64 = 0

    /// What tells one listener from another.
    private struct Place: Hashable {
        var host: String
        var isSecure: Bool
    }

    /// - Parameters:
    ///   - loop: The loop of the engine.
    ///   - ports: The ports that listeners may take; any if `nil`.
    ///   - report: Called with what a socket has to say, for `take`.
    ///   - retry: Called when a refused connection is to be tried again, for `connectAgain`.
    ///   - resume: Called when a source or a sink of a session can go on, for `goOn`.
    init(
        on loop: EventLoop,
        ports: ClosedRange<UInt16>? = nil,
        report: @escaping @Sendable (ConnectionID, Input) -> Void,
        retry: @escaping @Sendable (MSRPURI) -> Void,
        resume: @escaping @Sendable (MSRPURI) -> Void
    ) {
        (self.loop, self.ports, self.report, self.retry, self.resume) = (loop, ports, report, retry, resume)
    }

    /// The address where sessions of this client are reached; opened when first asked for.
    ///
    /// - Throws: `SocketError.addressInUse` if none of the ports is free.
    func listen(on host: String, isSecure: Bool = false) throws(SocketError) -> SocketAddress {
        let place = Place(host: host, isSecure: isSecure)
        if let listener = listeners[place] { return listener.local }
        guard !isSecure || tls != nil else { throw .notPermitted }
        for port in ports ?? 0...0 {
            guard let address = SocketAddress(host: host, port: port) else { throw .addressNotAvailable }
            do throws(SocketError) {
                let opened = try open(at: address, isSecure: isSecure)
                listeners[place] = opened
                return opened.local
            } catch {
                guard error == .addressInUse else { throw error }
            }
        }
        throw .addressInUse
    }

    private func open(at address: SocketAddress, isSecure: Bool) throws(SocketError) -> Listener {
        try Listener(at: address, tls: isSecure ? tls : nil, on: loop) { [weak self] connection in
            guard let self else { return nil }
            self.makeRoomForStranger()
            let id = self.makeID()
            let patience = Instant.now + Self.patience
            self.links[id] = Link(connection, isSecure: isSecure, patience: patience)
            self.alarms.start(.connection(id), at: patience)
            return { [report = self.report] event in report(id, .stream(event)) }
        }
    }

    /// Whoever connects and says nothing must not take the descriptors the others need.
    private func makeRoomForStranger() {
        let waiting = links.filter { $0.value.patience != nil }.keys
        guard waiting.count >= Self.strangers, let oldest = waiting.min(by: { $0.number < $1.number }) else {
            return
        }
        drop(oldest)
    }

    func drop(_ id: ConnectionID) { links.removeValue(forKey: id)?.connection.abort() }

    func makeID() -> ConnectionID {
        lastNumber += 1
        return ConnectionID(number: lastNumber)
    }

    // MARK: - Sessions

    /// Takes note of a session that is offered; what comes for it waits until `add`.
    func expect(_ local: MSRPURI) {
        expected.insert(local)
        directory.insert(local)
    }

    /// Takes a session that was agreed.
    ///
    /// - Parameters:
    ///   - session: The session.
    ///   - approach: Who connects, and where to.
    ///   - check: What the other side must be, if the session is one with TLS.
    ///   - makeSink: Where messages go that come in streams.
    /// - Returns: What happened at once.
    func add(
        _ session: Session,
        _ approach: Approach,
        check: PeerCheck? = nil,
        sinks makeSink: SinkMaker? = nil
    ) -> [Event] {
        let setup = session.configuration
        let local = setup.local
        expected.remove(local)
        var restarts: [Restart] = []
        if let old = moving.removeValue(forKey: local).flatMap(takeOut) {
            restarts = old.session.renew(as: setup)
            entries[local] = Entry(old.session, old.streams, approach, check)
        } else {
            entries[local] = Entry(session, SessionStreams(makeSink), approach, check)
        }
        entries[local].map(setAlarm)
        entries[local]?.streams.wake = { [weak self] in self?.wake(local) { _ in } }
        directory.insert(local, matching: setup.pathMatching, isRelayed: setup.isRelayed)
        let events = restart(restarts, in: local)
        switch approach {
        case .connecting: return events + connect(local)
        case .relayed(let isActive): return events + join(local, isActive: isActive)
        case .waiting, .held: return events + receiveEarly(for: local)
        }
    }

    /// Lets a session go on under another URI as soon as that is added, with what was not confirmed in it.
    func move(_ old: MSRPURI, to local: MSRPURI) { moving[local] = old }

    /// Makes a session whose connection broke ready for the next one: what was not confirmed is sent again.
    func suspend(_ local: MSRPURI) -> [Event] {
        guard let entry = entries[local] else { return [] }
        let target = entry.session.configuration.target
        return restart(entry.session.renew(local: local, target: target), in: local)
    }

    /// Queues a message; what becomes of it is an event.
    ///
    /// - Returns: Whether the session takes it.
    func send(_ message: MSRP.OutgoingMessage, in local: MSRPURI) -> Bool {
        let local = moving[local] ?? local
        guard let entry = entries[local], entry.session.send(message) else { return false }
        makeReady(entry)
        return true
    }

    /// Sends what there is to send, to be called when the events so far have been acted on: the answer to a message
    /// goes out here, and must not be earlier than the message is safe.
    func flush() -> [Event] {
        guard !ready.isEmpty else { return [] }
        let entries = ready
        ready = []
        for entry in entries { entry.isReady = false }
        return entries.flatMap { pump($0) }
    }

    /// Notes that a session may have something to send.
    func makeReady(_ entry: Entry) {
        guard !entry.isReady else { return }
        entry.isReady = true
        ready.append(entry)
    }

    /// Ends a session, and its connection if no other is on it.
    func remove(_ local: MSRPURI) {
        moving[local] = nil
        takeOut(local)?.streams.closeAll()
    }

    /// Takes a session out, and ends its connection if no other is on it.
    private func takeOut(_ local: MSRPURI) -> Entry? {
        expected.remove(local)
        directory.remove(local)
        relay?.uses[local] = nil
        guard let entry = entries.removeValue(forKey: local) else { return nil }
        for (id, link) in links where link.waiting.remove(local) != nil || id == entry.link {
            guard id != relay?.link, link.waiting.isEmpty, directory.sessions(on: id).isEmpty else {
                continue
            }
            link.isEnding = true
            link.connection.close()
        }
        entry.link = nil
        alarms.stop(.session(local))
        return entry
    }

    func closeAll() {
        for listener in listeners.values { listener.close() }
        listeners.removeAll()
        for link in links.values { link.connection.close() }
        links.removeAll()
        for entry in entries.values { entry.streams.closeAll() }
        entries.removeAll()
    }

    // MARK: - Connections

    func take(_ input: Input, for id: ConnectionID) -> [Event] {
        guard case .stream(let event) = input, links[id] != nil else { return [] }
        switch event {
        case .connected: return connected(id)
        case .received(let bytes): return receive(ByteString(bytes), on: id)
        case .drained:
            for local in directory.sessions(on: id) { entries[local].map(makeReady) }
            return []
        case .ended: return end(id, nil)
        case .closed(let error): return end(id, error)
        }
    }

    func receive(_ bytes: ByteString, on id: ConnectionID) -> [Event] {
        guard let link = links[id] else { return [] }
        var input = bytes
        var events: [Event] = []
        var told: [SessionEvent] = []
        var parser = ChunkParser()
        swap(&parser, &link.parser)
        defer { link.parser = parser }
        do throws(MSRPParseError) {
            while true {
                receiveRun(parser, &input, on: id, link, &events)
                let before = expected.isEmpty ? nil : (parser, input)
                guard let event = try parser.next(&input) else { break }
                if case .head(let head) = event, !isForRecent(head, on: id, link) {
                    if takeRelayResponse(head, on: id, &events) {
                        link.current = nil
                        continue
                    }
                    link.current = admit(head, on: id, link, &events)
                    if link.early != nil, let before {
                        parser = before.0
                        link.early?.bytes = before.1
                        break
                    }
                    // The certificate was not that of the other side.
                    guard links[id] != nil else { return events }
                }
                guard let entry = link.current else { continue }
                entry.session.receive(event, using: &random, into: &told)
                makeReady(entry)
                guard !told.isEmpty else { continue }
                settle(told, of: entry, into: &events)
                told.removeAll(keepingCapacity: true)
            }
        } catch {
            let note = "\(link.connection.remote) sent what is not MSRP (\(error))"
            return events + [.noted(note)] + end(id, nil)
        }
        pauseIfFull(id, link, since: link.recent?.entry)
        return events
    }

    /// Whether a chunk is for the session that the last one was for; then that is the present one.
    private func isForRecent(_ head: ChunkHead, on id: ConnectionID, _ link: Link) -> Bool {
        guard let recent = link.recent, recent.entry.link == id, relay?.link != id else { return false }
        if !recent.head.isLike(head) {
            guard recent.head.toPath == head.toPath else { return false }
            if head.method == .send { link.recent?.head = head.common }
        }
        link.current = recent.entry
        return true
    }

    /// Finds the session of a chunk; one for none is refused.
    private func admit(
        _ head: ChunkHead,
        on id: ConnectionID,
        _ link: Link,
        _ events: inout [Event]
    ) -> Entry? {
        switch directory.admit(head, on: id, where: { $0.isSecure == link.isSecure }) {
        case .session(let local):
            guard let entry = entries[local] else {
                // Its answer is still on its way.
                if expected.contains(local) { link.early = (local, .empty) }
                return nil
            }
            entry.isGuest = false
            link.patience = nil
            if entry.link == nil, head.method != nil, !bind(entry, to: id, &events) { return nil }
            if head.toPath != nil { link.recent = (head.common, entry) }
            return entry
        case .refused(let code):
            if let response = SessionDirectory<ConnectionID>.response(code, to: head) {
                try? link.connection.send(response.bytes)
            }
            // The first one that is refused is told; the others would say no more.
            if !link.isNoted {
                events.append(.noted("refused a request of \(link.connection.remote) with \(code.rawValue)"))
            }
            link.isNoted = true
            return nil
        case .ignored: return nil
        }
    }

    /// Stops reading a connection while one of its sessions can take nothing, and goes on when all can.
    func pauseIfFull(_ id: ConnectionID) {
        if let link = links[id] { pauseIfFull(id, link) }
    }

    /// - Parameters:
    ///   - id: The connection.
    ///   - link: What is known of it.
    ///   - entry: A session that was given something. The others are as they were, or are asked when it is their turn
    ///     to send; `nil` to ask all, as is done of a connection that waits.
    func pauseIfFull(_ id: ConnectionID, _ link: Link, since entry: Entry? = nil) {
        let isFull =
            if isHeld || link.early != nil {
                true
            } else if let entry, !link.isPaused {
                entry.isFull
            } else {
                directory.sessions(on: id).contains { entries[$0]?.isFull ?? false }
            }
        guard isFull != link.isPaused else { return }
        link.isPaused = isFull
        if isFull { link.connection.pauseReading() } else { link.connection.resumeReading() }
    }

    /// Sends what a session has to send, as far as its connection takes it.
    private func pump(_ entry: Entry) -> [Event] {
        defer { setAlarm(entry) }
        guard let id = entry.link, let link = links[id] else { return [] }
        var events: [Event] = []
        var told: [SessionEvent] = []
        entry.streams.flush()
        entry.session.holdsAnswers = entry.streams.isFull
        let now = Instant.now
        // As many chunks as what sources have supplied is surely enough for.
        let chunksPerSupply = max(1, Self.lowWater / entry.session.configuration.chunkSize)
        var chunksToSupply = 0
        var isOpen = true
        while isOpen, link.connection.queuedBytes + output.count < Self.highWater {
            if chunksToSupply == 0 {
                supply(entry, into: &events)
                chunksToSupply = chunksPerSupply
            }
            chunksToSupply -= 1
            guard entry.session.writeNext(to: &output, at: now, using: &random, into: &told) else { break }
            if output.count >= Self.batch { isOpen = handOutput(to: link) }
        }
        if isOpen { _ = handOutput(to: link) }
        settle(told, of: entry, into: &events)
        pauseIfFull(id, link, since: entry)
        return events
    }

    /// Hands what was written to a connection.
    ///
    /// - Returns: Whether the connection takes more.
    private func handOutput(to link: Link) -> Bool {
        guard !output.isEmpty else { return true }
        defer { output.removeAll() }
        do throws(SocketError) { try link.connection.send(output.pieces) } catch { return false }
        return true
    }
}
