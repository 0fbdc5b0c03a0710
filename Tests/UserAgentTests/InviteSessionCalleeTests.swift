import SIP
import Testing
import UserAgent
import Wire

/// The side that is called, and requests within a session, against requests the test makes up.
@Suite struct InviteSessionCalleeTests {
    /// A request of the scripted party 1 to party 0.
    private func request(
        _ method: String,
        cseq: Int = 1,
        toTag: String? = nil,
        body: String? = nil,
        fields: String = "",
        branch: String? = nil
    ) throws -> Message {
        let tag = toTag.map { ";tag=\($0)" } ?? ""
        var lines = """
            \(method) sip:user0@192.0.2.1 SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK\(branch ?? "\(method)\(cseq)")
            Max-Forwards: 70
            From: <sip:carol@ims.test>;tag=carol
            To: <sip:user0@ims.test>\(tag)
            Call-ID: incoming
            CSeq: \(cseq) \(method)
            Contact: <sip:carol@192.0.2.2>
            """
        if !fields.isEmpty { lines += "\n" + fields }
        if let body { lines += "\nContent-Type: application/sdp\nContent-Length: \(body.utf8.count)" }
        let head = lines.split(separator: "\n").joined(separator: "\r\n")
        return try Message(parsing: ByteString(head + "\r\n\r\n" + (body ?? "")))
    }

    private func invited(body: String? = "offer", fields: String = "") throws -> SessionBench {
        var bench = SessionBench(scripted: [1])
        bench.inject(try request("INVITE", body: body, fields: fields), to: 0)
        return bench
    }

    private func established(body: String? = "offer", fields: String = "") throws -> SessionBench {
        var bench = try invited(body: body, fields: fields)
        bench.accept(0)
        let tag = try tag(bench)
        bench.inject(try request("ACK", toTag: tag, body: body == nil ? "their answer" : nil), to: 0)
        return bench
    }

    private func tag(_ bench: SessionBench) throws -> String {
        try #require(bench.parties[0].session).localTag
    }

    private func last(_ bench: SessionBench, _ method: SIP.Method) throws -> Message {
        try #require(bench.answers(0, to: method).last)
    }

    @Test func theAnswerCarriesWhatADialogNeeds() throws {
        let bench = try established(fields: "Supported: timer\nSession-Expires: 1200;refresher=uac")
        let answer = try last(bench, .invite)
        #expect(answer.status == .ok)
        #expect(answer.headers.first(.contact) == "<sip:user0@192.0.2.1>;+g.oma.sip-im")
        #expect(answer.headers.first(.sessionExpires) == "1200;refresher=uac")
        #expect(answer.headers.first(.require) == "timer")
        #expect(answer.headers.contains(.allow))
        #expect(answer.body == "answer")
        #expect(bench.events(0) == [.started])
        #expect(bench.parties[0].session?.peer == "sip:carol@ims.test")
    }

    @Test(arguments: [
        ("", "1800;refresher=uas", false),
        ("Session-Expires: 600", "600;refresher=uas", false),
        ("Supported: timer", "1800;refresher=uac", true),
        ("Supported: timer\nSession-Expires: 600", "600;refresher=uac", true),
        ("Supported: timer\nSession-Expires: 600;refresher=uas", "600;refresher=uas", true),
        ("Supported: timer\nSession-Expires: 9000;refresher=uac\nMin-SE: 3000", "3000;refresher=uac", true),
    ])
    func whoRefreshesFollowsTheTableOfRFC4028(fields: String, expected: String, isRequired: Bool) throws {
        let answer = try last(try established(fields: fields), .invite)
        #expect(answer.headers.first(.sessionExpires)?.text == expected)
        #expect(answer.headers.contains(.require) == isRequired)
    }

    @Test func anIntervalTooSmallIsRefused() throws {
        let bench = try invited(fields: "Supported: timer\nSession-Expires: 30")
        #expect(try last(bench, .invite).status == .intervalTooSmall)
        #expect(try last(bench, .invite).headers.first(.minSE) == "90")
        #expect(bench.parties[0].session == nil)
    }

