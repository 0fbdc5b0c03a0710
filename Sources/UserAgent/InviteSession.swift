package import SIP
package import Wire

/// A session begun with INVITE, as either side sees it (RFC 3261 §13–15).
///
/// A value without I/O. It carries offers and answers without reading them, so that chats and calls use it alike: one
/// session is one dialog, its early forks, its changes by re-INVITE and UPDATE, its timer and its end.
///
/// The messages it sends lack `Via`, credentials and what the network asks of every request; those without a tag in
/// `To` need the preloaded route. Whoever answers a challenge sends the request again with a higher `CSeq` and hands
/// that request in with the responses to it.
package struct InviteSession: Sendable {
    enum Phase: Hashable, Sendable {
        case initiated
        /// Our INVITE is under way.
        case inviting
        /// An INVITE waits for our answer.
        case invited
        /// We have accepted; the ACK has not come.
        case accepted
        case established
        /// A CANCEL or BYE of ours waits for its effect.
        case ending
        case ended
    }

    enum Timer: Hashable, Sendable {
        /// Until when other forks may still answer.
        case forks
        /// The 2xx to the INVITE of this number is sent again, or given up.
        case success(UInt32), unconfirmed(UInt32)
        /// The reliable provisional response is sent again, or given up.
        case provisional, unacknowledged
        case refresh, expiry
        /// A modification is tried again.
        case retry
        /// The invitation is no longer wanted (RFC 3261 §13.3.1).
        case invitation
    }

    package let isCaller: Bool
    package internal(set) var profile: Profile
    /// The URI of the other side: whom we call, or what the caller claims to be.
    package let peer: String
    /// The display name the caller claims.
    package let peerDisplayName: String?
    /// The identity the network vouches for (RFC 3325 §9.1), if it did.
    package internal(set) var assertedIdentity: String?
    package let callID: String
    package let localTag: String
    package internal(set) var localDescription: SessionBody?
    package internal(set) var remoteDescription: SessionBody?
    /// `Allow` of the last message that had one (OMA SIMPLE IM TS §6.1.3.1).
    package internal(set) var peerMethods: [Method]?
    /// `Contact` of the last answer that had one: for a group or a conference its identity.
    package internal(set) var peerContact: ByteString?
    /// The program of the other side, as its last message that names one has it (RFC 3261 §20.35, §20.41).
    package internal(set) var peerProduct: ByteString?

    let timerValues: TimerValues
    var identifiers: IdentifierSource
    var timers = TimerQueue<Timer>()
    var sessionTimer: SessionTimer
    var phase = Phase.initiated
    var dialog: Dialog?
    /// Why the session ends, told once it has ended.
    var end: SessionEnd?
    /// What BYE says of the reason; `nil` for a user who hangs up.
    var farewell: Reason?
    /// The user wants it to end, which must wait for the ACK (RFC 3261 §15).
    var isEndWanted = false

    // As the caller.
    var forks: [Fork] = []
    var inviteSequence: UInt32 = 0
    var intervalRefusals = 0
    var lastProgress: SessionProgress?

    // As the one who is called.
    var invitation: PendingRequest?
    var provisionals = ReliableProvisionals()
    /// What is to be accepted once the PRACK has come.
    var wantedAcceptance: SessionBody??

    // Changes.
    var outgoing: OutgoingChange?
    var incoming: PendingRequest?
    var wantedUpdate: SessionBody?
    var isRefreshWanted = false
    var retries = 0
    var successes: [UInt32: Success] = [:]
    /// The ACK of our last re-INVITE, for when its 2xx comes again.
    var lastAcknowledgement: (sequence: UInt32, message: Message)?
    /// The number of the last reliable provisional response to a re-INVITE of ours.
    var lastReliable: UInt32?

    /// An early or confirmed dialog of our INVITE.
    struct Fork: Sendable {
        let tag: ByteString
        var dialog: Dialog
        var answer: SessionBody?
        var lastReliable: UInt32?
        /// The ACK for its 2xx, once there was one.
        var acknowledgement: Message?
    }

    /// A request from the network that has no final response.
    struct PendingRequest: Sendable {
        var id: ServerTransactionID
        var message: Message
        var offer: SessionBody?
    }

    /// A 2xx to an INVITE that waits for the ACK.
    struct Success: Sendable {
        var id: ServerTransactionID
        var response: Message
        var interval: Duration
        /// It holds an offer, and the ACK is to hold the answer.
        var isOffer: Bool
    }

    /// A re-INVITE or UPDATE of ours that has no final response.
    struct OutgoingChange: Sendable {
        var method: Method
        var offer: SessionBody?
        /// Nothing but the session timer is meant.
        var isRefresh: Bool
        /// Its number when it was first sent.
        var sequence: UInt32 = 0
    }

    /// Prepares a session with `recipient`; `start` begins it.
    package init(
        calling recipient: String,
        as profile: Profile,
        timers: TimerValues,
        identifiers: IdentifierSource = IdentifierSource()
    ) {
        var identifiers = identifiers
        isCaller = true
        self.profile = profile
        (peer, peerDisplayName) = (recipient, nil)
        callID = identifiers.callID()
        localTag = identifiers.tag()
        timerValues = timers
        sessionTimer = SessionTimer(wanted: profile.interval, minimum: profile.minimumInterval)
        self.identifiers = identifiers
    }

    /// Takes an invitation that has passed the screening: `ring`, then `accept` or `reject`.
    ///
    /// - Parameters:
    ///   - invite: The INVITE, outside a dialog.
    ///   - id: Its transaction.
    ///   - profile: Who we are.
    ///   - timers: The base timer values.
    ///   - identifiers: The source of the tag.
    ///   - now: The current time.
    ///   - effects: Where to append what must be done: the refusal, if there is no session.
    package init?(
        invited invite: Message,
        _ id: ServerTransactionID,
        as profile: Profile,
        timers: TimerValues,
        identifiers: IdentifierSource = IdentifierSource(),
        at now: Instant,
        into effects: inout [Effect]
    ) {
        var identifiers = identifiers
        isCaller = false
        localTag = identifiers.tag()
        timerValues = timers
        sessionTimer = SessionTimer(wanted: profile.interval, minimum: profile.minimumInterval)
        guard let from = try? invite.headers.first(From.self),
            let dialog = Dialog(received: invite, localTag: localTag, state: .early)
        else {
            effects.append(.respond(invite.response(.badRequest, toTag: localTag), to: id))
            return nil
        }
        if let least = sessionTimer.refusal(of: invite) {
            effects.append(.respond(invite.tooSmall(least, toTag: localTag), to: id))
            return nil
        }
        self.profile = profile
        (peer, peerDisplayName) = (from.uri.description, from.displayName)
        callID = dialog.id.callID.text
        self.dialog = dialog
        self.identifiers = identifiers
        remoteDescription = SessionBody(of: invite)
        invitation = PendingRequest(id: id, message: invite, offer: remoteDescription)
        phase = .invited
        note(invite)
        provisionals.begin(for: invite, using: &self.identifiers)
        if let expires = try? invite.headers.first(Expires.self) {
            self.timers.start(.invitation, at: now + expires.duration)
        }
    }
}

