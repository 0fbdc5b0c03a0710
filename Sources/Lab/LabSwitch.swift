import MSRP
import SDP
import SIP
import Wire

/// The MSRP switch of a pocket core: a relay for clients that ask for one (RFC 4976), a hop that sits in chats which are
/// to be broken, and the end of the chats with the automatic buddy.
///
/// A value without I/O. Bodies pass as they come and are not kept: who sends faster than the next hop takes must wait,
/// which is for the owner of the sockets to see to.
package struct LabSwitch: Sendable {
    /// Names a connection of the switch.
    package struct LinkID: Hashable, Sendable {
        package let number: UInt64

        package init(number: UInt64) { self.number = number }
    }

    package enum Effect: Sendable {
        /// Send the bytes; `from` is the connection they came on, which has to wait if they pile up.
        case send([UInt8], to: LinkID, from: LinkID?)
        case connect(LinkID, host: String, port: UInt16, isSecure: Bool)
        /// Close the connection once everything is sent.
        case close(LinkID)
        /// Close it at once.
        case abort(LinkID)
        case note(String)
    }

    /// What a path through the switch is for.
    enum Purpose: Sendable {
        /// A client has asked for it.
        case relay(user: String, expiry: Instant)
        /// A chat of two users that is to be broken.
        case passage(callID: ByteString)
        case buddy(LabChat)
    }

    /// A path through the switch, named by one URI of its own.
    struct Path: Sendable {
        let uri: MSRPURI
        var purpose: Purpose
        /// The next hops on the inside: the client, or both ends of a chat.
        var ends: Set<MSRPURI>
        /// The connections to the next hops.
        var links: [MSRPURI: LinkID] = [:]
        /// The order in which paths were made; the oldest makes room.
        let number: UInt64

        var isRelay: Bool { if case .relay = purpose { true } else { false } }
    }

    struct Link: Sendable {
        var parser = ChunkParser()
        let isSecure: Bool
        /// The chunk that is being received.
        var current: Passage?
        /// Until when a connection that was accepted may belong to nothing.
        var patience: Instant?
    }

    /// What becomes of a chunk.
    enum Passage: Sendable {
        case buddy(ByteString)
        case forwarded(Forwarding)
        /// It is answered, or lost.
        case dropped
    }

    let configuration: LabConfiguration
    var faults: LabChatFaults
    var identifiers: IdentifierSource
    var nonces = LabNonces()
    var links: [LinkID: Link] = [:]
    /// The paths by what names them in their URI.
    var paths: [ByteString: Path] = [:]
    /// What was sent on and not answered by the next hop.
    var transactions: [TransactionKey: Transaction] = [:]
    var timers = TimerQueue<TransactionKey>()
    var outbox: [Effect] = []
    /// Answers that are held back.
    var delayed: [(time: Instant, bytes: [UInt8], link: LinkID)] = []
    /// Where clients reach the switch, by TCP and by TLS.
    var address: TransportAddress?
    var secureAddress: TransportAddress?
    /// Of the certificate that is shown there.
    var fingerprint: Fingerprint?
    private var lastLink: UInt64 = 0
    private var lastPath: UInt64 = 0

    init(_ configuration: LabConfiguration, identifiers: IdentifierSource) {
        (self.configuration, self.identifiers) = (configuration, identifiers)
        faults = configuration.faults.chats
    }

    // MARK: - Inputs

    /// Takes a connection that somebody has opened, or refuses it with `nil`.
    mutating func accept(isSecure: Bool, at now: Instant) -> LinkID? {
        guard links.count < LabLimits.connections else { return nil }
        let id = makeLink(isSecure: isSecure)
        links[id]?.patience = now + LabLimits.chatPatience
        return id
    }

    mutating func receive(_ bytes: ByteString, on id: LinkID, at now: Instant) {
        var input = bytes
        do throws(MSRPParseError) {
            while var link = links[id] {
                // The parser is moved out and in, so that it is not copied.
                links[id]?.parser = ChunkParser()
                let event = try link.parser.next(&input)
                links[id]?.parser = link.parser
                guard let event else { return }
                take(event, on: id, at: now)
            }
        } catch {
            outbox.append(.note("unreadable MSRP: \(error)"))
            outbox.append(.abort(id))
            close(id, at: now)
        }
    }

    private mutating func take(_ event: ChunkParser.Event, on id: LinkID, at now: Instant) {
        switch event {
        case .head(let head):
            let passage = begin(head, on: id, at: now)
            links[id]?.current = passage
        case .body(let bytes):
            switch links[id]?.current {
            case .buddy(let name): pass(bytes, toBuddy: name, from: id, at: now)
            case .forwarded(let forwarding): pass(bytes, forwarding, from: id, at: now)
            case .dropped, nil: break
            }
        case .end(let flag):
            let passage = links[id]?.current
            links[id]?.current = nil
            switch passage {
            case .buddy(let name): converse(name, event, at: now)
            case .forwarded(let forwarding): end(forwarding, flag, from: id, at: now)
            case .dropped, nil: break
            }
        }
    }

    /// Takes note that a connection is over.
    mutating func close(_ id: LinkID, at now: Instant) {
        guard let link = links.removeValue(forKey: id) else { return }
        if case .forwarded(let forwarding) = link.current { interrupt(forwarding, at: now) }
        failTransactions(on: id, at: now)
        for name in paths.keys {
            guard let path = paths[name], path.links.values.contains(id) else { continue }
            paths[name]?.links = path.links.filter { $0.value != id }
            // The other end of a chat must hear of it, as it would without a switch.
            guard case .passage = path.purpose else { continue }
            paths[name]?.links = [:]
            release(path.links.values.filter { $0 != id })
        }
    }

    var nextDeadline: Instant? {
        let expiries = paths.values.compactMap { path -> Instant? in
            switch path.purpose {
            case .relay(_, let expiry): expiry
            case .buddy(let chat): chat.nextDeadline
            case .passage: nil
            }
        }
        let patience = links.values.compactMap(\.patience)
        return (expiries + patience + delayed.map(\.time) + [timers.nextDeadline].compactMap(\.self)).min()
    }

    mutating func fire(at now: Instant) {
        for answer in delayed where answer.time <= now {
            outbox.append(.send(answer.bytes, to: answer.link, from: nil))
        }
        delayed.removeAll { $0.time <= now }
        fireTransactions(at: now)
        for (id, link) in links {
            guard let patience = link.patience, patience <= now else { continue }
            outbox.append(.abort(id))
            close(id, at: now)
        }
        for (name, path) in paths {
            switch path.purpose {
            case .relay(let user, let expiry) where expiry <= now:
                outbox.append(.note("the relay of \(user) expired"))
                removePath(name)
            case .buddy(let chat) where chat.nextDeadline.map { $0 <= now } == true: pumpChat(name, at: now)
            case .relay, .passage, .buddy: break
            }
        }
    }

    /// What is to be done, in this order.
    mutating func takeEffects() -> [Effect] {
        defer { outbox = [] }
        return outbox
    }

    // MARK: - Paths

    /// A new URI of the switch.
    mutating func makeURI(_ address: TransportAddress, isSecure: Bool = false) -> MSRPURI? {
        try? MSRPURI(
            host: address.host,
            port: address.port,
            sessionID: RandomIdentifier.sessionID(using: &identifiers),
            isSecure: isSecure
        )
    }

    /// Makes a path; the oldest makes room for it if there are too many.
    mutating func makePath(
        _ purpose: Purpose,
        at uri: MSRPURI,
        ends: Set<MSRPURI>
    ) -> Path? {
        if paths.count >= LabLimits.chatPaths {
            let oldest = paths.min { $0.value.number < $1.value.number }?.key
            if let oldest { removePath(oldest) }
        }
        guard let name = uri.sessionID else { return nil }
        lastPath += 1
        let path = Path(uri: uri, purpose: purpose, ends: ends, number: lastPath)
        paths[name] = path
        return path
    }

    mutating func removePath(_ name: ByteString) {
        guard let path = paths.removeValue(forKey: name) else { return }
        release(Array(path.links.values))
    }

    /// Finds the path that a URI names.
    func path(at uri: MSRPURI) -> Path? {
        guard let name = uri.sessionID, let path = paths[name], path.uri == uri else { return nil }
        return path
    }

    /// Closes the connections that no path needs.
    private mutating func release(_ ids: [LinkID]) {
        for id in ids where !paths.values.contains(where: { $0.links.values.contains(id) }) {
            outbox.append(.close(id))
        }
    }

    // MARK: - Connections

    private mutating func makeLink(isSecure: Bool) -> LinkID {
        lastLink += 1
        let id = LinkID(number: lastLink)
        links[id] = Link(isSecure: isSecure)
        return id
    }

    /// The connection to a next hop of a path, opened if there is none and it can be.
    mutating func link(to hop: MSRPURI, of name: ByteString) -> LinkID? {
        guard let path = paths[name] else { return nil }
        if let id = path.links[hop] { return id }
        // A client that asked for a relay is reached over its own connection only (RFC 4976 §6.4).
        if case .relay = path.purpose, path.ends.contains(hop) { return nil }
        let isPassage = if case .passage = path.purpose { true } else { false }
        guard let port = hop.port, !hop.isSecure || isPassage, links.count < LabLimits.connections,
            path.links.count < LabLimits.linksPerPath
        else { return nil }
        let id = makeLink(isSecure: hop.isSecure)
        paths[name]?.links[hop] = id
        outbox.append(.connect(id, host: hop.hostAddress, port: port, isSecure: hop.isSecure))
        return id
    }

    /// Notes that a next hop is at the other end of a connection.
    mutating func bind(_ hop: MSRPURI, to id: LinkID, of name: ByteString) {
        links[id]?.patience = nil
        guard let path = paths[name], path.links[hop] == nil, path.links.count < LabLimits.linksPerPath
        else { return }
        paths[name]?.links[hop] = id
    }

    /// Queues bytes, joined with those before them that go the same way.
    mutating func send(_ bytes: ByteString, to link: LinkID, from source: LinkID? = nil) {
        if case .send(var joined, link, source)? = outbox.last {
            outbox.removeLast()
            bytes.append(to: &joined)
            outbox.append(.send(joined, to: link, from: source))
        } else {
            outbox.append(.send(bytes.bytes, to: link, from: source))
        }
    }

    mutating func send(_ chunk: OutgoingChunk, to link: LinkID) {
        send(chunk.head, to: link)
        send(chunk.body, to: link)
        send(chunk.end, to: link)
    }
}
