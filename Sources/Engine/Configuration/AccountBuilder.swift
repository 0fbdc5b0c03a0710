import Documents
import Runtime
import SIP

/// Makes an account of the settings of its section: checks every value, fills in what may be left out.
struct AccountBuilder {
    let file: String
    let section: ConfigurationParser.AccountSection
    let paths: ConfigurationPaths

    func account() throws(ConfigurationError) -> Account {
        let identity = try required(.publicIdentity)
        let host = try check(
            identity,
            .publicIdentity,
            ConfigurationValue.hostOfIdentity,
            Expectation.publicIdentity
        )
        let realm = try value(.realm, ConfigurationValue.host, Expectation.realm) ?? host
        var account = Account(
            name: section.name,
            publicIdentity: identity.value,
            privateIdentity: try privateIdentity(of: identity.value, realm: realm),
            realm: realm,
            proxy: try proxy(realm: realm)
        )
        account.credential = try credential()
        try readIdentity(into: &account)
        try readNetwork(into: &account)
        try readRegistration(into: &account)
        try readPresence(into: &account)
        try readMessaging(into: &account)
        try readMessageSessions(into: &account)
        account.imageShareForm =
            try value(.imageShareForm, Account.ImageShareForm.init(rawValue:), Expectation.imageShareForm)
            ?? .standard
        try readDocuments(into: &account)
        try readFiles(into: &account)
        return account
    }

    private typealias Expectation = ConfigurationValue.Expectation

    /// The private identity: the configured one, else the user of the public one at the realm (TS 23.003 §13.3).
    private func privateIdentity(
        of publicIdentity: String,
        realm: String
    ) throws(ConfigurationError) -> String {
        if let setting = section.settings[.privateIdentity] {
            _ = try check(
                setting,
                .privateIdentity,
                ConfigurationValue.hostOfUser,
                Expectation.privateIdentity
            )
            return setting.value
        }
        let user = publicIdentity.drop { $0 != ":" }.dropFirst().prefix { $0 != "@" }
        return "\(user)@\(realm)"
    }

    private func proxy(realm: String) throws(ConfigurationError) -> Account.Proxy {
        var proxy =
            try value(.proxy, ConfigurationValue.proxy, Expectation.proxy) ?? Account.Proxy(host: realm)
        let transport = try value(.transport, TransportProtocol.init(rawValue:), Expectation.transport)
        if let transport {
            guard proxy.transport == nil || proxy.transport == transport else {
                throw error(
                    section.settings[.transport],
                    .conflict(AccountKey.transport.rawValue, AccountKey.proxy.rawValue)
                )
            }
            proxy.transport = transport
        }
        return proxy
    }

    private func credential() throws(ConfigurationError) -> Account.CredentialSource {
        let sources = [AccountKey.passwordFile, .passwordCommand, .passwordDescriptor, .akaKFile]
        let given = sources.filter { section.settings[$0] != nil }
        if given.count > 1 {
            throw error(section.settings[given[1]], .conflict(given[1].rawValue, given[0].rawValue))
        }
        switch given.first {
        case .passwordFile: return .passwordFile(try path(.passwordFile))
        case .passwordCommand:
            return .passwordCommand(
                try check(
                    try required(.passwordCommand),
                    .passwordCommand,
                    ConfigurationValue.notEmpty,
                    Expectation.notEmpty
                )
            )
        case .passwordDescriptor:
            let read: (String) -> Int32? = { text in Int32(text).flatMap { $0 >= 3 ? $0 : nil } }
            return .passwordDescriptor(
                try check(
                    try required(.passwordDescriptor),
                    .passwordDescriptor,
                    read,
                    Expectation.descriptor
                )
            )
        case .akaKFile: return try card()
        default:
            for key in [AccountKey.akaOPFile, .akaOPcFile, .akaAMF] {
                if let setting = section.settings[key] {
                    throw error(setting, .missingKey(AccountKey.akaKFile.rawValue, account: section.name))
                }
            }
            return .none
        }
    }

