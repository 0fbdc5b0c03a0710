import SIP
import Testing
import UserAgent
import Wire

/// Two user agents and more, each with a session of its own.
@Suite struct InviteSessionScenarioTests {
    @Test func aSessionFromTheInvitationToTheEnd() throws {
        var bench = SessionBench()
        bench.call()
        #expect(bench.state(0) == .negotiating)
        bench.run(for: .milliseconds(50))
        bench.ring()
        bench.run(for: .milliseconds(50))
        #expect(bench.events(0) == [.alerting(180)])
        bench.accept()
        #expect(bench.state(1) == .establishing)
        bench.run(for: .milliseconds(100))
        #expect(bench.events(0) == [.alerting(180), .started])
        #expect(bench.events(1) == [.started])
        #expect((bench.state(0), bench.state(1)) == (.established, .established))
        let (caller, callee) = (
            try #require(bench.parties[0].session), try #require(bench.parties[1].session)
        )
        #expect(
            (caller.localDescription, caller.remoteDescription) == (SessionBench.offer, SessionBench.answer)
        )
        #expect(
            (callee.localDescription, callee.remoteDescription) == (SessionBench.answer, SessionBench.offer)
        )
        #expect(caller.peerMethods?.contains(.update) == true)
        #expect(caller.peerContact == "<sip:user1@192.0.2.2>;+g.oma.sip-im")
        #expect(callee.peer == "sip:user0@ims.test")
        bench.terminate(0)
        #expect(bench.state(0) == .terminating)
        bench.run(for: .milliseconds(100))
        #expect(bench.events(0).last == .terminated(.byUser))
        #expect(bench.events(1).last == .terminated(.byPeer(reason: nil)))
        bench.run(for: .seconds(64))
        #expect(bench.parties[0].session?.isDone == true)
        #expect(bench.parties[1].session?.isDone == true)
        #expect(bench.sent(0, .ack).count == 1)
        #expect(bench.answers(1, to: .invite).count == 2)
    }

    @Test("whoever hangs up since the media have no connection says so (TS 24.229 §7.2A.18.11)")
    func bearerLoss() {
        var bench = SessionBench.established()
        bench.act(0) { $0.terminate(isBearerLost: true, at: $1, into: &$2) }
        bench.run(for: .seconds(1))
        #expect(
            bench.sent(0, .bye).first?.headers.first(.reason)?.text
                == "RELEASE_CAUSE;cause=3;text=\"Media bearer loss\""
        )
        #expect(bench.events(0).last == .terminated(.byUser))
        #expect(bench.events(1).last == .terminated(.bearerLost))
    }

    @Test func theOneWhoWasCalledHangsUpToo() {
        var bench = SessionBench.established()
        bench.terminate(1)
        bench.run(for: .seconds(1))
        #expect(bench.events(0).last == .terminated(.byPeer(reason: nil)))
        #expect(bench.events(1).last == .terminated(.byUser))
    }

    @Test func aLostAcknowledgementIsSentAgainForTheRepeatedAnswer() {
        var bench = SessionBench()
        var losses = 2
        bench.isLost = { packet in
            guard packet.message.method == .ack, losses > 0 else { return false }
            losses -= 1
            return true
        }
        bench.call()
        bench.run(for: .milliseconds(100))
        bench.accept()
        bench.run(for: .seconds(10))
        #expect(bench.sent(0, .ack).count == 3)
        #expect(bench.events(0) == [.started])
        #expect(bench.events(1) == [.started])
        let answers = bench.times(1) { $0.status == .ok }
        #expect(answers.map { $0 - answers[0] } == [.zero, .milliseconds(500), .milliseconds(1500)])
    }

    @Test func anAnswerThatIsNeverConfirmedIsTakenBack() {
        var bench = SessionBench()
        bench.isLost = { $0.message.method == .ack }
        bench.call()
        bench.run(for: .milliseconds(100))
        bench.accept()
        bench.run(for: .seconds(40))
        #expect(bench.events(1) == [.startFailed(.unconfirmed)])
        #expect(bench.times(1) { $0.method == .bye } == [.milliseconds(32_100)])
        #expect(bench.events(0) == [.started, .terminated(.byPeer(reason: nil))])
        let intervals = bench.times(1) { $0.status == .ok && $0.cseq?.method == .invite }
        #expect(zip(intervals.dropFirst(), intervals).map { $0 - $1 }.max() == .seconds(4))
    }

    @Test func hangingUpBeforeTheAcknowledgementWaitsForIt() {
        var bench = SessionBench()
        var losses = 1
        bench.isLost = { packet in
            guard packet.message.method == .ack, losses > 0 else { return false }
            losses -= 1
            return true
        }
        bench.call()
        bench.run(for: .milliseconds(100))
        bench.accept()
        bench.run(for: .milliseconds(100))
        bench.terminate(1)
        #expect(bench.state(1) == .terminating)
        #expect(bench.sent(1, .bye).isEmpty)
        bench.run(for: .seconds(2))
        #expect(bench.sent(1, .bye).count == 1)
        #expect(bench.events(1) == [.terminated(.byUser)])
        #expect(bench.events(0) == [.started, .terminated(.byPeer(reason: nil))])
    }

    @Test func aRefusalSaysWhy() {
        var bench = SessionBench()
        bench.call()
        bench.run(for: .milliseconds(100))
        let warning = Warning(code: 305, agent: "ims", text: "Incompatible media format")
        bench.act(1) { session, _, effects in
            session.reject(.notAcceptableHere, warning: warning, into: &effects)
        }
        bench.run(for: .seconds(1))
        #expect(bench.events(0) == [.startFailed(.refused(.notAcceptableHere, warning: warning))])
        #expect(bench.events(1) == [.terminated(.byUser)])
        bench.run(for: .seconds(64))
        #expect(bench.parties[0].session?.isDone == true)
    }

    @Test func aCancelledInvitationEndsOnBothSides() {
        var bench = SessionBench()
        bench.call()
        bench.run(for: .milliseconds(50))
        bench.ring()
        bench.run(for: .milliseconds(50))
        bench.terminate(0)
        bench.run(for: .seconds(1))
        #expect(bench.statuses(1, to: .invite) == [180, 487])
        #expect(bench.events(0) == [.alerting(180), .terminated(.byUser)])
        #expect(bench.events(1) == [.terminated(.cancelled)])
    }

    @Test func aCancelThatCrossesTheAnswerBecomesABye() {
        var bench = SessionBench()
        bench.call()
        bench.run(for: .milliseconds(50))
        bench.ring()
        bench.run(for: .milliseconds(50))
        bench.accept()
        bench.terminate(0)
        bench.run(for: .seconds(1))
        #expect(bench.sent(0, .cancel).count == 1)
        #expect(bench.sent(0, .ack).count == 1)
        #expect(bench.sent(0, .bye).count == 1)
        #expect(bench.events(0) == [.alerting(180), .terminated(.byUser)])
        #expect(bench.events(1) == [.started, .terminated(.byPeer(reason: nil))])
    }

    @Test func theFirstForkToAnswerWinsAndTheOthersAreLeft() throws {
        var bench = SessionBench(parties: 4)
        bench.call()
        bench.run(for: .milliseconds(50))
        for index in 1...3 { bench.ring(index) }
        bench.run(for: .milliseconds(50))
        bench.accept(2)
        bench.accept(3)
        bench.accept(1)
        bench.run(for: .seconds(1))
        #expect(bench.events(0).filter { $0 == .started }.count == 1)
        #expect(bench.state(0) == .established)
        #expect(bench.state(2) == .established)
        for index in [1, 3] {
            #expect(bench.events(index) == [.started, .terminated(.byPeer(reason: nil))])
        }
        #expect(bench.sent(0, .ack).count == 3)
        #expect(bench.sent(0, .bye).count == 2)
        bench.terminate(0)
        bench.run(for: .seconds(1))
        #expect(bench.events(2).last == .terminated(.byPeer(reason: nil)))
    }

    @Test func aChangeIsOfferedAndAccepted() {
        var bench = SessionBench.established()
        for (index, other) in [(0, 1), (1, 0)] {
            bench.update(index, "offer \(index)")
            #expect(bench.parties[index].session?.hasPendingUpdates == true)
            #expect(bench.state(index) == .renegotiating)
            bench.run(for: .milliseconds(100))
            #expect(bench.events(other).last == .updateReceived("offer \(index)"))
            bench.acceptUpdate(other, "answer \(other)")
            bench.run(for: .seconds(1))
            #expect(bench.events(index).last == .updated)
            #expect(bench.events(other).last == .updated)
            #expect(
                bench.parties[index].session?.remoteDescription == SessionBody(ByteString("answer \(other)"))
            )
            #expect(
                bench.parties[other].session?.remoteDescription == SessionBody(ByteString("offer \(index)"))
            )
            #expect((bench.state(0), bench.state(1)) == (.established, .established))
        }
    }

    @Test func aRefusedChangeLeavesTheSessionAsItWas() {
        var bench = SessionBench.established()
        bench.update(0, "other")
        bench.run(for: .milliseconds(100))
        bench.act(1) { $0.rejectUpdate(at: $1, into: &$2) }
        bench.run(for: .seconds(1))
        #expect(bench.events(0).last == .updateFailed(.refused(.notAcceptableHere, warning: nil)))
        #expect(bench.state(0) == .established)
        #expect(bench.parties[0].session?.localDescription == SessionBench.offer)
        #expect(bench.parties[1].session?.remoteDescription == SessionBench.offer)
    }

    @Test func changesThatCrossAreBothMadeAfterARandomTime() {
        var bench = SessionBench.established()
        bench.update(0, "from caller")
        bench.update(1, "from callee")
        bench.run(for: .milliseconds(100))
        #expect(bench.statuses(0, to: .invite) == [491])
        #expect(bench.statuses(1, to: .invite).last == 491)
        bench.run(until: .milliseconds(2300))
        #expect(bench.events(0).last == .updateReceived("from callee"))
        bench.acceptUpdate(0, "one")
        bench.run(until: .seconds(5))
        #expect(bench.events(1).last == .updateReceived("from caller"))
        bench.acceptUpdate(1, "two")
        bench.run(for: .seconds(1))
        #expect(bench.events(0).filter { $0 == .updated }.count == 2)
        #expect(bench.events(1).filter { $0 == .updated }.count == 2)
        #expect((bench.state(0), bench.state(1)) == (.established, .established))
    }

    @Test func aByeEndsAChangeThatWaits() {
        var bench = SessionBench.established()
        bench.update(0, "other")
        bench.run(for: .milliseconds(100))
        bench.terminate(0)
        bench.run(for: .seconds(1))
        #expect(bench.statuses(1, to: .invite).last == 487)
        #expect(bench.events(1).last == .terminated(.byPeer(reason: nil)))
        #expect(bench.events(0).last == .terminated(.byUser))
    }

    @Test func theCallerRefreshesAtHalfOfTheInterval() {
        var bench = SessionBench.established()
        bench.run(for: .seconds(4000))
        #expect(bench.sent(0, .update).count == 4)
        #expect(bench.sent(1, .update).isEmpty)
        #expect(bench.sent(0, .update).allSatisfy { $0.body.isEmpty })
        #expect(bench.times(0) { $0.method == .update }.first == .milliseconds(900_120))
        #expect((bench.events(0), bench.events(1)) == ([.started], [.started]))
    }

    @Test func aRestartOfTheFarEndIsNoticedByTheRefresh() {
        var bench = SessionBench.established()
        bench.parties[1].session = nil
        bench.run(for: .seconds(901))
        #expect(bench.events(0).last == .terminated(.lost))
        #expect(bench.sent(0, .bye).count == 1)
    }

    @Test func aPeerThatVanishesIsGivenUpByBothSides() {
        var bench = SessionBench.established()
        bench.isLost = { _ in true }
        bench.run(for: .seconds(2000))
        #expect(bench.events(0).last == .terminated(.lost))
        #expect(bench.events(1).last == .terminated(.expired))
        #expect(bench.times(1) { $0.method == .bye }.first == .milliseconds(1_768_100))
        #expect(bench.parties.allSatisfy { $0.session?.isDone == true })
    }

    @Test func anEarlyAnswerIsConfirmedBeforeTheSessionIsAccepted() throws {
        var bench = SessionBench()
        var losses = 1
        bench.isLost = { packet in
            guard packet.message.method == .prack, losses > 0 else { return false }
            losses -= 1
            return true
        }
        bench.call()
        bench.run(for: .milliseconds(50))
        bench.act(1) {
            $0.ring(.sessionProgress, description: SessionBench.answer, at: $1, into: &$2)
        }
        bench.accept()
        bench.run(for: .milliseconds(300))
        #expect(bench.statuses(1, to: .invite) == [183])
        bench.run(for: .seconds(2))
        #expect(bench.statuses(1, to: .invite).last == 200)
        #expect(bench.answers(1, to: .invite).last?.body.isEmpty == true)
        #expect(bench.events(0) == [.alerting(183), .started])
        #expect(bench.parties[0].session?.remoteDescription == SessionBench.answer)
        #expect(bench.answers(1, to: .prack).map(\.status) == [.ok])
    }

    @Test func aReliableResponseThatIsNeverConfirmedEndsTheInvitation() {
        var bench = SessionBench()
        bench.isLost = { $0.message.method == .prack }
        bench.call()
        bench.run(for: .milliseconds(50))
        bench.act(1) {
            $0.ring(.sessionProgress, description: SessionBench.answer, at: $1, into: &$2)
        }
        bench.run(for: .seconds(40))
        #expect(bench.statuses(1, to: .invite).last == 504)
        #expect(bench.events(0).last == .startFailed(.refused(.serverTimeout, warning: nil)))
    }

    @Test(arguments: UInt64(1)...20)
    func aLossyNetworkEndsInAgreement(seed: UInt64) {
        var bench = SessionBench()
        var source = IdentifierSource(seed: seed)
        bench.isLost = { _ in Int.random(in: 0..<4, using: &source) == 0 }
        var choices = IdentifierSource(seed: seed &+ 1000)
        bench.call()
        for _ in 0..<8 {
            bench.run(for: .seconds(2))
            bench.ring()
            bench.run(for: .seconds(2))
            bench.accept()
        }
        for _ in 0..<20 {
            bench.run(for: .milliseconds(Int.random(in: 0...9000, using: &choices)))
            let index = Int.random(in: 0...1, using: &choices)
            switch Int.random(in: 0...3, using: &choices) {
            case 0: bench.update(index, "offer \(Int.random(in: 0...9, using: &choices))")
            case 1: bench.act(index) { $0.rejectUpdate(at: $1, into: &$2) }
            default: bench.acceptUpdate(index, "answer \(Int.random(in: 0...9, using: &choices))")
            }
        }
        bench.isLost = { _ in false }
        for _ in 0..<8 {
            bench.run(for: .seconds(70))
            for index in 0...1 { bench.acceptUpdate(index, "last") }
        }
        let states = [bench.state(0), bench.state(1)]
        #expect(
            states == [.established, .established] || states == [.terminated, .terminated],
            "seed \(seed)"
        )
        if states[0] == .established, let one = bench.parties[0].session, let other = bench.parties[1].session
        {
            #expect(one.localDescription == other.remoteDescription, "seed \(seed)")
            #expect(one.remoteDescription == other.localDescription, "seed \(seed)")
        }
        bench.terminate(0)
        bench.terminate(1)
        bench.run(for: .seconds(200))
        #expect(bench.parties.allSatisfy { $0.session?.isDone == true }, "seed \(seed)")
    }
}
