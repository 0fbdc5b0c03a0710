import SIP
import Testing
import UserAgent
import Wire

@Suite("Answers to REGISTER")
struct RegistrationAnswerTests {
    @Test("a 200 gives expiry, identities, service route and GRUUs; Path is left aside")
    func success() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        let contact = bench.field(.contact) ?? ""
        bench.answer(
            .ok,
            [
                (.path, "<sip:pcscf.ims.test;lr>"),
                (.serviceRoute, "<sip:orig@scscf.ims.test;lr>, <sip:second.ims.test;lr>"),
                (.pAssociatedURI, "<sip:alice@ims.test>, <tel:+15550001>"),
                (
                    .contact,
                    "\(contact);expires=3240;pub-gruu=\"sip:alice@ims.test;gr=1\";temp-gruu=\"sip:t@ims.test;gr\""
                ),
                (.require, "outbound"),
            ]
        )
        let status = try #require(bench.lastStatus)
        #expect(status.expires == .seconds(3240))
        #expect(status.identities == ["sip:alice@ims.test", "tel:+15550001"])
        #expect(!status.isRegisteredIdentityBarred)
        #expect(
            status.serviceRoute.map(\.description) == [
                "<sip:orig@scscf.ims.test;lr>", "<sip:second.ims.test;lr>",
            ]
        )
        #expect(status.publicGRUU == "sip:alice@ims.test;gr=1")
        #expect(status.temporaryGRUU == "sip:t@ims.test;gr")
        #expect(status.isServiceRegistered && status.isOutboundUsed)
        #expect(bench.registration.isRegistered)
        #expect(bench.registration.defaultIdentity == "sip:alice@ims.test")
        #expect(bench.registration.serviceRoute == status.serviceRoute)
    }

    @Test("the first identity is the default one, and one that was not listed is barred")
    func barred() throws {
        let bench = try RegistrationBench.registered(headers: [
            (.pAssociatedURI, "<sip:public@ims.test>, <tel:+1555>")
        ])
        let status = try #require(bench.lastStatus)
        #expect(status.isRegisteredIdentityBarred)
        #expect(status.registeredIdentity == "sip:alice@ims.test")
        #expect(bench.registration.defaultIdentity == "sip:public@ims.test")
        #expect(!bench.registration.identities.contains("sip:alice@ims.test"))
    }

    @Test("without P-Associated-URI the registered identity is the only one")
    func withoutIdentities() throws {
        let bench = try RegistrationBench.registered()
        #expect(bench.registration.identities == ["sip:alice@ims.test"])
        #expect(bench.lastStatus?.isRegisteredIdentityBarred == false)
    }

    @Test("a new Service-Route replaces the old one, and its absence removes it")
    func serviceRoute() throws {
        var bench = try RegistrationBench.registered(headers: [(.serviceRoute, "<sip:one.ims.test;lr>")])
        bench.refresh()
        bench.grant(headers: [(.serviceRoute, "<sip:two.ims.test;lr>")])
        #expect(bench.registration.serviceRoute.map(\.description) == ["<sip:two.ims.test;lr>"])
        bench.refresh()
        bench.grant()
        #expect(bench.registration.serviceRoute.isEmpty)
    }

    @Test(
        "one's own binding is found among others, with alias, in another order, or by its instance",
        arguments: [
            "<sip:alice@127.0.0.1:5070;transport=udp;alias=10.0.0.1~4060~1>;expires=77",
            "<sip:alice@127.0.0.1:5070;alias=1;transport=UDP>;expires=77",
            "<sip:alice@10.9.8.7:1;transport=udp>;+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\""
                + ";expires=77",
        ]
    )
    func ownBinding(contact: String) throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        let other = "<sip:alice@127.0.0.1:5071;transport=udp>;expires=11"
        bench.answer(.ok, [(.contact, "\(other), \(contact)"), (.expires, "22")])
        #expect(bench.lastStatus?.expires == .seconds(77))
    }

    @Test(
        "the expiry of the header counts where the binding names none, and the asked one where neither does"
    )
    func expiry() throws {
        var bench = try RegistrationBench { $0.expires = .seconds(900) }
        bench.start()
        bench.openFlow()
        bench.answer(.ok, [(.contact, "<sip:alice@127.0.0.1:5070;transport=udp>"), (.expires, "22")])
        #expect(bench.lastStatus?.expires == .seconds(22))
        bench.refresh()
        bench.answer(.ok)
        #expect(bench.lastStatus?.expires == .seconds(900))
    }

    @Test("a grant of nothing is a failure that is tried again")
    func nothingGranted() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.grant(expires: 0)
        #expect(bench.failures == [.notGranted])
        #expect(!bench.registration.isRegistered)
        bench.run(for: .seconds(1))
        #expect(bench.sent.count == 2)
    }

    @Test(
        "keep with a value, or Flow-Timer, tells the interval of keep-alives; keep without one promises nothing"
    )
    func keepAlive() throws {
        let via = "SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKx"
        let cases: [([(HeaderName, String)], Duration?)] = [
            ([(.via, "\(via);keep=30")], .seconds(30)),
            ([(.via, "\(via);keep")], nil),
            ([(.via, "\(via);keep=0")], .zero),
            ([(.via, "\(via);keep=30"), (.flowTimer, "90")], .seconds(90)),
            ([], nil),
        ]
        for (headers, interval) in cases {
            let bench = try RegistrationBench.registered(headers: headers)
            #expect(bench.lastStatus?.keepAlive == interval)
        }
    }

    @Test("a 401 is answered with the same Call-ID and the next CSeq")
    func challenge() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        let first = bench.last
        bench.challenge()
        #expect(bench.sent.count == 2)
        #expect(bench.field(.cseq) == "2 REGISTER")
        #expect(bench.last.headers.first(.callID) == first.headers.first(.callID))
        #expect(bench.last.headers.count(of: .authorization) == 1)
        #expect(bench.field(.authorization)?.contains("nonce=\"n1\"") == true)
        bench.grant()
        #expect(bench.registration.isRegistered)
    }

    @Test("a second 401 with a fresh nonce is answered once more, a third is a refusal")
    func secondChallenge() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.challenge(nonce: "n1")
        bench.challenge(nonce: "n2")
        #expect(bench.sent.count == 3)
        bench.challenge(nonce: "n3")
        #expect(bench.sent.count == 3)
        #expect(bench.failures == [.authentication(.credentialsRefused, status: .unauthorized)])
        #expect(bench.registration.nextDeadline == nil)
    }

    @Test("a 407 of the edge proxy is answered beside the registrar's 401")
    func proxyChallenge() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.answer(
            .proxyAuthenticationRequired,
            [(.proxyAuthenticate, #"Digest realm="ims.test", nonce="p""#)]
        )
        bench.challenge()
        #expect(
            bench.last.headers.contains(.proxyAuthorization) && bench.last.headers.contains(.authorization)
        )
    }

    @Test("a challenge of a foreign realm ends the attempt")
    func foreignRealm() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.answer(.unauthorized, [(.wwwAuthenticate, #"Digest realm="evil.test", nonce="p""#)])
        let error = AuthenticationError.foreignRealm(offered: "evil.test", expected: "ims.test")
        #expect(bench.failures == [.authentication(error, status: .unauthorized)])
        #expect(bench.sent.count == 1)
    }

    @Test(
        "a 403 after an answer means that the credentials are wrong, a 403 before one that the user is refused"
    )
    func forbidden() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.answer(.forbidden)
        guard case .refused(let response) = bench.failures.first else {
            Issue.record("\(bench.failures)")
            return
        }
        #expect(response.status == .forbidden)
        bench.start()
        bench.challenge()
        bench.answer(.forbidden)
        #expect(bench.failures.last == .authentication(.credentialsRefused, status: .forbidden))
        #expect(bench.registration.nextDeadline == nil)
    }

    @Test("a kept nonce spares the challenge; refused with 401 or 403, the REGISTER starts from nothing")
    func keptNonce() throws {
        var earlier = try RegistrationBench()
        earlier.start()
        earlier.openFlow()
        earlier.challenge(nonce: "kept")
        earlier.grant()
        let kept = try #require(earlier.registration.authenticator.keptNonces)

        var bench = try RegistrationBench(keptNonces: kept)
        bench.start()
        bench.openFlow()
        #expect(bench.field(.authorization)?.contains("nonce=\"kept\"") == true)
        #expect(bench.field(.authorization)?.contains("nc=00000002") == true)
        var asked = bench
        asked.challenge(nonce: "fresh", ", stale=true")
        #expect(asked.field(.authorization)?.contains("nonce=\"fresh\"") == true)
        bench.answer(.forbidden)
        #expect(bench.sent.count == 2)
        #expect(bench.field(.authorization)?.contains("nonce=\"\"") == true)
        bench.answer(.forbidden)
        #expect(bench.sent.count == 2 && bench.failures.count == 1)
    }

    @Test("a wrong proof of the registrar is told, and the registration stands")
    func wrongProof() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.challenge()
        bench.grant(headers: [(.authenticationInfo, #"rspauth="00", qop=auth"#)])
        #expect(bench.reports.contains(.wrongProof))
        #expect(bench.registration.isRegistered)
    }

    @Test("423 raises the expiry to Min-Expires, once and for good")
    func intervalTooBrief() throws {
        var bench = try RegistrationBench { $0.expires = .seconds(60) }
        bench.start()
        bench.openFlow()
        bench.answer(.intervalTooBrief, [(.minExpires, "1800")])
        #expect(bench.field(.expires) == "1800" && bench.field(.cseq) == "2 REGISTER")
        var stubborn = bench
        stubborn.answer(.intervalTooBrief, [(.minExpires, "3600")])
        #expect(stubborn.sent.count == 2 && stubborn.failures.count == 1)
        bench.grant(expires: 1800)
        bench.refresh()
        #expect(bench.field(.expires) == "1800")
    }

    @Test("a 423 that names no longer interval is a refusal", arguments: [nil, "60", "x"])
    func uselessMinimum(minimum: String?) throws {
        var bench = try RegistrationBench { $0.expires = .seconds(60) }
        bench.start()
        bench.openFlow()
        bench.answer(.intervalTooBrief, minimum.map { [(.minExpires, $0)] } ?? [])
        #expect(bench.sent.count == 1 && bench.failures.count == 1)
    }

    @Test(
        "what will not pass by itself is not tried again",
        arguments: [302, 305, 400, 403, 404, 405, 420, 423, 439, 494, 501, 513, 600, 603]
    )
    func permanent(code: Int) throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.answer(
            try #require(StatusCode(code)),
            [(.retryAfter, "5"), (.contact, "<sip:elsewhere.test>")]
        )
        #expect(bench.failures.count == 1)
        #expect(bench.sent.count == 1)
        #expect(bench.registration.nextDeadline == nil && !bench.registration.isBusy)
    }

    @Test("what may pass is tried again over the same flow", arguments: [408, 430, 480, 500, 502, 503, 504])
    func passing(code: Int) throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.answer(try #require(StatusCode(code)))
        #expect(bench.sent.count == 1)
        bench.run(for: .seconds(1))
        #expect(bench.sent.count == 2)
        #expect(bench.flowsWanted == 1)
    }

    @Test("Retry-After is waited for, and not even the user shortens it")
    func retryAfter() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.answer(.serviceUnavailable, [(.retryAfter, "20 (busy);duration=5")])
        guard case .failed(_, let wait) = bench.reports.last else {
            Issue.record("\(bench.reports)")
            return
        }
        #expect(wait == .seconds(20))
        bench.run(until: .seconds(15))
        bench.start()
        #expect(bench.sent.count == 1)
        guard case .failed(_, let rest) = bench.reports.last else {
            Issue.record("\(bench.reports)")
            return
        }
        #expect(rest == .seconds(5))
        bench.run(until: .seconds(20))
        #expect(bench.sent.count == 2)
    }

    @Test("a Retry-After of a century counts as an hour")
    func longRetryAfter() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.answer(.serviceUnavailable, [(.retryAfter, "4294967295")])
        #expect(bench.registration.nextDeadline == bench.epoch + Registration.Limits.retryAfter)
    }

    @Test("provisional answers, answers to an older REGISTER and nonsense change nothing")
    func strayAnswers() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        let older = bench.last
        bench.answer(.trying)
        bench.challenge()
        bench.deliver(older.response(.forbidden))
        bench.deliver(Message(status: .ok))
        #expect(bench.sent.count == 2 && bench.failures.isEmpty)
        bench.grant()
        bench.deliver(bench.last.response(.forbidden))
        #expect(bench.registration.isRegistered)
    }

    @Test("an answer damaged anywhere never traps, and a REGISTER on its way stays the only one")
    func damage() throws {
        let headers: [(HeaderName, String)] = [
            (.serviceRoute, "<sip:orig@scscf.ims.test;lr>"),
            (.pAssociatedURI, "<sip:alice@ims.test>, <tel:+1555>"),
            (.via, "SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKx;keep=30"), (.require, "outbound"),
            (.authenticationInfo, #"nextnonce="n2", rspauth="00", qop=auth, nc=00000001"#),
            (.minExpires, "99"),
            (
                .wwwAuthenticate,
                #"Digest realm="ims.test", nonce="n9", qop="auth,auth-int", algorithm=SHA-256"#
            ),
        ]
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = IdentifierSource(seed: seed)
        for code in [200, 401, 423, 503] {
            var bench = try RegistrationBench()
            bench.start()
            bench.openFlow()
            bench.challenge()
            var response = bench.last.response(try #require(StatusCode(code)), toTag: "t")
            response.headers.append(.contact, (bench.field(.contact) ?? "") + ";expires=3600")
            for (name, value) in headers { response.headers.append(name, value) }
            let bytes = response.serialized()
            for _ in 0..<500 {
                var damaged = bytes
                for _ in 0..<2 {
                    damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(
                        in: 0...255,
                        using: &random
                    )
                }
                guard let message = try? Message(parsing: ByteString(damaged)) else { continue }
                var copy = bench
                copy.deliver(message)
                #expect(copy.sent.count <= bench.sent.count + 1, "seed \(seed)")
            }
        }
    }
}
