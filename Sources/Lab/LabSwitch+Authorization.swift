import MSRP
import SIP
import Wire

extension LabSwitch {
    /// Answers an AUTH (RFC 4976 §6.3).
    mutating func authorize(_ head: ChunkHead, at uri: MSRPURI, on id: LinkID, _ now: Instant) {
        links[id]?.patience = now + LabLimits.chatPatience
        guard let client = head.fromPath.flatMap({ try? MSRPPath(parsing: $0) })?.first else { return }
        guard let credentials = credentials(of: head) else {
            return challenge(head, at: uri, isStale: false, on: id, now)
        }
        let isFresh = nonces.use(
            credentials.nonce,
            count: credentials.nonceCount,
            at: now,
            lifetime: configuration.nonceLifetime
        )
        guard isFresh else { return challenge(head, at: uri, isStale: true, on: id, now) }
        let range = configuration.relayExpires
        let asked = head.seconds("Expires") ?? range.upperBound
        // Zero gives the path back.
        guard asked == .zero || range.contains(asked) else {
            let isShort = asked < range.lowerBound
            let bound = isShort ? range.lowerBound : range.upperBound
            return respond(
                to: head,
                .outOfBounds,
                [(isShort ? "Min-Expires" : "Max-Expires", ByteString("\(bound.components.seconds)"))],
                at: uri,
                on: id
            )
        }
        grant(head, to: credentials, asked, client, at: uri, on: id, now)
    }

    private mutating func grant(
        _ head: ChunkHead,
        to credentials: LabCredentials,
        _ time: Duration,
        _ client: MSRPURI,
        at uri: MSRPURI,
        on id: LinkID,
        _ now: Instant
    ) {
        let user = credentials.user.name
        let purpose = Purpose.relay(user: user, expiry: now + time)
        // Who asks again keeps the path, which stands in a session description by then.
        let known = path(of: client, usedBy: user).flatMap { faults.takeMove() ? nil : $0 }
        var path = known
        if let name = known?.uri.sessionID { paths[name]?.purpose = purpose }
        let isSecure = links[id]?.isSecure == true
        let place = isSecure ? secureAddress : address
        if path == nil, let uri = place.flatMap({ makeURI($0, isSecure: isSecure) }) {
            path = makePath(purpose, at: uri, ends: [client])
        }
        guard let path, let name = path.uri.sessionID else {
            return respond(to: head, .forbidden, [], at: uri, on: id)
        }
        paths[name]?.links[client] = id
        links[id]?.patience = nil
        if known == nil { outbox.append(.note("\(user) uses the relay")) }
        var fields = [
            ("Use-Path", path.uri.text), ("Expires", ByteString("\(time.components.seconds)")),
        ]
        if let info = credentials.authenticationInfo(nextNonce: nil) {
            fields.append(("Authentication-Info", info.fieldValue))
        }
        respond(to: head, .ok, fields, at: uri, on: id)
        if time == .zero { removePath(name) }
    }

    /// The path that a client has got last.
    private func path(of client: MSRPURI, usedBy user: String) -> Path? {
        paths.values.filter { path in
            if case .relay(user, _) = path.purpose { path.ends == [client] } else { false }
        }.max { $0.number < $1.number }
    }

    private func credentials(of head: ChunkHead) -> LabCredentials? {
        LabCredentials(
            proving: head.first("Authorization"),
            method: Method(rawValue: "AUTH"),
            body: .empty,
            of: configuration
        )
    }

    private mutating func challenge(
        _ head: ChunkHead,
        at uri: MSRPURI,
        isStale: Bool,
        on id: LinkID,
        _ now: Instant
    ) {
        let challenges = configuration.algorithms.map { algorithm in
            let nonce = nonces.issue(at: now, from: &identifiers)
            let challenge = configuration.challenge(algorithm, nonce: nonce, isStale: isStale)
            return ("WWW-Authenticate", WWWAuthenticate(challenge).fieldValue)
        }
        respond(to: head, .unauthorized, challenges, at: uri, on: id)
    }

    private mutating func respond(
        to head: ChunkHead,
        _ code: ResponseCode,
        _ fields: [(name: String, value: ByteString)],
        at uri: MSRPURI,
        on id: LinkID
    ) {
        guard var response = head.response(code, from: uri.text) else { return }
        response.otherFields = fields.map { .init(ByteString($0.name), $0.value) }
        send(response.chunk(), to: id)
    }
}
