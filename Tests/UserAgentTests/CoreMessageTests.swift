import SIP
import Testing
import UserAgent
import Wire

@Suite("Pager messages through the core, RFC 3428 and OMA SIMPLE IM TS §6.1.3.1")
struct CoreMessageTests {
    @Test("a message given before there is a registration waits for it, then goes out")
    func waits() throws {
        var bench = try CoreBench()
        bench.send()
        #expect(bench.flowsWanted == [false])
        bench.openFlow()
        #expect(bench.requests(.message).isEmpty)
        bench.grant()
        #expect(bench.requests(.message).count == 1)
    }

    @Test("the preloaded route is the P-CSCF, then the Service-Route; Path is no part of it")
    func route() throws {
        var bench = try CoreBench.registered()
        bench.send()
        let routes = try #require(bench.requests(.message).last).headers.all(.route).map(\.text)
        #expect(routes == ["<sip:127.0.0.1:4060;lr>", "<sip:orig@scscf.ims.test:6060;lr>"])
    }

    @Test("over TLS the P-CSCF's route names the transport")
    func secureRoute() throws {
        var bench = try CoreBench.registered(over: .tls)
        bench.send()
        let route = try #require(bench.requests(.message).last).headers.first(.route)
        #expect(route?.text == "<sip:127.0.0.1:4060;transport=tls;lr>")
    }

    @Test("every message carries what OMA and the network ask for")
    func headers() throws {
        var bench = try CoreBench.registered { $0.accessNetworkInfo = "ADSL;utran-cell-id-3gpp=00000000" }
        bench.send()
        let message = try #require(bench.requests(.message).last)
        #expect(message.headers.first(.acceptContact)?.text == "*;+g.oma.sip-im;require;explicit")
        #expect(message.headers.first(.pPreferredIdentity)?.text == "<sip:alice@ims.test>")
        #expect(message.headers.first(.userAgent)?.text == "IM-client/OMA1.0 ims/1")
        #expect(message.headers.first(.pAccessNetworkInfo)?.text == "ADSL;utran-cell-id-3gpp=00000000")
        #expect(message.headers.first(.allow)?.text == "MESSAGE, NOTIFY, OPTIONS")
        #expect(message.headers.first(.maxForwards)?.text == "70")
        // MESSAGE makes no dialog and has no Contact (RFC 3428 §4).
        #expect(!message.headers.contains(.contact))
        #expect(!message.headers.contains(.privacy))
    }

    @Test("a private message hides the sender from the recipient and names it to the network")
    func privacy() throws {
        var bench = try CoreBench.registered { $0.displayName = "Alice" }
        bench.send(isPrivate: true)
        let message = try #require(bench.requests(.message).last)
        let from = try #require(message.headers.first(.from)).text
        #expect(from.hasPrefix("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="))
        #expect(message.headers.first(.privacy)?.text == "id")
        #expect(message.headers.first(.pPreferredIdentity)?.text == "\"Alice\" <sip:alice@ims.test>")
    }

    @Test("a barred identity is never used outward: the default one takes its place")
    func barred() throws {
        var bench = try CoreBench.registered(identities: "<sip:alice.work@ims.test>, <tel:+15550001>")
        bench.send()
        let message = try #require(bench.requests(.message).last)
        #expect(message.headers.first(.from)?.text.hasPrefix("<sip:alice.work@ims.test>") == true)
        #expect(message.headers.first(.pPreferredIdentity)?.text == "<sip:alice.work@ims.test>")
    }

    @Test("the outcome is the final response", arguments: [StatusCode.ok, .accepted])
    func delivered(_ status: StatusCode) throws {
        var bench = try CoreBench.registered()
        bench.send()
        bench.answer(status)
        guard case .succeeded(let response)? = bench.outcomes.first?.outcome else {
            Issue.record("no success")
            return
        }
        #expect(response.status == status)
    }

    @Test(
        "a refusal is told as it came",
        arguments: [StatusCode.temporarilyUnavailable, .decline, .notFound]
    )
    func refused(_ status: StatusCode) throws {
        var bench = try CoreBench.registered()
        bench.send()
        bench.answer(status)
        guard case .refused(let response)? = bench.outcomes.first?.outcome else {
            Issue.record("no refusal")
            return
        }
        #expect(response.status == status)
    }

