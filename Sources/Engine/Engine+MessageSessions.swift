import MSRP
import Runtime
import SDP
import SIP
import UserAgent
import Wire

/// What a message session is for.
enum SessionOwner: Hashable, Sendable {
    case chat(ChatID)
    case largeMessage(MessageSession.ID)
    case transfer(TransferID)
}

// What chats share with everything else that is carried by MSRP: own URIs, connections, and who is told what.
extension Engine {
    // MARK: - Setting up

    /// What this side offers, with a URI of its own, reached through the relay of the account if it has one.
    func makeEndpoint(
        _ offer: ConnectionOffer
    ) async throws(EngineError) -> (MessageSession.Endpoint, MSRPURI) {
        guard let relay = account.msrpRelay else { return try makeDirectEndpoint(offer) }
        guard let host = core?.flow?.local.host else { throw .notRegistered }
        return try await makeRelayedEndpoint(relay, from: host)
    }

    /// What this side answers to what the other one offers, through the relay of the account if it has one.
    func makeEndpoint(
        answering offered: [MSRPMedia]
    ) async throws(EngineError) -> (MessageSession.Endpoint, MSRPURI) {
        guard account.msrpRelay == nil else {
            return try await makeEndpoint(ConnectionOffer(isSecure: isSecureAnswer(to: offered)))
        }
        return try makeDirectEndpoint(answering: offered)
    }

    /// What this side answers to what the other one offers, with a URI of its own.
    func makeDirectEndpoint(
        answering offered: [MSRPMedia]
    ) throws(EngineError) -> (MessageSession.Endpoint, MSRPURI) {
        let offer = ConnectionOffer(isSecure: isSecureAnswer(to: offered))
        var (endpoint, local) = try makeDirectEndpoint(offer)
        // Whom nobody can reach connects, where the offer leaves that to us (RFC 6135 §4.2).
        let mayConnect = offered.first.map { $0.setup == .actpass || $0.setup == .passive } == true
        endpoint.isReachable = !(core?.isTranslated == true && mayConnect)
        return (endpoint, local)
    }

    /// What this side offers, with a URI of its own.
    func makeDirectEndpoint(
        _ offer: ConnectionOffer
    ) throws(EngineError) -> (MessageSession.Endpoint, MSRPURI) {
        guard let host = core?.flow?.local.host else { throw .notRegistered }
        var identifiers = IdentifierSource()
        let transport = msrpTransport()
        let fingerprints = offer.isSecure ? try prepareTLS(of: transport) : []
        do {
            let address = try transport.listen(on: host, isSecure: offer.isSecure)
            let uri = try MSRPURI(
                host: host,
                port: address.port,
                sessionID: identifiers.messageID(),
                isSecure: offer.isSecure
            )
            var medium = MSRPMedia(
                path: [uri.text.text],
                host: host,
                port: address.port,
                isSecure: offer.isSecure,
                acceptTypes: ["text/plain", "message/cpim", "*"],
                acceptWrappedTypes: ["*"]
            )
            medium.fingerprints = fingerprints
            medium.supportsCEMA = offer.usesCEMA
            let number = identifiers.next() >> 2
            let origin = Origin(sessionID: number, version: number, address: Connection(host))
            transport.expect(uri)
            return (MessageSession.Endpoint(medium: medium, origin: origin), uri)
        } catch SocketError.addressInUse {
            throw .noFreePort(account.msrpPorts ?? 1...UInt16.max)
        } catch {
            throw .unreachable(target: host, detail: "\(error)")
        }
    }

    func msrpTransport() -> MSRPTransport {
        if let msrp { return msrp }
        let made = MSRPTransport(on: loop, ports: account.msrpPorts) { [weak self] id, input in
            self?.assumeIsolated { engine in engine.drive(engine.msrp?.take(input, for: id) ?? []) }
        } retry: { [weak self] local in
            self?.assumeIsolated { engine in engine.drive(engine.msrp?.connectAgain(local) ?? []) }
        } resume: { [weak self] local in
            self?.assumeIsolated { engine in
                engine.msrp?.goOn(local)
                engine.drive([])
            }
        }
        msrp = made
        return made
    }

