import Runtime

/// The sockets of the MSRP switch.
///
/// Touched on the loop's thread only. Nothing piles up here: a connection whose bytes the next hop does not take is not
/// read until it does.
final class LabLinks: @unchecked Sendable {
    typealias LinkID = LabSwitch.LinkID

    private struct Link {
        let stream: StreamConnection
        /// The connections that wait until this one has sent what it has.
        var waiting: Set<LinkID> = []
        /// How many connections this one waits for.
        var obstacles = 0
    }

    private let loop: EventLoop
    private let welcome: @Sendable (_ isSecure: Bool) -> LinkID?
    private let report: @Sendable (LinkID, StreamConnection.Event) -> Void
    private var listeners: [Listener] = []
    private var links: [LinkID: Link] = [:]
    /// What connections by TLS are opened with; there are none before it is known.
    var context: TLSContext?

    /// Makes the sockets.
    ///
    /// - Parameters:
    ///   - loop: The loop whose thread calls this and on which everything runs.
    ///   - welcome: Names a connection that was accepted, or refuses it.
    ///   - report: Told what happens on a connection: bytes, and the end.
    init(
        on loop: EventLoop,
        welcome: @escaping @Sendable (_ isSecure: Bool) -> LinkID?,
        report: @escaping @Sendable (LinkID, StreamConnection.Event) -> Void
    ) {
        (self.loop, self.welcome, self.report) = (loop, welcome, report)
    }

    /// Begins to take connections.
    ///
    /// - Returns: The address, with the port the system chose if none was asked for.
    func listen(at address: SocketAddress, tls: TLSContext?) throws(SocketError) -> SocketAddress {
        let listener = try Listener(at: address, tls: tls, on: loop) { [weak self] stream in
            guard let self, let id = welcome(tls != nil) else { return nil }
            return add(stream, id)
        }
        listeners.append(listener)
        return listener.local
    }

    func close() {
        for listener in listeners { listener.close() }
        for link in links.values { link.stream.abort() }
        (listeners, links) = ([], [:])
    }

    func perform(_ effect: LabSwitch.Effect) {
        switch effect {
        case .send(let bytes, let id, let source): send(bytes, to: id, from: source)
        case .connect(let id, let host, let port, let isSecure): connect(id, host, port, isSecure)
        case .close(let id): links[id]?.stream.close()
        case .abort(let id): drop(id)
        case .note: break
        }
    }

    // MARK: - Connections

    private func add(_ stream: StreamConnection, _ id: LinkID) -> StreamConnection.Handler {
        links[id] = Link(stream: stream)
        return { [weak self] event in self?.take(event, id) }
    }

    private func connect(_ id: LinkID, _ host: String, _ port: UInt16, _ isSecure: Bool) {
        guard let address = SocketAddress(host: host, port: port), !isSecure || context != nil else {
            // Names are not looked up here; that there is no way is told when the caller has returned.
            return loop.execute { [report] in report(id, .closed(.addressNotAvailable)) }
        }
        // Whoever is there will do: what a client makes of certificates is to be seen, not what the core makes of them.
        let tls = context.flatMap { context in
            isSecure
                ? StreamConnection.TLS(context, name: host, judge: { _ in nil }, asksAuthority: false) : nil
        }
        let stream = StreamConnection(to: address, tls: tls, on: loop) { [weak self] event in
            self?.take(event, id)
        }
        links[id] = Link(stream: stream)
    }

    private func take(_ event: StreamConnection.Event, _ id: LinkID) {
        switch event {
        case .connected: break
        case .received: report(id, event)
        case .drained: letWaitingGoOn(id)
        case .ended: links[id]?.stream.close()
        case .closed:
            letWaitingGoOn(id)
            links[id] = nil
            report(id, event)
        }
    }

    private func drop(_ id: LinkID) {
        letWaitingGoOn(id)
        links.removeValue(forKey: id)?.stream.abort()
    }

    // MARK: - Sending

    private func send(_ bytes: [UInt8], to id: LinkID, from source: LinkID?) {
        guard let stream = links[id]?.stream else { return }
        // A client that does not read what it asks for is not worth keeping.
        do throws(SocketError) { try stream.send(bytes) } catch { return stream.close() }
        guard stream.queuedBytes > LabLimits.chatHighWater, let source, links[source] != nil,
            links[id]?.waiting.insert(source).inserted == true
        else { return }
        links[source]?.obstacles += 1
        links[source]?.stream.pauseReading()
    }

    private func letWaitingGoOn(_ id: LinkID) {
        let waiting = links[id]?.waiting ?? []
        links[id]?.waiting = []
        for source in waiting {
            links[source]?.obstacles -= 1
            if links[source]?.obstacles == 0 { links[source]?.stream.resumeReading() }
        }
    }
}
