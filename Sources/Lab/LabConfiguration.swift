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
    /// The port of MSRP by TCP, while by TLS it is any; if `nil`, the usual one, or any if `port` is 0.
    package var relayPort: UInt16?
    /// The port that is registered for MSRP (RFC 4976 §11).
    static let relayPort: UInt16 = 2855
    static let documentPort: UInt16 = 8080
    /// For how long a client may use the relay at a time.
    package var relayExpires: ClosedRange<Duration> = .seconds(60) ... .seconds(3600)
    /// The port of the XCAP server; if `nil`, 8080, or any if `port` is 0.
    package var documentPort: UInt16?
    /// PEM files of the certificate chain and its key; without them there is no TLS, but for chats.
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
    static let subscriptions = 2048
    static let publicationsPerUser = 16
    static let connections = 256
    /// Messages held back by the `delay` fault, and as many responses of MSRP.
    static let delayed = 4096
    /// Paths through the MSRP switch; one more ends the oldest.
    static let chatPaths = 256
    /// The next hops of one path.
    static let linksPerPath = 8
    /// Chunks that were sent on and not answered yet; of those beyond, nobody hears when they fail.
    static let chatTransactions = 4096
    /// How long a next hop may take to answer (RFC 4976 §6.4.1), and a connection of MSRP to say whose it is.
    static let chatPatience = Duration.seconds(30)
    /// The longest message the automatic buddy takes in a chat, in bytes.
    static let chatMessage = 1 << 20
    /// Chats of the automatic buddy; one more ends the oldest.
    static let calls = 64
    /// Documents that users keep, and the bytes of one.
    static let documents = 256
    static let document = 1 << 20
    /// The bytes of an HTTP request before its body.
    static let httpHead = 16_384
    /// How long a connection of HTTP may be silent.
    static let httpPatience = Duration.seconds(60)
    /// The bytes that may wait for a next hop of MSRP before the one before it must wait.
    static let chatHighWater = 262_144
    /// The characters of a message that the automatic buddy repeats.
    static let echo = 200
}

extension LabConfiguration {
    /// Finds the user of a private identity, `alice@ims.test` or `alice`.
    func privateUser(_ name: String) -> LabUser? {
        users.first { name == $0.name || name == "\($0.name)@\(domain)" }
    }

    /// What a client has to answer to prove who it is (RFC 7616 §3.3).
    func challenge(_ algorithm: DigestAlgorithm, nonce: String, isStale: Bool) -> Challenge {
        var parameters = AuthenticationParameters()
        parameters.append("realm", domain, quoted: true)
        parameters.append("nonce", nonce, quoted: true)
        parameters.append("algorithm", algorithm.token, quoted: false)
        parameters.append("qop", "auth", quoted: true)
        if isStale { parameters.append("stale", "true", quoted: false) }
        return Challenge(parameters: parameters)
    }
}

extension DigestAlgorithm {
    /// The token as RFC 7616 §3.3 writes it.
    fileprivate var token: String {
        let name =
            switch hashFunction {
            case .md5, .sha1: "MD5"
            case .sha224, .sha256: "SHA-256"
            case .sha384, .sha512, .sha512_256: "SHA-512-256"
            }
        return isSession ? name + "-sess" : name
    }
}
