package import Runtime
import SDP
package import SIP
import Wire

/// A pocket core on the sockets of a loop: UDP and TCP on one port, and TLS beside them if there is a certificate.
package final class LabServer: @unchecked Sendable {
    /// Why a server could not be started.
    package enum StartError: Error, Hashable, Sendable {
        /// The host is no numeric address.
        case badHost(String)
        case socket(SocketError, TransportProtocol, SocketAddress)
        case certificate(TLSContext.SetupError)
    }

    package typealias Log = @Sendable (String) -> Void

    /// Where UDP and TCP are.
    package let address: SocketAddress
    /// Where TLS is, if there is any.
    package var tlsAddress: SocketAddress? { tlsListener?.local }
    /// Where the MSRP relay is, by TCP and, if there is any, by TLS.
    package private(set) var relayAddress: SocketAddress
    package private(set) var relayTLSAddress: SocketAddress?

    /// Where the XCAP server is; its documents are below `/xcap-root`.
    package private(set) var documentAddress: SocketAddress

    private let loop: EventLoop
    private let log: Log
    private var core: LabCore
    private var datagrams: DatagramSocket?
    private var listener: Listener?
    private var tlsListener: Listener?
    private var connections: [FlowID: Connection] = [:]
    private let links: LabLinks
    private let web: LabWeb
    private var lastFlow: UInt64 = 1
    private var timer: (token: TimerToken, deadline: Instant)?

    /// The one flow number of UDP; the neighbours on it are told apart by their addresses.
    private static let datagramFlow = FlowID(1)

    private struct Connection {
        let stream: StreamConnection
        let transport: TransportProtocol
        var framer = MessageStreamFramer(side: .server)

        func flow(_ id: FlowID) -> Flow {
            Flow(id: id, transport: transport, local: .init(stream.local), remote: .init(stream.remote))
        }
    }

    /// Starts a core.
    ///
    /// - Parameters:
    ///   - loop: The loop whose thread calls this and on which everything runs.
    ///   - configuration: What the core is to be.
    ///   - log: Told, in one line each, what goes on; also from within `control`.
    /// - Returns: The server, which lives until `stop`.
    /// - Throws: `StartError` when an address cannot be bound or the certificate not be read.
    package static func start(
        on loop: EventLoop,
        _ configuration: LabConfiguration,
        log: @escaping Log = { _ in }
    ) throws(StartError) -> LabServer {
        guard let address = SocketAddress(host: configuration.host, port: configuration.port) else {
            throw .badHost(configuration.host)
        }
        // The port that one protocol is given may be taken in the other.
        var tries = configuration.port == 0 ? 8 : 1
        while true {
            tries -= 1
            do throws(StartError) {
                return try LabServer(on: loop, configuration, address, log)
            } catch {
                guard tries > 0, case .socket(.addressInUse, _, _) = error else { throw error }
            }
        }
    }

    private init(
        on loop: EventLoop,
        _ configuration: LabConfiguration,
        _ address: SocketAddress,
        _ log: @escaping Log
    ) throws(StartError) {
        (self.loop, self.log, core) = (loop, log, LabCore(configuration))
        let owner = WeakServer()
        let listener = try Self.listen(address, nil, .tcp, loop, owner)
        self.listener = listener
        self.address = listener.local
        (relayAddress, documentAddress) = (listener.local, listener.local)
        links = LabLinks(on: loop) { isSecure in
            owner.server?.advance { core, now, _ in core.messages.accept(isSecure: isSecure, at: now) } ?? nil
        } report: { id, event in
            owner.server?.receive(event, id)
        }
        web = LabWeb(on: loop) { request in
            owner.server?.advance { $0.answer(request, at: $1, into: &$2) }
        }
        owner.server = self
        do throws(StartError) {
            do throws(SocketError) {
                datagrams = try DatagramSocket(bind: listener.local, on: loop) { owner.server?.receive($0) }
            } catch {
                throw .socket(error, .udp, listener.local)
            }
            let context = try Self.context(configuration)
            if let context { tlsListener = try listenSecurely(context, configuration, owner) }
            try listenForMessages(configuration)
            try listenForDocuments(configuration)
        } catch {
            stop()
            throw error
        }
    }

    private static func context(_ configuration: LabConfiguration) throws(StartError) -> TLSContext? {
        guard let (chain, key) = configuration.certificate else { return nil }
        do throws(TLSContext.SetupError) {
            return try TLSContext(certificate: chain, key: key)
        } catch {
            throw .certificate(error)
        }
    }

    private func listenSecurely(
        _ context: TLSContext,
        _ configuration: LabConfiguration,
        _ owner: WeakServer
    ) throws(StartError) -> Listener {
        var secure = address
        let next = configuration.port == 0 ? 0 : configuration.port &+ 1
        secure.port = configuration.tlsPort ?? next
        return try Self.listen(secure, context, .tls, loop, owner)
    }

    /// What the relay and the buddy show by TLS: the certificate that was given, else one that vouches for itself, as
    /// the fingerprint in the buddy's answers says.
    private static func identity(_ configuration: LabConfiguration) throws(StartError) -> TLSIdentity {
        do throws(TLSContext.SetupError) {
            guard let (chain, key) = configuration.certificate else { return try .make(at: .now) }
            return try TLSIdentity(pem: try contents(of: chain) + contents(of: key), name: chain)
        } catch {
            throw .certificate(error)
        }
    }

    private static func contents(of file: String) throws(TLSContext.SetupError) -> [UInt8] {
        do throws(FileContents.Failure) {
            return try FileContents(path: file).bytes
        } catch {
            throw .certificate(file: file, error.description)
        }
    }

    private func listenForMessages(_ configuration: LabConfiguration) throws(StartError) {
        let identity = try Self.identity(configuration)
        let context: TLSContext
        do throws(TLSContext.SetupError) {
            context = try TLSContext(between: identity, trusting: .anyone)
        } catch {
            throw .certificate(error)
        }
        var wanted = address
        wanted.port = configuration.relayPort ?? (configuration.port == 0 ? 0 : LabConfiguration.relayPort)
        do throws(SocketError) {
            relayAddress = try links.listen(at: wanted, tls: nil)
            core.messages.address = TransportAddress(relayAddress)
            wanted.port = 0
            let secure = try links.listen(at: wanted, tls: context)
            links.context = context
            // As a relay it is known by its name, for which its own certificate does not vouch.
            if configuration.certificate != nil { relayTLSAddress = secure }
            core.messages.secureAddress = TransportAddress(secure)
            core.messages.fingerprint = Fingerprint(of: identity.encoded, .sha256)
        } catch {
            throw .socket(error, .tcp, wanted)
        }
    }

    private func listenForDocuments(_ configuration: LabConfiguration) throws(StartError) {
        var wanted = address
        wanted.port =
            configuration.documentPort ?? (configuration.port == 0 ? 0 : LabConfiguration.documentPort)
        do throws(SocketError) {
            documentAddress = try web.listen(at: wanted)
            core.documents.address = TransportAddress(documentAddress)
        } catch {
            throw .socket(error, .tcp, wanted)
        }
    }

    private static func listen(
        _ address: SocketAddress,
        _ context: TLSContext?,
        _ transport: TransportProtocol,
        _ loop: EventLoop,
        _ owner: WeakServer
    ) throws(StartError) -> Listener {
        do throws(SocketError) {
            return try Listener(at: address, tls: context, on: loop) { owner.server?.welcome($0, transport) }
        } catch {
            throw .socket(error, transport, address)
        }
    }

    /// Closes everything.
    package func stop() {
        datagrams?.close()
        listener?.close()
        tlsListener?.close()
        (datagrams, listener, tlsListener) = (nil, nil, nil)
        for connection in connections.values { connection.stream.abort() }
        connections = [:]
        links.close()
        web.close()
        if let timer { loop.cancel(timer.token) }
        timer = nil
    }

    /// Obeys one line of somebody who watches; `help` lists what there is.
    package func control(_ line: String) -> String { advance { $0.control(line, at: $1, into: &$2) } }

    // MARK: - Input

    private func receive(_ event: DatagramSocket.Event) {
        switch event {
        case .received(let bytes, let sender):
            let flow = Flow(
                id: Self.datagramFlow,
                transport: .udp,
                local: .init(datagrams?.local ?? address),
                remote: .init(sender)
            )
            advance { $0.receive(ByteString(bytes), over: flow, at: $1, into: &$2) }
        case .failed(let error, let peer): log("\(peer.map(\.description) ?? "a peer"): \(error)")
        }
    }

    private func welcome(
        _ stream: StreamConnection,
        _ transport: TransportProtocol
    ) -> StreamConnection.Handler? {
        guard connections.count < LabLimits.connections else { return nil }
        lastFlow += 1
        let id = FlowID(lastFlow)
        connections[id] = Connection(stream: stream, transport: transport)
        return { [weak self] event in self?.receive(event, id) }
    }

    private func receive(_ event: StreamConnection.Event, _ id: FlowID) {
        switch event {
        case .connected, .drained: break
        case .received(let bytes):
            connections[id]?.framer.append(bytes)
            takeMessages(id)
        case .ended: connections[id]?.stream.close()
        case .closed(let error):
            if let error {
                log("\(connections[id].map { $0.stream.remote.description } ?? "a peer"): \(error)")
            }
            connections[id] = nil
            advance { $0.flowClosed(id, at: $1, into: &$2) }
        }
    }

    private func receive(_ event: StreamConnection.Event, _ id: LabSwitch.LinkID) {
        switch event {
        case .received(let bytes): advance { $0.receive(ByteString(bytes), on: id, at: $1, into: &$2) }
        case .closed: advance { $0.linkClosed(id, at: $1, into: &$2) }
        case .connected, .drained, .ended: break
        }
    }

    private func takeMessages(_ id: FlowID) {
        do throws(StreamFramingError) {
            while let connection = connections[id], let item = try connections[id]?.framer.next() {
                switch item {
                case .message(let bytes):
                    advance { $0.receive(bytes, over: connection.flow(id), at: $1, into: &$2) }
                case .keepAlivePing: transmit(Array("\r\n".utf8), connection.stream)
                case .keepAlivePong: break
                }
            }
        } catch {
            // Where the next message begins is lost (RFC 3261 §18.3).
            log("\(connections[id].map { $0.stream.remote.description } ?? "a peer"): \(error.reason)")
            connections[id]?.stream.close()
        }
    }

    // MARK: - The core

    @discardableResult
    private func advance<Result>(_ step: (inout LabCore, Instant, inout [LabCore.Effect]) -> Result) -> Result
    {
        var effects: [LabCore.Effect] = []
        let result = step(&core, .now, &effects)
        for effect in effects {
            switch effect {
            case .transmit(let bytes, let flow): transmit(bytes, over: flow)
            case .note(let text), .link(.note(let text)): log(text)
            case .link(let effect): links.perform(effect)
            }
        }
        setTimer()
        return result
    }

    private func transmit(_ bytes: [UInt8], over flow: Flow) {
        guard flow.id == Self.datagramFlow else {
            if let stream = connections[flow.id]?.stream { transmit(bytes, stream) }
            return
        }
        guard let peer = SocketAddress(host: flow.remote.host, port: flow.remote.port) else { return }
        do throws(SocketError) { try datagrams?.send(bytes, to: peer) } catch { log("\(peer): \(error)") }
    }

    private func transmit(_ bytes: [UInt8], _ stream: StreamConnection) {
        // A client that does not read what it asks for is not worth keeping.
        do throws(SocketError) { try stream.send(bytes) } catch { stream.close() }
    }

    private func setTimer() {
        guard core.nextDeadline != timer?.deadline else { return }
        if let timer { loop.cancel(timer.token) }
        timer = core.nextDeadline.map { deadline in
            let token = loop.schedule(at: deadline) { [weak self] in
                self?.timer = nil
                self?.advance { $0.fire(at: $1, into: &$2) }
            }
            return (token, deadline)
        }
    }
}

/// Lets sockets find the server whose initialiser opens them.
private final class WeakServer: @unchecked Sendable {
    weak var server: LabServer?
}

extension TransportAddress {
    fileprivate init(_ address: SocketAddress) { self.init(host: address.host, port: address.port) }
}
