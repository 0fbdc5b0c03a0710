package import Wire

/// What a response is matched to its client transaction by (RFC 3261 §17.1.3).
struct ClientTransactionKey: Hashable, Sendable {
    /// The branch as we made it.
    let branch: String
    /// The method of the request; of `CSeq` in the response, because a CANCEL has the branch of its INVITE.
    let method: Method

    init(branch: String, method: Method) { (self.branch, self.method) = (branch, method) }

    /// The key of a response; `nil` if its `Via` or `CSeq` cannot be read.
    init?(of response: Message) {
        guard let branch = response.topVia?.branch, let cseq = response.cseq else { return nil }
        (self.branch, method) = (branch.text, cseq.method)
    }
}

/// What a request is matched to its server transaction by, the method apart (RFC 3261 §17.2.3).
///
/// Holds copies: a key outlives the request by far.
enum ServerTransactionKey: Hashable, Sendable {
    /// The request comes from a client that makes unique branches.
    case branch(ByteString, sentBy: ByteString, port: UInt16?)
    /// It comes from a client of RFC 2543, or one that left the branch empty.
    ///
    /// The `To` tag is compared apart, because an ACK has that of our response.
    case fields(uri: ByteString, via: ByteString, from: ByteString, callID: ByteString, cseq: UInt32?)

    var isUnique: Bool {
        if case .branch = self { true } else { false }
    }

    /// The key of a request; `nil` if it has no `Via` at all.
    init?(of request: Message) {
        guard let line = request.headers.first(.via) else { return nil }
        let via = request.topVia
        if let via, let branch = via.branch, via.hasMagicCookie, branch.count > Via.magicCookie.utf8.count {
            self = .branch(branch.copied, sentBy: via.host.lowercased, port: via.port)
            return
        }
        self = .fields(
            uri: request.requestURI?.copied ?? .empty,
            via: via?.fieldValue ?? line.copied,
            from: request.fromTag?.copied ?? .empty,
            callID: request.headers.first(.callID)?.copied ?? .empty,
            cseq: request.cseq?.number
        )
    }
}

extension Message {
    /// The first `Via`, or `nil` if there is none that can be read.
    package var topVia: Via? { try? headers.first(Via.self) }

    /// `CSeq`, or `nil` if there is none that can be read.
    package var cseq: CSeq? { try? headers.first(CSeq.self) }

    /// The tag in `From`; `nil` also if the field is missing or cannot be read.
    package var fromTag: ByteString? { (try? headers.first(From.self))?.tag }

    /// The tag in `To`; `nil` also if the field is missing or cannot be read.
    package var toTag: ByteString? { (try? headers.first(To.self))?.tag }

    /// How many `Via` values there are; 0 if they cannot be read.
    var viaCount: Int { (try? headers.all(Via.self))?.count ?? 0 }

    /// Notes in the top `Via` where the request came from.
    ///
    /// - Returns: The flow of the responses; the one it came over if the `Via` cannot be read, so that the sender hears
    ///   that it is wrong.
    mutating func markReceived(over flow: Flow) -> Flow {
        guard var via = topVia else { return flow }
        let reply = via.markReceived(over: flow)
        guard (try? headers.replaceFirst(via)) != nil else { return flow }
        return reply
    }

    /// Makes the CANCEL or the ACK of this request, which goes to the same next hop and so has the same `Via`.
    ///
    /// Request-URI, `Call-ID`, `From`, the number of `CSeq` and the route are those of the request; only the top `Via`
    /// is taken (RFC 3261 §9.1, §17.1.1.3).
    ///
    /// - Parameters:
    ///   - method: ACK or CANCEL.
    ///   - to: The `To` of the response that is acknowledged; `nil` for that of the request.
    /// - Returns: The request, ready to be sent the way this one went.
    func hopRequest(_ method: Method, to: ByteString?) -> Message {
        var request = Message(method: method, uri: requestURI ?? .empty)
        if let topVia { request.headers.append(topVia) }
        for name in [HeaderName.route, .from, .to, .callID] {
            for value in name == .to && to != nil ? [to].compactMap(\.self) : headers.all(name) {
                request.headers.append(name, value)
            }
        }
        if let cseq { request.headers.append(CSeq(number: cseq.number, method: method)) }
        request.headers.append(MaxForwards())
        return request
    }
}

extension Via {
    /// The `Via` of a request of ours (RFC 3261 §18.1.1).
    ///
    /// With `rport`, so that the response finds its way through a NAT (RFC 3581 §3), and with `keep` if keep-alives
    /// are offered (RFC 6223 §4.3).
    init(branch: String, over flow: Flow, keepAlive: Bool) {
        self.init(transport: flow.transport, sentBy: flow.local, branch: branch)
        parameters.set("rport")
        if keepAlive { parameters.set("keep") }
    }

    /// Whether sent-by is `address`, where 5060 is meant if there is no port.
    func isSent(by address: TransportAddress) -> Bool {
        let standard = transportProtocol?.defaultPort ?? 5060
        return ByteString(hostAddress).equalsIgnoringCase(address.host) && (port ?? standard) == address.port
    }

    /// Notes where the request really came from: `received` and `rport` (RFC 3261 §18.2.1, RFC 3581 §4).
    ///
    /// - Returns: The flow of the responses: over a connection the same, over UDP to the source address, and there to
    ///   the source port if the client asked for it, else to the port of sent-by (RFC 3261 §18.2.2). `maddr` is not
    ///   followed: it would let anyone direct our responses anywhere.
    mutating func markReceived(over flow: Flow) -> Flow {
        let isSource = ByteString(hostAddress).equalsIgnoringCase(flow.remote.host)
        if !isSource || hasResponsePort { parameters.set("received", flow.remote.host) }
        if hasResponsePort { parameters.set("rport", String(flow.remote.port)) }
        guard !flow.transport.isReliable, !hasResponsePort else { return flow }
        var reply = flow
        reply.remote.port = port ?? flow.transport.defaultPort
        return reply
    }
}