    @Test func anInvitationWithoutContactIsRefused() throws {
        var bench = SessionBench(scripted: [1])
        var invite = try request("INVITE", body: "offer")
        invite.headers.remove(.contact)
        bench.inject(invite, to: 0)
        #expect(try last(bench, .invite).status == .badRequest)
        #expect(bench.parties[0].session == nil)
    }

    @Test func whoMustRefreshDoesSo() throws {
        var bench = try established(fields: "Session-Expires: 600\nAllow: INVITE")
        bench.run(for: .seconds(301))
        #expect(bench.sent(0, .invite).first?.body == "answer")
    }

    @Test func anInvitationRunsOutWhenItSays() throws {
        var bench = try invited(fields: "Expires: 20")
        bench.run(for: .seconds(21))
        #expect(try last(bench, .invite).status == .requestTerminated)
        #expect(bench.events(0) == [.terminated(.unanswered)])
    }

    @Test func aByeBeforeTheAnswerEndsTheInvitation() throws {
        var bench = try invited()
        bench.ring(0)
        bench.inject(try request("BYE", cseq: 2, toTag: try tag(bench)), to: 0)
        #expect(try last(bench, .bye).status == .ok)
        #expect(try last(bench, .invite).status == .requestTerminated)
        #expect(bench.events(0) == [.terminated(.byPeer(reason: nil))])
    }

    @Test func aByeSaysWhy() throws {
        var bench = try established()
        let bye = try request(
            "BYE",
            cseq: 2,
            toTag: try tag(bench),
            fields: "Reason: SIP;cause=200;text=\"Removed\""
        )
        bench.inject(bye, to: 0)
        #expect(bench.events(0).last == .terminated(.byPeer(reason: "Removed")))
    }

    @Test func aRefusalCanNameATime() throws {
        var bench = try invited()
        bench.act(0) { session, _, effects in
            session.reject(.busyHere, retryAfter: .milliseconds(1500), into: &effects)
        }
        #expect(try last(bench, .invite).status == .busyHere)
        #expect(try last(bench, .invite).headers.first(.retryAfter) == "2")
        #expect(bench.events(0) == [.terminated(.byUser)])
    }

    @Test func anInvitationWithoutAnOfferIsAnsweredWithOne() throws {
        let bench = try established(body: nil)
        #expect(try last(bench, .invite).body == "answer")
        #expect(bench.parties[0].session?.remoteDescription == SessionBody("their answer"))
        #expect(bench.events(0) == [.started])
    }

    @Test func anOfferThatIsNotAnsweredInTheAcknowledgementEndsTheSession() throws {
        var bench = try invited(body: nil)
        bench.accept(0)
        bench.inject(try request("ACK", toTag: try tag(bench)), to: 0)
        #expect(bench.events(0) == [.startFailed(.badAnswer)])
        #expect(bench.sent(0, .bye).count == 1)
    }

    // MARK: - Reliable provisional responses (RFC 3262)

    @Test func aCallerThatDemandsItHearsReliably() throws {
        var bench = try invited(fields: "Require: 100rel")
        bench.ring(0)
        let ringing = try last(bench, .invite)
        let number = try #require(ringing.headers.first(.rseq))
        #expect(ringing.headers.first(.require) == "100rel")
        bench.run(for: .milliseconds(1600))
        #expect(bench.statuses(0, to: .invite) == [180, 180, 180])
        bench.inject(
            try request("PRACK", cseq: 2, toTag: try tag(bench), fields: "RAck: \(number) 1 INVITE"),
            to: 0
        )
        #expect(try last(bench, .prack).status == .ok)
        bench.run(for: .seconds(10))
        #expect(bench.statuses(0, to: .invite).count == 3)
    }

