import Testing

@testable import Engine

/// What users write in place of an address.
@Suite struct RecipientTests {
    @Test(
        "what is short is completed with the home domain",
        arguments: [
            ("bob", "sip:bob@ims.test"), ("bob@elsewhere.test", "sip:bob@elsewhere.test"),
            ("+49 30", nil), ("+4930123456", "tel:+4930123456"), ("tel:+4930", "tel:+4930"),
            ("tel:0301234", "tel:0301234;phone-context=ims.test"),
            ("tel:110;phone-context=+49", "tel:110;phone-context=+49"),
            ("SIPS:bob@ims.test;user=phone", "SIPS:bob@ims.test;user=phone"),
            ("sip:bob@ims.test?Subject=x", nil), ("sip:bob@ims.test;Method=INVITE", nil), ("im:bob@x", nil),
            ("http://bob@x", nil),
            ("bob@", nil), ("", nil),
        ] as [(String, String?)]
    )
    func completed(_ text: String, uri: String?) {
        #expect((try? Recipient(text, realm: "ims.test"))?.uri == uri)
    }
}
