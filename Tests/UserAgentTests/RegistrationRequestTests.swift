import SIP
import Testing
import UserAgent
import Wire

@Suite("REGISTER as TS 24.229 §5.1.1.2 and OMA SIMPLE IM ask for it")
struct RegistrationRequestTests {
    @Test("nothing is sent before there is a flow, which is asked for once")
    func needsFlow() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.start()
        #expect(bench.flowsWanted == 1 && bench.sent.isEmpty)
        bench.openFlow()
        #expect(bench.sent.count == 1)
        #expect(bench.reports.count == 1)
    }

    @Test("a flow that nobody asked for sends nothing")
    func idle() throws {
        var bench = try RegistrationBench()
        bench.openFlow()
        #expect(bench.sent.isEmpty && bench.reports.isEmpty)
    }

    @Test("names the identity, the home domain, the client and what it can do")
    func headers() throws {
        var bench = try RegistrationBench { profile in
            profile.displayName = "Alice \"A\""
            profile.features = [
                Registration.FeatureTag("+g.3gpp.icsi-ref", "urn%3Aurn-7%3A3gpp-service.ims.icsi.x")
            ]
            profile.accessNetworkInfo = "IEEE-802.11"
        }
        bench.start()
        bench.openFlow(.tcp)
        #expect(bench.last.requestURI == "sip:ims.test")
        #expect(bench.field(.to) == #""Alice \"A\"" <sip:alice@ims.test>"#)
        #expect(bench.field(.from)?.hasPrefix(#""Alice \"A\"" <sip:alice@ims.test>;tag="#) == true)
        #expect(
            bench.field(.contact)
                == #"<sip:alice@127.0.0.1:5070;transport=tcp>;+sip.instance="<\#(RegistrationBench.instanceID)>""#
                + #";+g.oma.sip-im;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.x""#
        )
        #expect(bench.field(.expires) == "600000")
        #expect(bench.field(.require) == "pref")
        #expect(bench.field(.supported) == "path, gruu, outbound")
        #expect(bench.field(.userAgent) == "IM-client/OMA1.0 ims/1")
        #expect(bench.field(.pAccessNetworkInfo) == "IEEE-802.11")
        #expect(bench.field(.maxForwards) == "70")
        #expect(bench.field(.allow) == "MESSAGE, NOTIFY, OPTIONS")
        #expect(bench.field(.cseq) == "1 REGISTER")
        #expect(bench.field(.via) == nil && bench.field(.route) == nil)
        #expect(bench.field(.authorization)?.contains("nonce=\"\"") == true)
    }

    @Test("Require: pref, P-Access-Network-Info and +sip.instance can be left out")
    func switches() throws {
        var bench = try RegistrationBench { profile in
            profile.requiresPreferences = false
            profile.instanceID = nil
        }
        bench.start()
        bench.openFlow()
        #expect(bench.field(.require) == nil)
        #expect(bench.field(.pAccessNetworkInfo) == nil)
        #expect(bench.field(.contact) == "<sip:alice@127.0.0.1:5070;transport=udp>;+g.oma.sip-im")
    }

    @Test("an IPv6 contact stands in brackets")
    func ipv6() throws {
        var bench = try RegistrationBench()
        bench.start()
        let flow = Flow(
            id: FlowID(9),
            transport: .udp,
            local: TransportAddress(host: "::1", port: 5060),
            remote: TransportAddress(host: "::1", port: 4060)
        )
        bench.input { $0.flowReady(flow, at: $1, into: &$2) }
        #expect(bench.field(.contact)?.hasPrefix("<sip:alice@[::1]:5060;transport=udp>") == true)
    }

    @Test("reg-id is sent when outbound is asked for, and not again to a hop that answers 439")
    func outbound() throws {
        var bench = try RegistrationBench { $0.registrationID = 1 }
        bench.start()
        bench.openFlow()
        #expect(bench.field(.contact)?.contains(";reg-id=1") == true)
        bench.answer(.firstHopLacksOutboundSupport)
        #expect(bench.sent.count == 2)
        #expect(bench.field(.contact)?.contains("reg-id") == false)
    }

    @Test("a refresh keeps the Call-ID and the tag and counts CSeq up; a new registration is a new call")
    func sameCall() throws {
        var bench = try RegistrationBench.registered(expires: 600)
        let first = bench.last
        bench.run(for: .seconds(300))
        #expect(bench.sent.count == 2)
        #expect(bench.last.headers.first(.callID) == first.headers.first(.callID))
        #expect(bench.last.headers.first(.from) == first.headers.first(.from))
        #expect(bench.field(.cseq) == "2 REGISTER")
        bench.grant(expires: 600)
        bench.unregister()
        bench.grant(expires: 0)
        bench.start()
        #expect(bench.last.headers.first(.callID) != first.headers.first(.callID))
        #expect(bench.field(.cseq) == "4 REGISTER")
    }
}