extension InviteSession {
    /// Where the session is in its life.
    package var state: State {
        switch phase {
        case .initiated: .initiated
        case .inviting, .invited: .negotiating
        case .accepted: isEndWanted ? .terminating : .establishing
        case .established where outgoing != nil || incoming != nil: .renegotiating
        case .established: successes.isEmpty ? .established : .reestablishing
        case .ending: .terminating
        case .ended: .terminated
        }
    }

    /// Whether a change of ours has not been answered, or not been sent yet.
    package var hasPendingUpdates: Bool { outgoing?.isRefresh == false || wantedUpdate != nil }

    /// Whether a challenge to a request is worth an answer: not if the INVITE was cancelled in the meantime.
    package var answersChallenges: Bool { phase != .ending || dialog != nil }

    /// Whether the session is over and nothing can come for it that would want an answer.
    package var isDone: Bool { phase == .ended && timers.isEmpty }

    /// When `fire` must be called, at the latest.
    package var nextDeadline: Instant? { timers.nextDeadline }

    /// What names the dialog of the session; `nil` before there is one.
    package var dialogID: DialogID? { dialog?.id }

    /// Whether a message from the network, request or response, belongs to this session.
    package func isConcerned(by message: Message) -> Bool {
        let tag = message.isRequest ? message.toTag : message.fromTag
        return message.headers.first(.callID)?.text == callID && tag?.text == localTag
    }

    /// Keeps what a message tells about the other side.
    mutating func note(_ message: Message) {
        if let allow = try? message.headers.first(Allow.self) { peerMethods = allow.methods }
        if let contact = message.headers.first(.contact) { peerContact = contact }
        if let product = message.headers.first(.userAgent) ?? message.headers.first(.server) {
            peerProduct = product
        }
        if let asserted = try? message.headers.all(PAssertedIdentity.self), !asserted.isEmpty {
            let preferred = asserted.first { $0.uri.sip != nil } ?? asserted.first
            assertedIdentity = preferred?.uri.description
        }
    }

    /// Adds what every message has that makes or refreshes the dialog (OMA SIMPLE IM TS §6.1.3.1).
    func complete(_ message: inout Message, body: SessionBody?) {
        message.headers.set(.contact, profile.contact)
        message.headers.set(Allow(profile.allow))
        message.headers.set(Supported("timer", "100rel"))
        if message.status != nil, let product = profile.product {
            message.headers.set(.server, ByteString(product))
        }
        guard let body else { return }
        message.headers.set(.contentType, body.contentType)
        message.body = body.content
    }

    /// Fires every timer that is due at `now`.
    package mutating func fire(at now: Instant, into effects: inout [Effect]) {
        while let due = timers.popDue(at: now) {
            switch due.key {
            case .forks: forks = []
            case .success(let number): repeatSuccess(number, at: now, into: &effects)
            case .unconfirmed(let number): giveUpSuccess(number, at: now, into: &effects)
            case .provisional: repeatProvisional(at: now, into: &effects)
            case .unacknowledged: giveUpProvisional(at: now, into: &effects)
            case .refresh:
                isRefreshWanted = true
                sendWanted(at: now, into: &effects)
            case .expiry: hangUp(.expired, at: now, into: &effects)
            case .retry: sendWanted(at: now, into: &effects)
            case .invitation: refuseInvitation(.requestTerminated, as: .unanswered, into: &effects)
            }
        }
    }

    /// Starts the timers of the session timer anew, after a 2xx.
    mutating func scheduleSessionTimer(at now: Instant) {
        isRefreshWanted = false
        timers.stop(.refresh)
        timers.stop(.expiry)
        if let delay = sessionTimer.refreshDelay { timers.start(.refresh, at: now + delay) }
        if let delay = sessionTimer.expiryDelay { timers.start(.expiry, at: now + delay) }
    }
}

extension Message {
    /// 422 with the interval that would do (RFC 4028 §9).
    func tooSmall(_ least: Duration, toTag: String) -> Message {
        var response = response(.intervalTooSmall, toTag: toTag)
        response.headers.append(.minSE, "\(least.components.seconds)")
        return response
    }
}
