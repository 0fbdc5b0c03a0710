package import SIP
package import Wire

/// A body that describes a session, or part of one: an offer or an answer, opaque to the signalling.
package struct SessionBody: Hashable, Sendable {
    package var contentType: String
    package var content: ByteString

    package init(_ content: ByteString, contentType: String = "application/sdp") {
        (self.content, self.contentType) = (content, contentType)
    }

    /// The body of a message; `nil` if it has none, or does not say what it is.
    package init?(of message: Message) {
        guard !message.body.isEmpty, let type = message.headers.first(.contentType) else { return nil }
        self.init(message.body, contentType: type.text)
    }
}

extension InviteSession {
    /// Who we are in a session, and how it is kept.
    package struct Profile: Hashable, Sendable {
        /// The URI in `From`: the public identity to call as.
        package var identity: String
        package var displayName: String?
        /// Whether the network is to withhold the identity from the other side (RFC 3323 §4.2).
        package var isPrivate = false
        /// The value of `Contact`, with the feature tags of the service.
        package var contact: String
        /// What the INVITE says of the service.
        package var service: ServiceTags
        package var allow: [Method]
        /// What answers name as `Server`; `nil` to leave it out.
        package var product: String?
        /// The session interval to ask for (RFC 4028 §7.1).
        package var interval = Duration.seconds(1800)
        /// The shortest session interval to take from others; at least 90 s (RFC 4028 §5).
        package var minimumInterval = Duration.seconds(90)

        /// A profile for a service, whose feature tags go to `Contact` (OMA SIMPLE IM TS §6.1.3.1).
        package init(
            identity: String,
            displayName: String? = nil,
            contactURI: String,
            service: ServiceTags = .messaging,
            allow: [Method] = [.invite, .ack, .cancel, .bye, .update, .prack, .options, .message, .notify]
        ) {
            self.identity = identity
            self.displayName = displayName
            self.service = service
            contact = (["<\(contactURI)>"] + service.contact).joined(separator: ";")
            self.allow = allow
        }
    }

    /// What bounds what a peer can make a session hold or do.
    package enum Limits {
        /// The forks of one INVITE that are kept; the 2xx of a further one is not acknowledged.
        package static let forks = 16
        /// How often an INVITE is sent again because the session interval was too small.
        package static let intervalRefusals = 3
        /// How often a modification is tried again after 491 or 500.
        package static let retries = 8
        /// The longest wait a peer can ask for before a modification is tried again.
        package static let retryDelay = Duration.seconds(120)
        /// Answers to a re-INVITE that wait for their ACK at a time.
        package static let unconfirmedAnswers = 4
        /// Provisional responses of ours that wait for the PRACK of the one before.
        package static let waitingProvisionals = 8
    }

    /// What the owner of a session must do next, in this order.
    package enum Effect: Sendable {
        /// Send a request in a transaction of its own, and report every response to it, or the failure.
        case send(Message)
        /// Send an ACK for a 2xx response, which belongs to no transaction.
        case acknowledge(Message)
        /// Cancel the INVITE that is under way.
        case cancel
        case respond(Message, to: ServerTransactionID)
        /// The other side has been reached, and has not answered yet.
        case alerting(SessionProgress)
        /// There is a session; its descriptions are `localDescription` and `remoteDescription`.
        case started
        /// There will be no session.
        case startFailed(SessionFailure)
        /// The session goes on with changed descriptions.
        case updated
        /// The session goes on as before.
        case updateFailed(SessionFailure)
        /// The other side offers a change: `acceptUpdate` or `rejectUpdate`.
        case updateReceived(SessionBody)
        case terminated(SessionEnd)
    }

    /// Where a session is in its life.
    package enum State: Hashable, Sendable {
        case initiated
        /// The invitation is with the one who is called.
        case negotiating
        /// It is accepted; the confirmation is awaited.
        case establishing
        case established
        /// A change is offered.
        case renegotiating
        /// A change is accepted; the confirmation is awaited.
        case reestablishing
        case terminating
        case terminated
    }
}

/// A provisional response above 100.
package struct SessionProgress: Hashable, Sendable {
    package var status: StatusCode
    /// An early description; only that of a reliable response is binding (RFC 3262 §5).
    package var description: SessionBody?
}

/// Why a session or a change of it did not come about.
package enum SessionFailure: Hashable, Sendable {
    case refused(StatusCode, warning: Warning?, retryAfter: Duration? = nil)
    /// No answer came in time.
    case timedOut
    case unreachable
    /// The other side's answer lacks a description, or what a dialog is made of.
    case badAnswer
    /// Our answer was never confirmed (RFC 3261 §13.3.1.4).
    case unconfirmed
    /// The one who asked has taken it back.
    case cancelled
}

/// Why a session has ended.
package enum SessionEnd: Hashable, Sendable {
    case byUser
    /// With the text or protocol of `Reason`, if it was given.
    case byPeer(reason: String?)
    /// The other side has hung up because the connection of the media broke (TS 24.229 §7.2A.18.11).
    case bearerLost
    /// The one who called gave up before there was an answer.
    case cancelled
    /// Nobody answered within the time the invitation allowed (RFC 3261 §13.3.1).
    case unanswered
    /// The other side did not refresh the session, or could not be asked to (RFC 4028 §10).
    case expired
    /// The other side does not know the session any more: 481, 408 or no response (RFC 3261 §12.2.1.2).
    case lost
    case failed(SessionFailure)
}

extension SessionFailure {
    init(refusal: Message) {
        let warning = try? refusal.headers.first(Warning.self)
        let retryAfter = try? refusal.headers.first(RetryAfter.self)
        self = .refused(
            refusal.status ?? .serverInternalError,
            warning: warning,
            retryAfter: retryAfter?.delay
        )
    }

    init(_ failure: TransactionLayer.ClientFailure) {
        switch failure {
        case .timedOut: self = .timedOut
        case .unreachable: self = .unreachable
        }
    }
}