    /// Opens what was agreed: connects, or waits for the other side to do it.
    ///
    /// - Parameters:
    ///   - agreement: What both sides know.
    ///   - local: This side's own URI.
    ///   - delivery: How messages are taken.
    ///   - chunkSize: How large chunks are at most, if smaller than the account says.
    ///   - makeSink: Where messages go if they are taken in streams.
    ///   - owner: Who is told what happens.
    ///   - old: The URI under which the session went on until now, if it is one that moves.
    /// - Returns: Why it cannot be opened, or `nil`.
    func open(
        _ agreement: MSRPAgreement,
        from local: MSRPURI,
        delivery: Delivery,
        chunkSize: Int? = nil,
        sinks makeSink: SinkMaker? = nil,
        for owner: SessionOwner,
        replacing old: MSRPURI? = nil
    ) -> String? {
        guard let path = try? MSRPPath(agreement.remote.path.map(\.text).joined(separator: " ")),
            let hop = path.first
        else { return "the path of the other side cannot be read" }
        sessionOwners[local] = owner
        if let old, old != local {
            sessionOwners[old] = nil
            msrp?.move(old, to: local)
        }
        let usePath = msrp?.relayPath(of: local)
        let target = MSRPPath.target(usePath: usePath, peer: path)
        var setup = SessionConfiguration(local: local, target: target, delivery: delivery)
        (setup.transactionTime, setup.keepAlive) = (account.msrpTimeout, account.msrpKeepAlive)
        let usual = account.msrpChunkSize ?? MSRPLimits.directChunkSize(isSecure: hop.isSecure)
        setup.chunkSize = min(chunkSize ?? usual, usual)
        if setup.isRelayed {
            setup.chunkSize = MSRPLimits.relayedChunkSize
            setup.limits.unansweredRequests = MSRPLimits.relayedRequests
        }
        // A gateway is on the way where the address is not that of the path.
        let isBehindGateway = agreement.remote.addressMatch == .different
        setup.pathMatching = account.isMSRPMatchLoose || isBehindGateway ? .sessionID : .exact
        let session = Session(setup)
        if usePath != nil {
            let approach = MSRPTransport.Approach.relayed(isActive: agreement.role == .active)
            driveSoon(msrp?.add(session, approach, check: msrp?.relay?.check, sinks: makeSink))
            return nil
        }
        let check = peerCheck(agreement, hop)
        switch agreement.role {
        case .active, .actpass: connect(session, firstHop(of: agreement, hop), check, makeSink)
        case .passive: driveSoon(msrp?.add(session, .waiting, check: check, sinks: makeSink))
        case .holdconn: driveSoon(msrp?.add(session, .held, check: check, sinks: makeSink))
        }
        return nil
    }

    /// Where the active side connects.
    private func firstHop(of agreement: MSRPAgreement, _ hop: MSRPURI) -> (host: String, port: UInt16) {
        switch agreement.target {
        case .path: (hop.hostAddress, hop.port ?? Self.defaultPort)
        case .address: (agreement.remote.host.text, agreement.remote.port)
        }
    }

    /// The port of a URI that names none (RFC 4975 §15.4).
    static let defaultPort: UInt16 = 2855

    /// What the certificate of the other side must be; `nil` for a session without TLS.
    private func peerCheck(_ agreement: MSRPAgreement, _ hop: MSRPURI) -> PeerCheck? {
        guard agreement.local.isSecure else { return nil }
        var check = PeerCheck(fingerprints: agreement.expectedFingerprints, name: hop.hostAddress)
        if account.isMSRPNameRequired { check.authority = .always }
        if !account.isTLSVerified { check.authority = .never }
        return check
    }

    /// Connects once the name of the first hop is resolved (RFC 4975 §6.2).
    private func connect(
        _ session: Session,
        _ hop: (host: String, port: UInt16),
        _ check: PeerCheck?,
        _ makeSink: SinkMaker?
    ) {
        let local = session.configuration.local
        resolver().ask(.addresses(hop.host)) { [weak self] answer in
            self?.assumeIsolated { engine in
                guard engine.sessionOwners[local] != nil else { return }
                var addresses: [SocketAddress] = []
                if case .success(.addresses(let hosts)) = answer {
                    addresses = hosts.compactMap { SocketAddress(host: $0, port: hop.port) }
                }
                guard !addresses.isEmpty else {
                    let detail = "the address of \(hop.host) was not found"
                    return engine.drive([.closed(local, .connection(detail))])
                }
                let approach = MSRPTransport.Approach.connecting(
                    to: MSRPTransport.FirstHop(addresses: addresses, name: hop.host)
                )
                engine.drive(engine.msrp?.add(session, approach, check: check, sinks: makeSink) ?? [])
            }
        }
    }

