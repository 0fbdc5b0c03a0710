import Runtime
import SIP
import Wire

/// What a socket of the SIP transport has to say, and which flow it belongs to.
enum SocketInput: Sendable {
    case datagram(DatagramSocket.Event)
    case stream(StreamConnection.Event)
}

/// The flows to the P-CSCF: opens and closes them, cuts streams into messages, sends bytes.
///
/// Owned by the engine and touched on the loop's thread only. Sockets report to `report`, which leads back into the
/// engine, and the engine hands what it gets to `take`. What does not come from the P-CSCF is dropped: the identity
/// it asserts is worth something only because nobody else can speak on this flow (RFC 3325 §8).
final class SIPTransport: @unchecked Sendable {
    /// What the engine is told.
    enum Event {
        case opened(Flow, tls: String?)
        case notOpened(FlowID, SocketError)
        case received(ByteString, over: Flow)
        case pong(Flow)
        case failed(Flow, SocketError?)
        /// Something came from an address that is not the P-CSCF's.
        case stranger(SocketAddress)
        /// The stream carried what is not SIP: it says nothing more, and is to be closed with `part`.
        case malformedStream(Flow, StreamFramingError)
    }

    /// Where a flow is to lead.
    struct Destination: Hashable, Sendable {
        var transport: TransportProtocol
        var address: SocketAddress
        /// What the certificate must be for.
        var name: String
    }

    private struct Datagrams {
        var flow: Flow
        var socket: DatagramSocket
        /// The same port by TCP, for requests the P-CSCF finds too large for UDP (RFC 3261 §18.2.1).
        var listener: Listener?
    }

    private struct Stream {
        var destination: Destination
        var connection: StreamConnection
        var framer: MessageStreamFramer
        /// Whether the P-CSCF opened it.
        var isAccepted = false
        /// Set once the connection stands.
        var flow: Flow?
    }

    private let loop: EventLoop
    private let report: @Sendable (FlowID, SocketInput) -> Void
    private var datagrams: [FlowID: Datagrams] = [:]
    private var streams: [FlowID: Stream] = [:]
    private var lastNumber: UInt64 = 0

    init(on loop: EventLoop, report: @escaping @Sendable (FlowID, SocketInput) -> Void) {
        (self.loop, self.report) = (loop, report)
    }

    /// Begins to open a flow; how that ends is an event.
    ///
    /// - Parameters:
    ///   - destination: Where it leads.
    ///   - local: The local address and UDP port to bind; the system's choice if `nil`.
    ///   - tls: The certificates to trust, for a TLS flow.
    /// - Returns: The name of the flow, and the event if there is one at once, as over UDP.
    func open(
        _ destination: Destination,
        from local: SocketAddress?,
        tls: TLSContext?
    ) -> (FlowID, Event?) {
        let id = makeID()
        guard destination.transport == .udp else {
            var source = local
            source?.port = 0
            let connection = StreamConnection(
                to: destination.address,
                from: source,
                tls: tls.map { StreamConnection.TLS($0, name: destination.name) },
                on: loop
            ) { [report] event in report(id, .stream(event)) }
            let framer = MessageStreamFramer(side: .client)
            streams[id] = Stream(destination: destination, connection: connection, framer: framer)
            return (id, nil)
        }
        do throws(SocketError) {
            let flow = try openDatagrams(id, to: destination.address, from: local)
            return (id, .opened(flow, tls: nil))
        } catch {
            return (id, .notOpened(id, error))
        }
    }

    private func openDatagrams(
        _ id: FlowID,
        to remote: SocketAddress,
        from local: SocketAddress?
    ) throws(SocketError) -> Flow {
        let source = if let local { local } else { try SocketAddress.local(towards: remote) }
        var (socket, listener) = try openPair(id, at: source, remote)
        // The port that the system gives for UDP may be somebody else's for TCP.
        for _ in 1..<Self.portAttempts where listener == nil && source.port == 0 {
            socket.close()
            (socket, listener) = try openPair(id, at: source, remote)
        }
        let flow = Flow(
            id: id,
            transport: .udp,
            local: TransportAddress(socket.local),
            remote: TransportAddress(remote)
        )
        datagrams[id] = Datagrams(flow: flow, socket: socket, listener: listener)
        return flow
    }

    /// A socket for datagrams, and what takes connections of the P-CSCF to the same port.
    private func openPair(
        _ id: FlowID,
        at source: SocketAddress,
        _ remote: SocketAddress
    ) throws(SocketError) -> (DatagramSocket, Listener?) {
        let socket = try DatagramSocket(bind: source, on: loop) { [report] event in
            report(id, .datagram(event))
        }
        let listener = try? Listener(at: socket.local, on: loop) { [weak self] connection in
            guard let self, connection.remote.host == remote.host else { return nil }
            return self.accept(connection)
        }
        return (socket, listener)
    }