    @Test func aPrackForSomethingElseIsRefused() throws {
        var bench = try invited(fields: "Require: 100rel")
        bench.ring(0)
        let tag = try tag(bench)
        bench.inject(try request("PRACK", cseq: 2, toTag: tag, fields: "RAck: 5 9 INVITE"), to: 0)
        #expect(try last(bench, .prack).status == .callDoesNotExist)
    }

    @Test func aSecondReliableResponseWaitsForTheFirst() throws {
        var bench = try invited(fields: "Require: 100rel")
        bench.ring(0)
        bench.act(0) { $0.ring(.queued, at: $1, into: &$2) }
        #expect(bench.statuses(0, to: .invite) == [180])
        let number = try #require(try last(bench, .invite).headers.first(.rseq)?.decimal(upTo: .max))
        bench.inject(
            try request("PRACK", cseq: 2, toTag: try tag(bench), fields: "RAck: \(number) 1 INVITE"),
            to: 0
        )
        #expect(bench.statuses(0, to: .invite) == [180, 182])
        #expect(try last(bench, .invite).headers.first(.rseq)?.text == "\(number + 1)")
    }

    @Test func anOrdinaryCallerHearsUnreliably() throws {
        var bench = try invited(fields: "Supported: 100rel")
        bench.ring(0)
        #expect(try !last(bench, .invite).headers.contains(.rseq))
    }

    // MARK: - Changes of the other side (RFC 3261 §14.2, RFC 3311 §5.2)

    @Test func aRefreshIsAnsweredWithoutAsking() throws {
        var bench = try established(fields: "Supported: timer\nSession-Expires: 600;refresher=uac")
        let tag = try tag(bench)
        let timer = "Supported: timer\nSession-Expires: 600;refresher=uac"
        bench.run(for: .seconds(500))
        bench.inject(try request("UPDATE", cseq: 2, toTag: tag, fields: timer), to: 0)
        #expect(try last(bench, .update).status == .ok)
        #expect(try last(bench, .update).headers.first(.sessionExpires) == "600;refresher=uac")
        #expect(try last(bench, .update).body.isEmpty)
        bench.run(for: .seconds(500))
        bench.inject(try request("INVITE", cseq: 3, toTag: tag, body: "offer", fields: timer), to: 0)
        #expect(try last(bench, .invite).body == "answer")
        bench.inject(try request("ACK", cseq: 3, toTag: tag), to: 0)
        #expect(bench.events(0) == [.started])
        #expect(bench.state(0) == .established)
        bench.run(for: .seconds(569))
        #expect(bench.events(0).last == .terminated(.expired))
    }

    @Test func aReinviteWithoutAnOfferGetsOurs() throws {
        var bench = try established()
        let tag = try tag(bench)
        bench.inject(try request("INVITE", cseq: 2, toTag: tag), to: 0)
        #expect(try last(bench, .invite).body == "answer")
        bench.inject(try request("UPDATE", cseq: 3, toTag: tag, body: "early"), to: 0)
        #expect(try last(bench, .update).status == .requestPending)
        bench.inject(try request("ACK", cseq: 2, toTag: tag, body: "new"), to: 0)
        #expect(bench.events(0) == [.started, .updated])
        #expect(bench.parties[0].session?.remoteDescription == SessionBody("new"))
    }

    @Test func aSecondChangeBeforeTheFirstIsAnsweredComesTooEarly() throws {
        var bench = try established()
        let tag = try tag(bench)
        bench.inject(try request("UPDATE", cseq: 2, toTag: tag, body: "one"), to: 0)
        bench.inject(try request("UPDATE", cseq: 3, toTag: tag, body: "two"), to: 0)
        let refusal = try last(bench, .update)
        #expect(refusal.status == .serverInternalError)
        let delay = try #require(try refusal.headers.first(RetryAfter.self))
        #expect(delay.seconds <= 10)
        bench.inject(try request("INVITE", cseq: 4, toTag: tag, body: "three"), to: 0)
        #expect(try last(bench, .invite).status == .serverInternalError)
        bench.acceptUpdate(0, "answer one")
        #expect(try last(bench, .update).body == "answer one")
        #expect(bench.events(0) == [.started, .updateReceived("one"), .updated])
    }

