import MSRP
import Runtime
import Wire

// How sessions come to their connections: opened, shared, accepted, and judged.
extension MSRPTransport {
    /// Brings a session onto a connection to its first hop: one that is there, or a new one.
    ///
    /// A connection to the same host and port that is protected in the same way, and whose other side is the one that
    /// this session is agreed with, is shared (RFC 4975 §5.4).
    ///
    /// - Parameters:
    ///   - local: The session.
    ///   - isShared: Whether a connection of other sessions will do.
    /// - Returns: What happened at once.
    func connect(_ local: MSRPURI, sharing isShared: Bool = true) -> [Event] {
        guard let entry = entries[local], case .connecting(let hop) = entry.approach,
            !hop.addresses.isEmpty
        else { return [] }
        guard entry.check == nil || tls != nil else {
            return [.closed(local, .connection("TLS cannot be used"))]
        }
        let address = hop.addresses[entry.attempt % hop.addresses.count]
        let destination = Destination(address: address, name: hop.name, check: entry.check)
        if isShared, let (id, link) = shareable(destination) {
            guard link.isOpen else {
                link.waiting.insert(local)
                return []
            }
            var events: [Event] = []
            if bind(entry, to: id, &events) { greet(entry, isGuest: true) }
            return events
        }
        let id = makeID()
        let connection = StreamConnection(to: address, tls: clientTLS(destination), on: loop) {
            [report] event in report(id, .stream(event))
        }
        links[id] = Link(connection, to: destination, for: local)
        return []
    }

    func clientTLS(_ destination: Destination) -> StreamConnection.TLS? {
        guard let check = destination.check, let tls else { return nil }
        return StreamConnection.TLS(
            tls,
            name: check.name,
            judge: { check.refusal(of: $0) },
            asksAuthority: check.asksAuthority
        )
    }

    /// A connection this side has opened that a session may share.
    private func shareable(_ wanted: Destination) -> (ConnectionID, Link)? {
        links.first { _, link in
            guard let destination = link.destination, !link.isEnding, destination.address == wanted.address,
                destination.name == wanted.name
            else { return false }
            guard link.isOpen, let check = wanted.check, destination.check != nil else {
                return destination.check == wanted.check
            }
            // The same certificate may be announced by other hash functions.
            if case .success = check.judge(link.connection, isAccepted: false) { return true }
            return false
        }.map { ($0.key, $0.value) }
    }

    /// Tries again to connect, if there is still reason to.
    func connectAgain(_ local: MSRPURI) -> [Event] {
        entries[local] != nil && entries[local]?.link == nil ? connect(local) : []
    }

    func connected(_ id: ConnectionID) -> [Event] {
        guard let link = links[id] else { return [] }
        if let events = relayConnected(id, link) { return events }
        link.isOpen = true
        let waiting = link.waiting
        link.waiting = []
        var events: [Event] = []
        for local in waiting {
            if let entry = entries[local], bind(entry, to: id, &events) { greet(entry, isGuest: false) }
        }
        return events
    }

    /// The active side speaks first, so that the passive one knows whose connection it is (RFC 4975 §5.4).
    func greet(_ entry: Entry, isGuest: Bool) {
        entry.isGuest = isGuest
        entry.session.sendKeepAlive()
        makeReady(entry)
    }

    /// Puts a session onto a connection if the other side is the right one; else the session is over.
    func bind(_ entry: Entry, to id: ConnectionID, _ events: inout [Event]) -> Bool {
        guard let link = links[id] else { return false }
        let local = entry.local
        var security = ConnectionSecurity.plain
        if let check = entry.check {
            switch check.judge(link.connection, isAccepted: link.destination == nil) {
            case .success(let proof):
                security = .tls(suite: link.connection.tlsSummary ?? "TLS", proof: proof)
            case .failure(let failure):
                entry.patience = nil
                events.append(.closed(local, .certificate(failure.description)))
                directory.unbind(local)
                if directory.sessions(on: id).isEmpty { drop(id) }
                return false
            }
        }
        directory.bind(local, to: id)
        link.patience = nil
        entry.link = id
        pauseIfFull(id, link)
        events.append(.opened(local, security))
        return true
    }

    /// Takes what the other side has sent before its answer was here (RFC 8122 §6.2).
    func receiveEarly(for local: MSRPURI) -> [Event] {
        guard let (id, link) = links.first(where: { $0.value.early?.session == local }),
            let early = link.early
        else { return [] }
        link.early = nil
        return receive(early.bytes, on: id)
    }

    /// Forgets a connection that has ended, and says what that means for its sessions.
    func end(_ id: ConnectionID, _ error: SocketError?) -> [Event] {
        guard let link = links.removeValue(forKey: id) else { return [] }
        link.connection.abort()
        var events = relayEnded(id, Failure(error))
        for local in link.waiting where entries[local]?.link == nil {
            events += notConnected(local, error)
        }
        for entry in directory.end(id).compactMap({ entries[$0] }) {
            entry.link = nil
            if entry.isGuest {
                // The connection was going when this session came onto it, and what was sent on it was read by nobody.
                entry.isGuest = false
                let target = entry.session.configuration.target
                events += restart(entry.session.renew(local: entry.local, target: target), in: entry.local)
                setAlarm(entry)
                events += connect(entry.local, sharing: false)
                continue
            }
            entry.patience = nil
            events.append(.closed(entry.local, Failure(error)))
        }
        return events
    }

    /// Goes on to the next address of the first hop, or waits a moment when nobody listens there yet.
    private func notConnected(_ local: MSRPURI, _ error: SocketError?) -> [Event] {
        guard let entry = entries[local], case .connecting(let hop) = entry.approach else { return [] }
        let failure = Failure(error)
        let isOver = entry.patience.map { $0 <= .now } ?? true
        if case .connection = failure, !isOver {
            entry.attempt += 1
            if entry.attempt % hop.addresses.count != 0 { return connect(local) }
            if error == .refused {
                loop.schedule(at: .now + Self.retryInterval) { [retry] in retry(local) }
                return []
            }
        }
        entry.patience = nil
        return [.closed(local, failure)]
    }
}

extension MSRPTransport.Failure {
    fileprivate init(_ error: SocketError?) {
        guard case .tls(let failure)? = error else {
            self = .connection(error?.description ?? "closed by the other side")
            return
        }
        switch failure.reason {
        case .protocol, .closedEarly: self = .connection(SocketError.tls(failure).description)
        case .nameMismatch, .untrustedIssuer, .selfSigned, .expired, .notYetValid, .certificate,
            .noCertificate, .fingerprint:
            self = .certificate(failure.description)
        }
    }
}
