package import SIP
package import Wire

/// Something the user or a program that reads `--json` wants to know at once.
package struct Event: Sendable {
    package var time: Timestamp
    /// The name of the account it concerns.
    package var account: String
    package var kind: Kind

    package enum Kind: Sendable {
        case registering(RegistrationAttempt)
        case registered(RegistrationStatus)
        /// An attempt failed; the engine tries again after `retryAfter`, or not at all if that is `nil`.
        case registrationFailed(EngineError, retryAfter: Duration?)
        case unregistered(UnregistrationCause)
        /// The flow to the P-CSCF broke; the engine is bringing it back.
        case connectionLost(String)
        case message(IncomingMessage)
        case outcome(MessageReport)
        /// A message that was accepted got further, or did not.
        case disposition(DispositionReport)
        case composing(ComposingReport)
        /// Somebody invites to a chat: `accept` or `reject` it.
        case chatInvited(Chat)
        case chatOpened(Chat)
        case chatMessage(IncomingChatMessage)
        /// The first answer to a message of ours in a chat.
        case chatSent(ChatReport)
        case chatClosed(Chat, ChatEnd)
        /// Somebody who is watched has changed, or is seen for the first time in this run.
        case presence(PresenceChange)
        /// There is nothing to tell of somebody who is watched, for now or for good.
        case presenceUnknown(uri: String, name: String?, PresenceObstacle)
        /// Somebody asks to see the user's presence, sees it, or does no more.
        case watcher(Watcher)
        /// Another client of the user has changed the buddy list.
        case buddiesChanged(BuddyListChange)
        /// Somebody offers a file: `accept` or `reject` it.
        case fileOffered(FileTransfer)
        /// The hash of a file that is to be sent is being computed.
        case fileHashing(name: String, FileProgress)
        case fileStarted(FileTransfer, FileProgress)
        case fileProgress(FileTransfer, FileProgress)
        case fileEnded(FileTransfer, FileTransferEnd)
        /// Something went on in a lesser way than asked: history is not kept, TCP was refused and UDP used.
        case warning(Warning)
    }

    package init(time: Timestamp, account: String, kind: Kind) {
        (self.time, self.account, self.kind) = (time, account, kind)
    }
}

/// A REGISTER that is on its way.
package struct RegistrationAttempt: Hashable, Sendable {
    /// The P-CSCF it goes to, `host:port`.
    package var proxy: String
    package var transport: TransportProtocol

    package init(proxy: String, transport: TransportProtocol) {
        (self.proxy, self.transport) = (proxy, transport)
    }
}

/// What the registrar granted.
package struct RegistrationStatus: Hashable, Sendable {
    /// How long the binding lives from now.
    package var expires: Duration
    /// The identities of P-Associated-URI, the default one first.
    package var identities: [String]
    /// The identity that was registered; barred when the network did not list it (TS 24.229 §5.1.1.2.1).
    package var registeredIdentity: String
    package var isRegisteredIdentityBarred: Bool
    package var serviceRoute: [String]
    /// The Contact URI the registrar holds for this client.
    package var contact: String
    package var proxy: String
    package var transport: TransportProtocol
    /// Whether the IM service is registered, or only the rest is (`unregister --service-only`).
    package var isServiceRegistered: Bool
    package var publicGRUU: String?
    package var temporaryGRUU: String?

    package init(
        expires: Duration,
        identities: [String],
        registeredIdentity: String,
        isRegisteredIdentityBarred: Bool,
        serviceRoute: [String],
        contact: String,
        proxy: String,
        transport: TransportProtocol,
        isServiceRegistered: Bool,
        publicGRUU: String? = nil,
        temporaryGRUU: String? = nil
    ) {
        self.expires = expires
        self.identities = identities
        self.registeredIdentity = registeredIdentity
        self.isRegisteredIdentityBarred = isRegisteredIdentityBarred
        self.serviceRoute = serviceRoute
        self.contact = contact
        self.proxy = proxy
        self.transport = transport
        self.isServiceRegistered = isServiceRegistered
        self.publicGRUU = publicGRUU
        self.temporaryGRUU = temporaryGRUU
    }
}

/// Why there is no registration any more.
package enum UnregistrationCause: Hashable, Sendable {
    case byUser
    /// The network ended it; `event` is the reason in the reginfo document: `deactivated`, `rejected`, … (RFC 3680 §5.1).
    ///
    /// `isReturning` says whether the engine registers again by itself, as the event allows.
    case byNetwork(event: String, isReturning: Bool)
    case expired
}

/// A pager message from the network (RFC 3428).
package struct IncomingMessage: Hashable, Sendable {
    /// The `From` URI: what the sender claims.
    package var from: String
    package var fromDisplayName: String?
    /// The identity the network vouches for (RFC 3325), or `nil`.
    package var asserted: String?
    package var to: String
    package var contentType: String
    package var body: [UInt8]
    package var callID: String
    /// What its envelope adds to that, if it came in one.
    package var envelope: EnvelopeClaims?
    /// What to hand to `Engine.displayed` once it was shown; `nil` if nobody wants to know.
    package var receipt: ReceiptID?

    package init(
        from: String,
        fromDisplayName: String? = nil,
        asserted: String?,
        to: String,
        contentType: String,
        body: [UInt8],
        callID: String
    ) {
        self.from = from
        self.fromDisplayName = fromDisplayName
        self.asserted = asserted
        self.to = to
        self.contentType = contentType
        self.body = body
        self.callID = callID
    }
}

