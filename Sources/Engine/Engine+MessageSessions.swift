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
}

// What chats share with everything else that is carried by MSRP: own URIs, connections, and who is told what.
extension Engine {
    // MARK: - Setting up

    /// What this side offers or answers, with a URI of its own.
    func makeEndpoint() throws(EngineError) -> (MessageSession.Endpoint, MSRPURI) {
        guard let host = core?.flow?.local.host else { throw .notRegistered }
        var identifiers = IdentifierSource()
        do {
            let address = try msrpTransport().listen(on: host)
            let uri = try MSRPURI(host: host, port: address.port, sessionID: identifiers.messageID())
            let medium = MSRPMedia(
                path: [uri.text.text],
                host: host,
                port: address.port,
                isSecure: false,
                acceptTypes: ["text/plain", "message/cpim", "*"],
                acceptWrappedTypes: ["*"]
            )
            let number = identifiers.next() >> 2
            let origin = Origin(sessionID: number, version: number, address: Connection(host))
            return (MessageSession.Endpoint(medium: medium, origin: origin), uri)
        } catch let error as SocketError {
            throw .unreachable(target: host, detail: error.description)
        } catch {
            throw .unreachable(target: host, detail: "\(error)")
        }
    }

    private func msrpTransport() -> MSRPTransport {
        if let msrp { return msrp }
        let made = MSRPTransport(on: loop) { [weak self] id, input in
            self?.assumeIsolated { engine in engine.drive(engine.msrp?.take(input, for: id) ?? []) }
        } retry: { [weak self] local in
            self?.assumeIsolated { $0.msrp?.connectAgain(local) }
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
    ///   - makeSink: Where messages go if they are taken in streams.
    ///   - owner: Who is told what happens.
    /// - Returns: Why it cannot be opened, or `nil`.
    func open(
        _ agreement: MSRPAgreement,
        from local: MSRPURI,
        delivery: Delivery,
        sinks makeSink: SinkMaker? = nil,
        for owner: SessionOwner
    ) -> String? {
        guard let msrp, let path = try? MSRPPath(agreement.remote.path.map(\.text).joined(separator: " "))
        else { return "the path of the other side cannot be read" }
        var target: SocketAddress?
        if agreement.role == .active {
            let hop = path.first
            let host = agreement.target == .path ? hop?.hostAddress ?? "" : agreement.remote.host.text
            let port = agreement.target == .path ? hop?.port ?? 2855 : agreement.remote.port
            target = SocketAddress(host: host, port: port)
            if target == nil { return "\(host) is not a numeric address" }
        }
        sessionOwners[local] = owner
        let setup = SessionConfiguration(local: local, target: path, delivery: delivery)
        msrp.add(Session(setup), connectingTo: target, sinks: makeSink)
        rearmMessageSessions()
        return nil
    }

    /// Forgets a session, and its connection if no other is on it.
    func close(_ local: MSRPURI) {
        sessionOwners[local] = nil
        msrp?.remove(local)
    }

    // MARK: - What signalling reports

    func take(_ report: MessageSession.Report, of session: MessageSession.ID) {
        if largeMessages[session] != nil { return take(report, ofLarge: session) }
        switch report {
        case .invited: invitedToChat(session)
        case .agreed(let agreement): agreed(agreement, ChatID(session.number))
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
            while !undriven.isEmpty { take(undriven.removeFirst()) }
            undriven = msrp?.flush() ?? []
        } while !undriven.isEmpty
        isDriving = false
        rearmMessageSessions()
    }

    private func take(_ event: MSRPTransport.Event) {
        switch sessionOwners[event.local] {
        case .chat(let id): take(event, ofChat: id)
        case .largeMessage(let id): take(event, ofLarge: id)
        case nil: break
        }
    }

    private func take(_ event: MSRPTransport.Event, ofChat id: ChatID) {
        switch event {
        case .opened: opened(id)
        case .closed(_, let detail): fail(id, detail)
        case .cut(_, let messageID, let detail):
            settle(messageID.text, in: id, .failure(.sourceFailed(detail)))
        case .session(_, let event): take(event, in: id)
        }
    }

    /// Sets the timer of the message sessions anew.
    func rearmMessageSessions() {
        if let sessionTimer { loop.cancel(sessionTimer) }
        sessionTimer = nil
        guard let deadline = msrp?.nextDeadline else { return }
        sessionTimer = loop.schedule(at: deadline) { [weak self] in
            self?.assumeIsolated { engine in engine.drive(engine.msrp?.fire() ?? []) }
        }
    }
}
