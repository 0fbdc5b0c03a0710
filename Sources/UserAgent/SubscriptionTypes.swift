package import SIP
package import Wire

/// What a subscription asks for, and from whom (RFC 6665 §4.1.2.1).
package struct SubscriptionRequest: Hashable, Sendable {
    /// The resource: the Request-URI and the `To` of the first SUBSCRIBE.
    package var resource: String
    /// The URI in `From`: the user.
    package var identity: String
    /// The value of `Contact`: where NOTIFY requests are to come.
    package var contact: String
    /// The event package, `reg` for example.
    package var eventPackage: String
    /// The `id` parameter of `Event`, where one resource is subscribed to more than once.
    package var eventID: String?
    /// The media types that can be read, as `Accept` lists them.
    package var accept: String
    /// How long the subscription is to live; zero asks for the state once (RFC 6665 §4.4.3).
    package var expires: Duration
    /// The extensions to offer, `eventlist` for lists (RFC 4662 §4.1).
    package var supported: [String] = []
    /// The extensions without which it makes no sense.
    package var required: [String] = []
    /// What the subscription is to be about, where it says more than its resource (RFC 5367).
    package var content: MessageContent?
    package var contentDisposition: String?

    package init(
        resource: String,
        identity: String,
        contact: String,
        eventPackage: String,
        eventID: String? = nil,
        accept: String,
        expires: Duration
    ) {
        self.resource = resource
        self.identity = identity
        self.contact = contact
        self.eventPackage = eventPackage
        self.eventID = eventID
        self.accept = accept
        self.expires = expires
    }

    /// The subscription of a UE to its own registration state (3GPP TS 24.229 §5.1.1.3, RFC 3680).
    package static func registrationState(of identity: String, contact: String) -> SubscriptionRequest {
        SubscriptionRequest(
            resource: identity,
            identity: identity,
            contact: contact,
            eventPackage: "reg",
            accept: "application/reginfo+xml",
            expires: .seconds(600_000)
        )
    }
}

/// One notification of state (RFC 6665 §4.1.3).
package struct Notification: Hashable, Sendable {
    package enum State: Hashable, Sendable { case active, pending, terminated }

    package var state: State
    /// The media type of the body, as the notifier wrote it; `nil` when there is no body.
    package var contentType: String?
    package var body: ByteString
    /// Whether the notifier requires that lists be understood, as it does of what it tells of a list (RFC 4662 §4.5).
    package var isOfList = false

    package init(state: State, contentType: String?, body: ByteString) {
        (self.state, self.contentType, self.body) = (state, contentType, body)
    }
}

/// Why there is no subscription, or nothing is published: the request was refused or not answered.
package enum EventFailure: Hashable, Sendable {
    case refused(StatusCode)
    /// No final response, or no NOTIFY within timer N (RFC 6665 §4.1.2.4).
    case timedOut
    case unreachable
}

/// Why a subscription that existed has ended.
package enum SubscriptionEnd: Hashable, Sendable {
    /// The user unsubscribed.
    case byUser
    /// The state was fetched once, as asked (RFC 6665 §4.4.3).
    case fetched
    /// The notifier ended it, with its reason if it gave one (RFC 6665 §4.1.3).
    case byNotifier(SubscriptionState.Reason?)
    /// The notifier does not know it any more, or refused to refresh it (RFC 6665 §4.1.2.2).
    case refused(StatusCode)
    /// It ran out before it could be refreshed, or the notifier stayed silent for timer N.
    case expired
}

extension Notification {
    init(of notify: Message, state: State) {
        let contentType = notify.body.isEmpty ? nil : notify.headers.first(.contentType)?.text
        self.init(state: state, contentType: contentType, body: notify.body)
        let required = (try? notify.headers.all(Require.self)) ?? []
        isOfList = required.contains { $0.tokens.contains { $0.text.lowercased() == "eventlist" } }
    }
}

extension Notification.State {
    /// A state this program does not know is taken for active: the subscription lives until it is terminated.
    init(_ subscriptionState: SubscriptionState) {
        switch subscriptionState.state {
        case .active, .other: self = .active
        case .pending: self = .pending
        case .terminated: self = .terminated
        }
    }
}

extension Subscription.Retry {
    /// When to try again after a refusal: what may pass is tried again, what will not is left (RFC 6665 §4.1.2.1).
    init(afterRefusal status: StatusCode, _ response: Message) {
        if let delay = response.retryDelay {
            self = .after(delay)
            return
        }
        switch status.value {
        case 408, 430, 480, 481, 500, 502, 503, 504: self = .later
        default: self = .never
        }
    }
}

extension Message {
    /// The lifetime granted by a 2xx response.
    var expiry: Duration? { (try? headers.first(Expires.self))?.duration }

    /// The shortest lifetime the notifier takes, in a 423.
    var minimumExpiry: Duration? { (try? headers.first(MinExpires.self))?.duration }

    /// How long to leave the notifier alone.
    var retryDelay: Duration? { (try? headers.first(RetryAfter.self))?.delay }
}