    /// Acts on what happened at once, but not within the effect that is being performed.
    private func driveSoon(_ events: [MSRPTransport.Event]?) {
        rearmMessageSessions()
        guard let events, !events.isEmpty else { return }
        loop.execute { [weak self] in self?.assumeIsolated { $0.drive(events) } }
    }

    /// Forgets a session, and its connection if no other is on it.
    func close(_ local: MSRPURI) {
        sessionOwners[local] = nil
        msrp?.remove(local)
    }

    // MARK: - What signalling reports

    func take(_ report: MessageSession.Report, of session: MessageSession.ID) {
        if largeMessages[session] != nil { return take(report, ofLarge: session) }
        guard !takeOfFiles(report, of: session) else { return }
        switch report {
        case .filesAgreed, .fileDescribed, .fileReplaced, .fileAborted, .descriptionAnswered: break
        case .invited: invitedToChat(session)
        case .agreed(let agreement): agreed(agreement, ChatID(session.number))
        case .changeOffered: changeOffered(ChatID(session.number))
        case .changeFailed(let failure): changeFailed(ChatID(session.number), failure)
        case .closed(let close): closing(ChatID(session.number), ChatEnd(close))
        }
    }

    // MARK: - What the message sessions report

    /// Acts on what the message sessions report, and only then lets them send, until nothing more happens.
    func drive(_ events: [MSRPTransport.Event]) {
        undriven += events
        // What is done about one event must not let the answer to another go, which may not be safe yet.
        guard !isDriving else { return }
        isDriving = true
        repeat {
            while !undriven.isEmpty {
                let events = undriven
                undriven = []
                for event in events { take(event) }
            }
            closeGroup()
            undriven = msrp?.flush() ?? []
        } while !undriven.isEmpty
        isDriving = false
        rearmMessageSessions()
    }

    /// Lets the message sessions send in the loop's next turn: what is said in one go leaves in one go.
    func sendSoon() {
        guard !isSendingDue else { return }
        isSendingDue = true
        loop.execute { [weak self] in self?.assumeIsolated { $0.sendNow() } }
    }

    /// Lets the message sessions send what was to be sent soon.
    func sendNow() {
        guard isSendingDue else { return }
        isSendingDue = false
        drive([])
    }

    func take(_ event: MSRPTransport.Event) {
        switch event {
        case .noted(let text): return log(.notice, text)
        case .relay(let local, let event): return take(event, for: local)
        case .closed(let local, let failure) where relayWaiters[local] != nil:
            return relayFailed(local, RelayFailure(failure))
        case .opened, .session, .closed, .cut: break
        }
        switch event.local.flatMap({ sessionOwners[$0] }) {
        case .chat(let id): take(event, ofChat: id)
        case .largeMessage(let id): take(event, ofLarge: id)
        case .transfer(let id): take(event, ofTransfer: id)
        case nil: break
        }
    }

    private func take(_ event: MSRPTransport.Event, ofChat id: ChatID) {
        switch event {
        case .opened(_, let security): opened(id, security)
        case .closed(_, let failure): connectionBroke(id, failure)
        case .cut(_, let messageID, let detail):
            settle(messageID.text, in: id, .failure(.sourceFailed(detail)))
        case .session(_, let event): take(event, in: id)
        case .relay, .noted: break
        }
    }

    /// Stops reading what message sessions bring, so that their senders slow down, or goes on with it.
    package func holdMessages(_ isHeld: Bool) { msrp?.isHeld = isHeld }

    /// Sets the timer of the message sessions anew.
    func rearmMessageSessions() {
        sessionTimer.set(to: msrp?.nextDeadline, on: loop) { [weak self] in
            self?.assumeIsolated { engine in
                engine.sessionTimer.hasRung()
                engine.drive(engine.msrp?.fire() ?? [])
            }
        }
    }
}
