import SDP
import SIP
import Testing
import UserAgent
import Wire

/// Two cores that hear each other, as if the network only passed on what they say.
struct CorePair {
    /// Something else was reported than the test waits for.
    struct Unexpected: Error {}

    var alice: CoreBench
    var bob: CoreBench

    init() throws {
        let allow: [SIP.Method] = [
            .invite, .ack, .cancel, .bye, .update, .prack, .message, .notify, .options,
        ]
        alice = try CoreBench.registered(over: .tcp) { $0.allow = allow }
        let identity = try SIPURI(user: "bob", host: "ims.test")
        bob = try CoreBench.registered(over: .tcp, identities: "<sip:bob@ims.test>") {
            $0.allow = allow
            $0.publicIdentity = identity
        }
        alice.outbox.removeAll()
        bob.outbox.removeAll()
    }

    /// Passes on what was said until nobody says anything more.
    mutating func settle() {
        while !alice.outbox.isEmpty || !bob.outbox.isEmpty {
            Self.pass(&alice, to: &bob)
            Self.pass(&bob, to: &alice)
        }
    }

    private static func pass(_ sender: inout CoreBench, to receiver: inout CoreBench) {
        let said = sender.outbox
        sender.outbox.removeAll()
        let flow = receiver.flow
        for bytes in said { receiver.step { $0.receive(ByteString(bytes), over: flow, at: $1, into: &$2) } }
    }

    static func endpoint(_ port: UInt16, secure: Bool = false) -> MessageSession.Endpoint {
        let scheme = secure ? "msrps" : "msrp"
        let medium = MSRPMedia(
            path: ["\(scheme)://127.0.0.1:\(port)/s\(port);tcp"],
            host: "127.0.0.1",
            port: port,
            isSecure: secure,
            acceptTypes: ["text/plain"]
        )
        let origin = Origin(sessionID: UInt64(port), version: 1, address: Connection("127.0.0.1"))
        return MessageSession.Endpoint(medium: medium, origin: origin)
    }

    /// What both sides have agreed on last, as each sees it.
    func agreements() throws -> (caller: MSRPAgreement, callee: MSRPAgreement) {
        guard case .agreed(let caller)? = alice.sessions.last?.report,
            case .agreed(let callee)? = bob.sessions.last?.report
        else { throw Unexpected() }
        return (caller, callee)
    }

    mutating func invite() throws -> MessageSession.ID {
        var id: MessageSession.ID?
        alice.step {
            id = $0.invite("sip:bob@ims.test", as: nil, Self.endpoint(7000), at: $1, into: &$2)
        }
        settle()
        return try #require(id)
    }
}