    private func card() throws(ConfigurationError) -> Account.CredentialSource {
        if section.settings[.akaOPFile] != nil, let opc = section.settings[.akaOPcFile] {
            throw error(opc, .conflict(AccountKey.akaOPcFile.rawValue, AccountKey.akaOPFile.rawValue))
        }
        let source: Account.OperatorSource
        if section.settings[.akaOPFile] != nil {
            source = .opFile(try path(.akaOPFile))
        } else if section.settings[.akaOPcFile] != nil {
            source = .opcFile(try path(.akaOPcFile))
        } else {
            throw error(
                section.settings[.akaKFile],
                .missingKey("aka-opc-file or aka-op-file", account: section.name)
            )
        }
        return .aka(
            keyFile: try path(.akaKFile),
            operator: source,
            amf: try value(.akaAMF, ConfigurationValue.amf, Expectation.amf) ?? 0
        )
    }

    private func readIdentity(into account: inout Account) throws(ConfigurationError) {
        account.displayName = section.settings[.displayName]?.value
        account.applicationID = try value(
            .applicationID,
            ConfigurationValue.applicationID,
            Expectation.applicationID
        )
        account.instanceID = try value(.instanceID, ConfigurationValue.instanceID, Expectation.instanceID)
    }

    private func readNetwork(into account: inout Account) throws(ConfigurationError) {
        account.localAddress = try value(.localAddress, ConfigurationValue.address, Expectation.address)
        account.localPort =
            try value(.localPort, ConfigurationValue.port, Expectation.port) ?? account.localPort
        if section.settings[.tlsCA] != nil { account.tlsCA = try path(.tlsCA) }
        account.tlsName = try value(.tlsName, ConfigurationValue.host, Expectation.realm)
        account.isTLSVerified = try value(.tlsVerify, ConfigurationValue.toggle, Expectation.toggle) ?? true
        if let setting = section.settings[.keepAlive], setting.value != "auto" {
            account.keepAlive =
                setting.value == "off"
                ? .zero
                : try check(setting, .keepAlive, ConfigurationValue.duration, Expectation.keepAlive)
        }
    }

    private func readMessaging(into account: inout Account) throws(ConfigurationError) {
        account.chatPolicy = try value(.acceptChat, ChatPolicy.init(rawValue:), Expectation.chatPolicy)
        account.messageFormat =
            try value(.messageFormat, MessageFormat.init(rawValue:), Expectation.messageFormat)
            ?? account.messageFormat
        account.requestedNotifications =
            try value(.requestNotifications, NotificationLevel.init(rawValue:), Expectation.notifications)
            ?? account.requestedNotifications
        account.sentNotifications =
            try value(.sendNotifications, NotificationLevel.init(rawValue:), Expectation.notifications)
            ?? account.sentNotifications
        account.sendsTypingNotices =
            try value(.typingNotices, ConfigurationValue.toggle, Expectation.toggle)
            ?? account.sendsTypingNotices
    }

    private func readPresence(into account: inout Account) throws(ConfigurationError) {
        account.publishesPresence =
            try value(.presence, ConfigurationValue.toggle, Expectation.toggle) ?? true
        account.presenceServiceID =
            try value(.presenceServiceID, Account.PresenceServiceID.init(rawValue:), Expectation.serviceID)
            ?? account.presenceServiceID
        let resource: (String) -> String? = { ConfigurationValue.hostOfIdentity($0) == nil ? nil : $0 }
        account.presenceList = try value(.presenceList, resource, Expectation.resource)
        account.presenceListServer = try value(.presenceListServer, resource, Expectation.resource)
        account.presenceServerCapabilities = try value(
            .presenceServerCapabilities,
            ConfigurationValue.capabilities,
            Expectation.capabilities
        )
        account.conferenceFactory = try value(.conferenceFactory, resource, Expectation.resource)
        let size: (String) -> Int? = { Int($0).flatMap { Provisioning.groupSizes.contains($0) ? $0 : nil } }
        account.maximumGroupSize = try value(.maximumGroupSize, size, Expectation.groupSize)
    }

