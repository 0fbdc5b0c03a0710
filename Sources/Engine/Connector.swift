import Runtime
import SIP
import Wire

/// Where the P-CSCF is: its addresses in the order to try them, and how far the trying has got (RFC 3263 §4.3).
struct Connector {
    let account: Account
    let nameServers: [String]
    /// Set once a message is too large for UDP: TCP is then tried before it (RFC 3261 §18.1.1).
    var prefersStreams = false {
        didSet { if prefersStreams != oldValue { current = nil } }
    }
    var resolver: Resolver?
    var tls: TLSContext?
    /// Why the last attempt failed.
    var lastError: EngineError?
    /// The flow that is being opened.
    var opening: FlowID?
    /// Whether the current target has registered us, so that it is the one to return to.
    var isProven = false {
        didSet { if isProven { failedTargets = 0 } }
    }
    /// How many targets have failed since one has registered us.
    private var failedTargets = 0

    private var location: ServerLocation
    private var targets: [ServerLocation.Target] = []
    private var untried: ArraySlice<ServerLocation.Target> = []
    private var current: ServerLocation.Target?

    init(account: Account, nameServers: [String]) {
        (self.account, self.nameServers) = (account, nameServers)
        location = Self.location(of: account)
    }

    private static func location(of account: Account) -> ServerLocation {
        ServerLocation(
            host: account.proxy.host,
            port: account.proxy.port,
            transport: account.proxy.transport,
            supported: [.udp, .tcp, .tls]
        )
    }

    /// What the P-CSCF is called in messages to the user.
    var proxyName: String {
        current.map { "\($0.address)" } ?? account.proxy.port.map { "\(account.proxy.host):\($0)" }
            ?? account.proxy.host
    }

    /// Begins to look for the P-CSCF anew.
    mutating func start() -> ServerLocation.Step {
        location = Self.location(of: account)
        return location.start()
    }

    mutating func receive(
        _ answer: Result<DNSAnswer, DNSFailure>,
        using generator: inout some RandomNumberGenerator
    ) -> ServerLocation.Step {
        location.receive(answer, using: &generator)
    }

    /// Takes the targets that were found; the next to try follows the one that failed last.
    mutating func found(_ found: [ServerLocation.Target]) {
        // Where the network asks for TLS first, whoever breaks TLS must not be able to make it plain text.
        let isSecure = found.first?.transport == .tls
        let fit = isSecure ? found.filter { $0.transport == .tls } : found
        targets = prefersStreams ? Self.streamsFirst(fit) : fit
        let last = current.flatMap { targets.firstIndex(of: $0) }
        let first = last.map { isProven ? $0 : ($0 + 1) % targets.count } ?? 0
        untried = (targets[first...] + targets[..<first])[...]
        isProven = false
    }

    /// The next target to try, or `nil` when all have been tried.
    mutating func next() -> ServerLocation.Target? {
        guard let target = untried.popFirst() else { return nil }
        current = target
        return target
    }

    /// Counts the current target as one that does not answer.
    ///
    /// - Returns: Whether there is another that has not been tried since one has registered us.
    mutating func failed() -> Bool {
        failedTargets += 1
        return !untried.isEmpty && failedTargets % max(1, targets.count) != 0
    }

    /// Puts TCP to the same address before every UDP target.
    private static func streamsFirst(_ targets: [ServerLocation.Target]) -> [ServerLocation.Target] {
        targets.flatMap { target in
            target.transport == .udp ? [ServerLocation.Target(.tcp, target.address), target] : [target]
        }
    }
}
