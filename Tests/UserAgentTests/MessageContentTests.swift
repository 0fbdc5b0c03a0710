import Documents
import SIP
import Testing
import UserAgent
import Wire

@Suite("Content and its envelope")
struct MessageContentTests {
    private let alice = CPIMAddress(displayName: "Alice", uri: "sip:alice@ims.test")
    private let bob = CPIMAddress(uri: "sip:bob@ims.test")
    private let time = Timestamp(microseconds: 1_790_000_000_000_000)

    @Test("a text that asks for notifications, on the wire (RFC 5438 §7.1.1)")
    func written() {
        let content = MessageContent.wrap(
            "Hello",
            from: alice,
            to: bob,
            dateTime: time,
            wants: [.positiveDelivery, .display],
            messageID: "34jk324j"
        )
        #expect(content.contentType == "message/cpim")
        #expect(
            content.body.text == """
                From: Alice <sip:alice@ims.test>\r
                To: <sip:bob@ims.test>\r
                NS: imdn <urn:ietf:params:imdn>\r
                imdn.Message-ID: 34jk324j\r
                DateTime: 2026-09-21T14:13:20.000Z\r
                imdn.Disposition-Notification: positive-delivery, display\r
                \r
                Content-Type: text/plain;charset=UTF-8\r
                \r
                Hello
                """
        )
    }

    @Test("what is wrapped is unwrapped")
    func roundTrip() throws {
        let received = MessageContent.wrap(
            "Grüße\r\n",
            from: alice,
            to: bob,
            dateTime: time,
            wants: .delivery,
            messageID: "1",
            subject: "s"
        ).unwrapped
        #expect(received.kind == .text("Grüße\r\n"))
        #expect(received.contentType == "text/plain;charset=UTF-8")
        #expect(received.requestedDispositions == .delivery)
        let envelope = try #require(received.envelope)
        #expect(envelope.from == alice)
        #expect(envelope.to == [bob])
        #expect(envelope.dateTime == time)
        #expect(envelope.messageID == "1")
        #expect(envelope.subject == "s")
    }

    @Test("nothing is asked for without a message id")
    func anonymousMessage() {
        let received = MessageContent.wrap("x", from: alice, to: bob, dateTime: time, wants: .delivery)
            .unwrapped
        #expect(received.requestedDispositions == [])
        #expect(received.envelope?.messageID == nil)
    }

    @Test("text without an envelope is text, in the character sets this program knows")
    func plain() {
        #expect(MessageContent.plain("é").unwrapped.kind == .text("é"))
        #expect(MessageContent.plain("é").unwrapped.envelope == nil)
        let latin = MessageContent(
            contentType: "Text/Plain; charset=ISO-8859-1",
            body: ByteString([0x48, 0xE9])
        )
        #expect(latin.unwrapped.kind == .text("Hé"))
        let unknown = MessageContent(contentType: "text/plain;charset=ebcdic-us", body: "x")
        #expect(unknown.unwrapped.kind == .other)
    }

    @Test("a status message is found with and without an envelope, and asks for nothing")
    func composing() {
        let status = IsComposing(.active, contentType: "text/plain", refresh: .seconds(60))
        #expect(MessageContent.composing(status).unwrapped.kind == .composing(status))
        let wrapped = MessageContent.composing(status).wrapped(
            from: alice,
            to: bob,
            dateTime: time,
            wants: .display,
            messageID: "1"
        )
        #expect(wrapped.unwrapped.kind == .composing(status))
        #expect(wrapped.unwrapped.requestedDispositions == [])
    }

    @Test("notifications that a server has gathered are all found (RFC 5438 §8.3)")
    func aggregated() throws {
        let notifications = [DispositionNotification.Disposition.delivery(.delivered), .display(.displayed)]
            .map {
                DispositionNotification(messageID: "34jk324j", dateTime: "", disposition: $0)
            }
        let parts = notifications.map { notification in
            "--imdn-boundary\r\nContent-type: message/imdn+xml\r\n\r\n"
                + ByteString(notification.serialized()).text + "\r\n"
        }
        let body = parts.joined() + "--imdn-boundary\r\n"
        let head = """
            From: Bob <im:bob@example.com>\r
            NS: imdn <urn:ietf:params:imdn>\r
            imdn.Message-ID: d834jied93rf\r
            Content-type: multipart/mixed;\r
                               boundary="imdn-boundary"\r
            Content-Disposition: notification\r
            \r

            """
        let wrapped = MessageContent(contentType: "message/cpim", body: ByteString(head + body)).unwrapped
        #expect(wrapped.kind == .notifications(notifications))
        let mixed = MessageContent(
            contentType: "multipart/mixed;boundary=imdn-boundary",
            body: ByteString(body + "\r\ntext")
        )
        #expect(mixed.unwrapped.kind == .other)
    }

    @Test(
        "what is not what it says is kept as it came",
        arguments: [
            ("message/cpim", "no headers"), ("message/imdn+xml", "<x/>"), ("image/png", "x"), ("", "x"),
            ("application/im-iscomposing+xml", "<isComposing>"), ("nonsense", "x"),
        ]
    )
    func other(_ type: String, _ body: String) {
        let received = MessageContent(contentType: type, body: ByteString(body)).unwrapped
        #expect(received.kind == .other)
        #expect(received.contentType == type)
        #expect(received.body.text == body)
    }

    @Test("what the sender demands and this program does not understand is told (RFC 3862 §3.5)")
    func requirements() throws {
        let text = """
            From: <sip:a@b>
            NS: x <urn:x>
            NS: imdn <urn:ietf:params:imdn>
            Require: x.Rendering,imdn.Message-ID, To

            Content-Type: text/plain

            x
            """
        let received = MessageContent(contentType: "message/cpim", body: ByteString(text)).unwrapped
        #expect(received.envelope?.unmetRequirements == [CPIMName("Rendering", in: "urn:x")])
    }

    @Test(
        "a sender in the envelope other than SIP's is a claim; scheme, parameters and case of the host do not count",
        arguments: [
            ("sip:alice@ims.test", false), ("sips:alice@IMS.test;transport=tls", false),
            ("im:alice@ims.test", false), ("tel:+1-555-0001", false),
            ("sip:+15550001@other.test;user=phone", false), ("sip:anonymous@anonymous.invalid", false),
            ("sip:bob@ims.test", true), ("sip:alice@ims.test.example", true), ("im:Alice@ims.test", true),
            ("tel:+15550002", true), ("https://ims.test/alice", true), ("sip:ims.test", true), ("tel:", true),
        ]
    )
    func claims(_ uri: String, _ isClaim: Bool) throws {
        let received = MessageContent.wrap("x", from: CPIMAddress(uri: uri), to: bob, dateTime: time)
            .unwrapped
        let envelope = try #require(received.envelope)
        let claim = envelope.claimedSender(besides: ["sip:alice@ims.test", "tel:+15550001"])
        #expect(claim == (isClaim ? CPIMAddress(uri: uri) : nil))
    }

    @Test("claims too long to be given back are dropped, the message is not")
    func longClaims() throws {
        let long = String(repeating: "1", count: 2000)
        let text = """
            imdn.Message-ID: \(long)
            DateTime: \(long)
            Subject: \(long)
            imdn.Disposition-Notification: display

            Content-Type: text/plain

            x
            """
        let received = MessageContent(contentType: "message/cpim", body: ByteString(text)).unwrapped
        #expect(received.kind == .text("x"))
        let envelope = try #require(received.envelope)
        #expect(envelope.messageID == nil && envelope.dateTimeText == nil && envelope.subject == nil)
        #expect(IncomingDisposition(received) == nil)
    }
}

