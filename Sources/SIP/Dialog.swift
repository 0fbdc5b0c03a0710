package import Wire

/// What names a dialog: the `Call-ID` and the tags of both sides (RFC 3261 §12).
package struct DialogID: Hashable, Sendable {
    package var callID: ByteString
    package var localTag: ByteString
    /// Empty if the peer, one of RFC 2543, gives none.
    package var remoteTag: ByteString

    package init(callID: ByteString, localTag: ByteString, remoteTag: ByteString) {
        (self.callID, self.localTag, self.remoteTag) = (callID, localTag, remoteTag)
    }

    /// The dialog a request from the network belongs to; `nil` if it is outside of any.
    package init?(ofReceived request: Message) {
        guard let callID = request.headers.first(.callID), let localTag = request.toTag else { return nil }
        self.init(callID: callID, localTag: localTag, remoteTag: request.fromTag ?? .empty)
    }

    /// The dialog that a response from the network makes or belongs to; `nil` if it lacks a tag of ours.
    package init?(ofResponse response: Message) {
        guard let callID = response.headers.first(.callID), let localTag = response.fromTag else {
            return nil
        }
        self.init(callID: callID, localTag: localTag, remoteTag: response.toTag ?? .empty)
    }
}

/// A peer-to-peer relationship between two user agents that lasts some time (RFC 3261 §12).
///
/// Holds what every request inside the dialog is made of, and checks those that come. It knows nothing of what the
/// dialog is used for.
package struct Dialog: Hashable, Sendable {
    package enum State: Hashable, Sendable { case early, confirmed }

    package let id: DialogID
    package private(set) var state: State
    /// Our own `From` in this dialog, with its tag.
    package let local: NameAddress
    /// The `To` of our requests, with the tag of the peer.
    package let remote: NameAddress
    /// The peer's `Contact`: the Request-URI of our requests.
    package private(set) var remoteTarget: URI
    /// The proxies our requests visit, first hop first.
    package private(set) var routeSet: [Route]
    package private(set) var localSequence: UInt32?
    package private(set) var remoteSequence: UInt32?
    /// The request of ours whose 2xx confirms the dialog.
    private var creation: CSeq?

    /// Makes the dialog of a request we sent (RFC 3261 §12.1.2).
    ///
    /// There is none if the response is a 100 or a refusal, or lacks a `Contact`.
    ///
    /// - Parameters:
    ///   - request: The request as it was sent.
    ///   - response: A response from 101 to 299 to it.
    package init?(request: Message, response: Message) {
        let response = response.kept
        guard let status = response.status, 101..<300 ~= status.value,
            let id = DialogID(ofResponse: response),
            let local = try? request.headers.first(From.self),
            let remote = try? response.headers.first(To.self),
            let target = try? response.headers.first(Contact.self), let cseq = request.cseq,
            let recorded = try? response.headers.all(RecordRoute.self)
        else { return nil }
        self.id = id
        state = status.isSuccess ? .confirmed : .early
        (self.local, self.remote) = (local.address, remote.address)
        remoteTarget = target.uri
        routeSet = recorded.reversed().map { Route($0.address) }
        (localSequence, remoteSequence) = (cseq.number, nil)
        creation = cseq
    }

    /// Makes the dialog of a request we received, or `nil` if it lacks what a dialog needs (RFC 3261 §12.1.1).
    ///
    /// - Parameters:
    ///   - request: The request as it came.
    ///   - localTag: The tag we put into `To` of the response.
    ///   - state: Early if the response was provisional.
    package init?(received request: Message, localTag: String, state: State) {
        let request = request.kept
        guard let callID = request.headers.first(.callID), let remote = try? request.headers.first(From.self),
            var local = try? request.headers.first(To.self),
            let target = try? request.headers.first(Contact.self), let cseq = request.cseq,
            let recorded = try? request.headers.all(RecordRoute.self)
        else { return nil }
        local.tag = ByteString(localTag)
        id = DialogID(callID: callID, localTag: ByteString(localTag), remoteTag: remote.tag ?? .empty)
        self.state = state
        (self.local, self.remote) = (local.address, remote.address)
        remoteTarget = target.uri
        routeSet = recorded.map { Route($0.address) }
        (localSequence, remoteSequence) = (nil, cseq.number)
    }

    /// Makes the dialog of a subscription from the NOTIFY that confirms it (RFC 6665 §4.4.1).
    ///
    /// The route set is that of the NOTIFY, not of the response to SUBSCRIBE.
    ///
    /// - Parameters:
    ///   - subscribe: The SUBSCRIBE as it was sent.
    ///   - notify: A NOTIFY with its `Call-ID` and, in `To`, its tag.
    package init?(subscribe: Message, notify: Message) {
        guard let localTag = subscribe.fromTag,
            let dialog = Dialog(received: notify, localTag: localTag.text, state: .confirmed)
        else { return nil }
        self = dialog
        localSequence = subscribe.cseq?.number
    }

    /// Takes the route that the 2xx to the SUBSCRIBE names, where the NOTIFY names none.
    ///
    /// A proxy that stays on the path records itself in both (RFC 6665 §4.3). Kamailio's do so in the SUBSCRIBE alone, and
    /// without them nothing gets back to the notifier.
    package mutating func adoptRoute(of response: Message) {
        guard routeSet.isEmpty, response.toTag == id.remoteTag,
            let recorded = try? response.kept.headers.all(RecordRoute.self)
        else { return }
        routeSet = recorded.reversed().map { Route($0.address) }
    }

    /// Makes the next request of ours in this dialog (RFC 3261 §12.2.1.1).
    ///
    /// `Via` and `Contact` are for others to add.
    package mutating func makeRequest(_ method: Method) -> Message {
        // The number of the first request is ours to choose (§12.2.1.1).
        let number = localSequence.map { $0 &+ 1 } ?? 1
        localSequence = number
        return request(method, number: number)
    }

    /// Makes the ACK for a 2xx response to an INVITE of ours (RFC 3261 §13.2.2.4).
    package func makeAcknowledgement(of invite: UInt32) -> Message { request(.ack, number: invite) }

    /// Counts on from a request that was sent again with a higher number, to answer a challenge (RFC 3261 §22.2).
    ///
    /// Numbers of 2³¹ and above are none of ours (RFC 3261 §8.1.1.5).
    package mutating func noteLocalSequence(_ number: UInt32) {
        guard number < 1 << 31 else { return }
        localSequence = max(localSequence ?? number, number)
    }

    private func request(_ method: Method, number: UInt32) -> Message {
        let (uri, routes) = requestTarget
        var request = Message(method: method, uri: uri)
        for route in routes { request.headers.append(route) }
        request.headers.append(From(local))
        request.headers.append(To(remote))
        request.headers.append(.callID, id.callID)
        request.headers.append(CSeq(number: number, method: method))
        request.headers.append(MaxForwards())
        return request
    }

    /// The Request-URI and the `Route` values.
    ///
    /// A strict router as the first hop wants itself as the Request-URI, and the remote target as the last route; of
    /// its URI goes what a Request-URI cannot have (RFC 3261 §12.2.1.1).
    private var requestTarget: (uri: URI, routes: [Route]) {
        guard case .sip(let first)? = routeSet.first?.uri, !first.isLooseRouter else {
            return (remoteTarget, routeSet)
        }
        return (.sip(first.asRequestURI), routeSet.dropFirst() + [Route(remoteTarget)])
    }
}

