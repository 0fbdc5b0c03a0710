import SIP
import Testing
import UserAgent
import Wire

/// The side that calls, against answers the test makes up.
@Suite struct InviteSessionCallerTests {
    private func calling() -> SessionBench {
        var bench = SessionBench(scripted: [1])
        bench.call()
        return bench
    }

    private func established(_ fields: [(HeaderName, String)] = []) throws -> SessionBench {
        var bench = calling()
        try bench.respond(200, body: SessionBench.answer, fields: fields)
        return bench
    }

    @Test func theInvitationCarriesWhatTheServiceAsksFor() throws {
        let invite = try #require(calling().sent(0, .invite).first)
        #expect(invite.requestURI == "sip:bob@ims.test")
        #expect(invite.headers.first(.to) == "<sip:bob@ims.test>")
        #expect(invite.headers.first(.acceptContact) == "*;+g.oma.sip-im;require;explicit")
        #expect(invite.headers.first(.pPreferredIdentity) == "<sip:user0@ims.test>")
        #expect(invite.headers.first(.contact) == "<sip:user0@192.0.2.1>;+g.oma.sip-im")
        #expect(invite.headers.first(.supported)?.text.contains("timer") == true)
        #expect(invite.headers.first(.sessionExpires) == "1800;refresher=uac")
        #expect(try invite.headers.first(Allow.self)?.contains(.update) == true)
        #expect(invite.headers.first(.contentType) == "application/sdp")
        #expect(invite.body == "offer")
        #expect(!invite.headers.contains(.privacy))
    }

    @Test func anAnonymousCallerShowsItselfToTheNetworkOnly() throws {
        var bench = SessionBench(scripted: [1])
        bench.profiles[0].isPrivate = true
        bench.call()
        let invite = try #require(bench.sent(0, .invite).first)
        #expect(invite.headers.first(.privacy) == "id")
        #expect(invite.headers.first(.from)?.text.contains("user0") == false)
        #expect(invite.headers.first(.pPreferredIdentity) == "<sip:user0@ims.test>")
    }

    @Test(arguments: [302, 380, 403, 480, 486, 500, 603])
    func aRefusalEndsTheAttempt(status: Int) throws {
        var bench = calling()
        try bench.respond(status)
        let code = try #require(StatusCode(status))
        #expect(bench.events(0) == [.startFailed(.refused(code, warning: nil))])
        #expect(bench.sent(0, .invite).count == 1)
        #expect(bench.state(0) == .terminated)
        bench.run(for: .seconds(40))
        #expect(bench.parties[0].session?.isDone == true)
    }

    @Test func silenceEndsTheAttempt() {
        var bench = calling()
        bench.run(for: .seconds(33))
        #expect(bench.events(0) == [.startFailed(.timedOut)])
    }

    @Test func progressIsToldOnceForEachStatus() throws {
        var bench = calling()
        for status in [100, 180, 180, 183] {
            try bench.respond(status, fields: [(.allow, "INVITE, BYE")])
        }
        #expect(bench.events(0) == [.alerting(180), .alerting(183)])
        #expect(bench.parties[0].session?.peerMethods == [.invite, .bye])
        #expect(bench.parties[0].session?.peerContact == "<sip:theirs@192.0.2.2>")
    }

    @Test func anIntervalTooSmallIsAskedForAgain() throws {
        var bench = calling()
        try bench.respond(422, fields: [(.minSE, "3600")])
        let again = try #require(bench.sent(0, .invite).last)
        #expect(again.headers.first(.sessionExpires) == "3600;refresher=uac")
        #expect(again.headers.first(.minSE) == "3600")
        #expect(again.cseq?.number == 2)
        #expect(bench.events(0).isEmpty)
        try bench.respond(422, fields: [(.minSE, "3600")])
        #expect(bench.sent(0, .invite).count == 2)
        #expect(bench.events(0) == [.startFailed(.refused(.intervalTooSmall, warning: nil))])
    }

    @Test func everyRepeatedAnswerIsAcknowledgedAgain() throws {
        var bench = try established()
        try bench.respond(200, body: SessionBench.answer)
        try bench.respond(200, body: SessionBench.answer)
        #expect(bench.sent(0, .ack).count == 3)
        #expect(bench.sent(0, .bye).isEmpty)
        #expect(bench.events(0) == [.started])
    }

    @Test func aSecondForkIsAcknowledgedAndLeft() throws {
        var bench = try established()
        try bench.respond(200, tag: "other", body: SessionBench.answer)
        #expect(bench.sent(0, .ack).map { $0.toTag?.text } == ["theirs", "other"])
        #expect(bench.sent(0, .bye).map { $0.toTag?.text } == ["other"])
        #expect(bench.sent(0, .bye).first?.requestURI == "sip:other@192.0.2.2")
        try bench.respond(200, tag: "other", body: SessionBench.answer)
        #expect(bench.sent(0, .ack).count == 3)
        #expect(bench.sent(0, .bye).count == 1)
        try bench.respond(200, to: .bye)
        #expect(bench.state(0) == .established)
    }

