import Foundation
import Testing
import Wire

@Suite("message/cpim as the RFCs print it")
struct CPIMExampleTests {
    private func example(_ name: String) throws -> CPIMMessage {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/cpim")
        let bytes = Array(try Data(contentsOf: folder.appending(path: "\(name).cpim")))
        let message = try CPIMMessage(parsing: ByteString(bytes))
        #expect(try CPIMMessage(parsing: message.serialized()) == message)
        return message
    }

    @Test("the example of RFC 3862 §5.1, the media type of the whole before it")
    func whole() throws {
        let message = try example("rfc3862-1")
        #expect(
            message.sender == CPIMAddress(displayName: "MR SANDERS", uri: "im:piglet@100akerwood.com")
        )
        #expect(message.recipients.map(\.displayName) == ["Depressed Donkey"])
        #expect(message.dateTime?.description == "2000-12-13T21:40:00.000Z")
        let subjects = message.all(.subject)
        #expect(subjects.map(\.language) == [nil, "fr"])
        #expect(subjects[1].text == "beau temps prevu pour aujourd'hui")
        let features = "mid:MessageFeatures@id.foo.com"
        #expect(message.requiredNames == [CPIMName("VitalMessageOption", in: features)])
        #expect(message.first(CPIMName("WackyMessageOption", in: features))?.text == "Use-silly-font")
        #expect(message.content.type?.matches("text", "xml") == true)
        #expect(message.content.header("content-id") == "<1234567890@foo.com>")
        #expect(message.content.body.text == "<body>\r\nHere is the text of my message.\r\n</body>")
    }

    @Test("a message that asks for notifications, no blank line before its MIME headers (RFC 5438 §7.1.1.3)")
    func request() throws {
        let message = try example("rfc5438-1")
        #expect(message.first(.messageID)?.text == "34jk324j")
        #expect(message.first(.dispositionNotification)?.text == "positive-delivery, negative-delivery")
        #expect(message.first(.dateTime)?.text == "2006-04-04T12:16:49-05:00")
        // The length the example claims is not that of its content.
        #expect(message.content.header("Content-Length") == "12")
        #expect(message.content.body == "Hello World")
    }

    @Test("a notification (RFC 5438 §7.2.1.1)")
    func notification() throws {
        let message = try example("rfc5438-2")
        #expect(message.content.type?.matches("message", "imdn+xml") == true)
        #expect(message.content.header("Content-Disposition") == "notification")
        #expect(message.first(.messageID)?.text == "d834jied93rf")
    }

    @Test(
        "what MSRP carries in RFC 4975, 5547 and 7701",
        arguments: [
            ("rfc4975-10", "text/plain", "ABCD1234567890"), ("rfc7701-08", "text/plain", "Hello Bob."),
            ("rfc7701-05", "text/plain", "Hello guys, how are you today?"),
            ("rfc7701-10", "text/plain", "Hello Bob."), ("rfc7701-12", "text/plain", "Hello Bob"),
            ("rfc5547-05", "image/jpeg", "...binary JPEG image..."),
            ("rfc5547-07", "image/jpeg", "...binary JPEG image..."),
        ]
    )
    func carried(_ name: String, _ type: String, _ body: String) throws {
        let message = try example(name)
        #expect(message.content.type?.description == type)
        #expect(message.content.body.text == body)
        #expect(message.sender?.uri.hasPrefix("sip:alice@") == true)
        #expect(message.dateTime != nil)
    }

    @Test("a MIME header on several lines is one (RFC 5547)")
    func folded() throws {
        let message = try example("rfc5547-01")
        #expect(
            message.content.header("Content-Disposition")
                == #"render; filename="My cool picture.jpg"; creation-date="Mon, 15 May 2006 15:01:31 +0300"; size=4092"#
        )
    }
}

