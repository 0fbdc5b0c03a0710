package import Wire

/// Finds the servers of a SIP URI: over which transport, at which addresses and ports, in which order (RFC 3263).
///
/// It asks one question at a time and is told the answer; it knows neither a resolver nor a clock. When a target
/// fails (no connection, no answer, 503), the next in the list is to be tried (§4.3).
package struct ServerLocation: Sendable {
    /// One way to reach a server.
    package struct Target: Hashable, Sendable {
        package var transport: TransportProtocol
        package var address: TransportAddress

        package init(_ transport: TransportProtocol, _ address: TransportAddress) {
            (self.transport, self.address) = (transport, address)
        }
    }

    package enum Step: Hashable, Sendable {
        case ask(DNSQuestion)
        /// At least one target, the one to try first at the front.
        case found([Target])
        case failed(DNSFailure)
    }

    /// What DNS may make a client look up or try.
    package enum Limits {
        /// The servers of one domain whose addresses are looked up.
        package static let servers = 16
        package static let targets = 32
    }

    private enum Query: Hashable {
        case namingAuthority
        case service(String, TransportProtocol)
        case server(String, port: UInt16, TransportProtocol)
    }

    private let host: String
    private let port: UInt16?
    private let isSecure: Bool
    /// The transports the client has, those it likes best first.
    private let supported: [TransportProtocol]
    private let asked: TransportProtocol?

    private var queries: [Query] = []
    private var targets: [Target] = []
    /// Whether the host itself may still be looked up, because no SRV record says otherwise.
    private var isHostUntried = true
    private var failure = DNSFailure.notFound

    /// - Parameters:
    ///   - host: The numeric address or domain name of the URI, an IPv6 address without brackets.
    ///   - port: The port of the URI, if it has one.
    ///   - transport: The transport asked for, if one is.
    ///   - isSecure: Whether every hop must be secure, as for a `sips:` URI.
    ///   - supported: The transports the client has, those it likes best first.
    package init(
        host: String,
        port: UInt16? = nil,
        transport: TransportProtocol? = nil,
        isSecure: Bool = false,
        supported: [TransportProtocol] = [.udp, .tcp, .tls]
    ) {
        (self.host, self.port, self.isSecure) = (host, port, isSecure)
        self.supported = isSecure ? supported.filter { $0 == .tls } : supported
        // TCP for a SIPS URI is TLS over TCP; over UDP there is no SIPS (RFC 3261 §26.2.2).
        asked = isSecure ? transport.map { _ in .tls } : transport
    }

    /// Says what to ask first, or the answer if nothing need be asked.
    package mutating func start() -> Step {
        let transport = asked ?? fallback
        if Self.isNumeric(host) {
            return .found([
                Target(transport, TransportAddress(host: host, port: port ?? transport.defaultPort))
            ])
        }
        if let port {
            isHostUntried = false
            queries = [.server(host, port: port, transport)]
        } else if let asked {
            queries = [Self.service(of: host, over: asked)]
        } else {
            queries = [.namingAuthority]
        }
        return next()
    }

    /// Takes the answer to the question asked last, and says what to do now.
    ///
    /// - Parameters:
    ///   - answer: What was found; that nothing was found is a failure of its own and no reason to give up.
    ///   - generator: Draws among servers of equal priority by their weights.
    /// - Returns: The next question, or the end of the search.
    package mutating func receive(
        _ answer: Result<DNSAnswer, DNSFailure>,
        using generator: inout some RandomNumberGenerator
    ) -> Step {
        guard !queries.isEmpty else { return conclude() }
        let query = queries.removeFirst()
        if case .failure(let failure) = answer { self.failure = failure }
        switch (query, answer) {
        case (.namingAuthority, .success(.namingAuthority(let records))):
            queries = services(in: records)
            if queries.isEmpty { queries = guessedServices }
        case (.namingAuthority, _): queries = guessedServices
        case (.service(_, let transport), .success(.service(let records))):
            isHostUntried = false
            let ordered = ServiceRecord.ordered(records, using: &generator)
            // A target "." says that the service is decidedly not to be had here (RFC 2782).
            let servers = ordered.filter { !$0.target.isEmpty && $0.target != "." }.prefix(Limits.servers)
            queries.insert(
                contentsOf: servers.map { .server($0.target, port: $0.port, transport) },
                at: 0
            )
        case (.server(_, let port, let transport), .success(.addresses(let addresses))):
            targets += addresses.map { Target(transport, TransportAddress(host: $0, port: port)) }
        default: break
        }
        return next()
    }

    /// Answers what needs no question, then says what to ask.
    private mutating func next() -> Step {
        while let query = queries.first, targets.count < Limits.targets {
            switch query {
            case .namingAuthority: return .ask(.namingAuthority(host))
            case .service(let name, _): return .ask(.service(name))
            case .server(let name, let port, let transport):
                guard Self.isNumeric(name) else { return .ask(.addresses(name)) }
                targets.append(Target(transport, TransportAddress(host: name, port: port)))
                queries.removeFirst()
            }
        }
        return conclude()
    }

    private mutating func conclude() -> Step {
        queries = []
        if targets.isEmpty, isHostUntried {
            isHostUntried = false
            let transport = asked ?? fallback
            queries = [.server(host, port: transport.defaultPort, transport)]
            return .ask(.addresses(host))
        }
        return targets.isEmpty ? .failed(failure) : .found(Array(targets.prefix(Limits.targets)))
    }

    // MARK: - Transports

    /// "The client SHOULD use UDP for a SIP URI, and TCP for a SIPS URI" where nothing says otherwise (§4.1).
    private var fallback: TransportProtocol {
        if isSecure { return .tls }
        return supported.contains(.udp) ? .udp : supported.first ?? .udp
    }

    /// Without NAPTR records there is a query for each transport the client has (§4.1).
    private var guessedServices: [Query] { supported.map { Self.service(of: host, over: $0) } }

    private static func service(of domain: String, over transport: TransportProtocol) -> Query {
        switch transport {
        case .udp: .service("_sip._udp.\(domain)", .udp)
        case .tcp: .service("_sip._tcp.\(domain)", .tcp)
        case .tls: .service("_sips._tcp.\(domain)", .tls)
        }
    }

    /// The SRV queries that NAPTR records lead to, in the order the domain prefers.
    private func services(in records: [NamingAuthorityPointer]) -> [Query] {
        let usable = records.compactMap { record -> (NamingAuthorityPointer, TransportProtocol)? in
            guard record.flags.lowercased() == "s", record.regularExpression.isEmpty,
                !record.replacement.isEmpty,
                let transport = Self.transport(of: record.service), supported.contains(transport)
            else { return nil }
            return (record, transport)
        }
        let sorted = usable.sorted { ($0.0.order, $0.0.preference) < ($1.0.order, $1.0.preference) }
        return sorted.prefix(Limits.servers).map { .service($0.0.replacement, $0.1) }
    }

    private static func transport(of service: String) -> TransportProtocol? {
        switch service.uppercased() {
        case "SIP+D2U": .udp
        case "SIP+D2T": .tcp
        case "SIPS+D2T": .tls
        default: nil
        }
    }

    /// Whether `host` is an address rather than a name; no top-level domain is a number.
    private static func isNumeric(_ host: String) -> Bool {
        guard !host.contains(":") else { return true }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count == 4 && labels.allSatisfy { UInt8($0) != nil }
    }
}

extension ServiceRecord {
    /// The order in which to try servers: by priority, among equals by a draw that heeds the weights (RFC 2782).
    static func ordered(
        _ records: [ServiceRecord],
        using generator: inout some RandomNumberGenerator
    ) -> [Self] {
        // Records of weight 0 stand first, so that they have a small chance and not none.
        var rest = records.sorted { ($0.priority, $0.weight) < ($1.priority, $1.weight) }
        var ordered: [Self] = []
        while let priority = rest.first?.priority {
            let equals = rest.prefix { $0.priority == priority }
            let draw = UInt32.random(in: 0...equals.reduce(0) { $0 + UInt32($1.weight) }, using: &generator)
            var sum: UInt32 = 0
            let index = equals.firstIndex { record in
                sum += UInt32(record.weight)
                return sum >= draw
            }
            ordered.append(rest.remove(at: index ?? 0))
        }
        return ordered
    }
}