    @Test func answersThatAreNeverConfirmedAreFew() throws {
        var bench = try established()
        let tag = try tag(bench)
        for cseq in 2..<12 {
            bench.inject(try request("INVITE", cseq: cseq, toTag: tag, body: "offer"), to: 0)
        }
        let statuses = bench.statuses(0, to: .invite).dropFirst()
        #expect(statuses.filter { $0 == 200 }.count == InviteSession.Limits.unconfirmedAnswers)
        #expect(statuses.filter { $0 == 500 }.count == 10 - InviteSession.Limits.unconfirmedAnswers)
    }

    @Test func aSecondInvitationBeforeTheFirstIsAnsweredComesTooEarly() throws {
        var bench = try invited()
        bench.inject(try request("INVITE", cseq: 2, toTag: try tag(bench), body: "x"), to: 0)
        #expect(try last(bench, .invite).status == .serverInternalError)
        #expect(try last(bench, .invite).headers.contains(.retryAfter))
        #expect(bench.state(0) == .negotiating)
    }

    @Test func aChangeDuringOneOfOursIsRefused() throws {
        var bench = try established()
        bench.update(0, "ours")
        let tag = try tag(bench)
        bench.inject(try request("INVITE", cseq: 2, toTag: tag, body: "theirs"), to: 0)
        #expect(try last(bench, .invite).status == .requestPending)
        bench.inject(try request("UPDATE", cseq: 3, toTag: tag, body: "theirs"), to: 0)
        #expect(try last(bench, .update).status == .requestPending)
        bench.inject(try request("UPDATE", cseq: 4, toTag: tag), to: 0)
        #expect(try last(bench, .update).status == .ok)
    }

    @Test func theOneWhoWasCalledTriesAgainSoonerAfterACollision() throws {
        var bench = try established()
        bench.update(0, "ours")
        try bench.respond(491)
        bench.run(for: .seconds(2))
        #expect(bench.sent(0, .invite).compactMap { $0.cseq?.number }.max() == 2)
    }

    @Test func aChangeThatIsTakenBackIsAnsweredSo() throws {
        var bench = try established()
        let tag = try tag(bench)
        bench.inject(try request("INVITE", cseq: 2, toTag: tag, body: "one", branch: "same"), to: 0)
        bench.inject(try request("CANCEL", cseq: 2, toTag: tag, branch: "same"), to: 0)
        #expect(try last(bench, .invite).status == .requestTerminated)
        #expect(bench.events(0) == [.started, .updateReceived("one"), .updateFailed(.cancelled)])
    }

    @Test func aRequestOutOfOrderIsRefused() throws {
        var bench = try established()
        let tag = try tag(bench)
        bench.inject(try request("UPDATE", cseq: 9, toTag: tag), to: 0)
        bench.inject(try request("UPDATE", cseq: 8, toTag: tag), to: 0)
        #expect(bench.statuses(0, to: .update) == [200, 500])
    }

    @Test func aRequestOfAnotherDialogIsRefused() throws {
        var bench = try established()
        var bye = try request("BYE", cseq: 2, toTag: try tag(bench))
        bye.headers.set(.from, "<sip:carol@ims.test>;tag=other")
        bench.inject(bye, to: 0)
        #expect(try last(bench, .bye).status == .callDoesNotExist)
        #expect(bench.state(0) == .established)
    }

    @Test func theTargetFollowsTheContactOfAChange() throws {
        var bench = try established()
        var update = try request("UPDATE", cseq: 2, toTag: try tag(bench))
        update.headers.set(.contact, "<sip:moved@192.0.2.77>")
        bench.inject(update, to: 0)
        bench.terminate(0)
        #expect(bench.sent(0, .bye).first?.requestURI == "sip:moved@192.0.2.77")
    }
}
