import SIP
import Testing
import UserAgent
import Wire

/// User agents with a session each, joined by a proxy that forks, loses and delays as the test wants, in virtual time.
struct SessionBench {
    enum Event: Hashable {
        case alerting(Int), started, updated, updateReceived(String)
        case startFailed(SessionFailure), updateFailed(SessionFailure), terminated(SessionEnd)
    }

    /// One message on its way from one party to another.
    struct Packet {
        var time: Duration
        var from: Int
        var to: Int
        var bytes: [UInt8]
        var message: Message
    }

    struct Party {
        var layer: TransactionLayer
        var session: InviteSession?
        var events: [Event] = []
        var outstanding: [ClientTransactionID: Message] = [:]
        var invite: ClientTransactionID?
        var identifiers: IdentifierSource
        /// The test plays this party itself.
        var isScripted = false
        let flow: Flow
        var tags: Set<String> = []
    }

    private(set) var now = Duration.zero
    var parties: [Party]
    /// Everything that was sent, lost or not.
    private(set) var traffic: [Packet] = []
    private var underway: [Packet] = []
    var delay = Duration.milliseconds(20)
    /// Whether a packet is lost.
    var isLost: (Packet) -> Bool = { _ in false }
    var profiles: [InviteSession.Profile]
    let timers: TimerValues
    private let epoch = Instant.now

    init(parties count: Int = 2, scripted: Set<Int> = [], timers: TimerValues = .standard) {
        self.timers = timers
        profiles = (0..<count).map { index in
            InviteSession.Profile(
                identity: "sip:user\(index)@ims.test",
                contactURI: "sip:user\(index)@192.0.2.\(index + 1)"
            )
        }
        parties = (0..<count).map { index in
            let flow = Flow(
                id: FlowID(UInt64(index)),
                transport: .udp,
                local: TransportAddress(host: "192.0.2.\(index + 1)", port: 5060),
                remote: TransportAddress(host: "192.0.2.100", port: 5060)
            )
            let seed = UInt64(index * 10)
            return Party(
                layer: TransactionLayer(timers: timers, identifiers: IdentifierSource(seed: seed + 1)),
                identifiers: IdentifierSource(seed: seed + 2),
                isScripted: scripted.contains(index),
                flow: flow
            )
        }
    }

    static let offer = SessionBody("offer")
    static let answer = SessionBody("answer")

    // MARK: - What the users do

    mutating func call(from index: Int = 0, offer: SessionBody = offer) {
        parties[index].session = InviteSession(
            calling: "sip:bob@ims.test",
            as: profiles[index],
            timers: timers,
            identifiers: parties[index].identifiers.makeSource()
        )
        act(index) { $0.start(offering: offer, at: $1, into: &$2) }
    }

    /// Lets one user do something with the session.
    mutating func act(
        _ index: Int,
        _ action: (inout InviteSession, Instant, inout [InviteSession.Effect]) -> Void
    ) {
        guard var session = parties[index].session else { return }
        var effects: [InviteSession.Effect] = []
        action(&session, epoch + now, &effects)
        parties[index].session = session
        perform(effects, of: index)
    }

    mutating func ring(_ index: Int = 1) { act(index) { $0.ring(at: $1, into: &$2) } }

    mutating func accept(_ index: Int = 1, _ body: SessionBody? = answer) {
        act(index) { $0.accept(with: body, at: $1, into: &$2) }
    }

    mutating func terminate(_ index: Int) { act(index) { $0.terminate(at: $1, into: &$2) } }

    mutating func update(_ index: Int, _ text: String) {
        act(index) { $0.update(offering: SessionBody(ByteString(text)), at: $1, into: &$2) }
    }

    mutating func acceptUpdate(_ index: Int, _ text: String) {
        act(index) { $0.acceptUpdate(with: SessionBody(ByteString(text)), at: $1, into: &$2) }
    }

