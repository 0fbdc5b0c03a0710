import MSRP
import SIP
import Testing
import Wire

@testable import Lab

/// A pocket core in virtual time, and the wires to its clients.
struct LabBench {
    var core: LabCore
    var now = Instant.now
    private(set) var notes: [String] = []
    /// What the core sent, and is not read yet.
    private(set) var sent: [(message: Message, flow: Flow)] = []
    /// What the MSRP switch wants done.
    private(set) var linkEffects: [LabSwitch.Effect] = []

    init(_ change: (inout LabConfiguration) -> Void = { _ in }) {
        var configuration = LabConfiguration()
        configuration.seed = 1
        change(&configuration)
        core = LabCore(configuration)
        core.messages.address = TransportAddress(host: "127.0.0.1", port: 2855)
    }

    mutating func receive(_ message: Message, over flow: Flow) throws {
        try receive(message.serialized(), over: flow)
    }

    mutating func receive(_ bytes: [UInt8], over flow: Flow) throws {
        var effects: [LabCore.Effect] = []
        core.receive(ByteString(bytes), over: flow, at: now, into: &effects)
        try take(effects)
    }

    mutating func advance(by duration: Duration) throws {
        let end = now + duration
        while let deadline = core.nextDeadline, deadline <= end {
            now = max(now, deadline)
            var effects: [LabCore.Effect] = []
            core.fire(at: now, into: &effects)
            try take(effects)
        }
        now = end
    }

    mutating func close(_ flow: Flow) throws {
        var effects: [LabCore.Effect] = []
        core.flowClosed(flow.id, at: now, into: &effects)
        try take(effects)
    }

    @discardableResult
    mutating func control(_ line: String) throws -> String {
        var effects: [LabCore.Effect] = []
        let answer = core.control(line, at: now, into: &effects)
        try take(effects)
        return answer
    }

    mutating func take(_ effects: [LabCore.Effect]) throws {
        for effect in effects {
            switch effect {
            case .transmit(let bytes, let flow): sent.append((try Message(parsing: ByteString(bytes)), flow))
            case .note(let text): notes.append(text)
            case .link(let effect): linkEffects.append(effect)
            }
        }
    }

    /// Takes the next message that was sent over `flow`.
    mutating func next(over flow: Flow) throws -> Message {
        let index = try #require(sent.firstIndex { $0.flow == flow }, "nothing was sent to \(flow.remote)")
        return sent.remove(at: index).message
    }

    // MARK: - The MSRP switch

    mutating func connect() throws -> LabSwitch.LinkID {
        let link = core.messages.accept(isSecure: false, at: now)
        return try #require(link)
    }

    mutating func receive(_ text: String, on link: LabSwitch.LinkID) throws {
        var effects: [LabCore.Effect] = []
        core.receive(ByteString(text), on: link, at: now, into: &effects)
        try take(effects)
    }

    /// Takes what was sent over a connection of the switch: each head with its body.
    mutating func chunks(on link: LabSwitch.LinkID) throws -> [(head: ChunkHead, body: ByteString)] {
        var input = ByteString.empty
        for case .send(let bytes, link, _) in linkEffects { input = ByteString(input.bytes + bytes) }
        linkEffects.removeAll { if case .send(_, link, _) = $0 { true } else { false } }
        var (parser, chunks) = (ChunkParser(), [(head: ChunkHead, body: ByteString)]())
        while let event = try parser.next(&input) {
            switch event {
            case .head(let head): chunks.append((head, .empty))
            case .body(let bytes):
                chunks[chunks.count - 1].body = ByteString(chunks[chunks.count - 1].body.bytes + bytes.bytes)
            case .end: break
            }
        }
        return chunks
    }

    // MARK: - What clients do

    /// Registers a phone, answering one challenge if there is one.
    @discardableResult
    mutating func register(_ phone: inout LabPhone, expires: UInt32 = 600_000) throws -> Message {
        var request = phone.makeRegister(expires: expires)
        phone.authenticator.authorize(&request)
        let response = try exchange(request, phone)
        guard response.status == .unauthorized else { return response }
        return try answer(response, to: request, &phone)
    }

