import Testing
import Wire

@testable import SIP

@Suite("Server location (RFC 3263)")
struct ServerLocationTests {
    private static let naptr: [NamingAuthorityPointer] = [
        .init(order: 100, preference: 50, flags: "s", service: "SIP+D2U", replacement: "_sip._udp.ims.test"),
        .init(order: 90, preference: 60, flags: "S", service: "sip+d2t", replacement: "_sip._tcp.ims.test"),
        .init(order: 90, preference: 50, flags: "s", service: "SIPS+D2T", replacement: "_sips._tcp.ims.test"),
        .init(order: 10, preference: 0, flags: "s", service: "SIP+D2S", replacement: "_sip._sctp.ims.test"),
        .init(order: 10, preference: 0, flags: "u", service: "E2U+sip", replacement: "enum.ims.test"),
    ]

    @Test func `an address needs no question`() {
        var walk = Walk(ServerLocation(host: "192.0.2.1"))
        #expect(walk.run() == .found([.init(.udp, .init(host: "192.0.2.1", port: 5060))]))
        walk = Walk(ServerLocation(host: "2001:db8::1", port: 4060, transport: .tcp))
        #expect(walk.run() == .found([.init(.tcp, .init(host: "2001:db8::1", port: 4060))]))
        walk = Walk(ServerLocation(host: "192.0.2.1", isSecure: true))
        #expect(walk.run() == .found([.init(.tls, .init(host: "192.0.2.1", port: 5061))]))
        #expect(walk.asked.isEmpty)
    }