    @Test func moreForksThanAreKeptAreNotAcknowledged() throws {
        var bench = try established()
        for index in 0..<40 { try bench.respond(200, tag: "t\(index)", body: SessionBench.answer) }
        #expect(bench.sent(0, .ack).count == InviteSession.Limits.forks)
    }

    @Test func theAcknowledgementCarriesTheCredentialsOfTheInvitation() throws {
        var session = InviteSession(
            calling: "sip:bob@ims.test",
            as: SessionBench().profiles[0],
            timers: .standard
        )
        let now = Instant.now
        var effects: [InviteSession.Effect] = []
        session.start(offering: SessionBench.offer, at: now, into: &effects)
        guard case .send(var invite)? = effects.first else { throw Missing() }
        invite.headers.append(.proxyAuthorization, "Digest response=\"1\"")
        invite.headers.set(CSeq(number: 2, method: .invite))
        var response = invite.response(.ok, toTag: "theirs")
        response.headers.append(.contact, "<sip:theirs@192.0.2.2>")
        response.headers.append(.contentType, "application/sdp")
        response.body = "answer"
        effects = []
        session.receive(response: response, to: invite, at: now, into: &effects)
        guard case .acknowledge(let acknowledgement)? = effects.first else { throw Missing() }
        #expect(acknowledgement.headers.first(.proxyAuthorization) == "Digest response=\"1\"")
        #expect(acknowledgement.cseq == CSeq(number: 2, method: .ack))
        effects = []
        session.terminate(at: now, into: &effects)
        guard case .send(let bye)? = effects.first else { throw Missing() }
        #expect(bye.cseq == CSeq(number: 3, method: .bye))
    }

    private struct Missing: Error {}

    @Test func anAnswerWithoutADescriptionEndsTheSession() throws {
        var bench = calling()
        try bench.respond(200)
        #expect(bench.sent(0, .ack).count == 1)
        #expect(bench.sent(0, .bye).count == 1)
        #expect(bench.events(0) == [.startFailed(.badAnswer)])
        try bench.respond(200, to: .bye)
        #expect(bench.events(0) == [.startFailed(.badAnswer)])
        #expect(bench.state(0) == .terminated)
    }

    @Test func reliableResponsesAreConfirmedInTheirOrder() throws {
        var bench = calling()
        let reliable: (Int) -> [(HeaderName, String)] = { [(.require, "100rel"), (.rseq, "\($0)")] }
        try bench.respond(183, body: SessionBench.answer, fields: reliable(7))
        try bench.respond(183, body: SessionBench.answer, fields: reliable(7))
        try bench.respond(180, fields: reliable(9))
        try bench.respond(180, fields: reliable(8))
        #expect(bench.sent(0, .prack).map { $0.headers.first(.rack)?.text } == ["7 1 INVITE", "8 1 INVITE"])
        #expect(bench.sent(0, .prack).map(\.toTag) == ["theirs", "theirs"])
        #expect(bench.events(0) == [.alerting(183), .alerting(180)])
        try bench.respond(200)
        #expect(bench.events(0).last == .started)
        #expect(bench.parties[0].session?.remoteDescription == SessionBench.answer)
        bench.terminate(0)
        // PRACK took 2 and 3 of the numbers.
        #expect(bench.sent(0, .bye).first?.cseq?.number == 4)
    }

    @Test func cancellingWaitsForTheFirstSignOfLife() throws {
        var bench = calling()
        bench.terminate(0)
        #expect(bench.sent(0, .cancel).isEmpty)
        #expect(bench.state(0) == .terminating)
        try bench.respond(180)
        #expect(bench.sent(0, .cancel).count == 1)
        #expect(bench.parties[0].session?.answersChallenges == false)
        try bench.respond(487)
        #expect(bench.events(0) == [.terminated(.byUser)])
    }

    @Test func aCancelledInvitationEndsWithoutAnAnswerToo() throws {
        var bench = calling()
        try bench.respond(180)
        bench.terminate(0)
        bench.run(for: .seconds(100))
        #expect(bench.events(0).last == .terminated(.byUser))
    }

    @Test func theRouteOfTheDialogIsThatOfTheAnswer() throws {
        var bench = try established([(.recordRoute, "<sip:p2.test;lr>, <sip:p1.test;lr>")])
        bench.terminate(0)
        let bye = try #require(bench.sent(0, .bye).first)
        #expect(bye.headers.all(.route) == ["<sip:p1.test;lr>", "<sip:p2.test;lr>"])
        #expect(bye.requestURI == "sip:theirs@192.0.2.2")
    }

    // MARK: - Session timer (RFC 4028)

    @Test func withoutAnIntervalInTheAnswerNothingIsRefreshed() throws {
        var bench = try established()
        bench.run(for: .seconds(4000))
        #expect(bench.events(0) == [.started])
        #expect(bench.sent(0, .update).isEmpty)
    }