/// What the CPIM envelope of a message says beside what signalling does: claims of its sender (RFC 3862).
package struct EnvelopeClaims: Hashable, Sendable {
    /// Whom it names as the sender, if that is neither who sent it nor nobody.
    package var sender: String?
    package var subject: String?
    /// When it says that it was sent.
    package var dateTime: Timestamp?
    package var messageID: String?

    package init(
        sender: String? = nil,
        subject: String? = nil,
        dateTime: Timestamp? = nil,
        messageID: String? = nil
    ) {
        (self.sender, self.subject, self.dateTime, self.messageID) = (sender, subject, dateTime, messageID)
    }
}

/// Names a message whose sender wants to know when it was displayed.
package struct ReceiptID: Hashable, Sendable {
    let number: UInt64
}

/// A pager message to send.
package struct OutgoingMessage: Hashable, Sendable {
    /// The recipient as the user named it: a `sip:`, `sips:` or `tel:` URI.
    package var to: String
    package var contentType: String
    package var body: [UInt8]
    /// The public identity to send as; `nil` for the default one.
    package var identity: String?
    /// Whether to ask for `Privacy: id` (RFC 3323 §4.2).
    package var isPrivate: Bool
    /// The notifications to ask for, whatever is waited for.
    package var asks: NotificationLevel
    package var timing = MessageTiming.any

    package init(
        to: String,
        contentType: String,
        body: [UInt8],
        identity: String? = nil,
        isPrivate: Bool = false,
        asks: NotificationLevel = .none
    ) {
        self.asks = asks
        self.to = to
        self.contentType = contentType
        self.body = body
        self.identity = identity
        self.isPrivate = isPrivate
    }
}

/// When a message is to reach its recipient (OMA SIMPLE IM TS §6.1.12.8).
package enum MessageTiming: String, Hashable, Sendable, CaseIterable {
    /// Now: it is sent when the recipient is there and wants to be written to, and not stored.
    case online
    /// Later, if that is easier: the network is asked to store it rather than refuse it.
    case deferred
    /// As the network does it.
    case any
}

/// What became of a message that was sent.
package struct MessageReport: Hashable, Sendable {
    package var to: String
    package var callID: String
    package var outcome: MessageOutcome
    /// The identity it was sent as.
    package var from: String
    /// The status of the final response, if there was one.
    package var status: UInt16?
    /// What notifications name it by; `nil` if none were asked for.
    package var messageID: String?
    /// Whether it went in a session of its own, being large.
    package var isBySession: Bool

    package init(
        to: String,
        callID: String,
        outcome: MessageOutcome,
        from: String,
        status: UInt16? = nil,
        messageID: String? = nil,
        isBySession: Bool = false
    ) {
        (self.to, self.callID, self.outcome, self.from) = (to, callID, outcome, from)
        (self.status, self.messageID, self.isBySession) = (status, messageID, isBySession)
    }
}

/// The outcomes of a pager message that a script must tell apart (OMA SIMPLE IM TS §7.3.1.3–4).
package enum MessageOutcome: Hashable, Sendable {
    /// It has left, and nobody waited for the answer.
    case sent
    /// 200: the recipient's device took it.
    case accepted
    /// 202: the network keeps it for later.
    case storedForLater
    /// 480: the recipient is not there and nothing keeps it.
    case notStored(Refusal)
    case refused(Refusal)
    /// No final answer came in time.
    case noAnswer
}

/// A final response that refuses, with what it says of the reason.
package struct Refusal: Hashable, Sendable {
    package var status: UInt16
    package var reason: String
    /// The text of a `Warning` header (RFC 3261 §20.43), if there is one.
    package var warning: String?
    /// The option tags of `Unsupported` in a 420.
    package var unsupported: [String]
    /// When to try again, as `Retry-After` has it (RFC 3261 §20.33).
    package var retryAfter: Duration?

    package init(
        status: UInt16,
        reason: String,
        warning: String? = nil,
        unsupported: [String] = [],
        retryAfter: Duration? = nil
    ) {
        (self.status, self.reason, self.warning, self.unsupported) = (status, reason, warning, unsupported)
        self.retryAfter = retryAfter
    }
}

/// Something that went on in a lesser way than asked.
package enum Warning: Hashable, Sendable {
    /// The store cannot be opened or written; sending and receiving go on.
    case historyNotKept(String)
    /// The message was too large for UDP and TCP could not be used (RFC 3261 §18.1.1).
    case sentOverUDP(size: Int)
    /// The `reg` event subscription was refused: a deregistration by the network will go unnoticed.
    case registrationEventRefused(Refusal)
    /// What the user wants others to see is not published.
    case presenceNotPublished(Refusal)
    /// Who asks to see the user's presence is not told.
    case watchersNotTold(Refusal)
    /// The peer does not take TLS, so that a chat with them, or a file for them, is not encrypted.
    case chatNotEncrypted(peer: String)
    /// An invitation to a chat was refused: the network does not vouch for who sends it, and nobody can be asked.
    case chatNotVouched(claimed: String)
    /// The certificate for message sessions could not be kept: the next run has another one.
    case certificateNotKept(String)
    /// The way to the account's own MSRP relay is not encrypted: whoever listens can read along.
    case relayNotEncrypted(String)
    /// The certificate of the P-CSCF is not checked because the account says so.
    case tlsNotVerified
    /// The peer refuses what is in an envelope: it gets plain text from now on.
    case plainText(peer: String)
    /// A file with a secret can be read by others than its owner (`FileContents.isReadableByOthers`).
    case secretReadableByOthers(file: String)
}
