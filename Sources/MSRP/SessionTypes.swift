package import Wire

/// How a request is matched with the session it is for.
package enum PathMatching: Sendable {
    /// By the whole URI (RFC 4975 §7.3).
    case exact
    /// By the session id alone: a gateway between the ends writes its own address into the path.
    case sessionID

    func matches(_ uri: MSRPURI, _ local: MSRPURI) -> Bool {
        switch self {
        case .exact: uri == local
        case .sessionID: uri.sessionID != nil && uri.sessionID == local.sessionID
        }
    }
}

/// How the two ends of a session address each other, and how much they send at once.
package struct SessionConfiguration: Sendable {
    /// The own URI, as it stands last in the own path attribute.
    package var local: MSRPURI
    /// The `To-Path` of requests: one's own relays, then the path attribute of the peer.
    package var target: MSRPPath
    /// The largest body of a chunk; above `MSRPLimits.plainChunkSize` only to peers known to take it.
    package var chunkSize = MSRPLimits.plainChunkSize
    package var delivery: Delivery
    package var pathMatching = PathMatching.exact
    /// The media types that are taken (RFC 4975 §8.6): `text/plain`, `text/*`, `*`; every other is refused with 415.
    package var acceptedTypes = ["*"]
    /// How long a response may take (RFC 4975 §7.1.1).
    package var transactionTime: Duration = .seconds(30)
    /// After how much silence of this side an empty SEND asks whether the peer is still there; never if `nil`.
    package var keepAlive: Duration?
    package var limits = MSRPLimits.standard

    package init(local: MSRPURI, target: MSRPPath, delivery: Delivery) {
        (self.local, self.target, self.delivery) = (local, target, delivery)
    }

    /// How long the report on what went through relays may take: each hop has its own transaction time.
    var reportTime: Duration { transactionTime * 2 }

    /// Whether a relay answers in place of the far end: then only a report says that the peer has a message.
    package var isRelayed: Bool { target.uris.count > 1 }

    func accepts(_ contentType: ByteString?) -> Bool {
        guard let contentType, !acceptedTypes.contains("*") else { return true }
        guard let type = MediaType(parsing: contentType) else { return false }
        // What every endpoint must take (RFC 4975 §7.3.1).
        if type.matches("multipart", "mixed") || type.matches("multipart", "alternative") { return true }
        return acceptedTypes.contains { entry in
            guard let accepted = MediaType(entry) else { return false }
            return type.matches(accepted)
                || (accepted.subtype == "*" && type.matches(accepted.type, type.subtype))
        }
    }
}

/// What a session tells its owner; to be acted on before the next chunk is taken, since that may confirm it.
package enum SessionEvent: Sendable {
    /// The first request of the peer came: the connection is that of the session (RFC 4975 §5.4).
    case bound
    case incoming(MessageAssembler.Event)
    /// All chunks of the message are handed out.
    case sent(messageID: ByteString)
    /// The next hop has answered all chunks with 200.
    case accepted(messageID: ByteString)
    /// The far end reports that all of it arrived.
    case delivered(messageID: ByteString)
    /// The message is refused; no more of it is sent.
    case failed(messageID: ByteString, ResponseCode)
    /// A report tells that the message got no further; no more of it is sent.
    case undelivered(messageID: ByteString, ResponseCode)
    /// A response is late: the message probably failed (RFC 4975 §7.1.1). It still counts when it comes.
    case overdue(messageID: ByteString)
    /// The peer answered an empty SEND.
    case alive
    /// The peer did not answer an empty SEND in time.
    case silent
    /// The session is over: the peer does not know it, or bytes of it are lost (RFC 4975 §7.3.2, §10.8, §10.10).
    ///
    /// What is not confirmed can be sent again on a new one.
    case ended(ResponseCode)
}
