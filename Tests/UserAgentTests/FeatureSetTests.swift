import SIP
import Testing
import UserAgent
import Wire

@Suite("Features and wishes, RFC 3840 and RFC 3841")
struct FeatureSetTests {
    private func features(_ contact: String) throws -> FeatureSet {
        FeatureSet(try Contact(parsing: ByteString(contact)).parameters)
    }

    private func wish(_ text: String) throws -> AcceptContact { try AcceptContact(parsing: ByteString(text)) }

    @Test(
        "image share is recognised in every spelling that is in use",
        arguments: [
            #"+g.3gpp.iari-ref="urn%3Aurn-7%3A3gpp-application.ims.iari.gsma-is""#,
            #"+g.3gpp.iari-ref="urn:urn-7:3gpp-application.ims.iari.gsma-is""#,
            #"+g.3gpp.app%5fref="urn%3Aurn-xxx%3A3gpp-application.ims.iari.gsma-is";explicit"#,
            #"+g.3gpp.app%5fref="urn%3Aurnxxx%3A3gpp-application.ims.iari.gsmais";explicit;+g.oma.sip-im"#,
            #"+g.3gpp.app_ref="urn:urn-xxx:3gpp-application.ims.iari.gsma-is""#,
            #"+G.3GPP.IARI-REF="urn%3aURN-7%3a3GPP-APPLICATION.ims.iari.GSMA-IS,urn:other""#,
        ]
    )
    func spellings(_ parameters: String) throws {
        let set = try features("<sip:bob@192.0.2.1>;\(parameters)")
        #expect(set.contains("+g.3gpp.iari-ref", "urn:urn-7:3gpp-application.ims.iari.gsma-is"))
    }

    @Test(
        "what is written in the older form is read as the standard one",
        arguments: ServiceIdentifier.Form.allCases
    )
    func written(_ form: ServiceIdentifier.Form) throws {
        let tag = ServiceIdentifier.imageShare.applicationTag(form)
        let set = try features("<sip:bob@192.0.2.1>;\(tag.name)=\"\(tag.value ?? "")\"")
        #expect(set.contains("+g.3gpp.iari-ref", ServiceIdentifier.imageShare.text))
    }

    @Test("parameters of a Contact that are no features are left out")
    func others() throws {
        let set = try features(
            #"<sip:a@b>;expires=60;q=0.5;audio;mobility="fixed";explicit;methods="INVITE,BYE""#
        )
        #expect(set.descriptions == ["audio", "methods=bye,invite", "mobility=fixed"])
        #expect(!set.contains("video"))
        #expect(set.contains("methods", "BYE"))
        #expect(try features("<sip:a@b>;expires=60").isEmpty)
    }

    /// The contact of RFC 3841 §7.2.5 and what its callers ask for.
    @Test(
        "a wish with require is met or the contact is not reached",
        arguments: [
            ("*;audio;require", true),
            ("*;video;require", true),
            ("*;video;require;explicit", false),
            ("*;video;explicit", true),
            (#"*;mobility="mobile";require"#, true),
            (#"*;mobility="fixed";require"#, false),
            (#"*;mobility="fixed,mobile";require;explicit"#, true),
            ("*;+g.oma.sip-im;require;explicit", true),
            (#"*;audio="FALSE";require"#, false),
            (##"*;priority="#=5";require"##, true),
            (##"*;priority="#>=30";require"##, false),
            ("*;require;explicit", true),
        ]
    )
    func reached(_ text: String, isReached: Bool) throws {
        let contact = try features(
            ##"<sip:a@b>;audio;mobility="mobile";priority="#1:10";+g.oma.sip-im"##
        )
        #expect(contact.isReachable(accepting: [try wish(text)]) == isReached)
    }

    @Test("a contact is not reached if it has all that a Reject-Contact names, and only then")
    func rejected() throws {
        let contact = try features(#"<sip:a@b>;audio;mobility="mobile""#)
        func reject(_ text: String) throws -> RejectContact { try RejectContact(parsing: ByteString(text)) }
        #expect(!contact.isReachable(accepting: [], rejecting: [try reject("*;audio")]))
        #expect(!contact.isReachable(accepting: [], rejecting: [try reject(#"*;audio;mobility="mobile""#)]))
        #expect(contact.isReachable(accepting: [], rejecting: [try reject(#"*;mobility="fixed""#)]))
        #expect(contact.isReachable(accepting: [], rejecting: [try reject("*;audio;video")]))
    }

    @Test("a contact that says nothing of itself is reached whatever is asked for")
    func immune() throws {
        let contact = try features("<sip:a@b>")
        #expect(contact.isReachable(accepting: [try wish("*;video;require;explicit")]))
    }
}
