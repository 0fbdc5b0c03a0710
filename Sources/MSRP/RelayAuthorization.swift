package import Wire

/// Gets the use of one relay: AUTH, its challenge, and the renewal before the URI expires (RFC 4976 §5.1).
///
/// The digest is computed by the owner, who has the password: it is told the challenge and hands the credentials in.
/// For a chain of relays there is one of these for each, the path to the next one going through those before it.
package struct RelayAuthorization: Sendable {
    package enum Event: Hashable, Sendable {
        /// The owner answers with `authorize`, or gives up.
        ///
        /// The digest is made with the method `AUTH` and the last URI of the path (RFC 4976 §9.1).
        case challenged(fields: [ByteString], uri: MSRPURI)
        /// The relay serves; the first time and after each renewal, when the path may be another.
        ///
        /// `proof` is its `Authentication-Info`, to be checked by the owner.
        case authorized(usePath: MSRPPath, proof: ByteString?)
        case failed(Failure)
    }

    package enum Failure: Error, Hashable, Sendable {
        case credentialsRefused
        case refused(ResponseCode)
        case timedOut
        /// The relay granted without saying what.
        case unintelligible
    }

    private enum State: Hashable, Sendable {
        case idle
        case ready
        case waiting(TransactionID, deadline: Instant)
        case challenged
        case granted(renewal: Instant?)
    }

    /// How often one AUTH is sent with credentials: once more when the nonce was stale.
    private static let mostAnswers = 2
    /// How long before the end a renewal begins, if there is so much time.
    private static let lead: Duration = .seconds(60)

    private let path: MSRPPath
    private let relay: MSRPURI
    private let local: MSRPURI
    private let transactionTime: Duration
    private let limits: MSRPLimits
    private var expires: Duration?
    private var credentials: ByteString?
    private var state = State.idle
    private var answers = 0
    private var hasAdapted = false

    /// Makes the authorization for the relay that `path` ends with.
    ///
    /// - Parameters:
    ///   - path: What the relays before this one returned, and its own URI.
    ///   - local: The own URI.
    ///   - expires: How long the relay should serve, or `nil` to leave it to the relay.
    ///   - limits: What of the relay's answer is believed.
    ///   - transactionTime: How long a response may take.
    /// - Throws: `MSRPParseError` if the path is empty.
    package init(
        path: MSRPPath,
        local: MSRPURI,
        expires: Duration?,
        limits: MSRPLimits = .standard,
        transactionTime: Duration = .seconds(30)
    ) throws(MSRPParseError) {
        guard let relay = path.last else { throw MSRPParseError(.path, at: 0) }
        (self.path, self.relay, self.local, self.expires) = (path, relay, local, expires)
        (self.limits, self.transactionTime) = (limits, transactionTime)
    }

    /// Asks for the use of the relay, with what credentials it has.
    package mutating func start() { (state, answers, hasAdapted) = (.ready, 0, false) }

    /// Sets the value of `Authorization`, and sends AUTH if a challenge waits for it.
    package mutating func authorize(_ credentials: ByteString?) {
        self.credentials = credentials
        guard state == .challenged else { return }
        answers += 1
        state = .ready
    }

    /// Whether an AUTH has no response yet.
    package var isWaiting: Bool { if case .waiting = state { true } else { false } }

    package var nextDeadline: Instant? {
        switch state {
        case .waiting(_, let deadline): deadline
        case .granted(let renewal): renewal
        case .idle, .ready, .challenged: nil
        }
    }

    /// Lets time pass: gives up on a relay that does not answer, and renews.
    package mutating func fire(at now: Instant, into events: inout [Event]) {
        guard let nextDeadline, nextDeadline <= now else { return }
        if case .waiting = state {
            fail(.timedOut, into: &events)
        } else {
            start()
        }
    }

    /// Takes the AUTH to send, if one is due.
    package mutating func nextChunk(
        at now: Instant,
        using generator: inout some RandomNumberGenerator
    ) -> OutgoingChunk? {
        guard state == .ready else { return nil }
        let id = TransactionID(using: &generator)
        var head = ChunkHead(transactionID: id.text, .request(.auth))
        (head.toPath, head.fromPath) = (path.text, local.text)
        if let credentials { head.otherFields.append(ChunkHead.Field("Authorization", credentials)) }
        if let expires {
            head.otherFields.append(ChunkHead.Field("Expires", ByteString("\(expires.components.seconds)")))
        }
        // Each count of a nonce is good for one request; the owner hands in the next one.
        credentials = nil
        state = .waiting(id, deadline: now + transactionTime)
        return head.chunk()
    }

    /// Takes a response.
    ///
    /// - Returns: Whether it is one to this AUTH.
    package mutating func receive(_ head: ChunkHead, at now: Instant, into events: inout [Event]) -> Bool {
        guard case .waiting(let id, _) = state, let code = head.responseCode,
            TransactionID(head.transactionID) == id
        else { return false }
        switch code {
        case .unauthorized: challenge(head, into: &events)
        case .outOfBounds: adapt(head, into: &events)
        case .timedOut: fail(.timedOut, into: &events)
        case _ where code.isSuccess: grant(head, at: now, into: &events)
        default: fail(.refused(code), into: &events)
        }
        return true
    }

    private mutating func challenge(_ head: ChunkHead, into events: inout [Event]) {
        let name = "WWW-Authenticate"
        let fields = head.otherFields.filter { $0.name.equalsIgnoringCase(name) }.map {
            ByteString(Array($0.value.bytes))
        }
        guard answers < Self.mostAnswers, !fields.isEmpty else {
            return fail(.credentialsRefused, into: &events)
        }
        state = .challenged
        events.append(.challenged(fields: fields, uri: relay))
    }

    /// Asks once more for the time that the relay can grant (RFC 4976 §6.3).
    private mutating func adapt(_ head: ChunkHead, into events: inout [Event]) {
        guard !hasAdapted, let seconds = head.seconds("Min-Expires") ?? head.seconds("Max-Expires") else {
            return fail(.refused(.outOfBounds), into: &events)
        }
        (expires, hasAdapted, state) = (seconds, true, .ready)
    }

    private mutating func grant(_ head: ChunkHead, at now: Instant, into events: inout [Event]) {
        guard let value = head.first("Use-Path"),
            let usePath = try? MSRPPath(parsing: ByteString(Array(value.bytes)), limits: limits)
        else { return fail(.unintelligible, into: &events) }
        let granted = head.seconds("Expires")
        state = .granted(renewal: granted.map { now + max($0 - Self.lead, $0 / 2) })
        answers = 0
        let proof = head.first("Authentication-Info").map { ByteString(Array($0.bytes)) }
        events.append(.authorized(usePath: usePath, proof: proof))
    }

    private mutating func fail(_ failure: Failure, into events: inout [Event]) {
        state = .idle
        events.append(.failed(failure))
    }
}