    private func readMessageSessions(into account: inout Account) throws(ConfigurationError) {
        account.chatTransport =
            try value(.chatTransport, ChatTransport.init(rawValue:), Expectation.chatTransport) ?? .automatic
        account.msrpPorts = try value(.msrpPorts, ConfigurationValue.ports, Expectation.ports)
        let verify: (String) -> Bool? = { ["fingerprint": false, "name": true][$0] }
        account.isMSRPNameRequired = try value(.msrpVerify, verify, Expectation.msrpVerify) ?? false
        if section.settings[.msrpCertificate] != nil { account.msrpCertificate = try path(.msrpCertificate) }
        let match: (String) -> Bool? = { ["path": false, "session": true][$0] }
        account.msrpRelay = try value(.msrpRelay, ConfigurationValue.relay, Expectation.relay)
        let positive: (String) -> Duration? = { text in
            ConfigurationValue.duration(text).flatMap { $0 > .zero ? $0 : nil }
        }
        account.msrpTimeout =
            try value(.msrpTimeout, positive, Expectation.duration) ?? account.msrpTimeout
        if let setting = section.settings[.msrpKeepAlive] {
            account.msrpKeepAlive =
                setting.value == "off"
                ? nil : try check(setting, .msrpKeepAlive, positive, Expectation.msrpKeepAlive)
        }
        account.msrpChunkSize =
            try value(.msrpChunkSize, ConfigurationValue.chunkSize, Expectation.chunkSize)
        account.isMSRPMatchLoose = try value(.msrpMatch, match, Expectation.msrpMatch) ?? false
    }

    private func readDocuments(into account: inout Account) throws(ConfigurationError) {
        // A query has no place in a root: the path of a document comes behind it.
        let root: (String) -> HTTPURL? = { text in text.contains("?") ? nil : HTTPURL(text) }
        account.xcapRoot = try value(.xcapRoot, root, Expectation.httpRoot)
        account.xcapUser = try value(.xcapUser, ConfigurationValue.notEmpty, Expectation.userName)
        account.assertsXCAPIdentity =
            try value(.xcapAssertedIdentity, ConfigurationValue.toggle, Expectation.toggle) ?? false
    }

    private func readRegistration(into account: inout Account) throws(ConfigurationError) {
        let positive: (String) -> Duration? = { text in
            ConfigurationValue.duration(text).flatMap { $0 > .zero ? $0 : nil }
        }
        account.expires = try value(.expires, positive, Expectation.duration) ?? account.expires
        let timers: (String) -> Bool? = { ["standard": false, "ims": true][$0] }
        account.usesIMSTimers = try value(.timers, timers, Expectation.timers) ?? false
        account.requiresPreferences =
            try value(.requirePref, ConfigurationValue.toggle, Expectation.toggle) ?? true
        account.subscribesToRegistration =
            try value(.registrationEvent, ConfigurationValue.toggle, Expectation.toggle) ?? true
        account.accessNetworkInfo = try value(
            .accessNetworkInfo,
            ConfigurationValue.notEmpty,
            Expectation.notEmpty
        )
    }
}

extension AccountBuilder {
    private func readFiles(into account: inout Account) throws(ConfigurationError) {
        var rules = ReceptionRules()
        rules.policy = try value(.acceptFiles, FilePolicy.init(rawValue:), Expectation.chatPolicy) ?? .ask
        rules.folder = section.settings[.downloads] == nil ? paths.downloads : try path(.downloads)
        rules.sizeLimit =
            try value(.maximumSize, ConfigurationValue.size, Expectation.size) ?? rules.sizeLimit
        if section.settings[.sharedFolder] != nil { rules.shared = try path(.sharedFolder) }
        account.reception = rules
    }

    private func required(_ key: AccountKey) throws(ConfigurationError) -> Setting {
        guard let setting = section.settings[key] else {
            throw ConfigurationError(
                file: file,
                line: section.line,
                .missingKey(key.rawValue, account: section.name)
            )
        }
        return setting
    }

    private func value<Value>(
        _ key: AccountKey,
        _ read: (String) -> Value?,
        _ expected: String
    ) throws(ConfigurationError) -> Value? {
        guard let setting = section.settings[key] else { return nil }
        return try check(setting, key, read, expected)
    }

    private func check<Value>(
        _ setting: Setting,
        _ key: AccountKey,
        _ read: (String) -> Value?,
        _ expected: String
    ) throws(ConfigurationError) -> Value {
        guard let value = read(setting.value) else {
            throw error(setting, .badValue(key: key.rawValue, value: setting.value, expected: expected))
        }
        return value
    }

    private func path(_ key: AccountKey) throws(ConfigurationError) -> String {
        let setting = try required(key)
        return paths.expand(try check(setting, key, ConfigurationValue.notEmpty, "the name of a file"))
    }

    private func error(_ setting: Setting?, _ problem: ConfigurationError.Problem) -> ConfigurationError {
        ConfigurationError(file: file, line: setting?.line ?? section.line, problem)
    }
}
