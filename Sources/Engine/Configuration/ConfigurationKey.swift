/// The keys that stand before the first `[account NAME]`.
package enum GlobalKey: String, CaseIterable, Sendable {
    case defaultAccount = "default-account"
    case colour
    case history
    case dataDirectory = "data-dir"
    case logLevel = "log-level"
    case nameServers = "name-servers"
}

/// The keys of an `[account NAME]` section; the order is that of ims.conf(5).
package enum AccountKey: String, CaseIterable, Sendable {
    case publicIdentity = "public-identity"
    case privateIdentity = "private-identity"
    case realm
    case displayName = "display-name"
    case applicationID = "app-id"
    case instanceID = "instance-id"

    case proxy
    case transport
    case localAddress = "local-address"
    case localPort = "local-port"
    case keepAlive = "keep-alive"
    case tlsCA = "tls-ca"
    case tlsName = "tls-name"
    case tlsVerify = "tls-verify"

    case passwordFile = "password-file"
    case passwordCommand = "password-command"
    case passwordDescriptor = "password-fd"
    case akaKFile = "aka-k-file"
    case akaOPFile = "aka-op-file"
    case akaOPcFile = "aka-opc-file"
    case akaAMF = "aka-amf"

    case expires
    case timers
    case requirePref = "require-pref"
    case registrationEvent = "reg-event"
    case accessNetworkInfo = "access-network-info"

    case acceptChat = "accept-chat"
    case msrpRelay = "msrp-relay"
    case msrpTimeout = "msrp-timeout"
    case msrpKeepAlive = "msrp-keep-alive"
    case msrpChunkSize = "msrp-chunk-size"
    case chatTransport = "chat-transport"
    case msrpPorts = "msrp-ports"
    case msrpVerify = "msrp-verify"
    case msrpCertificate = "msrp-certificate"
    case msrpMatch = "msrp-match"
    case imageShareForm = "image-share-form"
    case messageFormat = "message-format"
    case requestNotifications = "request-notifications"
    case sendNotifications = "send-notifications"
    case typingNotices = "typing-notices"

    case acceptFiles = "accept-files"
    case downloads
    case maximumSize = "max-receive-size"
    case sharedFolder = "shared-folder"

    case presence
    case presenceServiceID = "presence-service-id"
    case presenceList = "presence-list"
    case presenceListServer = "presence-list-server"
    case presenceServerCapabilities = "pres-srv-cap"
    case conferenceFactory = "conference-factory"
    case maximumGroupSize = "max-adhoc-group-size"

    case xcapRoot = "xcap-root"
    case xcapUser = "xcap-user"
    case xcapAssertedIdentity = "xcap-asserted-identity"

    /// Whether the key says where a secret is: such keys are taken from the file alone.
    package var isSecret: Bool {
        switch self {
        case .passwordFile, .passwordCommand, .passwordDescriptor, .akaKFile, .akaOPFile, .akaOPcFile,
            .akaAMF, .msrpCertificate:
            true
        default: false
        }
    }
}

/// One `key = value`, and where it stands.
struct Setting: Hashable, Sendable {
    var value: String
    var line: Int?
}
