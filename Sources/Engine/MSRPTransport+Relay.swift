import MSRP
import Runtime
import Wire

// The account's own relay: one connection that sessions share, and the leave to use it for each of them (RFC 4976 §5).
extension MSRPTransport {
    /// The account's own relay, once its address is known.
    struct Relay {
        var hop: FirstHop
        /// What its certificate must be; `nil` without TLS.
        var check: PeerCheck?
        /// The connection to it, and whether it stands.
        var link: ConnectionID?
        var isOpen = false
        /// The leave to use it, for each session one of its own: a URI of the relay is a secret between the two ends of
        /// a session (RFC 4976 §3.1).
        var uses: [MSRPURI: RelayUse] = [:]
    }

    /// The leave of one session to use the relay.
    struct RelayUse {
        var authorization: RelayAuthorization
        /// What the relay has given for it, the way out first.
        var path: MSRPPath?
    }

    /// Asks the relay to serve a session: `relay` events follow, or `closed`.
    func authorize(_ local: MSRPURI, _ authorization: RelayAuthorization) {
        var authorization = authorization
        authorization.start()
        relay?.uses[local] = RelayUse(authorization: authorization)
        if relay?.link == nil { openRelay() }
        pumpRelay()
    }

    /// Gives the relay the credentials it has asked for.
    func answerRelay(_ credentials: ByteString, for local: MSRPURI) {
        relay?.uses[local]?.authorization.authorize(credentials)
        pumpRelay()
    }

    /// The way through the relay for a session, the first hop first; `nil` for one that goes without it.
    func relayPath(of local: MSRPURI) -> MSRPPath? { relay?.uses[local]?.path }

    /// Opens the connection to the relay, at the address behind the one that was tried last.
    private func openRelay() {
        guard let relay, let address = relay.hop.addresses.first else { return }
        let id = makeID()
        let destination = Destination(address: address, name: relay.hop.name, check: relay.check)
        let connection = StreamConnection(to: address, tls: clientTLS(destination), on: loop) {
            [report] event in report(id, .stream(event))
        }
        links[id] = Link(connection, to: destination)
        self.relay?.link = id
        self.relay?.isOpen = false
    }

    /// Takes the connection to the relay if it is the relay's.
    ///
    /// - Returns: What happened, or `nil` if it is another connection.
    func relayConnected(_ id: ConnectionID, _ link: Link) -> [Event]? {
        guard let relay, relay.link == id else { return nil }
        if case .failure(let failure)? = relay.check?.judge(link.connection, isAccepted: false) {
            return relayEnded(id, .certificate(failure.description))
        }
        self.relay?.isOpen = true
        pumpRelay()
        return []
    }

    /// Forgets the connection to the relay: what it has given is void without it (RFC 4976 §6.3).
    ///
    /// - Returns: What it means for those who have or want its leave, the sessions on the connection among them; empty
    ///   for another connection.
    func relayEnded(_ id: ConnectionID, _ failure: Failure) -> [Event] {
        guard let relay, relay.link == id else { return [] }
        for local in relay.uses.keys {
            entries[local]?.link = nil
            directory.unbind(local)
        }
        var next = relay
        (next.link, next.isOpen, next.uses) = (nil, false, [:])
        // Another address is tried the next time.
        if !relay.isOpen { next.hop.addresses.append(next.hop.addresses.removeFirst()) }
        self.relay = next
        if links[id] != nil { drop(id) }
        return relay.uses.keys.map { .closed($0, failure) }
    }

    /// Brings a session onto the connection to the relay.
    func join(_ local: MSRPURI, isActive: Bool) -> [Event] {
        guard let relay, let id = relay.link, relay.isOpen, relay.uses[local] != nil,
            let entry = entries[local]
        else { return [.closed(local, .connection("the relay has closed the connection"))] }
        // The other one speaks first: its request tells that the way is open.
        guard isActive else { return [] }
        var events: [Event] = []
        if bind(entry, to: id, &events) { greet(entry, isGuest: false) }
        return events
    }

    /// Sends the AUTH requests that are due.
    private func pumpRelay() {
        guard let relay, relay.isOpen, let id = relay.link, let connection = links[id]?.connection else {
            return
        }
        for local in relay.uses.keys {
            let chunk = self.relay?.uses[local]?.authorization.nextChunk(at: .now, using: &random)
            if let chunk { try? connection.send(chunk.bytes) }
        }
    }

    /// Takes a response if it is the relay's to an AUTH.
    func takeRelayResponse(_ head: ChunkHead, on id: ConnectionID, _ events: inout [Event]) -> Bool {
        guard let relay, relay.link == id, head.responseCode != nil else { return false }
        for local in relay.uses.keys where relay.uses[local]?.authorization.isWaiting == true {
            var told: [RelayAuthorization.Event] = []
            guard self.relay?.uses[local]?.authorization.receive(head, at: .now, into: &told) == true else {
                continue
            }
            note(told, for: local, &events)
            return true
        }
        return false
    }

    private func note(_ told: [RelayAuthorization.Event], for local: MSRPURI, _ events: inout [Event]) {
        for event in told {
            switch event {
            case .authorized(let path, _):
                if relay?.uses[local]?.path == nil { relay?.uses[local]?.path = path }
            case .failed: relay?.uses[local] = nil
            case .challenged: break
            }
            events.append(.relay(local, event))
        }
    }

    /// Lets time pass for the relay.
    func fireRelay(at now: Instant) -> [Event] {
        var events: [Event] = []
        for local in relay?.uses.keys.map(\.self) ?? [] {
            var told: [RelayAuthorization.Event] = []
            relay?.uses[local]?.authorization.fire(at: now, into: &told)
            note(told, for: local, &events)
        }
        pumpRelay()
        return events
    }

    var relayDeadlines: [Instant?] { relay?.uses.values.map(\.authorization.nextDeadline) ?? [] }
}
