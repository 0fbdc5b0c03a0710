import SIP
import Testing
import UserAgent
import Wire

@Suite("What one side can do and the other asks, RFC 3261 §11 and RFC 3841 §6")
struct CoreCapabilityTests {
    private static let tag = Registration.FeatureTag(
        "+g.3gpp.iari-ref",
        "urn%3Aurn-7%3A3gpp-application.ims.iari.gsma-is"
    )

    private func request(_ method: String, _ fields: String) -> String {
        """
        \(method) sip:alice@127.0.0.1:5070 SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:4060;branch=z9hG4bK\(fields.hashValue)
        From: <sip:bob@ims.test>;tag=1
        To: <sip:alice@ims.test>
        Call-ID: \(fields.hashValue)
        CSeq: 1 \(method)
        Max-Forwards: 70
        \(fields)
        Content-Length: 0


        """
    }

    @Test("an answer to OPTIONS has the Contact that was registered, with its features")
    func answered() throws {
        var bench = try CoreBench.registered { $0.serviceFeatures.append(Self.tag) }
        bench.receive(request("OPTIONS", "Accept: application/sdp"))
        let answer = try #require(bench.sent.last)
        #expect(answer.status == .ok)
        let registered = try #require(try bench.requests(.register).last?.headers.first(Contact.self))
        let told = try #require(try answer.headers.first(Contact.self))
        #expect(told.uri == registered.uri)
        #expect(told.parameters["+g.3gpp.iari-ref"] == registered.parameters["+g.3gpp.iari-ref"])
        #expect(told.parameters.contains("+g.oma.sip-im"))
    }

    @Test("who has left the IM service is not reached any more by those who demand it")
    func left() throws {
        let demand = "Accept-Contact: *;+g.oma.sip-im;require;explicit"
        var bench = try CoreBench.registered { $0.features = [Registration.FeatureTag("mobility", "fixed")] }
        bench.receive(request("MESSAGE", demand))
        #expect(bench.received.count == 1)
        bench.step { core, now, effects in core.unregister(serviceOnly: true, at: now, into: &effects) }
        bench.grant()
        bench.receive(request("MESSAGE", demand + "\nUser-Agent: second"))
        #expect(bench.received.count == 1)
        #expect(bench.responses.last == 480)
        bench.receive(request("MESSAGE", "Accept-Contact: *;+g.oma.sip-im"))
        #expect(bench.received.count == 2)
    }

    @Test("a question goes the way of every request, and its answer is told")
    func asked() throws {
        var bench = try CoreBench.registered { $0.serviceFeatures.append(Self.tag) }
        let query = CapabilityQuery(recipient: "sip:bob@ims.test", callID: "q1")
        var id: CapabilityQuery.ID?
        bench.step { core, now, effects in id = core.ask(query, at: now, into: &effects) }
        let options = try #require(bench.requests(.options).last)
        #expect(options.headers.all(.route).count == 2)
        #expect(options.headers.first(.accept)?.text == "application/sdp")
        #expect(try options.headers.first(Contact.self)?.parameters.contains("+g.3gpp.iari-ref") == true)
        bench.answer(
            .ok,
            headers: [
                (
                    .contact,
                    #"<sip:bob@192.0.2.7>;+g.oma.sip-im;+g.3gpp.app%5fref="urn%3Aurnxxx%3A3gpp-application.ims.iari.gsmais""#
                ),
                (.allow, "INVITE, MESSAGE"), (.pAssertedIdentity, "<sip:bob@ims.test>"),
            ]
        )
        let told = try #require(bench.capabilities.last)
        #expect(told.id == id)
        guard case .answered(let response) = told.outcome else {
            Issue.record("no answer")
            return
        }
        let capabilities = PeerCapabilities(response)
        #expect(capabilities.contact == "sip:bob@192.0.2.7")
        #expect(capabilities.hasMessaging && capabilities.hasImageShare)
        #expect(capabilities.methods == ["INVITE", "MESSAGE"])
        #expect(capabilities.identities == ["sip:bob@ims.test"])
    }

    @Test("a refusal and silence are told apart")
    func unanswered() throws {
        var bench = try CoreBench.registered()
        let query = CapabilityQuery(recipient: "sip:bob@ims.test", callID: "q1")
        bench.step { core, now, effects in _ = core.ask(query, at: now, into: &effects) }
        bench.answer(.temporarilyUnavailable)
        bench.step { core, now, effects in _ = core.ask(query, at: now, into: &effects) }
        bench.advance(by: .seconds(40))
        guard case .refused(let response)? = bench.capabilities.first?.outcome else {
            Issue.record("no refusal")
            return
        }
        #expect(response.status == .temporarilyUnavailable)
        #expect(bench.capabilities.last?.outcome == .noAnswer)
    }
}