    /// A session that stands between the first two parties.
    static func established(timers: TimerValues = .standard) -> SessionBench {
        var bench = SessionBench(timers: timers)
        bench.call()
        bench.run(for: .milliseconds(100))
        bench.accept()
        bench.run(for: .milliseconds(100))
        return bench
    }

    // MARK: - What a scripted party does

    /// Hands a message to a party as if it came from the network.
    mutating func inject(_ message: Message, to index: Int) {
        deliver(message, to: index)
    }

    /// Answers the last request of that method for a scripted party.
    mutating func respond(
        _ status: Int,
        to method: SIP.Method = .invite,
        tag: String = "theirs",
        body: SessionBody? = nil,
        fields: [(HeaderName, String)] = []
    ) throws {
        let request = try #require(traffic.last { $0.message.method == method && $0.from == 0 }).message
        var response = request.response(try #require(StatusCode(status)), toTag: tag)
        if status < 300, method == .invite || method == .update {
            response.headers.append(.contact, "<sip:\(tag)@192.0.2.2>")
        }
        for (name, value) in fields { response.headers.append(name, value) }
        if let body {
            response.headers.append(.contentType, body.contentType)
            response.body = body.content
        }
        inject(response, to: 0)
    }

    // MARK: - What was sent

    func sent(_ index: Int, _ method: SIP.Method) -> [Message] {
        traffic.filter { $0.from == index && $0.message.method == method }.map(\.message)
    }

    /// The numbers of the requests of that method, each once, however often it was sent.
    func numbers(_ index: Int, _ method: SIP.Method) -> [UInt32] {
        Set(sent(index, method).compactMap { $0.cseq?.number }).sorted()
    }

    func answers(_ index: Int, to method: SIP.Method) -> [Message] {
        traffic.filter { $0.from == index && $0.message.status != nil && $0.message.cseq?.method == method }
            .map(\.message)
    }

    func statuses(_ index: Int, to method: SIP.Method) -> [Int] {
        answers(index, to: method).compactMap { $0.status.map { Int($0.value) } }
    }

    func times(_ index: Int, _ isMeant: (Message) -> Bool) -> [Duration] {
        traffic.filter { $0.from == index && isMeant($0.message) }.map(\.time)
    }

    func events(_ index: Int) -> [Event] { parties[index].events }

    func state(_ index: Int) -> InviteSession.State? { parties[index].session?.state }

    // MARK: - Time

    mutating func run(for time: Duration) { run(until: now + time) }

    mutating func run(until limit: Duration) {
        while let next = nextTime, next <= limit {
            now = max(now, next)
            if let index = underway.indices.min(by: { underway[$0].time < underway[$1].time }),
                underway[index].time <= now
            {
                let packet = underway.remove(at: index)
                deliver(packet.message, to: packet.to)
                continue
            }
            for index in parties.indices {
                var effects: [TransactionLayer.Effect] = []
                parties[index].layer.fire(at: epoch + now, into: &effects)
                perform(effects, of: index)
                act(index) { $0.fire(at: $1, into: &$2) }
            }
        }
        now = limit
    }

    private var nextTime: Duration? {
        let deadlines = parties.flatMap { [$0.layer.nextDeadline, $0.session?.nextDeadline] }
        return (deadlines.compactMap { $0.map { $0 - epoch } } + underway.map(\.time)).min()
    }

    // MARK: - The user agents

    private mutating func deliver(_ message: Message, to index: Int) {
        var effects: [TransactionLayer.Effect] = []
        parties[index].layer.receive(message, over: parties[index].flow, at: epoch + now, into: &effects)
        perform(effects, of: index)
    }

    private mutating func perform(_ effects: [InviteSession.Effect], of index: Int) {
        for effect in effects {
            var steps: [TransactionLayer.Effect] = []
            let flow = parties[index].flow
            var identifiers = parties[index].identifiers
            switch effect {
            case .send(let request):
                let id = parties[index].layer.send(
                    request,
                    over: flow,
                    identifiers: &identifiers,
                    at: epoch + now,
                    into: &steps
                )
                parties[index].outstanding[id] = request
                if request.method == .invite { parties[index].invite = id }
            case .acknowledge(let request):
                parties[index].layer.sendAcknowledgement(
                    request,
                    over: flow,
                    identifiers: &identifiers,
                    into: &steps
                )
            case .cancel:
                guard let id = parties[index].invite else { continue }
                parties[index].layer.cancel(id, at: epoch + now, into: &steps)
            case .respond(let response, let id):
                parties[index].layer.respond(response, to: id, at: epoch + now, into: &steps)
            case .alerting(let progress): parties[index].events.append(.alerting(Int(progress.status.value)))
            case .started: parties[index].events.append(.started)
            case .startFailed(let failure): parties[index].events.append(.startFailed(failure))
            case .updated: parties[index].events.append(.updated)
            case .updateFailed(let failure): parties[index].events.append(.updateFailed(failure))
            case .updateReceived(let body):
                parties[index].events.append(.updateReceived(body.content.text))
            case .terminated(let end): parties[index].events.append(.terminated(end))
            }
            parties[index].identifiers = identifiers
            perform(steps, of: index)
        }
    }

    private mutating func perform(_ effects: [TransactionLayer.Effect], of index: Int) {
        for effect in effects {
            switch effect {
            case .transmit(let bytes, _): transmit(bytes, from: index)
            case .request(let request, let id, _): take(request, id, index)
            case .acknowledgement(let message, _):
                act(index) { $0.receive(acknowledgement: message, at: $1, into: &$2) }
            case .cancelled(let id):
                act(index) { session, _, effects in session.cancelled(id, into: &effects) }
            case .response(let response, let id):
                guard let request = parties[index].outstanding[id] else { continue }
                act(index) { $0.receive(response: response, to: request, at: $1, into: &$2) }
            case .failure(let id, let failure):
                guard let request = parties[index].outstanding[id] else { continue }
                act(index) { $0.receive(failure: failure, of: request, at: $1, into: &$2) }
            case .unacknowledged, .discarded: break
            }
        }
    }

    private mutating func take(_ request: Message, _ id: ServerTransactionID, _ index: Int) {
        if parties[index].session?.isConcerned(by: request) == true {
            act(index) { $0.receive(request: request, id, at: $1, into: &$2) }
        } else if request.method == .invite, request.toTag == nil, parties[index].session == nil {
            var effects: [InviteSession.Effect] = []
            let source = parties[index].identifiers.makeSource()
            parties[index].session = InviteSession(
                invited: request,
                id,
                as: profiles[index],
                timers: timers,
                identifiers: source,
                at: epoch + now,
                into: &effects
            )
            perform(effects, of: index)
        } else {
            var steps: [TransactionLayer.Effect] = []
            let response = request.response(.callDoesNotExist, toTag: "none")
            parties[index].layer.respond(response, to: id, at: epoch + now, into: &steps)
            perform(steps, of: index)
        }
    }

    // MARK: - The proxy

    private mutating func transmit(_ bytes: [UInt8], from index: Int) {
        guard let message = try? Message(parsing: ByteString(bytes)) else { return }
        if let tag = message.isRequest ? message.fromTag : message.toTag {
            parties[index].tags.insert(tag.text)
        }
        for target in targets(of: message, from: index) {
            let packet = Packet(time: now, from: index, to: target, bytes: bytes, message: message)
            traffic.append(packet)
            guard !isLost(packet), !parties[target].isScripted else { continue }
            var moved = packet
            moved.time += delay
            underway.append(moved)
        }
    }

    private func targets(of message: Message, from index: Int) -> [Int] {
        if message.isRequest {
            let others = parties.indices.filter { $0 != index }
            guard let tag = message.toTag else { return others }
            let owners = others.filter { parties[$0].tags.contains(tag.text) }
            return owners.isEmpty ? [others[0]] : owners
        }
        let via = message.headers.first(.via)?.text ?? ""
        return parties.indices.filter { via.contains("192.0.2.\($0 + 1):") }
    }
}
