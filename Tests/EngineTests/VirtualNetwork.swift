import Lab
import SIP
import UserAgent
import Wire

/// Two clients and a pocket core joined by a network that loses, delays and reorders datagrams, in virtual time.
///
/// Everything follows from the seed: what is lost, how long the rest takes, and what the clients call their requests.
struct VirtualNetwork {
    /// A client, what it was told, and what it asked for.
    struct Client {
        var core: Core
        var flow: Flow
        var received: [ReceivedPagerMessage] = []
        var outcomes: [PagerMessage.ID: PagerMessage.Outcome] = [:]
    }

    private struct Datagram {
        var deadline: Instant
        /// Tells datagrams of one deadline apart.
        var number: Int
        /// The client it goes to, or the one it comes from if it goes to the core.
        var client: Int
        var isForCore: Bool
        var bytes: [UInt8]
    }

    private(set) var clients: [Client] = []
    private var lab: LabCore
    private var random: IdentifierSource
    private var underWay: [Datagram] = []
    private var datagrams = 0
    private(set) var now = Instant.now
    /// How many datagrams of a hundred get lost.
    let loss: UInt64

    init(users: [String], loss: UInt64, seed: UInt64) throws {
        var configuration = LabConfiguration()
        configuration.seed = seed
        configuration.automaticBuddy = nil
        lab = LabCore(configuration)
        random = IdentifierSource(seed: seed)
        self.loss = loss
        for (index, user) in users.enumerated() {
            var source = random.makeSource()
            clients.append(try Self.client(user, number: index, &source))
        }
    }

    private static func client(
        _ user: String,
        number: Int,
        _ identifiers: inout IdentifierSource
    ) throws -> Client {
        let profile = Registration.Profile(
            publicIdentity: try SIPURI("sip:\(user)@ims.test"),
            homeDomain: try SIPURI("sip:ims.test")
        )
        let authenticator = Authenticator(
            privateIdentity: "\(user)@ims.test",
            realm: "ims.test",
            credential: .password(Secret(user))
        )
        let core = Core(
            Core.Configuration(registration: profile),
            authenticator: authenticator,
            identifiers: identifiers.makeSource()
        )
        let flow = Flow(
            id: FlowID(UInt64(number + 1)),
            transport: .udp,
            local: TransportAddress(host: "127.0.0.1", port: UInt16(40_000 + number)),
            remote: TransportAddress(host: "127.0.0.1", port: 5060)
        )
        return Client(core: core, flow: flow)
    }

    // MARK: - What a test does

    mutating func step(_ client: Int, _ body: (inout Core, Instant, inout [Core.Effect]) -> Void) {
        var effects: [Core.Effect] = []
        body(&clients[client].core, now, &effects)
        for effect in effects { perform(effect, of: client) }
    }

    mutating func send(
        _ text: String,
        from client: Int,
        to recipient: String,
        callID: String
    ) -> PagerMessage.ID {
        let message = PagerMessage(
            recipient: recipient,
            contentType: "text/plain",
            body: ByteString(text),
            callID: callID
        )
        let id = clients[client].core.take(message)
        step(client) { $0.send(id, at: $1, into: &$2) }
        return id
    }

    /// Lets the time pass, each event at its own instant.
    mutating func run(for duration: Duration) {
        let end = now + duration
        while let next = nextEvent, next <= end {
            now = max(now, next)
            deliver()
            for client in clients.indices { step(client) { $0.fire(at: $1, into: &$2) } }
            stepLab { $0.fire(at: $1, into: &$2) }
        }
        now = end
    }

    private var nextEvent: Instant? {
        let deadlines = clients.map(\.core.nextDeadline) + [lab.nextDeadline] + underWay.map(\.deadline)
        return deadlines.compactMap(\.self).min()
    }

    // MARK: - The wires

    private mutating func deliver() {
        let due = underWay.filter { $0.deadline <= now }.sorted {
            ($0.deadline, $0.number) < ($1.deadline, $1.number)
        }
        underWay.removeAll { $0.deadline <= now }
        for datagram in due {
            let flow = clients[datagram.client].flow
            if datagram.isForCore {
                let arrived = Flow(id: FlowID(1), transport: .udp, local: flow.remote, remote: flow.local)
                stepLab { $0.receive(ByteString(datagram.bytes), over: arrived, at: $1, into: &$2) }
            } else {
                step(datagram.client) {
                    $0.receive(ByteString(datagram.bytes), over: flow, at: $1, into: &$2)
                }
            }
        }
    }

    private mutating func put(_ bytes: [UInt8], client: Int, isForCore: Bool) {
        guard UInt64.random(in: 0..<100, using: &random) >= loss else { return }
        datagrams += 1
        let delay = Duration.milliseconds(Int64.random(in: 1...120, using: &random))
        underWay.append(
            Datagram(
                deadline: now + delay,
                number: datagrams,
                client: client,
                isForCore: isForCore,
                bytes: bytes
            )
        )
    }

    private mutating func perform(_ effect: Core.Effect, of client: Int) {
        switch effect {
        case .transmit(let bytes, _): put(bytes, client: client, isForCore: true)
        case .openFlow:
            let flow = clients[client].flow
            step(client) { $0.flowOpened(flow, at: $1, into: &$2) }
        case .message(let message):
            clients[client].received.append(message)
            step(client) { $0.accept(message.request, at: $1, into: &$2) }
        case .finished(let id, let outcome): clients[client].outcomes[id] = outcome
        case .closeFlow, .registration, .session, .sentOverDatagram, .capabilities, .watchFailed, .noted,
            .publication, .watch:
            break
        }
    }

    private mutating func stepLab(_ body: (inout LabCore, Instant, inout [LabCore.Effect]) -> Void) {
        var effects: [LabCore.Effect] = []
        body(&lab, now, &effects)
        for case .transmit(let bytes, let flow) in effects {
            guard let client = clients.firstIndex(where: { $0.flow.local == flow.remote }) else { continue }
            put(bytes, client: client, isForCore: false)
        }
    }
}