    @Test func `a name with a port is looked up as a host, over UDP unless a transport is asked for`() {
        var walk = Walk(
            ServerLocation(host: "pcscf.ims.test", port: 4060),
            [
                .addresses("pcscf.ims.test"): .addresses(["192.0.2.1", "2001:db8::1"])
            ]
        )
        #expect(
            walk.run()
                == .found([
                    .init(.udp, .init(host: "192.0.2.1", port: 4060)),
                    .init(.udp, .init(host: "2001:db8::1", port: 4060)),
                ])
        )
        #expect(walk.asked == [.addresses("pcscf.ims.test")])
    }

    @Test func `NAPTR records are followed in the order of the domain, without those the client cannot use`()
    {
        var walk = Walk(
            ServerLocation(host: "ims.test"),
            [
                .namingAuthority("ims.test"): .namingAuthority(Self.naptr),
                .service("_sips._tcp.ims.test"): .service([
                    .init(priority: 0, weight: 0, port: 5061, target: "p1.ims.test")
                ]),
                .service("_sip._udp.ims.test"): .service([
                    .init(priority: 0, weight: 0, port: 5060, target: "p2.ims.test")
                ]),
                .addresses("p1.ims.test"): .addresses(["192.0.2.1"]),
                .addresses("p2.ims.test"): .addresses(["192.0.2.2"]),
            ]
        )
        #expect(
            walk.run()
                == .found([
                    .init(.tls, .init(host: "192.0.2.1", port: 5061)),
                    .init(.udp, .init(host: "192.0.2.2", port: 5060)),
                ])
        )
        #expect(
            walk.asked == [
                .namingAuthority("ims.test"), .service("_sips._tcp.ims.test"), .addresses("p1.ims.test"),
                .service("_sip._tcp.ims.test"), .service("_sip._udp.ims.test"), .addresses("p2.ims.test"),
            ]
        )
    }

    @Test func `for a SIPS URI everything but SIPS is discarded`() {
        var walk = Walk(
            ServerLocation(host: "ims.test", isSecure: true),
            [
                .namingAuthority("ims.test"): .namingAuthority(Self.naptr)
            ]
        )
        #expect(walk.run() == .failed(.notFound))
        #expect(
            walk.asked == [
                .namingAuthority("ims.test"), .service("_sips._tcp.ims.test"), .addresses("ims.test"),
            ]
        )
    }

    @Test func `without NAPTR records each transport the client has is tried, in its own order`() {
        var walk = Walk(
            ServerLocation(host: "ims.test", supported: [.tcp, .udp]),
            [
                .service("_sip._udp.ims.test"): .service([
                    .init(priority: 0, weight: 0, port: 5070, target: "192.0.2.7")
                ])
            ]
        )
        #expect(walk.run() == .found([.init(.udp, .init(host: "192.0.2.7", port: 5070))]))
        #expect(
            walk.asked == [
                .namingAuthority("ims.test"), .service("_sip._tcp.ims.test"), .service("_sip._udp.ims.test"),
            ]
        )
    }

    @Test func `with a transport asked for only its SRV record counts`() {
        var walk = Walk(
            ServerLocation(host: "ims.test", transport: .tls),
            [
                .service("_sips._tcp.ims.test"): .service([
                    .init(priority: 0, weight: 0, port: 5071, target: "p.ims.test")
                ]),
                .addresses("p.ims.test"): .addresses(["192.0.2.1"]),
            ]
        )
        #expect(walk.run() == .found([.init(.tls, .init(host: "192.0.2.1", port: 5071))]))
        #expect(walk.asked == [.service("_sips._tcp.ims.test"), .addresses("p.ims.test")])
    }

    @Test func `without any record the host itself is taken, at the default port`() {
        var walk = Walk(ServerLocation(host: "ims.test"), [.addresses("ims.test"): .addresses(["192.0.2.9"])])
        #expect(walk.run() == .found([.init(.udp, .init(host: "192.0.2.9", port: 5060))]))
        walk = Walk(
            ServerLocation(host: "ims.test", transport: .tls),
            [
                .addresses("ims.test"): .addresses(["192.0.2.9"])
            ]
        )
        #expect(walk.run() == .found([.init(.tls, .init(host: "192.0.2.9", port: 5061))]))
    }

    @Test func `a domain that says the service is not to be had is believed`() {
        var walk = Walk(
            ServerLocation(host: "ims.test", transport: .udp),
            [
                .service("_sip._udp.ims.test"): .service([.init(priority: 0, weight: 0, port: 0, target: ".")]
                ),
                .addresses("ims.test"): .addresses(["192.0.2.9"]),
            ]
        )
        #expect(walk.run() == .failed(.notFound))
    }

    @Test func `the failure that is told is the last one`() {
        var walk = Walk(ServerLocation(host: "ims.test"), failure: .timedOut)
        #expect(walk.run() == .failed(.timedOut))
    }

    @Test func `servers are tried by priority, and a server whose name is unknown is passed over`() {
        var walk = Walk(
            ServerLocation(host: "ims.test", transport: .udp),
            [
                .service("_sip._udp.ims.test"): .service([
                    .init(priority: 20, weight: 0, port: 3, target: "192.0.2.3"),
                    .init(priority: 10, weight: 0, port: 1, target: "unknown.ims.test"),
                    .init(priority: 15, weight: 9, port: 2, target: "192.0.2.2"),
                ])
            ]
        )
        #expect(
            walk.run()
                == .found([
                    .init(.udp, .init(host: "192.0.2.2", port: 2)),
                    .init(.udp, .init(host: "192.0.2.3", port: 3)),
                ])
        )
    }

    @Test func `servers of one priority are drawn by weight, one of weight 0 seldom`() {
        let records: [ServiceRecord] = [
            .init(priority: 0, weight: 30, port: 30, target: "b"),
            .init(priority: 0, weight: 0, port: 0, target: "c"),
            .init(priority: 0, weight: 70, port: 70, target: "a"),
        ]
        var generator = SeededGenerator(state: 1)
        var firsts: [UInt16: Int] = [:]
        for _ in 0..<10_000 {
            let ordered = ServiceRecord.ordered(records, using: &generator)
            #expect(Set(ordered) == Set(records))
            firsts[ordered.first?.port ?? 1, default: 0] += 1
        }
        #expect(6500...7500 ~= firsts[70] ?? 0)
        #expect(2500...3500 ~= firsts[30] ?? 0)
        #expect(1...400 ~= firsts[0] ?? 0)
    }

    @Test func `a domain with servers without end is cut short`() {
        let many = (0..<60).map { ServiceRecord(priority: $0, weight: 0, port: 1, target: "192.0.2.\($0)") }
        var walk = Walk(
            ServerLocation(host: "ims.test", transport: .udp),
            [.service("_sip._udp.ims.test"): .service(many)]
        )
        guard case .found(let targets) = walk.run() else {
            Issue.record("nothing found")
            return
        }
        #expect(targets.count == ServerLocation.Limits.servers)
    }
}

/// A location that is told its answers from a table.
private struct Walk {
    var location: ServerLocation
    let answers: [DNSQuestion: DNSAnswer]
    let failure: DNSFailure
    private(set) var asked: [DNSQuestion] = []
    private var generator = SeededGenerator(state: 7)

    init(
        _ location: ServerLocation,
        _ answers: [DNSQuestion: DNSAnswer] = [:],
        failure: DNSFailure = .notFound
    ) {
        (self.location, self.answers, self.failure) = (location, answers, failure)
    }

    mutating func run() -> ServerLocation.Step {
        var step = location.start()
        while case .ask(let question) = step {
            asked.append(question)
            step = location.receive(
                answers[question].map { .success($0) } ?? .failure(failure),
                using: &generator
            )
        }
        return step
    }
}

/// The same numbers in every run (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