    @Test("silence for 64·T1 means that nobody knows whether it arrived")
    func silence() throws {
        var bench = try CoreBench.registered()
        bench.send()
        bench.advance(by: .seconds(31))
        #expect(bench.outcomes.isEmpty)
        bench.advance(by: .seconds(2))
        guard case .noAnswer? = bench.outcomes.first?.outcome else {
            Issue.record("not told")
            return
        }
    }

    @Test("a 403 may mean that a restarted P-CSCF forgot us: registered anew, the message goes out once more")
    func forgotten() throws {
        var bench = try CoreBench.registered()
        bench.send()
        bench.answer(.forbidden)
        #expect(bench.outcomes.isEmpty)
        #expect(bench.requests(.register).count == 2)
        bench.grant()
        #expect(bench.requests(.message).count == 2)
        bench.answer(.forbidden)
        guard case .refused? = bench.outcomes.first?.outcome else {
            Issue.record("repeated without end")
            return
        }
        #expect(bench.requests(.message).count == 2)
    }

    @Test("a proxy's challenge is answered in a request of the next number")
    func proxyChallenge() throws {
        var bench = try CoreBench.registered()
        bench.send()
        bench.answer(
            .proxyAuthenticationRequired,
            headers: [
                (.proxyAuthenticate, #"Digest realm="ims.test", nonce="n1", algorithm=MD5, qop="auth""#)
            ]
        )
        let again = try #require(bench.requests(.message).last)
        #expect(again.headers.first(.cseq)?.text == "2 MESSAGE")
        #expect(again.headers.first(.proxyAuthorization) != nil)
        bench.answer(.ok)
        #expect(bench.outcomes.count == 1)
    }

    @Test("the far end's own challenge gets no credentials")
    func foreignChallenge() throws {
        var bench = try CoreBench.registered()
        bench.send()
        bench.answer(
            .unauthorized,
            headers: [(.wwwAuthenticate, #"Digest realm="ims.test", nonce="n1", algorithm=MD5"#)]
        )
        #expect(bench.requests(.message).count == 1)
        guard case .refused? = bench.outcomes.first?.outcome else {
            Issue.record("not told as a refusal")
            return
        }
    }

    @Test("a registration that fails fails the messages that wait for it")
    func noRegistration() throws {
        var bench = try CoreBench()
        bench.send()
        bench.openFlow()
        bench.answer(.forbidden)
        guard case .notSent(.refused)? = bench.outcomes.first?.outcome else {
            Issue.record("still waiting")
            return
        }
    }
}

@Suite("Messages too large for UDP, RFC 3261 §18.1.1")
struct CoreLargeMessageTests {
    private let large = String(repeating: "x", count: 1400)

    @Test("the registration moves to TCP and the message with it")
    func moves() throws {
        var bench = try CoreBench.registered()
        bench.send(large)
        #expect(bench.requests(.message).isEmpty)
        #expect(bench.requests(.register).last?.headers.first(.expires)?.text == "0")
        bench.answer(.ok)
        #expect(bench.flowsWanted == [false, true])
        bench.openFlow(.tcp)
        #expect(bench.closed == [FlowID(1)])
        bench.grant()
        #expect(bench.requests(.message).count == 1)
        #expect(bench.oversized.isEmpty)
    }

    @Test("a message that comes while the registration moves waits for the end of the move")
    func waitsForMove() throws {
        var bench = try CoreBench.registered()
        bench.send(large)
        bench.send("small")
        #expect(bench.requests(.register).last?.headers.first(.expires)?.text == "0")
        bench.answer(.ok)
        #expect(bench.flowsWanted == [false, true])
        bench.openFlow(.tcp)
        bench.grant()
        #expect(bench.requests(.message).count == 2)
    }

    @Test("where there is no TCP it goes by UDP, and that is told")
    func fallsBack() throws {
        var bench = try CoreBench.registered()
        bench.send(large)
        bench.answer(.ok)
        bench.openFlow(.udp)
        bench.grant()
        #expect(bench.requests(.message).count == 1)
        #expect(bench.oversized.count == 1)
    }

    @Test("over a stream it goes at once")
    func overStream() throws {
        var bench = try CoreBench.registered(over: .tcp)
        bench.send(large)
        #expect(bench.requests(.message).count == 1)
    }
}
