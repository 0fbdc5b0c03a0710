package import SIP

extension Registration {
    /// Who registers what, and how: the settings of the account that REGISTER shows.
    package struct Profile: Hashable, Sendable {
        /// The public identity (IMPU) to register.
        package var publicIdentity: SIPURI
        package var displayName: String?
        /// The home domain: the Request-URI.
        package var homeDomain: SIPURI
        /// The value of `+sip.instance` without brackets, a URN (RFC 5626 §4.1).
        package var instanceID: String?
        /// The `reg-id` of the flow, if the outbound extension is asked for (RFC 5626 §4.2).
        package var registrationID: Int?
        /// What the client can do, as feature tags of the Contact (RFC 3840 §9).
        package var features: [FeatureTag] = []
        /// The tags of the IM service, which a service-only leave takes back (OMA SIMPLE IM TS §6.1.1).
        package var serviceFeatures = [FeatureTag("+g.oma.sip-im")]
        /// Whether the registrar must understand caller preferences (`Require: pref`).
        package var requiresPreferences = true
        package var supported = ["path", "gruu", "outbound"]
        package var allow: [Method] = [.message, .notify, .options]
        package var userAgent: String?
        /// The value of `P-Access-Network-Info`, if one is to be sent (RFC 7315 §5.4).
        package var accessNetworkInfo: String?
        /// The lifetime to ask for (TS 24.229 §5.1.1.2.1).
        package var expires = Duration.seconds(600_000)

        package init(publicIdentity: SIPURI, homeDomain: SIPURI) {
            (self.publicIdentity, self.homeDomain) = (publicIdentity, homeDomain)
        }
    }

    /// A parameter of the Contact that tells what the client can do (RFC 3840 §9).
    package struct FeatureTag: Hashable, Sendable {
        package var name: String
        /// The value without quotes; `nil` for a tag that is simply there.
        package var value: String?

        package init(_ name: String, _ value: String? = nil) { (self.name, self.value) = (name, value) }
    }

    /// What the registrar granted.
    package struct Status: Hashable, Sendable {
        /// How long the binding lives from the answer on.
        package var expires: Duration
        /// The identities of P-Associated-URI, the default one first.
        package var identities: [String]
        package var registeredIdentity: String
        /// Whether the network did not list the registered identity: it is never used outward (TS 24.229 §5.1.1.2.1).
        package var isRegisteredIdentityBarred: Bool
        package var serviceRoute: [Route]
        /// The Contact URI the registrar holds for this client.
        package var contact: String
        /// Whether the IM service is registered, or only the rest is.
        package var isServiceRegistered: Bool
        package var publicGRUU: String?
        package var temporaryGRUU: String?
        /// Whether the registrar keeps flows apart (RFC 5626 §6): only then is `reg-id` of use.
        package var isOutboundUsed = false
        /// How long the proxy keeps the flow without a keep-alive; zero if it only said that it answers them.
        ///
        /// From `Flow-Timer` (RFC 5626 §4.4) or the value of `keep` in the Via (RFC 6223 §4.4); `nil` if neither came.
        package var keepAlive: Duration?
    }

    /// What the owner must do next.
    package enum Effect: Sendable {
        /// Send a REGISTER, which has no `Via` yet, in a transaction of its own.
        case send(Message, over: Flow)
        /// Open a flow to the P-CSCF and tell with `flowReady` or `flowFailed`.
        case needFlow
        case report(Report)
        /// Something of the `reg` event was missed: refresh its subscription (RFC 3680 §5.2).
        case needFullState
    }

    /// Something that became of the registration.
    package enum Report: Hashable, Sendable {
        /// A REGISTER that begins or changes a registration is on its way.
        case registering(over: Flow)
        /// The registrar granted or refreshed the binding.
        case registered(Status)
        /// An attempt failed; the next follows after `retryAfter`, or none if that is `nil`.
        case failed(RegistrationFailure, retryAfter: Duration?)
        case unregistered(UnregistrationCause)
        /// The flow broke under a registration; the next attempt follows after `retryAfter`.
        case flowLost(retryAfter: Duration)
        /// The registrar's own proof (`rspauth`) is wrong; the registration stands all the same (RFC 7616 §3.5).
        case wrongProof
    }

    /// Why there is no registration any more.
    package enum UnregistrationCause: Hashable, Sendable {
        case byUser
        /// The network ended it; `event` is that of the reginfo document (RFC 3680 §5.1).
        case byNetwork(event: String)
        case expired
    }

    /// What bounds what the network can make a registration do.
    package enum Limits {
        /// The longest wait a `Retry-After` can impose, lest one answer silence the client for good.
        package static let retryAfter = Duration.seconds(3600)
        /// No refresh follows the answer faster than this, however little was granted.
        package static let refreshInterval = Duration.seconds(1)
        /// A registration that the network ends sooner than this is not made again at once.
        package static let lasting = Duration.seconds(30)
        /// The identities and the proxies of the service route that are kept.
        package static let identities = 64
        package static let serviceRoute = 16
    }
}

/// Why an attempt to register, to refresh or to leave failed.
package enum RegistrationFailure: Error, Hashable, Sendable {
    /// The registrar or a proxy answered with a final response that refuses.
    case refused(Message)
    /// A challenge could not be answered, or the answer was refused with this status.
    case authentication(AuthenticationError, status: StatusCode)
    /// No final answer came within the transaction time.
    case noAnswer
    /// There is no flow to the P-CSCF.
    case unreachable
    /// The registrar answered with success and granted nothing.
    case notGranted
    /// There is no registration to leave.
    case notRegistered
}
