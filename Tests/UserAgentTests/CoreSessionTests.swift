import SDP
import SIP
import Testing
import UserAgent
import Wire

@Suite("Chats through the core, RFC 4975 §8 and OMA SIMPLE IM TS §6.1.3")
struct CoreSessionTests {
    @Test("an accepted invitation tells both sides where messages go, and a BYE ends it for both")
    func accepted() throws {
        var pair = try CorePair()
        let id = try pair.invite()
        let invite = try #require(pair.alice.requests(.invite).first)
        #expect(invite.headers.first(.acceptContact)?.text == "*;+g.oma.sip-im;require;explicit")
        #expect(invite.headers.all(.route).count == 2)
        let invitation = try #require(pair.bob.sessions.first)
        guard case .invited = invitation.report else {
            Issue.record("not invited")
            return
        }
        pair.bob.step { $0.acceptInvitation(invitation.id, CorePair.endpoint(8000), at: $1, into: &$2) }
        pair.settle()
        let (caller, callee) = try pair.agreements()
        #expect(caller.remote.path == ["msrp://127.0.0.1:8000/s8000;tcp"])
        #expect(callee.remote.path == ["msrp://127.0.0.1:7000/s7000;tcp"])
        #expect([caller.role, callee.role].count { $0 == .active } == 1)

        pair.alice.step { $0.leave(id, at: $1, into: &$2) }
        pair.settle()
        guard case .closed(.ended(.byUser))? = pair.alice.sessions.last?.report,
            case .closed(.ended(.byPeer))? = pair.bob.sessions.last?.report
        else {
            Issue.record("not ended")
            return
        }
    }

    @Test("a refusal tells its status", arguments: [StatusCode.busyHere, .decline])
    func refused(_ status: StatusCode) throws {
        var pair = try CorePair()
        _ = try pair.invite()
        let invitation = try #require(pair.bob.sessions.first)
        pair.bob.step { $0.rejectInvitation(invitation.id, status, at: $1, into: &$2) }
        pair.settle()
        guard case .closed(.notStarted(.refused(let told, _, _)))? = pair.alice.sessions.last?.report else {
            Issue.record("not refused")
            return
        }
        #expect(told == status)
    }

    @Test("one who gives up before the answer cancels, and the other side is told")
    func cancelled() throws {
        var pair = try CorePair()
        let id = try pair.invite()
        pair.alice.step { $0.leave(id, at: $1, into: &$2) }
        pair.settle()
        guard case .closed(.ended(.cancelled))? = pair.bob.sessions.last?.report else {
            Issue.record("the invited side waits on")
            return
        }
    }

    @Test("messages can be made to go another way, and both sides are told where")
    func change() throws {
        var pair = try CorePair()
        let id = try pair.invite()
        let invitation = try #require(pair.bob.sessions.first)
        pair.bob.step { $0.acceptInvitation(invitation.id, CorePair.endpoint(8000), at: $1, into: &$2) }
        pair.settle()
        pair.alice.step { $0.change(id, to: CorePair.endpoint(7001), at: $1, into: &$2) }
        pair.settle()
        guard case .changeOffered? = pair.bob.sessions.last?.report else {
            Issue.record("the change was not offered")
            return
        }
        pair.bob.step { $0.acceptChange(invitation.id, CorePair.endpoint(8001), at: $1, into: &$2) }
        pair.settle()
        let (caller, callee) = try pair.agreements()
        #expect(caller.remote.path == ["msrp://127.0.0.1:8001/s8001;tcp"])
        #expect(callee.remote.path == ["msrp://127.0.0.1:7001/s7001;tcp"])
        // The session is the same, in its next version.
        let offer = try #require(pair.alice.requests(.invite).last).body.text
        #expect(offer.contains("o=- 7000 2 IN IP4 127.0.0.1\r\n"))
    }

    @Test("a change that is refused is told, and the session goes on")
    func changeRefused() throws {
        var pair = try CorePair()
        let id = try pair.invite()
        let invitation = try #require(pair.bob.sessions.first)
        pair.bob.step { $0.acceptInvitation(invitation.id, CorePair.endpoint(8000), at: $1, into: &$2) }
        pair.settle()
        pair.alice.step { $0.change(id, to: CorePair.endpoint(7001), at: $1, into: &$2) }
        pair.settle()
        pair.bob.step { $0.rejectChange(invitation.id, at: $1, into: &$2) }
        pair.settle()
        guard case .changeFailed(.refused)? = pair.alice.sessions.last?.report else {
            Issue.record("not refused")
            return
        }
        #expect(pair.alice.core.session(id) != nil)
    }

    @Test("transports that do not fit are refused with 488 and the reason")
    func mismatch() throws {
        var pair = try CorePair()
        _ = try pair.invite()
        let invitation = try #require(pair.bob.sessions.first)
        pair.bob.step {
            $0.acceptInvitation(invitation.id, CorePair.endpoint(8000, secure: true), at: $1, into: &$2)
        }
        pair.settle()
        guard
            case .closed(.notStarted(.refused(let status, let warning, _)))? = pair.alice.sessions.last?
                .report
        else {
            Issue.record("not refused")
            return
        }
        #expect(status == .notAcceptableHere)
        #expect(warning?.text == "Incompatible transport protocol")
    }
}
