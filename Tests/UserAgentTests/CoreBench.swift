import SIP
import Testing
import UserAgent
import Wire

/// A whole core, the network it talks to and the time, all in the test's hand.
struct CoreBench {
    var core: Core
    let epoch = Instant.now
    /// The time since the bench was made.
    var now = Duration.zero
    /// Everything that was transmitted, oldest first.
    var sent: [Message] = []
    var pings = 0
    var reports: [Registration.Report] = []
    var received: [ReceivedPagerMessage] = []
    var outcomes: [(id: PagerMessage.ID, outcome: PagerMessage.Outcome)] = []
    var sessions: [(id: MessageSession.ID, report: MessageSession.Report)] = []
    var capabilities: [(id: CapabilityQuery.ID, outcome: CapabilityQuery.Outcome)] = []
    var publications: [Publication.Report] = []
    var watchReports: [(id: PresenceWatch.ID, report: PresenceWatch.Report)] = []
    /// What was transmitted and nobody has taken yet.
    var outbox: [[UInt8]] = []
    /// Each flow asked for, and whether it was to carry large messages.
    var flowsWanted: [Bool] = []
    var closed: [FlowID] = []
    var oversized: [Int] = []
    var lastFlow: UInt64 = 0

    init(
        watchesRegistration: Bool = false,
        keepAlive: Duration? = nil,
        change: (inout Registration.Profile) -> Void = { _ in }
    ) throws {
        var profile = Registration.Profile(
            publicIdentity: try SIPURI("sip:alice@ims.test"),
            homeDomain: try SIPURI("sip:ims.test")
        )
        profile.userAgent = "IM-client/OMA1.0 ims/1"
        change(&profile)
        let authenticator = Authenticator(
            privateIdentity: "alice@ims.test",
            realm: "ims.test",
            credential: .password(Secret("wonderland"))
        )
        core = Core(
            Core.Configuration(
                registration: profile,
                watchesRegistration: watchesRegistration,
                keepAlive: keepAlive
            ),
            authenticator: authenticator,
            identifiers: IdentifierSource(seed: 42)
        )
    }

    /// A bench that is registered, with what a P-CSCF and a registrar add.
    static func registered(
        over transport: TransportProtocol = .udp,
        watchesRegistration: Bool = false,
        keepAlive: Duration? = nil,
        identities: String = "<sip:alice@ims.test>, <tel:+15550001>",
        change: (inout Registration.Profile) -> Void = { _ in }
    ) throws -> CoreBench {
        var bench = try CoreBench(
            watchesRegistration: watchesRegistration,
            keepAlive: keepAlive,
            change: change
        )
        bench.step { $0.register(at: $1, into: &$2) }
        bench.openFlow(transport)
        bench.grant(identities: identities)
        return bench
    }

    // MARK: Inputs

    mutating func step(_ body: (inout Core, Instant, inout [Core.Effect]) -> Void) {
        var effects: [Core.Effect] = []
        body(&core, epoch + now, &effects)
        for effect in effects {
            switch effect {
            case .transmit(let bytes, _):
                note(bytes)
                outbox.append(bytes)
            case .session(let id, let report): sessions.append((id, report))
            case .openFlow(let isLarge): flowsWanted.append(isLarge)
            case .closeFlow(let id): closed.append(id)
            case .registration(let report): reports.append(report)
            case .message(let message): received.append(message)
            case .finished(let id, let outcome): outcomes.append((id, outcome))
            case .sentOverDatagram(let size): oversized.append(size)
            case .capabilities(let id, let outcome): capabilities.append((id, outcome))
            case .publication(let report): publications.append(report)
            case .watch(let id, let report): watchReports.append((id, report))
            case .watchFailed, .noted: break
            }
        }
    }

    private mutating func note(_ bytes: [UInt8]) {
        if bytes == Array("\r\n\r\n".utf8) {
            pings += 1
        } else if let message = try? Message(parsing: ByteString(bytes)) {
            sent.append(message)
        }
    }

    /// Moves the time on, firing what falls due at its own instant.
    mutating func advance(by duration: Duration) {
        let end = now + duration
        while let deadline = core.nextDeadline, deadline - epoch <= end {
            now = max(now, deadline - epoch)
            step { $0.fire(at: $1, into: &$2) }
        }
        now = end
    }

    var flow: Flow {
        Flow(
            id: FlowID(lastFlow),
            transport: lastTransport,
            local: TransportAddress(host: "127.0.0.1", port: UInt16(40_000 + lastFlow)),
            remote: TransportAddress(host: "127.0.0.1", port: 4060)
        )
    }
    private var lastTransport = TransportProtocol.udp

    mutating func openFlow(_ transport: TransportProtocol = .udp) {
        lastFlow += 1
        lastTransport = transport
        let flow = flow
        step { $0.flowOpened(flow, at: $1, into: &$2) }
    }

    mutating func breakFlow() {
        let id = FlowID(lastFlow)
        step { $0.flowFailed(id, at: $1, into: &$2) }
    }

    /// Hands the text of a message to the core, its line ends made those of SIP.
    mutating func receive(_ text: String) {
        let bytes = ByteString(text.replacing("\n", with: "\r\n"))
        let flow = flow
        step { $0.receive(bytes, over: flow, at: $1, into: &$2) }
    }

    /// Answers the last request that was sent.
    mutating func answer(_ status: StatusCode, headers: [(HeaderName, String)] = []) {
        guard let request = sent.last(where: \.isRequest) else { return }
        var response = request.response(status, toTag: "far")
        for (name, value) in headers { response.headers.append(name, value) }
        let bytes = ByteString(response.serialized())
        let flow = flow
        step { $0.receive(bytes, over: flow, at: $1, into: &$2) }
    }

    /// Grants the REGISTER that was sent last.
    mutating func grant(identities: String = "<sip:alice@ims.test>, <tel:+15550001>") {
        let contact = sent.last { $0.method == .register }?.headers.first(.contact)?.text ?? ""
        answer(
            .ok,
            headers: [
                (.contact, contact + ";expires=3600"),
                (.serviceRoute, "<sip:orig@scscf.ims.test:6060;lr>"),
                (.path, "<sip:term@pcscf.ims.test:4060;lr>"),
                (.pAssociatedURI, identities),
            ]
        )
    }

    @discardableResult
    mutating func send(
        _ text: String = "on my way",
        to recipient: String = "sip:bob@ims.test",
        isPrivate: Bool = false
    ) -> PagerMessage.ID {
        let message = PagerMessage(
            recipient: recipient,
            contentType: "text/plain",
            body: ByteString(text),
            isPrivate: isPrivate,
            callID: "call\(outcomes.count)"
        )
        let id = core.take(message)
        step { $0.send(id, at: $1, into: &$2) }
        return id
    }

    /// The requests of that method that were sent, retransmissions among them.
    func requests(_ method: Method) -> [Message] { sent.filter { $0.method == method } }

    /// The status codes of the responses that were sent.
    var responses: [UInt16] { sent.compactMap { $0.status?.value } }
}