    private func accept(_ connection: StreamConnection) -> StreamConnection.Handler {
        let id = makeID()
        let destination = Destination(
            transport: .tcp,
            address: connection.remote,
            name: connection.remote.host
        )
        makeRoom()
        let framer = MessageStreamFramer(side: .server)
        streams[id] = Stream(
            destination: destination,
            connection: connection,
            framer: framer,
            isAccepted: true
        )
        return { [report] event in report(id, .stream(event)) }
    }

    /// The connections of the P-CSCF beside a UDP flow: it needs one at a time, and a second while the first ends.
    static let acceptedStreams = 8
    /// How many ports are tried for one that is free for UDP and TCP.
    private static let portAttempts = 8

    /// The oldest connection of the P-CSCF gives way where there are as many as there may be: one that hangs must not
    /// keep out the next.
    private func makeRoom() {
        let accepted = streams.filter(\.value.isAccepted).keys
        guard accepted.count >= Self.acceptedStreams, let oldest = accepted.min(by: { $0.number < $1.number })
        else { return }
        close(oldest)
    }

    private func makeID() -> FlowID {
        lastNumber += 1
        return FlowID(lastNumber)
    }

    /// Sends bytes over a flow.
    ///
    /// - Returns: Whether they are on their way; if not, the flow is as good as dead.
    func send(_ bytes: [UInt8], over flow: Flow) -> Bool {
        do throws(SocketError) {
            if let open = datagrams[flow.id] {
                guard let remote = SocketAddress(host: flow.remote.host, port: flow.remote.port) else {
                    return false
                }
                try open.socket.send(bytes, to: remote)
                return true
            }
            guard let stream = streams[flow.id] else { return false }
            try stream.connection.send(bytes)
            return true
        } catch {
            return false
        }
    }

    /// Closes a flow without a further event.
    func close(_ id: FlowID) {
        if let open = datagrams.removeValue(forKey: id) {
            open.socket.close()
            open.listener?.close()
        }
        streams.removeValue(forKey: id)?.connection.abort()
    }

    /// Closes a stream after what was sent on it, and hears nothing more of it.
    func part(_ id: FlowID) { streams.removeValue(forKey: id)?.connection.close() }

    /// Closes everything, after the bytes that still wait have been handed to the system.
    func closeAll() {
        for id in datagrams.keys { close(id) }
        for stream in streams.values { stream.connection.close() }
        streams.removeAll()
    }
}

// MARK: - What sockets report

extension SIPTransport {
    /// Takes what a socket reported and says what it means.
    func take(_ input: SocketInput, for id: FlowID) -> [Event] {
        switch input {
        case .datagram(let event): takeDatagram(event, for: id)
        case .stream(let event): takeStream(event, for: id)
        }
    }

    private func takeDatagram(_ event: DatagramSocket.Event, for id: FlowID) -> [Event] {
        guard let open = datagrams[id] else { return [] }
        switch event {
        case .received(let bytes, let sender):
            guard sender.host == open.flow.remote.host else { return [.stranger(sender)] }
            var flow = open.flow
            flow.remote = TransportAddress(sender)
            return [.received(ByteString(bytes), over: flow)]
        case .failed(let error, let destination):
            guard destination == nil || destination?.host == open.flow.remote.host else { return [] }
            return [.failed(open.flow, error)]
        }
    }

    private func takeStream(_ event: StreamConnection.Event, for id: FlowID) -> [Event] {
        guard let stream = streams[id] else { return [] }
        switch event {
        case .connected:
            let flow = Flow(
                id: id,
                transport: stream.destination.transport,
                local: TransportAddress(stream.connection.local),
                remote: TransportAddress(stream.connection.remote)
            )
            streams[id]?.flow = flow
            return [.opened(flow, tls: stream.connection.tlsSummary)]
        case .received(let bytes): return takeBytes(bytes, for: id)
        case .drained: return []
        case .ended: return end(id, nil)
        case .closed(let error): return end(id, error)
        }
    }

    private func end(_ id: FlowID, _ error: SocketError?) -> [Event] {
        guard let stream = streams.removeValue(forKey: id) else { return [] }
        stream.connection.abort()
        if let flow = stream.flow { return [.failed(flow, error)] }
        return [.notOpened(id, error ?? .closed)]
    }

    private func takeBytes(_ bytes: [UInt8], for id: FlowID) -> [Event] {
        guard var stream = streams[id], let flow = stream.flow else { return [] }
        // The copy in the dictionary lets go of the buffer, so that it is not copied with every read.
        streams[id]?.framer = MessageStreamFramer(side: .client)
        stream.framer.append(bytes)
        var events: [Event] = []
        do throws(StreamFramingError) {
            while let item = try stream.framer.next() {
                switch item {
                case .message(let message): events.append(.received(message, over: flow))
                case .keepAlivePing: try? stream.connection.send(Array("\r\n".utf8))
                case .keepAlivePong: events.append(.pong(flow))
                }
            }
            streams[id]?.framer = stream.framer
        } catch {
            events.append(.malformedStream(flow, error))
        }
        return events
    }
}

extension TransportAddress {
    init(_ address: SocketAddress) { self.init(host: address.host, port: address.port) }
}
