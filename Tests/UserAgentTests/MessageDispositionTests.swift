import Documents
import Testing
import UserAgent
import Wire

@Suite("Notifications for messages that were sent, RFC 5438 §7.1")
struct OutgoingDispositionTests {
    private var outgoing = OutgoingDispositions()

    private mutating func receive(
        _ disposition: DispositionNotification.Disposition,
        for messageID: String = "1"
    ) -> OutgoingDispositions.Outcome {
        outgoing.receive(
            DispositionNotification(messageID: messageID, dateTime: "", disposition: disposition)
        )
    }

    @Test("delivered, then displayed: each is told once")
    mutating func progress() {
        outgoing.add("1", requested: [.positiveDelivery, .display])
        #expect(outgoing["1"]?.outcome(for: .delivered) == nil)
        guard case .changed(let delivered) = receive(.delivery(.delivered)) else {
            Issue.record("not taken")
            return
        }
        #expect(delivered.outcome(for: .delivered) == .reached)
        #expect(delivered.outcome(for: .displayed) == nil)
        #expect(receive(.delivery(.delivered)) == .duplicate)
        guard case .changed(let displayed) = receive(.display(.displayed)) else {
            Issue.record("not taken")
            return
        }
        #expect(displayed.outcome(for: .displayed) == .reached)
        #expect(receive(.display(.displayed)) == .duplicate)
    }

    @Test("what was displayed was delivered, though no delivery notification came")
    mutating func implied() {
        outgoing.add("1", requested: [.positiveDelivery, .display])
        _ = receive(.display(.displayed))
        #expect(outgoing["1"]?.outcome(for: .delivered) == .reached)
    }

    @Test("one device failed, another did not: the good news counts in either order")
    mutating func devices() {
        outgoing.add("1", requested: .delivery)
        _ = receive(.delivery(.failed))
        #expect(outgoing["1"]?.outcome(for: .delivered) == .failed)
        #expect(outgoing["1"]?.outcome(for: .displayed) == .failed)
        _ = receive(.delivery(.delivered))
        #expect(outgoing["1"]?.outcome(for: .delivered) == .reached)
        #expect(receive(.delivery(.failed)) == .duplicate)
    }

    @Test("a recipient who does not tell ends the waiting for what he does not tell")
    mutating func forbidden() {
        outgoing.add("1", requested: [.positiveDelivery, .display])
        _ = receive(.display(.forbidden))
        #expect(outgoing["1"]?.outcome(for: .displayed) == .forbidden)
        #expect(outgoing["1"]?.outcome(for: .delivered) == nil)
        _ = receive(.delivery(.error))
        #expect(outgoing["1"]?.outcome(for: .delivered) == .error)
    }

    @Test("a notification for a message nobody sent, or of a kind nobody asked for, changes nothing")
    mutating func unasked() {
        outgoing.add("1", requested: .positiveDelivery)
        outgoing.add("2", requested: [])
        #expect(receive(.delivery(.delivered), for: "2") == .unknown)
        #expect(receive(.delivery(.delivered), for: "9") == .unknown)
        #expect(receive(.display(.displayed)) == .notRequested)
        #expect(receive(.processing(.stored)) == .notRequested)
        #expect(outgoing["1"] == MessageDisposition(requested: .positiveDelivery))
    }

    @Test("a message that is sent again keeps what is known of it")
    mutating func again() {
        outgoing.add("1", requested: .delivery)
        _ = receive(.delivery(.delivered))
        outgoing.add("1", requested: .delivery)
        #expect(outgoing["1"]?.outcome(for: .delivered) == .reached)
    }

    @Test("only the latest messages are remembered")
    mutating func limit() {
        for number in 0...OutgoingDispositions.limit { outgoing.add("m\(number)", requested: .delivery) }
        #expect(outgoing["m0"] == nil)
        #expect(outgoing["m1"] != nil)
        #expect(outgoing["m\(OutgoingDispositions.limit)"] != nil)
    }
}

@Suite("Notifications owed for messages that were received, RFC 5438 §7.2")
struct IncomingDispositionTests {
    private let time = Timestamp(microseconds: 0)

