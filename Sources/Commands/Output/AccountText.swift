import Engine
import Runtime
import SIP
import UserAgent

/// The settings of an account, by the keys of ims.conf(5); where a secret is, never the secret.
enum AccountText {
    static func settings(of account: Account) -> [(name: String, value: String)] {
        var settings: [(String, String)] = []
        func add(_ key: AccountKey, _ value: String?) {
            if let value { settings.append((key.rawValue, value)) }
        }
        func binary(_ byte: UInt8) -> String {
            let digits = String(byte, radix: 2)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }
        func toggle(_ isOn: Bool) -> String { isOn ? "on" : "off" }
        add(.publicIdentity, account.publicIdentity)
        add(.privateIdentity, account.privateIdentity)
        add(.realm, account.realm)
        add(.displayName, account.displayName)
        add(.applicationID, account.applicationID)
        add(.instanceID, account.instanceID)
        add(.proxy, proxy(account.proxy))
        add(.transport, account.proxy.transport?.rawValue)
        add(.localAddress, account.localAddress)
        add(.localPort, account.localPort == 0 ? nil : String(account.localPort))
        add(.keepAlive, account.keepAlive.map { $0 == .zero ? "off" : "\($0.components.seconds)s" } ?? "auto")
        add(.tlsCA, account.tlsCA)
        add(.tlsName, account.tlsName)
        add(.tlsVerify, toggle(account.isTLSVerified))
        switch account.credential {
        case .none: break
        case .passwordFile(let file): add(.passwordFile, file)
        case .passwordCommand(let command): add(.passwordCommand, command)
        case .passwordDescriptor(let number): add(.passwordDescriptor, String(number))
        case .aka(let keyFile, let source, _):
            add(.akaKFile, keyFile)
            switch source {
            case .opFile(let file): add(.akaOPFile, file)
            case .opcFile(let file): add(.akaOPcFile, file)
            }
        }
        add(.expires, "\(account.expires.components.seconds)s")
        add(.timers, account.usesIMSTimers ? "ims" : "standard")
        add(.requirePref, toggle(account.requiresPreferences))
        add(.registrationEvent, toggle(account.subscribesToRegistration))
        add(.accessNetworkInfo, account.accessNetworkInfo)
        add(.acceptChat, account.chatPolicy?.rawValue)
        add(.chatTransport, account.chatTransport.rawValue)
        add(.msrpPorts, account.msrpPorts.map { "\($0.lowerBound)-\($0.upperBound)" })
        add(.msrpVerify, account.isMSRPNameRequired ? "name" : "fingerprint")
        add(.msrpCertificate, account.msrpCertificate)
        add(.msrpMatch, account.isMSRPMatchLoose ? "session" : "path")
        add(.imageShareForm, account.imageShareForm.rawValue)
        add(.messageFormat, account.messageFormat.rawValue)
        add(.requestNotifications, account.requestedNotifications.rawValue)
        add(.sendNotifications, account.sentNotifications.rawValue)
        add(.typingNotices, toggle(account.sendsTypingNotices))
        add(.presence, toggle(account.publishesPresence))
        add(.presenceServiceID, account.presenceServiceID.rawValue)
        add(.presenceList, account.presenceList)
        add(.presenceListServer, account.presenceListServer)
        add(.presenceServerCapabilities, account.presenceServerCapabilities.map(binary))
        add(.conferenceFactory, account.conferenceFactory)
        add(.maximumGroupSize, account.maximumGroupSize.map { String($0) })
        add(.xcapRoot, account.xcapRoot?.description)
        add(.xcapUser, account.xcapUser)
        if account.xcapRoot != nil { add(.xcapAssertedIdentity, toggle(account.assertsXCAPIdentity)) }
        let files = account.reception
        add(.acceptFiles, files.policy.rawValue)
        add(.downloads, files.folder)
        add(.maximumSize, String(files.sizeLimit))
        add(.sharedFolder, files.shared)
        return settings
    }

    private static func proxy(_ proxy: Account.Proxy) -> String {
        guard let port = proxy.port else { return proxy.host }
        return TransportAddress(host: proxy.host, port: port).description
    }
}
