import Documents
import Testing
import Wire

@Suite("Provisioning (OMA SIMPLE IM TS appendix G)")
struct ProvisioningTests {
    private func read(_ text: String) throws -> Provisioning { try Provisioning(parsing: ByteString(text)) }

    @Test("a DM tree")
    func tree() throws {
        let text = """
            <MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>IM</NodeName>
            <Node><NodeName>PRES-SRV-CAP</NodeName><DFProperties/><Value>00010000</Value></Node>
            <Node><NodeName>Conference-factory-URI</NodeName><Value> sip:factory@ims.test </Value></Node>
            <Node><NodeName>MAX-ADHOC-GROUP-SIZE</NodeName><Value>20</Value></Node></Node></MgmtTree>
            """
        let provisioning = try read(text)
        #expect(provisioning.presenceServerCapabilities == Provisioning.availabilityBit)
        #expect(provisioning.conferenceFactory == "sip:factory@ims.test")
        #expect(provisioning.maximumGroupSize == 20)
    }

    @Test(
        "an AC document: a characteristic with a parameter, or a parameter by its name",
        arguments: [
            "<characteristic type='PRES-SRV-CAP'><parm name='1' value='1'/></characteristic>",
            "<characteristic type='APPLICATION/PRES-SRV-CAP'><parm name='1' value='00010000'/></characteristic>",
            "<parm name='PRES-SRV-CAP' value='11111111'/>", "<parm name='PRES-SRV-CAP' value='EA=='/>",
        ]
    )
    func characteristic(inner: String) throws {
        let text =
            "<wap-provisioningdoc><characteristic type='APPLICATION'><parm name='APPID' value='ap0005'/>\(inner)"
            + "</characteristic></wap-provisioningdoc>"
        let bits = try #require(read(text).presenceServerCapabilities)
        #expect(bits & Provisioning.availabilityBit != 0)
    }

    @Test(
        "the other bits say nothing of availability, and what is no number of bits is left out",
        arguments: [
            ("11101111", false), ("00000000", false), ("0", false), ("2", true), ("000100", true), ("", true),
        ]
    )
    func bits(value: String, isIgnored: Bool) throws {
        let text = "<wap-provisioningdoc><parm name='PRES-SRV-CAP' value='\(value)'/></wap-provisioningdoc>"
        let bits = try read(text).presenceServerCapabilities
        #expect((bits == nil) == isIgnored)
        #expect((bits ?? 0) & Provisioning.availabilityBit == 0)
    }

    @Test("what is something else is refused or empty")
    func refused() throws {
        #expect(throws: DocumentError.self) { try read("<html/>") }
        #expect(throws: DocumentError.self) { try read("not XML") }
        #expect(try read("<wap-provisioningdoc/>").isEmpty)
    }
}
