import MSRP
import Runtime
import Wire

// What the transport of message sessions keeps, and what it tells.
extension MSRPTransport {
    /// What a socket has to say, and which connection it is.
    enum Input: Sendable {
        case accepted(StreamConnection)
        case stream(StreamConnection.Event)
    }

    struct ConnectionID: Hashable, Sendable { let number: UInt64 }

    /// What waits for a point in time.
    enum Alarm: Hashable, Sendable {
        case session(MSRPURI)
        case connection(ConnectionID)
    }

    /// What the engine is told of a session, named by its own URI.
    enum Event {
        /// The connection of the session stands.
        case opened(MSRPURI, ConnectionSecurity)
        case session(MSRPURI, SessionEvent)
        /// The source of a message has nothing more to give, though the message is not complete: it was given up.
        case cut(MSRPURI, messageID: ByteString, detail: String)
        /// There is no connection for the session, or not any more.
        case closed(MSRPURI, Failure)
        /// The account's own relay has something to say about a session that is to go through it.
        case relay(MSRPURI, RelayAuthorization.Event)
        /// Somebody does what no client does.
        case noted(String)

        /// The session it is about, if it is about one.
        var local: MSRPURI? {
            switch self {
            case .opened(let local, _), .session(let local, _), .closed(let local, _), .cut(let local, _, _),
                .relay(let local, _):
                local
            case .noted: nil
            }
        }
    }

    /// Why there is no connection.
    enum Failure: Hashable, Sendable {
        case connection(String)
        /// The other side is not the one that signalling announced.
        case certificate(String)
    }

    /// How a session comes to its connection.
    enum Approach: Hashable, Sendable {
        /// This side connects.
        case connecting(to: FirstHop)
        /// The other side connects.
        case waiting
        /// Nobody does until it is agreed anew (`holdconn`, RFC 4145 §4).
        case held
        /// The connection to the account's own relay is there; the active side speaks first.
        case relayed(isActive: Bool)
    }

    /// Where the active side connects: the first URI of the path, or the address of `c=` and `m=` with CEMA.
    struct FirstHop: Hashable, Sendable {
        /// The addresses in the order to try them.
        var addresses: [SocketAddress]
        /// What the host is called.
        var name: String
    }

    /// What two sessions have in common that may share a connection (RFC 4975 §5.4).
    struct Destination: Hashable, Sendable {
        var address: SocketAddress
        var name: String
        var check: PeerCheck?
    }

    /// A connection, and what is on it.
    final class Link {
        let connection: StreamConnection
        let isSecure: Bool
        var parser = ChunkParser()
        /// The session of the chunk that is being received.
        var current: Entry?
        /// The session that was found last on this connection, and what was for it.
        var recent: (head: ChunkHead, entry: Entry)?
        /// Where it was opened to; `nil` if the other side has connected.
        let destination: Destination?
        /// The sessions for which it is being opened.
        var waiting: Set<MSRPURI>
        var isOpen = false
        /// Whether no further session may come onto it.
        var isEnding = false
        /// Until when a connection that was accepted may be without a session.
        var patience: Instant?
        /// What has come for a session whose answer is still on its way, and which session that is.
        var early: (session: MSRPURI, bytes: ByteString)?
        /// Whether it was told that a request on it was refused.
        var isNoted = false
        /// Whether it is not read because a session takes nothing.
        var isPaused = false

        /// A connection that was accepted.
        init(_ connection: StreamConnection, isSecure: Bool, patience: Instant) {
            (self.connection, self.isSecure, self.patience) = (connection, isSecure, patience)
            (destination, waiting) = (nil, [])
        }

        /// A connection that is being opened, for a session if one is named.
        init(_ connection: StreamConnection, to destination: Destination, for local: MSRPURI? = nil) {
            (self.connection, self.destination) = (connection, destination)
            waiting = local.map { [$0] } ?? []
            isSecure = destination.check != nil
        }
    }

    /// A session, and where it stands.
    final class Entry {
        let local: MSRPURI
        var session: Session
        var streams: SessionStreams
        let approach: Approach
        /// What the other side must be, on a connection with TLS.
        let check: PeerCheck?
        var link: ConnectionID?
        /// Which of the addresses is tried.
        var attempt = 0
        /// Until when a refused connection is tried again, or the other side is waited for.
        var patience: Instant?
        /// Whether it has come onto a connection of others, and nothing has come for it yet.
        var isGuest = false
        /// Whether it is among those that may have something to send.
        var isReady = false
        /// When time is next let pass for it; never later than its deadline.
        var alarm: Instant?

        /// When something is due in it, if ever.
        var deadline: Instant? {
            let due = ask { $0.nextDeadline }
            guard link == nil, let patience else { return due }
            return min(due ?? patience, patience)
        }

        /// Whether it can take nothing at the moment.
        var isFull: Bool { streams.isFull || !ask { $0.takesInput } }

        /// Asks the session something in its place: to ask a property of it through the entry copies all of it first.
        func ask<Answer>(_ question: (borrowing Session) -> Answer) -> Answer {
            func ask(_ session: inout Session) -> Answer { question(session) }
            return ask(&session)
        }

        init(_ session: Session, _ streams: SessionStreams, _ approach: Approach, _ check: PeerCheck?) {
            local = session.configuration.local
            (self.session, self.streams, self.approach, self.check) = (session, streams, approach, check)
            patience = approach == .held ? nil : .now + MSRPTransport.patience
        }
    }
}
