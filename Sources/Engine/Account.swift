package import MSRP
package import Runtime
package import SIP

/// One account as the configuration describes it: who the user is, where the network is, how to prove it.
package struct Account: Hashable, Sendable {
    /// The name of the section, `[account NAME]`.
    package var name: String
    /// The public identity (IMPU) to register: a SIP URI.
    package var publicIdentity: String
    /// The private identity (IMPI) to authenticate with, `user@domain` (TS 23.003 §13.3).
    package var privateIdentity: String
    /// The home network domain: the Request-URI of REGISTER and the only realm credentials are given to.
    package var realm: String
    /// Where the P-CSCF is.
    package var proxy: Proxy
    package var credential = CredentialSource.none
    package var displayName: String?

    /// A file of PEM certificates to trust instead of the system's.
    package var tlsCA: String?
    /// The name the P-CSCF's certificate must carry, if not the one in `proxy`.
    package var tlsName: String?
    package var isTLSVerified = true

    /// Whether REGISTER carries `Require: pref` (OMA SIMPLE IM TS §6.1.1.1).
    package var requiresPreferences = true
    package var usesIMSTimers = false
    /// The expiry asked for in REGISTER (TS 24.229 §5.1.1.2.1).
    package var expires = Duration.seconds(600_000)
    package var subscribesToRegistration = true
    /// The interval of CRLF keep-alives; `nil` as the proxy or RFC 5626 §4.4.1 says, zero for none.
    package var keepAlive: Duration?
    /// The value of `P-Access-Network-Info`, if one is to be sent (RFC 7315 §5.4).
    package var accessNetworkInfo: String?
    /// Whether presence is published and watchers are told, as long as a session lasts.
    package var publishesPresence = true
    /// The service-id of what is published (OMA SIMPLE IM TS §8.4, §8.7); peers look for one or the other.
    package var presenceServiceID = PresenceServiceID.instantMessaging
    /// A list of buddies that a list server keeps (RFC 4662).
    package var presenceList: String?
    /// A list server that takes a list with the request (RFC 5367).
    package var presenceListServer: String?
    /// What the server publishes by itself (PRES-SRV-CAP, OMA SIMPLE IM TS §10.1.1); `nil` as it was provisioned.
    package var presenceServerCapabilities: UInt8?
    /// Where chats of several people are to be asked for; `nil` as it was provisioned.
    package var conferenceFactory: String?
    /// The most people of such a chat; `nil` as it was provisioned.
    package var maximumGroupSize: Int?
    /// What is done with invitations to a chat; `nil` to ask at the prompt and refuse elsewhere.
    package var chatPolicy: ChatPolicy?
    /// Whether message sessions go over TLS.
    package var chatTransport = ChatTransport.automatic
    /// Whether an authority must vouch for the other side of a message session although its fingerprint is known.
    package var isMSRPNameRequired = false
    /// A file with the certificate, its chain and its key for message sessions; `nil` for one that is made here.
    package var msrpCertificate: String?
    /// The ports on which the other side of message sessions may connect; `nil` for any.
    package var msrpPorts: ClosedRange<UInt16>?
    /// Whether message sessions are known by their session id alone, for gateways that rewrite paths.
    package var isMSRPMatchLoose = false
    /// Which files are taken, where they go, and which may be fetched.
    package var reception = ReceptionRules()
    /// How image share is named to others (3GPP TS 24.229 §7.2A.9).
    package var imageShareForm = ImageShareForm.standard
    package var messageFormat = MessageFormat.automatic
    /// The notifications that are asked for where there is somebody to wait for them.
    package var requestedNotifications = NotificationLevel.displayed
    /// The notifications that are given to those who ask for them.
    package var sentNotifications = NotificationLevel.displayed
    /// Whether others are told that the user is writing (RFC 3994).
    package var sendsTypingNotices = true
    /// The relay that message sessions of this side go through (RFC 4976), without a session; `nil` for none.
    package var msrpRelay: MSRPURI?
    /// How long the other side of a message session may take to answer (RFC 4975 §7.1.1).
    package var msrpTimeout = Duration.seconds(30)
    /// The largest chunk of a message that goes to the other side without a relay, in bytes; `nil` for what is fastest.
    package var msrpChunkSize: Int?
    /// After how much silence a message session asks whether the other side is there; never if `nil`.
    package var msrpKeepAlive: Duration? = .seconds(60)
    /// Where the user's documents are; without it the buddy list is kept on this machine alone.
    package var xcapRoot: HTTPURL?
    /// The name to prove to the document server, if not the private identity.
    package var xcapUser: String?
    /// Whether requests to the document server name the identity, as a proxy between would (TS 24.109 §6.2).
    package var assertsXCAPIdentity = false
    /// The `+sip.instance` URN; `nil` for one made at first use and kept in the store.
    package var instanceID: String?
    /// The local address to bind, if not the one the system chooses.
    package var localAddress: String?
    /// The local UDP port to bind, 0 for any.
    package var localPort: UInt16 = 0
    /// The name an `imscore:` connector knows this account by.
    package var applicationID: String?

    package init(
        name: String,
        publicIdentity: String,
        privateIdentity: String,
        realm: String,
        proxy: Proxy
    ) {
        self.name = name
        self.publicIdentity = publicIdentity
        self.privateIdentity = privateIdentity
        self.realm = realm
        self.proxy = proxy
    }

    /// The two ways to name image share.
    package enum ImageShareForm: String, Hashable, Sendable, CaseIterable {
        case standard
        /// That of the Mercuro client and its time, which knows no other.
        case mercuro
    }

    /// The address of the P-CSCF as configured; what is `nil` is found by RFC 3263.
    package struct Proxy: Hashable, Sendable {
        /// An IPv4 address, an IPv6 address without brackets, or a domain name.
        package var host: String
        package var port: UInt16?
        package var transport: TransportProtocol?

        package init(host: String, port: UInt16? = nil, transport: TransportProtocol? = nil) {
            (self.host, self.port, self.transport) = (host, port, transport)
        }
    }

    /// The spellings of the service-id that OMA SIMPLE IM TS has.
    package enum PresenceServiceID: String, Hashable, Sendable, CaseIterable {
        case instantMessaging = "org.openmobilealliance:IM"
        case instantMessagingSession = "org.openmobilealliance:IM-session"
    }

    /// Where the secret comes from; the secret itself is read only when it is needed.
    package enum CredentialSource: Hashable, Sendable {
        case none
        case passwordFile(String)
        /// A shell command whose first line of output is the password.
        case passwordCommand(String)
        /// An open descriptor from which the password is read.
        case passwordDescriptor(Int32)
        /// A software card (TS 35.206): files that hold K and OP or OPc in hexadecimal.
        case aka(keyFile: String, operator: OperatorSource, amf: UInt16)
    }

    package enum OperatorSource: Hashable, Sendable {
        case opFile(String)
        case opcFile(String)
    }
}
