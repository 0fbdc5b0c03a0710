import SDP
import SIP
import Testing
import UserAgent
import Wire

/// How the two ends of a chat find to each other, as far as signalling decides it.
@Suite("Offers and answers of chats, RFC 4975 §8, RFC 6135, RFC 6714")
struct CoreSessionMediaTests {
    private func invited() throws -> (pair: CorePair, id: MessageSession.ID) {
        var pair = try CorePair()
        _ = try pair.invite()
        return (pair, try #require(pair.bob.sessions.first).id)
    }

    @Test("the one who is invited sees what is offered before it answers")
    func offered() throws {
        let (pair, id) = try invited()
        let offered = try #require(pair.bob.core.session(id)?.offered)
        #expect(offered.map(\.isSecure) == [false])
        #expect(offered.first?.setup == .actpass)
    }

    @Test("whom nobody can reach connects, and the one who invited waits")
    func unreachable() throws {
        var (pair, id) = try invited()
        var endpoint = CorePair.endpoint(8000)
        endpoint.isReachable = false
        let answer = endpoint
        pair.bob.step { $0.acceptInvitation(id, answer, at: $1, into: &$2) }
        pair.settle()
        let (caller, callee) = try pair.agreements()
        #expect((caller.role, callee.role) == (.passive, .active))
        #expect(callee.local.port == MSRPMedia.discardPort)
    }

    @Test("of several ways that are offered the first that fits is taken, the others are refused")
    func alternatives() throws {
        var pair = try CorePair()
        pair.bob.receive(Self.invitation)
        let id = try #require(pair.bob.sessions.first).id
        #expect(pair.bob.core.session(id)?.offered.map(\.isSecure) == [true, false])
        pair.bob.step { $0.acceptInvitation(id, CorePair.endpoint(8000), at: $1, into: &$2) }
        guard case .agreed(let agreement)? = pair.bob.sessions.last?.report else {
            Issue.record("not agreed")
            return
        }
        #expect(agreement.remote.port == 7002)
        let answer = try #require(pair.bob.sent.last { $0.status == .ok && $0.method == nil })
        let sections = answer.body.text.split(separator: "\r\n").filter {
            $0.hasPrefix("m=")
        }
        #expect(sections == ["m=message 0 TCP/TLS/MSRP *", "m=message 8000 TCP/MSRP *"])
    }

    @Test("an address that the P-CSCF sees changed is known to be out of reach", arguments: [true, false])
    func translated(_ isTranslated: Bool) throws {
        var bench = try CoreBench()
        bench.step { $0.register(at: $1, into: &$2) }
        bench.openFlow(.udp)
        let request = try #require(bench.sent.last)
        var via = try #require(try request.headers.first(Via.self))
        via.parameters.set("received", isTranslated ? "198.51.100.9" : "127.0.0.1")
        var response = request.response(.unauthorized, toTag: "far")
        _ = try response.headers.replaceFirst(via)
        bench.receive(ByteString(response.serialized()).text.replacing("\r\n", with: "\n"))
        #expect(bench.core.isTranslated == isTranslated)
    }

    private static let invitation = """
        INVITE sip:bob@127.0.0.1:40001 SIP/2.0
        Via: SIP/2.0/TCP 127.0.0.1:4060;branch=z9hG4bKalternatives
        Max-Forwards: 70
        From: <sip:carol@ims.test>;tag=c
        To: <sip:alice@ims.test>
        Call-ID: alternatives
        CSeq: 1 INVITE
        Contact: <sip:carol@127.0.0.1:4070>
        Content-Type: application/sdp
        Content-Length: 386

        v=0
        o=- 1 1 IN IP4 127.0.0.1
        s=-
        c=IN IP4 127.0.0.1
        t=0 0
        m=message 7001 TCP/TLS/MSRP *
        a=accept-types:text/plain
        a=path:msrps://127.0.0.1:7001/s1;tcp
        a=fingerprint:sha-256 \(Array(repeating: "AB", count: 32).joined(separator: ":"))
        m=message 7002 TCP/MSRP *
        a=accept-types:text/plain
        a=path:msrp://127.0.0.1:7002/s2;tcp
        a=setup:actpass

        """
}
