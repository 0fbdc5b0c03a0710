import Runtime
import SIP
import UserAgent
import Wire

// The way to the P-CSCF: found, opened, and opened again when it broke.
extension Engine {
    /// Begins to open a flow to the P-CSCF; the core hears how that ends.
    func openFlow(isLarge: Bool) {
        if isLarge { connector.prefersStreams = true }
        take(connector.start())
    }

    private func take(_ step: ServerLocation.Step) {
        switch step {
        case .ask(let question):
            log(.detail, "asking DNS: \(question)")
            resolver().ask(question) { [weak self] answer in
                self?.assumeIsolated { engine in
                    engine.log(.detail, Self.described(answer))
                    var generator = SystemRandomNumberGenerator()
                    engine.take(engine.connector.receive(answer, using: &generator))
                }
            }
        case .found(let targets):
            connector.found(targets)
            tryNext()
        case .failed(let failure):
            let name = account.proxy.host
            giveUp(
                failure == .notFound
                    ? .nameNotFound(name) : .unreachable(target: name, detail: "DNS: \(failure)")
            )
        }
    }

    private static func described(_ answer: Result<DNSAnswer, DNSFailure>) -> String {
        switch answer {
        case .success(let records): "DNS answers: \(records)"
        case .failure(let failure): "DNS has no answer: \(failure)"
        }
    }

    /// Who asks DNS for this account.
    func resolver() -> Resolver {
        if let resolver = connector.resolver { return resolver }
        var configuration = Resolver.Configuration()
        configuration.servers = connector.nameServers.compactMap(SocketAddress.init(hostport:))
        let resolver = Resolver(on: loop, configuration: configuration)
        connector.resolver = resolver
        return resolver
    }

    private func tryNext() {
        guard let target = connector.next() else {
            return giveUp(
                connector.lastError ?? .unreachable(target: account.proxy.host, detail: "no address")
            )
        }
        guard let address = SocketAddress(host: target.address.host, port: target.address.port) else {
            return giveUp(.unreachable(target: target.address.description, detail: "not an address"))
        }
        let name = account.tlsName ?? account.proxy.host
        let destination = SIPTransport.Destination(transport: target.transport, address: address, name: name)
        log(.notice, "opening a \(target.transport.rawValue) flow to \(target.address)")
        let (id, event): (FlowID, SIPTransport.Event?)
        do throws(EngineError) {
            let local = try localAddress(towards: address, over: target.transport)
            let tls = target.transport == .tls ? try tlsContext() : nil
            guard let transport else { return }
            (id, event) = transport.open(destination, from: local, tls: tls)
        } catch {
            return giveUp(error)
        }
        connector.opening = id
        if let event { take(event) }
    }

    func flowOpened(_ flow: Flow, tls: String?) {
        log(.notice, "\(flow.transport.rawValue) flow to \(flow.remote)\(tls.map { ", \($0)" } ?? "")")
        // What the P-CSCF opened towards us carries messages, but the registration stays where it is.
        guard connector.opening == flow.id else { return }
        connector.opening = nil
        step { core, now, effects in core.flowOpened(flow, at: now, into: &effects) }
    }

    func flowNotOpened(_ id: FlowID, _ error: SocketError) {
        guard connector.opening == id else { return }
        let target = connector.proxyName
        log(.notice, "no flow to \(target): \(error)")
        connector.lastError =
            if case .tls(let failure) = error {
                .tls(TLSFailure(failure, host: target))
            } else {
                .unreachable(target: target, detail: error.description)
            }
        tryNext()
    }

    private func giveUp(_ error: EngineError) {
        connector.opening = nil
        connector.lastError = error
        step { core, now, effects in core.flowNotOpened(at: now, into: &effects) }
    }

    /// The local address to bind: what the configuration says, else the port of a registration left behind.
    private func localAddress(
        towards remote: SocketAddress,
        over transport: TransportProtocol
    ) throws(EngineError) -> SocketAddress? {
        if let host = account.localAddress {
            guard let address = SocketAddress(host: host, port: account.localPort) else {
                throw .localAddress(host)
            }
            return address
        }
        let isConfigured = account.localPort != 0 || transport != .udp
        let kept = isConfigured ? nil : keptText(StateKey.port).flatMap { UInt16($0) }
        guard let port = kept ?? (account.localPort == 0 ? nil : account.localPort) else { return nil }
        do throws(SocketError) {
            var address = try SocketAddress.local(towards: remote)
            address.port = port
            return kept == nil || DatagramSocket.canBind(address) ? address : nil
        } catch {
            throw .unreachable(target: remote.description, detail: error.description)
        }
    }

    private func tlsContext() throws(EngineError) -> TLSContext {
        if let tls = connector.tls { return tls }
        let trust: TLSContext.Trust =
            account.isTLSVerified ? account.tlsCA.map { .file($0) } ?? .system : .anyone
        if !account.isTLSVerified { emit(.warning(.tlsNotVerified)) }
        do throws(TLSContext.SetupError) {
            let context = try TLSContext(trusting: trust)
            connector.tls = context
            return context
        } catch {
            switch error {
            case .trust(let file, let detail): throw .tls(.trustStore(file: file, detail: detail))
            case .certificate(let file, let detail), .key(let file, let detail):
                throw .tls(.trustStore(file: file, detail: detail))
            case .library(let detail): throw .tls(.handshake(host: account.proxy.host, detail: detail))
            }
        }
    }
}

extension TLSFailure {
    /// Sorts a failed handshake by what the user can do about it.
    fileprivate init(_ failure: Runtime.TLSFailure, host: String) {
        switch failure.reason {
        case .protocol, .closedEarly: self = .handshake(host: host, detail: failure.description)
        case .nameMismatch, .untrustedIssuer, .selfSigned, .expired, .notYetValid, .certificate,
            .noCertificate, .fingerprint:
            self = .certificate(host: host, detail: failure.description)
        }
    }
}

extension SocketAddress {
    /// Reads `address:port` or a bare address, whose port is that of DNS.
    fileprivate init?(hostport text: String) {
        if let address = SocketAddress(host: text, port: 53) {
            self = address
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        self.init(host: String(text[..<colon]), port: port)
    }
}
