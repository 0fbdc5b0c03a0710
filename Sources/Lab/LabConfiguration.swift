import Crypto
package import SIP

/// What a pocket core is to be: who its users are, what it grants, where it listens.
package struct LabConfiguration: Sendable {
    /// The home network: the realm of the challenges and the host of every identity.
    package var domain = "ims.test"
    package var users = LabUser.defaults
    /// The user who answers every message with a friendly echo as long as nobody registers as them.
    package var automaticBuddy: String? = "bob"

    /// The numeric address to listen on.
    package var host = "127.0.0.1"
    /// The port of UDP and TCP; 0 for any that is free.
    package var port: UInt16 = 5060
    /// The port of TLS; the one after `port` if `nil`, or any if that is 0.
    package var tlsPort: UInt16?
    /// PEM files of the certificate chain and its key; without them there is no TLS.
    package var certificate: (chain: String, key: String)?

    /// The digest algorithms offered, those to prefer first (RFC 8760 §2.3).
    package var algorithms: [DigestAlgorithm] = [DigestAlgorithm(hashFunction: .sha256), .standard]
    package var nonceLifetime = Duration.seconds(3600)
    /// Whether each answer to an accepted REGISTER names the nonce of the next (RFC 7616 §3.5).
    package var sendsNextNonce = false

    /// The shortest and the longest registration granted, in seconds.
    package var minimumExpires: UInt32 = 0
    package var maximumExpires: UInt32 = 600_000
    /// The shortest publication granted, in seconds.
    package var minimumPublication: UInt32 = 60
    /// Who may see the presence of a user who has said nothing about it.
    package var presencePermission = LabPermission.allow
    /// The interval of keep-alives told to clients that offer them over TCP or TLS (RFC 6223 §4.4), in seconds.
    package var keepAlive: UInt32? = 120
    package var timers = TimerValues.standard
    /// What it does wrong from the start.
    package var faults = LabFaults()
    /// Makes all that is random the same in every run; random if `nil`.
    package var seed: UInt64?

    package init() {}
}

/// A subscriber of a pocket core.
package struct LabUser: Hashable, Sendable {
    /// The user part of the public identity, and of the private one.
    package var name: String
    package var password: Secret
    /// A second public identity, in the international form: `+15550001001`.
    package var telephone: String?

    package init(name: String, password: String, telephone: String? = nil) {
        (self.name, self.password, self.telephone) = (name, Secret(password), telephone)
    }

    /// Three people whose passwords are their names.
    package static let defaults = [
        LabUser(name: "alice", password: "alice", telephone: "+15550001001"),
        LabUser(name: "bob", password: "bob", telephone: "+15550001002"),
        LabUser(name: "carol", password: "carol", telephone: "+15550001003"),
    ]

    /// The public identities in `domain`, the default one first.
    func identities(in domain: String) -> [URI] {
        var identities: [URI] = []
        if let uri = try? SIPURI(user: name, host: domain) { identities.append(.sip(uri)) }
        if let telephone, let uri = try? URI("tel:\(telephone)") { identities.append(uri) }
        return identities
    }
}

/// What clients may make a pocket core hold.
package enum LabLimits {
    static let nonces = 1024
    static let bindingsPerUser = 16
    static let subscriptions = 256
    static let publicationsPerUser = 16
    static let connections = 256
    /// Messages held back by the `delay` fault.
    static let delayed = 4096
    /// The characters of a message that the automatic buddy repeats.
    static let echo = 200
}
