import Foundation
import SIP
import Testing
import UserAgent
import Wire

/// What comes of a datagram.
enum Reaction: Hashable, Sendable {
    case answered(Int)
    /// It reaches the usage of its method.
    case accepted
    case forgotten
}

@Suite("RFC 4475 torture messages, from the datagram to the answer of a user agent")
struct RequestScreeningTortureTests {
    @Test(
        "a user agent that serves everything answers as the standard says",
        arguments: [
            ("badbranch", .answered(200)), ("insuf", .answered(400)), ("unkscm", .answered(416)),
            ("novelsc", .answered(416)), ("unksm2", .accepted), ("bext01", .answered(420)),
            ("invut", .answered(415)), ("regaut01", .accepted), ("multi01", .answered(400)),
            ("mcl01", .answered(400)), ("bcast", .forgotten), ("zeromf", .answered(200)),
            ("cparam01", .accepted),
            ("cparam02", .accepted), ("regescrt", .accepted), ("sdp01", .answered(406)),
            ("inv2543", .accepted),
            ("intmeth", .answered(501)), ("esc02", .answered(501)), ("mismatch01", .answered(400)),
            ("mismatch02", .answered(501)), ("badvers", .answered(505)), ("clerr", .answered(400)),
            ("scalarlg", .forgotten),
        ] as [(String, Reaction)]
    )
    func capable(name: String, reaction: Reaction) throws {
        var methods: [SIP.Method] = [.invite, .ack, .cancel, .bye, .options, .message]
        methods.append(.register)
        let capabilities = UserAgentCapabilities(methods: methods, acceptedTypes: ["application/sdp"])
        #expect(try self.reaction(to: name, of: RequestScreening(capabilities)) == reaction)
    }

    @Test(
        "a user agent that is no registrar answers REGISTER with 405",
        arguments: ["regaut01", "cparam01", "unksm2"]
    )
    func noRegistrar(name: String) throws {
        let screening = RequestScreening(UserAgentCapabilities(methods: [.message, .options]))
        #expect(try reaction(to: name, of: screening) == .answered(405))
    }

    @Test("the options that bext01 demands are named, those it demands of proxies are not")
    func unsupported() throws {
        let answer = try #require(
            try self.answer(to: "bext01", of: RequestScreening(UserAgentCapabilities()))
        )
        #expect(answer.headers.first(.unsupported)?.text == "nothingSupportsThis, nothingSupportsThisEither")
    }

    @Test("an answer repeats what it can of a request without Call-ID, From and To")
    func incomplete() throws {
        let answer = try #require(try self.answer(to: "insuf", of: RequestScreening(UserAgentCapabilities())))
        #expect(answer.status == .badRequest)
        #expect(answer.headers.contains(.via))
        #expect(answer.headers.first(.cseq)?.text == "193942 INVITE")
    }

    private func reaction(to name: String, of screening: RequestScreening) throws -> Reaction {
        let (answer, isAccepted) = try react(to: name, with: screening)
        if let status = answer?.status { return .answered(Int(status.value)) }
        return isAccepted ? .accepted : .forgotten
    }

    private func answer(to name: String, of screening: RequestScreening) throws -> Message? {
        try react(to: name, with: screening).answer
    }

    /// Takes a datagram through parser, transaction layer and screening, as the core of a user agent does.
    private func react(
        to name: String,
        with screening: RequestScreening
    ) throws -> (answer: Message?, isAccepted: Bool) {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let datagram = ByteString(
            Array(try Data(contentsOf: folder.appending(path: "Fixtures/rfc4475/\(name).dat")))
        )
        var parseError: SIPParseError?
        var message: Message?
        do {
            message = try Message(parsing: datagram)
        } catch {
            parseError = error
            message = Message.salvage(datagram)
        }
        guard let message else { return (nil, false) }
        let flow = Flow(
            id: FlowID(1),
            transport: .udp,
            local: TransportAddress(host: "192.0.2.1", port: 5060),
            remote: TransportAddress(host: "192.0.2.2", port: 5060)
        )
        var layer = TransactionLayer(timers: .standard)
        var effects: [TransactionLayer.Effect] = []
        layer.receive(message, over: flow, at: .now, into: &effects)
        guard case .request(let request, let id, _)? = effects.first(where: \.isRequest) else {
            return (nil, false)
        }
        let verdict =
            parseError.map { screening.refuse(request, with: $0.status, tag: "tag") }
            ?? screening.screen(request, isExpected: false, tag: "tag")
        guard case .respond(let response) = verdict else { return (nil, verdict == .accept) }
        effects = []
        layer.respond(response, to: id, at: .now, into: &effects)
        guard case .transmit(let bytes, _)? = effects.first else { return (nil, false) }
        return (try Message(parsing: ByteString(bytes)), false)
    }
}

extension TransactionLayer.Effect {
    var isRequest: Bool {
        if case .request = self { true } else { false }
    }
}
