internal import Wire

/// Which sessions there are, and which connection each is bound to (RFC 4975 §5.4, §7.3).
package struct SessionDirectory<Connection: Hashable & Sendable>: Sendable {
    package enum Admission: Hashable, Sendable {
        /// The chunk is for the session with this own URI.
        case session(MSRPURI)
        /// The request is to be refused with this code.
        case refused(ResponseCode)
        /// A response or a report for no session: dropped.
        case ignored
    }

    private var connections: [MSRPURI: Connection?] = [:]
    private var sessions: [Connection: Set<MSRPURI>] = [:]
    /// The sessions that are known by their session id alone.
    private var bySessionID: [ByteString: MSRPURI] = [:]
    /// Sessions whose peer is behind a relay, which may come on more than one connection (RFC 4976 §3).
    private var relayed: Set<MSRPURI> = []
    private let limits: MSRPLimits

    package init(limits: MSRPLimits = .standard) { self.limits = limits }

    /// Adds a session.
    ///
    /// - Parameters:
    ///   - local: Its own URI.
    ///   - matching: How requests are matched with it.
    ///   - isRelayed: Whether a relay is on the way to the peer.
    package mutating func insert(
        _ local: MSRPURI,
        matching: PathMatching = .exact,
        isRelayed: Bool = false
    ) {
        place(local, on: nil)
        if isRelayed { relayed.insert(local) }
        guard let sessionID = local.sessionID else { return }
        bySessionID[sessionID] = matching == .sessionID ? local : nil
    }

    /// Binds a session to its connection, as the active endpoint does at once.
    package mutating func bind(_ local: MSRPURI, to connection: Connection) { place(local, on: connection) }

    /// Takes a session off its connection, which stays.
    package mutating func unbind(_ local: MSRPURI) { place(local, on: nil) }

    private mutating func place(_ local: MSRPURI, on connection: Connection?) {
        takeOff(local)
        connections[local] = .some(connection)
        if let connection { sessions[connection, default: []].insert(local) }
    }

    private mutating func takeOff(_ local: MSRPURI) {
        guard let bound = connections[local], let connection = bound else { return }
        sessions[connection]?.remove(local)
        if sessions[connection]?.isEmpty == true { sessions[connection] = nil }
    }

    package mutating func remove(_ local: MSRPURI) {
        takeOff(local)
        connections[local] = nil
        relayed.remove(local)
        if let sessionID = local.sessionID { bySessionID[sessionID] = nil }
    }

    /// The sessions on a connection.
    package func sessions(on connection: Connection) -> Set<MSRPURI> { sessions[connection] ?? [] }

    /// Forgets a connection that has ended.
    ///
    /// - Returns: The sessions that were on it, which have failed with it (RFC 4975 §5.4).
    package mutating func end(_ connection: Connection) -> Set<MSRPURI> {
        let ended = sessions(on: connection)
        for local in ended { place(local, on: nil) }
        return ended
    }

    /// Finds the session a chunk is for; the first request on a connection binds its session to it.
    ///
    /// - Parameters:
    ///   - head: The chunk.
    ///   - connection: Where it came.
    ///   - isFit: Whether the connection is fit for a session; one for which it is not does not exist there.
    /// - Returns: The session, or what becomes of the chunk.
    package mutating func admit(
        _ head: ChunkHead,
        on connection: Connection,
        where isFit: (MSRPURI) -> Bool = { _ in true }
    ) -> Admission {
        guard let toPath = head.toPath else { return refusal(.badRequest, of: head) }
        guard let path = try? MSRPPath(parsing: toPath, limits: limits) else {
            return refusal(.badRequest, of: head)
        }
        guard path.uris.count == 1, let uri = path.first, let local = find(uri), isFit(local),
            let bound = connections[local]
        else {
            return refusal(.sessionDoesNotExist, of: head)
        }
        let isBoundElsewhere = bound != nil && bound != connection
        // Relays open connections of their own for what goes the other way.
        guard !isBoundElsewhere || relayed.contains(local) else { return refusal(.boundElsewhere, of: head) }
        // A response binds nothing, and must not open a way past the check above for requests.
        guard head.method != nil else { return .session(local) }
        if !isBoundElsewhere { place(local, on: connection) }
        return .session(local)
    }

    private func find(_ uri: MSRPURI) -> MSRPURI? {
        if let index = connections.index(forKey: uri) { return connections[index].key }
        return uri.sessionID.flatMap { bySessionID[$0] }
    }

    private func refusal(_ code: ResponseCode, of head: ChunkHead) -> Admission {
        head.method == nil || head.method == .report ? .ignored : .refused(code)
    }

    /// The response to a request that was refused, if its sender wants one and says who it is.
    package static func response(_ code: ResponseCode, to head: ChunkHead) -> OutgoingChunk? {
        guard head.wantsResponse(code), let toPath = head.toPath else { return nil }
        return head.response(code, from: toPath)?.chunk()
    }
}