    /// Sends a request again with the credentials a challenge asks for.
    mutating func answer(_ challenge: Message, to request: Message, _ phone: inout LabPhone) throws -> Message
    {
        var (request, attempts) = (request, AuthenticationAttempts())
        try phone.authenticator.answer(
            challenge,
            to: &request,
            attempts: &attempts,
            identifiers: &phone.identifiers
        )
        request.headers.set(CSeq(number: phone.nextSequence(), method: .register))
        let response = try exchange(request, phone)
        if response.status == .ok {
            #expect(phone.authenticator.noteSuccess(response, to: request) == .right)
        }
        return response
    }

    /// Sends a request over the phone's flow and takes what comes back first.
    mutating func exchange(_ request: Message, _ phone: LabPhone) throws -> Message {
        try receive(phone.addressed(request), over: phone.flow)
        return try next(over: phone.flow)
    }

    /// Answers a request that the core sent.
    mutating func respond(_ status: StatusCode, to request: Message, _ phone: LabPhone) throws {
        try receive(request.response(status, toTag: "phone"), over: phone.flow)
    }
}

/// A client of the core, as simple as can be.
struct LabPhone {
    let name: String
    let flow: Flow
    var authenticator: Authenticator
    var identifiers = IdentifierSource(seed: 7)
    let callID: String
    private var sequence: UInt32 = 0

    init(_ name: String, port: UInt16, password: String? = nil, transport: TransportProtocol = .udp) {
        self.name = name
        flow = Flow(
            id: FlowID(transport == .udp ? 1 : UInt64(port)),
            transport: transport,
            local: TransportAddress(host: "127.0.0.1", port: 5060),
            remote: TransportAddress(host: "127.0.0.1", port: port)
        )
        authenticator = Authenticator(
            privateIdentity: "\(name)@ims.test",
            realm: "ims.test",
            credential: .password(Secret(password ?? name))
        )
        callID = "call-\(name)-\(port)"
    }

    mutating func nextSequence() -> UInt32 {
        sequence += 1
        return sequence
    }

    var contact: String { "<sip:\(name)@127.0.0.1:\(flow.remote.port);transport=\(flow.transport.rawValue)>" }

    /// The request with a `Via` of this hop.
    func addressed(_ request: Message) -> Message {
        var (request, branches) = (request, IdentifierSource())
        let address = "127.0.0.1:\(flow.remote.port)"
        let via = "SIP/2.0/\(flow.transport.viaToken) \(address);branch=\(branches.branch());rport;keep"
        request.headers.prepend(.via, ByteString(via))
        return request
    }

    mutating func makeRegister(expires: UInt32 = 600_000) -> Message {
        var request = Message(method: .register, uri: "sip:ims.test")
        request.headers.append(.from, "<sip:\(name)@ims.test>;tag=\(name)")
        request.headers.append(.to, "<sip:\(name)@ims.test>")
        request.headers.append(.callID, callID)
        request.headers.append(CSeq(number: nextSequence(), method: .register))
        request.headers.append(.contact, "\(contact);+g.oma.sip-im;expires=\(expires)")
        request.headers.append(.require, "pref")
        request.headers.append(.supported, "path")
        request.headers.append(MaxForwards())
        return request
    }

    mutating func makeRequest(_ method: Method, to uri: String, callID: String = "other") -> Message {
        var request = Message(method: method, uri: ByteString(uri))
        request.headers.append(.from, "<sip:\(name)@ims.test>;tag=\(name)")
        request.headers.append(.to, "<\(uri)>")
        let number = nextSequence()
        request.headers.append(.callID, "\(callID)-\(number)")
        request.headers.append(CSeq(number: number, method: method))
        request.headers.append(MaxForwards())
        return request
    }

    mutating func makeMessage(_ text: String, to uri: String) -> Message {
        var request = makeRequest(.message, to: uri)
        request.headers.append(.route, "<sip:127.0.0.1:5060;lr>, <sip:orig@127.0.0.1:5060;lr>")
        request.setBody(ByteString(text), type: MediaType("text", "plain"))
        return request
    }
}
