import SIP
import Testing
import Wire

@Suite("SIP messages")
struct MessageTests {
    private static let invite = """
        INVITE sip:bob@biloxi.example.com SIP/2.0\r
        Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK776asdhds\r
        Max-Forwards: 70\r
        To: Bob <sip:bob@biloxi.example.com>\r
        f: "Alice" <sip:alice@atlanta.example.com>;tag=1928301774\r
        i: a84b4c76e66710@pc33.atlanta.example.com\r
        CSeq: 314159 INVITE\r
        m: <sip:alice@pc33.atlanta.example.com>\r
        Route: <sip:p1.example.com;lr>,\r
         <sip:p2.example.com;lr>\r
        Content-Type: text/plain\r
        l: 4\r
        \r
        bodyXXXX
        """

    @Test("a request is read with compact names and folded lines")
    func request() throws {
        let message = try Message(parsing: ByteString(Self.invite))
        #expect(message.method == .invite)
        #expect(message.requestURI == "sip:bob@biloxi.example.com")
        #expect(message.body == "body")
        #expect(try message.headers.first(Via.self)?.branch == "z9hG4bK776asdhds")
        #expect(try message.headers.first(From.self)?.tag == "1928301774")
        #expect(try message.headers.first(From.self)?.displayName == "Alice")
        #expect(try message.headers.first(To.self)?.displayName == "Bob")
        #expect(try message.headers.first(CSeq.self) == CSeq(number: 314_159, method: .invite))
        #expect(try message.headers.first(CallID.self)?.text == "a84b4c76e66710@pc33.atlanta.example.com")
        let routes = try message.headers.all(Route.self)
        #expect(routes.map(\.uri.text) == ["sip:p1.example.com;lr", "sip:p2.example.com;lr"])
        #expect(routes.allSatisfy { $0.uri.sip?.isLooseRouter == true })
        #expect(message.contentType?.matches("text", "plain") == true)
    }

    @Test("what was read, written and read again is the same")
    func roundTrip() throws {
        let message = try Message(parsing: ByteString(Self.invite))
        #expect(try Message(parsing: ByteString(message.serialized())) == message)
    }

    @Test("a response repeats Via, From, To, Call-ID and CSeq, and adds a tag to To")
    func response() throws {
        let request = try Message(parsing: ByteString(Self.invite))
        let response = request.response(.ok, toTag: "abc")
        #expect(response.status == .ok)
        #expect(response.headers.first(.via) == request.headers.first(.via))
        #expect(response.headers.first(.cseq) == "314159 INVITE")
        #expect(try response.headers.first(To.self)?.tag == "abc")
        #expect(try request.response(.trying, toTag: "abc").headers.first(To.self)?.tag == nil)
    }

    @Test("a value cannot end its field")
    func injection() throws {
        var message = Message(method: .message, uri: "sip:bob@example.com")
        message.headers.append(.subject, "hi\r\nX-Evil: yes\u{0}")
        let text = message.description
        #expect(text.contains("Subject: hi  X-Evil: yes \r\n"))
        #expect(try Message(parsing: ByteString(text)).headers.count == 2)
    }
}