    private func received(_ wants: DispositionRequest) -> ReceivedContent {
        MessageContent.wrap(
            "x",
            from: CPIMAddress(uri: "sip:alice@ims.test"),
            to: CPIMAddress(uri: "sip:bob@ims.test"),
            dateTime: time,
            wants: wants,
            messageID: "34jk324j"
        ).unwrapped
    }

    @Test("delivery is told at arrival and display when shown, each once")
    func both() throws {
        var owed = try #require(IncomingDisposition(received([.positiveDelivery, .display])))
        let answer = owed.delivered()
        let delivered = try #require(answer)
        #expect(delivered.disposition == .delivery(.delivered))
        #expect(delivered.messageID == "34jk324j")
        #expect(delivered.dateTime == "1970-01-01T00:00:00.000Z")
        #expect(delivered.recipient == "sip:bob@ims.test")
        #expect(owed.delivered() == nil)
        #expect(owed.displayed()?.disposition == .display(.displayed))
        #expect(owed.displayed() == nil)
    }

    @Test("who asks for failures alone hears nothing of success, and nothing after it")
    func negative() throws {
        var owed = try #require(IncomingDisposition(received(.negativeDelivery)))
        #expect(owed.delivered() == nil)
        #expect(owed.failed() == nil)
        #expect(owed.displayed() == nil)
        var other = try #require(IncomingDisposition(received(.delivery)))
        #expect(other.failed()?.disposition == .delivery(.failed))
        #expect(other.delivered() == nil)
    }

    @Test("who asks for nothing, or for what only intermediaries tell, is owed nothing")
    func nothing() throws {
        #expect(IncomingDisposition(received([])) == nil)
        #expect(IncomingDisposition(MessageContent.plain("x").unwrapped) == nil)
        var owed = try #require(IncomingDisposition(received(.processing)))
        #expect(owed.delivered() == nil)
        #expect(owed.displayed() == nil)
    }

    @Test("no notification is owed for a notification, whatever it asks for; it goes back the way it came")
    func answer() throws {
        let text = """
            From: <sip:claimed@ims.test>
            To: <sip:bob@ims.test>
            NS: i <urn:ietf:params:imdn>
            i.Message-ID: 1
            DateTime: 2006-04-04T12:16:49-05:00
            i.Disposition-Notification: positive-delivery;x=y, unheard-of
            i.Original-To: <tel:+15550001>
            i.IMDN-Record-Route: <sip:first@ims.test>
            i.IMDN-Record-Route: <sip:second@ims.test>

            Content-Type: text/plain

            x
            """
        let message = MessageContent(contentType: "message/cpim", body: ByteString(text)).unwrapped
        var owed = try #require(IncomingDisposition(message))
        let answer = owed.delivered()
        let notification = try #require(answer)
        #expect(notification.originalRecipient == "tel:+15550001")
        #expect(notification.dateTime == "2006-04-04T12:16:49-05:00")
        let content = MessageContent.notification(
            notification,
            answering: try #require(message.envelope),
            from: CPIMAddress(uri: "sip:bob@ims.test"),
            to: CPIMAddress(uri: "sip:alice@ims.test"),
            dateTime: time,
            messageID: "2"
        )
        let written = try CPIMMessage(parsing: content.body)
        #expect(written.all(.route).map(\.text) == ["<sip:first@ims.test>", "<sip:second@ims.test>"])
        #expect(written.content.header("Content-Disposition") == "notification")
        #expect(written.recipients.map(\.uri) == ["sip:alice@ims.test"])
        #expect(written.first(.dispositionNotification) == nil)
        let asking = ByteString(
            content.body.text.replacing(
                "\r\n\r\nContent-Type",
                with: "\r\nimdn.Disposition-Notification: display\r\n\r\nContent-Type"
            )
        )
        let received = MessageContent(contentType: "message/cpim", body: asking).unwrapped
        #expect(received.kind == .notifications([notification]))
        #expect(received.requestedDispositions == [])
        #expect(IncomingDisposition(received) == nil)
    }

    @Test("what is asked for is written and read")
    func request() {
        for number in 0..<16 as Range<UInt8> {
            let request = DispositionRequest(rawValue: number)
            #expect(DispositionRequest(parsing: request.headerValue) == request)
        }
        #expect(DispositionRequest(parsing: " display ,, Display") == .display)
    }
}
