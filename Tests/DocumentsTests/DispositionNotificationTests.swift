import Documents
import Testing
import Wire

@Suite("Disposition notification (RFC 5438 §11)")
struct DispositionNotificationTests {
    @Test(
        "the examples of §7 and §8",
        arguments: [
            ("rfc5438-imdn-1.xml", DispositionNotification.Disposition.delivery(.delivered)),
            ("rfc5438-imdn-2.xml", .display(.displayed)), ("rfc5438-imdn-3.xml", .processing(.processed)),
        ]
    )
    func examples(_ name: String, _ disposition: DispositionNotification.Disposition) throws {
        let notification = try DispositionNotification(parsing: documentFixture(name))
        #expect(
            notification
                == DispositionNotification(
                    messageID: "34jk324j",
                    dateTime: "2008-04-04T12:16:49-05:00",
                    recipient: "im:bob@example.com",
                    originalRecipient: "im:bob@example.com",
                    disposition: disposition
                )
        )
    }

    @Test(
        "what is written is read back",
        arguments: [
            DispositionNotification.Disposition.delivery(.delivered), .delivery(.failed),
            .delivery(.forbidden),
            .delivery(.error), .display(.displayed), .display(.forbidden), .display(.error),
            .processing(.processed), .processing(.stored), .processing(.forbidden), .processing(.error),
        ]
    )
    func roundTrip(_ disposition: DispositionNotification.Disposition) throws {
        var notification = DispositionNotification(
            messageID: "<a&b>",
            dateTime: "2026-11-21T09:30:00Z",
            recipient: "sip:bob@ims.test",
            originalRecipient: "tel:+15550001",
            subject: "Été",
            disposition: disposition
        )
        #expect(try DispositionNotification(parsing: ByteString(notification.serialized())) == notification)
        (notification.recipient, notification.originalRecipient, notification.subject) = (nil, nil, nil)
        #expect(try DispositionNotification(parsing: ByteString(notification.serialized())) == notification)
    }

    @Test("a recipient is written with an original recipient, as the schema demands (§11.1.9)")
    func recipients() throws {
        let notification = DispositionNotification(
            messageID: "1",
            dateTime: "",
            recipient: "sip:bob@ims.test",
            disposition: .display(.displayed)
        )
        let read = try DispositionNotification(parsing: ByteString(notification.serialized()))
        #expect(read.originalRecipient == "sip:bob@ims.test")
    }

    @Test("extensions stand beside what is known, and are ignored")
    func extensions() throws {
        let text = """
            <imdn xmlns="urn:ietf:params:xml:ns:imdn" xmlns:x="urn:x"><x:display-notification/><message-id> 1 </message-id>
            <delivery-notification><status><x:reason/><failed/></status></delivery-notification></imdn>
            """
        let notification = try DispositionNotification(parsing: ByteString(text))
        #expect(notification.messageID == "1")
        #expect(notification.disposition == .delivery(.failed))
    }

    @Test(
        "what the document type demands must be there",
        arguments: [
            ("<imdn/>", "message-id"), ("<imdn><message-id> </message-id></imdn>", "message-id"),
            ("<imdn><message-id>1</message-id></imdn>", "imdn"),
            ("<imdn><message-id>1</message-id><display-notification/></imdn>", "display-notification"),
            (
                "<imdn><message-id>1</message-id><display-notification><status><delivered/></status></display-notification></imdn>",
                "display-notification"
            ),
            ("<imdn xmlns='urn:x'/>", "imdn"), ("<isComposing/>", "isComposing"),
        ]
    )
    func invalid(_ text: String, _ element: String) {
        #expect(throws: DocumentError.invalid(element: element)) {
            try DispositionNotification(parsing: ByteString(text))
        }
    }
}