@Suite("The form a peer takes, RFC 4975 §8.6")
struct ContentFormTests {
    private func form(
        _ types: [String],
        _ wrapped: [String] = [],
        preferring preferred: MessageContent.Form = .wrapped
    ) -> MessageContent.Form? {
        MessageContent.form(
            for: MediaType("text", "plain"),
            acceptTypes: types,
            acceptWrappedTypes: wrapped,
            preferring: preferred
        )
    }

    @Test("both are taken: what is preferred")
    func both() {
        for types in [["message/cpim", "text/plain"], ["*"], ["text/*", "Message/CPIM"]] {
            #expect(form(types) == .wrapped)
            #expect(form(types, preferring: .plain) == .plain)
        }
    }

    @Test("only one is taken: that one")
    func one() {
        #expect(form(["text/plain"], ["*"]) == .plain)
        #expect(form(["message/cpim"], ["text/plain", "text/html"], preferring: .plain) == .wrapped)
        #expect(form(["message/cpim"], ["*"], preferring: .plain) == .wrapped)
    }

    @Test("neither is taken")
    func neither() {
        #expect(form([]) == nil)
        #expect(form(["message/cpim"]) == nil)
        #expect(form(["text/html"], ["text/plain"]) == nil)
    }

    @Test("the answers that plain text may do better than")
    func refusals() throws {
        for status in [415, 488] {
            #expect(MessageContent.refusesEnvelope(try #require(StatusCode(status))))
        }
        for status in [200, 404, 486] {
            #expect(!MessageContent.refusesEnvelope(try #require(StatusCode(status))))
        }
    }
}
