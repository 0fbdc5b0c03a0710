import Testing
import Wire

@Suite("DNS in the log")
struct DNSTests {
    @Test("questions and records read as in a zone file, and nothing is said of none")
    func described() {
        #expect(DNSQuestion.service("_sip._udp.ims.test").description == "SRV of _sip._udp.ims.test")
        let pointer = NamingAuthorityPointer(
            order: 10,
            preference: 50,
            flags: "s",
            service: "SIP+D2U",
            replacement: "_sip._udp.ims.test"
        )
        #expect(
            DNSAnswer.namingAuthority([pointer]).description
                == #"10 50 "s" "SIP+D2U" "" _sip._udp.ims.test"#
        )
        let server = ServiceRecord(priority: 1, weight: 2, port: 5060, target: "pcscf.ims.test")
        #expect(
            DNSAnswer.service([server, server]).description
                == "1 2 5060 pcscf.ims.test; 1 2 5060 pcscf.ims.test"
        )
        #expect(DNSAnswer.addresses([]).description == "nothing")
    }
}