extension Dialog {
    /// What becomes of a request in the dialog.
    package enum Verdict: Hashable, Sendable {
        case inOrder
        /// Its number is lower than that of a request before: the answer is 500 (RFC 3261 §12.2.2).
        case outOfOrder
    }

    /// Whether a request from the network belongs to this dialog.
    package func isConcerned(by request: Message) -> Bool { DialogID(ofReceived: request) == id }

    /// Takes a request from the network in this dialog (RFC 3261 §12.2.2).
    ///
    /// The remote target follows the `Contact` of requests that refresh it.
    package mutating func receive(_ request: Message) -> Verdict {
        guard let cseq = request.cseq, cseq.method != .ack, cseq.method != .cancel else { return .inOrder }
        if let remoteSequence, cseq.number < remoteSequence { return .outOfOrder }
        remoteSequence = cseq.number
        if Self.refreshesTarget(cseq.method) { takeTarget(of: request) }
        return .inOrder
    }

    /// Takes a response to a request of ours in this dialog, or a later one to the request that made it.
    ///
    /// A 2xx confirms an early dialog and then brings its own route set (RFC 3261 §13.2.2.4); a 2xx to a request that
    /// refreshes the target brings its `Contact` (§12.2.1.2).
    package mutating func receive(response: Message) {
        guard let status = response.status, let cseq = response.cseq else { return }
        if state == .early, status.isSuccess, cseq == creation {
            state = .confirmed
            if let recorded = try? response.kept.headers.all(RecordRoute.self) {
                routeSet = recorded.reversed().map { Route($0.address) }
            }
        }
        if status.isSuccess, Self.refreshesTarget(cseq.method) { takeTarget(of: response) }
    }

    /// Notes that our own 2xx has confirmed the dialog.
    package mutating func confirm() { state = .confirmed }

    /// Whether the response to a request in the dialog ends the dialog: 481, 408 or none at all (RFC 3261 §12.2.1.2).
    package static func isEnded(by status: StatusCode?) -> Bool {
        status == nil || status == .callDoesNotExist || status == .requestTimeout
    }

    /// The methods that refresh the target (RFC 3261 §12.2, RFC 3311 §5.1, RFC 6665 §3.1, §3.2).
    private static func refreshesTarget(_ method: Method) -> Bool {
        method == .invite || method == .update || method == .subscribe || method == .notify
    }

    private mutating func takeTarget(of message: Message) {
        guard let contact = try? message.headers.first(Contact.self), !contact.isWildcard,
            contact.uri != remoteTarget, let kept = try? message.kept.headers.first(Contact.self)
        else { return }
        remoteTarget = kept.uri
    }
}

extension Message {
    /// The message with nothing but what a dialog keeps of it, in storage of its own: a dialog outlives it by hours.
    fileprivate var kept: Message {
        var message = self
        message.headers = headers.copied([.callID, .from, .to, .contact, .recordRoute, .cseq])
        message.body = .empty
        return message
    }
}