@Suite("message/cpim as it is written")
struct CPIMWritingTests {
    @Test(
        "strict: CRLF, one space, namespaces declared before their use, a blank line before the MIME headers"
    )
    func strict() throws {
        let message = CPIMMessage(
            headers: [
                CPIMHeader(.from, CPIMAddress(displayName: "Alice", uri: "sip:alice@ims.test")),
                CPIMHeader(.to, CPIMAddress(uri: "sip:bob@ims.test")),
                CPIMHeader(.messageID, text: "34jk324j"),
                CPIMHeader(.subject, text: "Été", language: "fr"),
                CPIMHeader(requiring: [CPIMName("Vital", in: "mid:features@ims.test"), .messageID]),
            ],
            content: MIMEEntity(type: "text/plain", body: "Hello")
        )
        #expect(
            message.serialized().text == """
                From: Alice <sip:alice@ims.test>\r
                To: <sip:bob@ims.test>\r
                NS: imdn <urn:ietf:params:imdn>\r
                imdn.Message-ID: 34jk324j\r
                Subject:;lang=fr Été\r
                NS: ns2 <mid:features@ims.test>\r
                Require: ns2.Vital,imdn.Message-ID\r
                \r
                Content-Type: text/plain\r
                \r
                Hello
                """
        )
        #expect(try CPIMMessage(parsing: message.serialized()) == message)
    }

    @Test("every control character and the backslash are escaped, nothing else is (RFC 3862 §2.3.1)")
    func escapes() throws {
        let text = "\\ \u{8}\t\n\r\0\u{1B}\u{7F} \"'é😀"
        let header = CPIMHeader(.subject, text: text)
        #expect(header.value.text == #"\\ \b\t\n\r\u0000\u001b\u007f "'é😀"#)
        #expect(header.text == text)
    }

    @Test(
        "escapes that need not be there are read, and unknown ones are their character (§2.3.1)",
        arguments: [
            (#"\"a\'"#, "\"a'"), (#"\u0041\u00e9"#, "Aé"), (#"\q\u00"#, "qu00"), ("end\\", "end"),
            (#"\uD83D\uDE00"#, "😀"), (#"\uD83Dx"#, "\u{FFFD}x"), (#"\uD83D\u0041"#, "\u{FFFD}A"),
        ]
    )
    func unescaping(_ value: String, _ text: String) {
        #expect(CPIMHeader(.subject, ByteString(value)).text == text)
    }

    @Test("no value can end its header or begin another")
    func injection() throws {
        let message = CPIMMessage(
            headers: [
                CPIMHeader(.from, CPIMAddress(displayName: "a\r\nTo: <x:y>", uri: "sip:a>\r\nTo: <x:y")),
                CPIMHeader(.subject, "raw\r\nTo: <x:y>"),
                CPIMHeader(CPIMName("To: <x:y>\r\nX"), "v"),
                CPIMHeader(CPIMName("X", in: "a>\r\nTo: <b"), "v"),
                CPIMHeader(.subject, text: "s", language: "fr\r\nTo: <x:y>"),
            ],
            content: MIMEEntity(type: "text/plain\r\nX: y", body: "x")
        )
        let read = try CPIMMessage(parsing: message.serialized())
        #expect(read.headers.map(\.name) == [.from, .subject, .subject])
        #expect(read.content.headers.count == 1)
        #expect(read.sender?.displayName == "a\r\nTo: <x:y>")
    }

    @Test(
        "a name of tokens is bare, any other is quoted",
        arguments: [
            ("Winnie the Pooh", "Winnie the Pooh <im:a@b>"), ("José", "José <im:a@b>"),
            ("a  b", "\"a  b\" <im:a@b>"), ("Bob (home)", "\"Bob (home)\" <im:a@b>"),
            ("say \"hi\" \\", #""say \"hi\" \\" <im:a@b>"#),
        ]
    )
    func names(_ name: String, _ written: String) {
        let address = CPIMAddress(displayName: name, uri: "im:a@b")
        #expect(address.description == written)
        #expect(CPIMAddress(parsing: ByteString(written)) == address)
    }

    @Test("an address without brackets is taken, other text is none")
    func bareAddresses() {
        #expect(CPIMAddress(parsing: " sip:a@b ") == CPIMAddress(uri: "sip:a@b"))
        for text in ["", "bob", "<", "<>", "<a", "\"a <sip:b>", "a b:c", "\"a\" sip:b"] {
            #expect(CPIMAddress(parsing: ByteString(text)) == nil, "\(text)")
        }
    }
}

@Suite("message/cpim from anyone")
struct CPIMRobustnessTests {
    private func read(_ text: String) throws(MIMEError) -> CPIMMessage {
        try CPIMMessage(parsing: ByteString(text))
    }

    @Test("lines that end with LF, no space or many behind the colon, content without MIME headers")
    func lenient() throws {
        let message = try read("From:<sip:a@b>\nSubject:   x \n\nJust text:\nas it is")
        #expect(message.sender?.uri == "sip:a@b")
        #expect(message.first(.subject)?.text == "x")
        #expect(message.content.type?.matches("text", "plain") == true)
        #expect(message.content.body == "Just text:\nas it is")
        #expect(try read("From: <a:b>\r\n\r\n\r\nNote: x\r\n\r\ny").content.body == "Note: x\r\n\r\ny")
        #expect(try read("From: <a:b>\r\n\r\nContent-Type: text/plain\r\n").content.body.isEmpty)
    }

    @Test("a prefix means what was declared before it, whatever it is called")
    func prefixes() throws {
        let message = try read(
            """
            NS: i <urn:ietf:params:imdn>
            NS: x <urn:other>
            i.Message-ID: 1
            x.Message-ID: 2
            y.Message-ID: 3
            NS: <urn:other>
            From: <not:core>

            text
            """
        )
        #expect(message.all(.messageID).map(\.text) == ["1"])
        #expect(message.first(CPIMName("Message-ID", in: "urn:other"))?.text == "2")
        #expect(message.first(CPIMName("y.Message-ID", in: "")) != nil)
        #expect(message.sender == nil)
    }

    @Test("the imdn prefix is known when its declaration is missing or ends with a colon")
    func peculiarDeclarations() throws {
        #expect(try read("imdn.Message-ID: 1\n\nx").first(.messageID)?.text == "1")
        #expect(
            try read("NS: imdn <urn:ietf:params:imdn:>\nimdn.Message-ID: 1\n\nx").first(.messageID)?.text
                == "1"
        )
    }

    @Test("header names are compared with case (RFC 3862 §2.2)")
    func caseCounts() throws { #expect(try read("from: <sip:a@b>\n\nx").sender == nil) }

    @Test("content in base 64 is decoded, and left alone when it is none")
    func transferEncoding() throws {
        let head = "From: <a:b>\n\nContent-Type: text/plain\nContent-Transfer-Encoding: Base64\n\n"
        #expect(try read(head + "SGVs\r\nbG8=\r\n").content.decodedBody == "Hello")
        #expect(try read(head + "*").content.decodedBody == "*")
    }

    @Test(
        "what is no header is refused with its place",
        arguments: [
            ("", MIMEError.noContent), ("From: <a:b>", .noContent), ("From: <a:b>\r\n", .noContent),
            ("Hello", .malformedHeader(offset: 0)), ("From: <a:b>\n: x\n\n", .malformedHeader(offset: 12)),
            ("A: b\0c\n\nx", .malformedHeader(offset: 0)), ("A: b\rc\n\nx", .malformedHeader(offset: 0)),
            (" A: b\n\nx", .malformedHeader(offset: 0)),
            ("A: b\nContent-Type: text/plain\nx\n\n", .malformedHeader(offset: 30)),
        ]
    )
    func refused(_ text: String, _ error: MIMEError) {
        #expect(throws: error) { try read(text) }
    }

    @Test("thousands of headers and endless lines are refused, a long text is not")
    func limits() throws {
        let limits = MIMELimits()
        let many = String(repeating: "A: b\n", count: limits.headerCount + 1)
        #expect(throws: MIMEError.tooManyHeaders) { try read(many) }
        #expect(throws: MIMEError.tooManyHeaders) {
            try read("A: b\n\n" + String(repeating: "Content-A: b\n", count: limits.headerCount + 1))
        }
        let long = String(repeating: "x", count: limits.headerByteCount + 1)
        #expect(throws: MIMEError.headersTooLarge) { try read("A: \(long)\n\nx") }
        #expect(throws: MIMEError.headersTooLarge) { try read(long) }
        #expect(try read("A: b\n\n\(long)").content.body.count == long.count)
        let folded = String(repeating: "\n x", count: limits.headerByteCount)
        #expect(throws: MIMEError.headersTooLarge) { try read("A: b\(folded)") }
    }

    @Test("bytes cut, changed or made up never trap")
    func anything() throws {
        var random = SystemRandomNumberGenerator()
        let good = Array(
            "From: \"A\\\"\" <sip:a@b>\r\nNS: i <urn:ietf:params:imdn>\r\nSubject:;lang=fr x\\u00e9\r\nRequire: i.A\r\n\r\nContent-Type: text/plain\r\n\r\nx"
                .utf8
        )
        for length in 0...good.count {
            _ = try? CPIMMessage(parsing: ByteString(Array(good.prefix(length))))
        }
        for _ in 0..<3000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            guard let message = try? CPIMMessage(parsing: ByteString(bytes)) else { continue }
            _ = (
                message.sender, message.recipients, message.dateTime, message.content.type,
                message.content.decodedBody
            )
            let written = try? CPIMMessage(parsing: message.serialized())
            #expect(written?.content.body == message.content.body, "\(bytes)")
        }
    }
}