    @Test func theAnswerDecidesWhoRefreshesAndHowOften() throws {
        var bench = try established([(.sessionExpires, "300;refresher=uas"), (.allow, "INVITE, UPDATE")])
        bench.run(for: .seconds(267))
        #expect(bench.sent(0, .bye).isEmpty)
        bench.run(for: .seconds(2))
        #expect(bench.numbers(0, .bye).count == 1)
        #expect(bench.events(0).last == .terminated(.expired))
    }

    @Test func aPeerWithoutUpdateIsRefreshedByInvite() throws {
        var bench = try established([(.sessionExpires, "300;refresher=uac"), (.allow, "INVITE, BYE")])
        bench.run(for: .seconds(151))
        let refresh = try #require(bench.sent(0, .invite).last)
        #expect(refresh.toTag == "theirs")
        #expect(refresh.body == "offer")
        #expect(refresh.headers.first(.sessionExpires) == "300;refresher=uac")
        try bench.respond(200, body: SessionBench.answer, fields: [(.sessionExpires, "300;refresher=uac")])
        #expect(bench.events(0) == [.started])
        #expect(bench.sent(0, .ack).count == 2)
    }

    @Test func aRefreshWithAnIntervalTooSmallIsRepeated() throws {
        var bench = try established([(.sessionExpires, "300;refresher=uac"), (.allow, "INVITE, UPDATE")])
        bench.run(for: .seconds(151))
        try bench.respond(422, to: .update, fields: [(.minSE, "600")])
        #expect(bench.sent(0, .update).last?.headers.first(.sessionExpires) == "600;refresher=uac")
        try bench.respond(200, to: .update, fields: [(.sessionExpires, "600;refresher=uac")])
        bench.run(for: .seconds(290))
        #expect(bench.numbers(0, .update).count == 2)
    }

    @Test func aRefreshThatIsRefusedIsTriedAgainBeforeTheEnd() throws {
        var bench = try established([(.sessionExpires, "300;refresher=uac"), (.allow, "INVITE, UPDATE")])
        bench.run(for: .seconds(151))
        try bench.respond(405, to: .update)
        bench.run(for: .seconds(40))
        #expect(bench.sent(0, .invite).count >= 2)
        #expect(bench.events(0) == [.started])
    }

    @Test func anIntervalBelowTheLeastIsNotBelieved() throws {
        var bench = try established([(.sessionExpires, "1;refresher=uac"), (.allow, "INVITE, UPDATE")])
        bench.run(for: .seconds(44))
        #expect(bench.sent(0, .update).isEmpty)
    }

    // MARK: - Changes (RFC 3261 §14.1)

    @Test(arguments: [(491, 2100...4000)])
    func aCollisionIsTriedAgainAfterARandomTime(status: Int, range: ClosedRange<Int>) throws {
        var bench = try established()
        bench.update(0, "change")
        try bench.respond(status)
        let start = bench.now
        bench.run(for: .seconds(4))
        let again = try #require(bench.traffic.last { $0.message.method == .invite })
        #expect(bench.sent(0, .invite).filter { $0.body == "change" }.count >= 2)
        let first = try #require(
            bench.traffic.filter { $0.message.body == "change" && $0.message.cseq == again.message.cseq }
                .first
        )
        let wait = first.time - start
        #expect(wait >= .milliseconds(range.lowerBound) && wait <= .milliseconds(range.upperBound))
    }

    @Test func aBusyPeerIsTriedAgainWhenItSays() throws {
        var bench = try established()
        bench.update(0, "change")
        try bench.respond(500, fields: [(.retryAfter, "7")])
        bench.run(for: .seconds(6))
        #expect(bench.sent(0, .invite).count == 2)
        bench.run(for: .seconds(2))
        #expect(bench.sent(0, .invite).last?.body == "change")
        #expect(bench.sent(0, .invite).last?.cseq?.number == 3)
        #expect(bench.parties[0].session?.hasPendingUpdates == true)
    }

    @Test(arguments: [408, 481])
    func aPeerThatHasForgottenTheSessionEndsIt(status: Int) throws {
        var bench = try established()
        bench.update(0, "change")
        try bench.respond(status)
        #expect(bench.events(0) == [.started, .terminated(.lost)])
        #expect(bench.sent(0, .bye).count == 1)
        bench.run(for: .seconds(40))
        #expect(bench.events(0).count == 2)
    }

    @Test func aLateAnswerToAChangeIsAcknowledgedAfterTheEnd() throws {
        var bench = try established()
        bench.update(0, "change")
        bench.terminate(0)
        try bench.respond(200, body: SessionBench.answer)
        #expect(bench.sent(0, .ack).count == 2)
        #expect(bench.events(0) == [.started])
    }

    @Test func aChangeWaitsForTheOneBefore() throws {
        var bench = try established()
        bench.update(0, "one")
        bench.update(0, "two")
        #expect(bench.sent(0, .invite).count == 2)
        try bench.respond(200, body: SessionBody("answer one"))
        #expect(bench.sent(0, .invite).last?.body == "two")
        try bench.respond(200, body: SessionBody("answer two"))
        #expect(bench.events(0) == [.started, .updated, .updated])
        #expect(bench.parties[0].session?.localDescription == SessionBody("two"))
    }
}
