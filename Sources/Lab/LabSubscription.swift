import SIP
import Wire

/// A subscription of a user, to what is theirs or to the presence of another (RFC 6665).
struct LabSubscription: Sendable {
    /// The event packages a pocket core serves.
    enum Package: String, Sendable, CaseIterable {
        /// One's own registration (RFC 3680).
        case registration = "reg"
        /// The presence of anybody (RFC 3856).
        case presence
        /// Who watches one's own presence (RFC 3857).
        case watchers = "presence.winfo"
        /// One's own documents on the XCAP server (RFC 5875).
        case documents = "xcap-diff"

        var mediaType: MediaType {
            switch self {
            case .registration: MediaType("application", "reginfo+xml")
            case .presence: MediaType("application", "pidf+xml")
            case .watchers: MediaType("application", "watcherinfo+xml")
            case .documents: MediaType("application", "xcap-diff+xml")
            }
        }
    }

    let package: Package
    /// Whose state it is to.
    let user: String
    /// Who subscribed.
    let watcher: String
    var permission = LabPermission.allow
    var dialog: Dialog
    var flow: Flow
    let event: Event
    var expiry: Instant
    /// The version of the next document; they count up without gaps (RFC 3680 §5.1, RFC 3858 §4.1).
    var version: UInt32 = 0

    /// The `Subscription-State` of a NOTIFY; with a reason it is the last.
    func state(endingFor reason: String?, at now: Instant) -> SubscriptionState {
        if let reason { return SubscriptionState(.terminated, parameters: ["reason": reason]) }
        return SubscriptionState(
            permission == .confirm ? .pending : .active,
            parameters: ["expires": String(expiry.seconds(from: now))]
        )
    }
}
