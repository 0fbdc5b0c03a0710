import SIP
import Testing
import Wire

/// What an element must do with a sample of RFC 4475 or RFC 5118.
enum Expected: Sendable {
    /// It is well-formed, and so is every field that typed parsers know.
    case accepted
    /// It can be read, and then must be answered with this status because of this element.
    case rejected(StatusCode, SIPParseError.Element)
    /// It cannot be read; what can be salvaged is answered with this status.
    case refused(StatusCode, SIPParseError.Element)
    /// It is a response that must be forgotten because of this element.
    case discarded(SIPParseError.Element)
    /// It can be read and is left to the core, but this field is not what its grammar says.
    case tolerated(SIPParseError.Element)
}

@Suite("RFC 4475 torture messages")
struct TortureTests {
    /// Every sample with what the INDEX beside the samples says of it.
    static let samples: [(name: String, expected: Expected)] = [
        ("wsinv", .accepted), ("intmeth", .accepted), ("esc01", .accepted), ("escnull", .accepted),
        ("esc02", .accepted), ("lwsdisp", .accepted), ("longreq", .accepted), ("dblreq", .accepted),
        ("semiuri", .accepted), ("transports", .accepted), ("mpart01", .accepted), ("unreason", .accepted),
        ("noreason", .accepted),
        ("badinv01", .rejected(.badRequest, .via)),
        ("clerr", .refused(.badRequest, .contentLength)),
        ("ncl", .refused(.badRequest, .contentLength)),
        ("scalar02", .rejected(.badRequest, .cseq)),
        ("scalarlg", .discarded(.cseq)),
        ("quotbal", .rejected(.badRequest, .to)),
        ("ltgtruri", .rejected(.badRequest, .requestURI)),
        ("lwsruri", .refused(.badRequest, .startLine)),
        ("lwsstart", .refused(.badRequest, .requestURI)),
        ("trws", .refused(.badRequest, .startLine)),
        ("escruri", .rejected(.badRequest, .requestURI)),
        ("baddate", .tolerated(.date)),
        ("regbadct", .rejected(.badRequest, .contact)),
        ("badaspec", .rejected(.badRequest, .to)),
        ("baddn", .rejected(.badRequest, .from)),
        ("badvers", .refused(.versionNotSupported, .version)),
        ("mismatch01", .rejected(.badRequest, .cseq)),
        ("mismatch02", .rejected(.notImplemented, .method)),
        ("bigcode", .discarded(.statusCode)),
        ("badbranch", .accepted),
        ("insuf", .rejected(.badRequest, .from)),
        ("unkscm", .accepted), ("novelsc", .accepted), ("unksm2", .accepted), ("bext01", .accepted),
        ("invut", .accepted), ("regaut01", .accepted),
        ("multi01", .rejected(.badRequest, .from)),
        ("mcl01", .refused(.badRequest, .contentLength)),
        ("bcast", .discarded(.via)),
        ("zeromf", .accepted), ("cparam01", .accepted), ("cparam02", .accepted), ("regescrt", .accepted),
        ("sdp01", .accepted), ("inv2543", .accepted),
        ("test", .refused(.badRequest, .requestURI)),
    ]

    /// The bytes of a sample; the archive lost the empty line at the end of one.
    static func bytes(_ name: String) throws -> ByteString {
        ByteString(try Fixture.bytes("rfc4475/\(name).dat") + (name == "baddn" ? [13, 10] : []))
    }

    static func message(_ name: String) throws -> Message { try Message(parsing: bytes(name)) }

    @Test("the table names every sample")
    func isComplete() throws {
        let names = try Fixture.names(in: "rfc4475").map { String($0.dropLast(4)) }
        #expect(names == Self.samples.map(\.name).sorted())
    }

    @Test("a sample is accepted, answered or forgotten as the index says", arguments: samples)
    func verdict(_ name: String, _ expected: Expected) throws {
        try expect(expected, of: Self.bytes(name))
    }

    @Test("the short tortuous INVITE means what RFC 4475 §3.1.1.1 says")
    func tortuous() throws {
        let headers = try Self.message("wsinv").headers
        let to = try #require(try headers.first(To.self))
        #expect(to.uri.text == "sip:vivekg@chair-dnrc.example.com")
        #expect(to.tag == "1918181833n")
        let from = try #require(try headers.first(From.self))
        #expect(from.displayName == #"J Rosenberg \""#)
        #expect(from.tag == "98asjd8")
        #expect(try headers.first(MaxForwards.self)?.hops == 68)
        #expect(try headers.first(CSeq.self) == CSeq(number: 9, method: .invite))
        #expect(headers.first(.subject)?.isEmpty == true)
        let hops = try headers.all(Via.self)
        #expect(hops.map(\.host) == ["192.0.2.2", "spindle.example.com", "192.168.255.111"])
        #expect(hops.map(\.transport) == ["UDP", "TCP", "UDP"])
        #expect(hops.map(\.branch) == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"])
        let contact = try #require(try headers.first(Contact.self))
        #expect(contact.displayName == #"Quoted string """#)
        #expect(contact.parameters["newparam"] == "newvalue")
        #expect(contact.parameters["secondparam"] == ByteString.empty)
        #expect(contact.preference == 330)
        let route = try #require(try headers.first(Route.self)?.uri.sip)
        #expect(route.isLooseRouter)
        #expect(route.parameters["unknownwith"] == "value")
        #expect(route.parameters.contains("unknown-no-value"))
        let unknown = try #require(HeaderName("NewFangledHeader"))
        #expect(headers.first(unknown) == "newfangled value continued newfangled value")
    }

    @Test("odd characters stay what they are")
    func oddCharacters() throws {
        let message = try Self.message("intmeth")
        #expect(message.method?.rawValue == "!interesting-Method0123456789_*+`.%indeed'~")
        let to = try #require(try message.headers.first(To.self))
        #expect(to.displayName == "BEL:\u{7} NUL:\u{0} DEL:\u{7F}")
        #expect(to.uri.sip?.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
        #expect(try message.headers.first(From.self)?.parameters["fromParam''~+*_!.-%"]?.text == "работающий")
        #expect(try message.headers.first(Via.self)?.branch == "z9hG4bK-.!%66*_+`'~")
    }

    @Test("an escape is one where the grammar has escapes, and nowhere else")
    func escapes() throws {
        let escaped = try Self.message("esc01")
        let uri = try URI(parsing: escaped.requestURI ?? .empty)
        #expect(uri.sip?.userText == "sips:user@example.com")
        #expect(uri.sip?.host == "example.net")
        let contact = try #require(try escaped.headers.first(Contact.self)?.uri.sip)
        #expect(contact.isLooseRouter)
        #expect(contact.parameters["name"] == "value%41")
        #expect(contact.userText == "caller")
        let contacts = try Self.message("escnull").headers.all(Contact.self)
        #expect(contacts.map { $0.uri.sip?.user?.percentDecoded.count } == [1, 2])
        let plain = try Self.message("esc02")
        #expect(plain.method?.rawValue == "RE%47IST%45R")
        #expect(plain.method != .register)
        #expect(try plain.headers.all(Contact.self).count == 2)
    }

    @Test("a display name may touch the bracket")
    func displayName() throws {
        #expect(try Self.message("lwsdisp").headers.first(From.self)?.displayName == "caller")
    }

    @Test("long values are whole")
    func longValues() throws {
        let headers = try Self.message("longreq").headers
        #expect(try headers.all(Via.self).count == 34)
        let to = try #require(try headers.first(To.self)?.uri.sip)
        #expect(to.port == 6000)
        #expect(Array(to.parameters).map { $0.value != nil } == [true, true, false])
        #expect(to.parameters.text.count > 250)
        #expect(try headers.first(From.self)?.uri.sip?.user?.count == 115)
        #expect(try headers.first(Via.self)?.transport == "TCP")
    }

    @Test("octets behind the body of a datagram are ignored, and are the next message of a stream")
    func trailingOctets() throws {
        let bytes = try Self.bytes("dblreq")
        #expect(try Message(parsing: bytes).method == .register)
        #expect(try Message(parsing: bytes).body.isEmpty)
        var framer = MessageStreamFramer(side: .server)
        framer.append(bytes.bytes)
        guard case .message(let first) = try framer.next() else { throw SIPParseError(.startLine, at: 0) }
        #expect(try Message(parsing: first).method == .register)
        #expect(framer.pendingCount > 400)
    }

    @Test("semicolons before the at sign belong to the user")
    func semicolons() throws {
        let uri = try URI(parsing: try Self.message("semiuri").requestURI ?? .empty).sip
        #expect(uri?.userText == "user;par=u@example.net")
        #expect(uri?.parameters.isEmpty == true)
    }

    @Test("transports that nobody knows are carried")
    func transports() throws {
        let transports = try Self.message("transports").headers.all(Via.self).map(\.transport)
        #expect(transports == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"])
    }

    @Test("bodies with NUL octets and bare line feeds are whole")
    func binaryBody() throws {
        let message = try Self.message("mpart01")
        #expect(message.body.count == 553)
        #expect(message.contentType?["boundary"] == "7a9cbec02ceef655")
        #expect(try Self.message("unreason").reason?.text.unicodeScalars.first?.value == 0x3D)
        #expect(try Self.message("noreason").reason == ByteString.empty)
    }

    @Test("a parameter outside the brackets is the field's, inside it is the URI's")
    func parameters() throws {
        let outside = try #require(try Self.message("cparam01").headers.first(Contact.self))
        #expect(outside.parameters.contains("unknownparam"))
        #expect(outside.uri.sip?.parameters.isEmpty == true)
        let inside = try #require(try Self.message("cparam02").headers.first(Contact.self))
        #expect(inside.parameters.isEmpty)
        #expect(inside.uri.sip?.parameters.contains("unknownparam") == true)
        let escaped = try #require(try Self.message("regescrt").headers.first(Contact.self))
        #expect(escaped.uri.sip?.headers == "Route=%3Csip:sip.example.com%3E")
    }

    @Test("what the core must look at is there to look at")
    func semantics() throws {
        #expect(try Self.message("badbranch").headers.first(Via.self)?.hasMagicCookie == false)
        #expect(try URI(parsing: try Self.message("novelsc").requestURI ?? .empty).scheme == "soap.beep")
        #expect(try Self.message("unksm2").headers.first(To.self)?.uri == .other("isbn:2983792873"))
        let extensions = try Self.message("bext01").headers
        #expect(
            try extensions.all(Require.self).flatMap(\.tokens) == [
                "nothingSupportsThis", "nothingSupportsThisEither",
            ]
        )
        #expect(
            try extensions.all(ProxyRequire.self).flatMap(\.tokens) == [
                "noProxiesSupportThis", "norDoAnyProxiesSupportThis",
            ]
        )
        #expect(try Self.message("invut").contentType?.description == "application/unknownformat")
        #expect(try Self.message("regaut01").headers.first(Authorization.self)?.credentials.isDigest == false)
        #expect(try Self.message("zeromf").headers.first(MaxForwards.self)?.hops == 0)
        #expect(try Self.message("bcast").headers.all(Via.self).count == 2)
        #expect(try Self.message("inv2543").body.count == 105)
    }

    @Test("of a request that cannot be read enough is salvaged to answer it")
    func salvage() throws {
        for name in ["clerr", "ncl", "lwsruri", "lwsstart", "trws", "badvers", "mcl01"] {
            let request = try #require(Message.salvage(try Self.bytes(name)), "\(name)")
            let answer = request.response(.badRequest, toTag: "t")
            for field in [HeaderName.via, .from, .to, .callID, .cseq] {
                #expect(answer.headers.contains(field), "\(name) \(field)")
            }
            #expect(try Message(parsing: ByteString(answer.serialized())).status == .badRequest)
        }
        #expect(Message.salvage(try Self.bytes("bigcode")) == nil)
    }
}

/// Holds a sample against what is expected of it.
func expect(_ expected: Expected, of bytes: ByteString) throws {
    switch expected {
    case .accepted:
        let message = try Message(parsing: bytes)
        #expect(message.validate() == nil)
        #expect(typingError(of: message) == nil)
        #expect(try Message(parsing: ByteString(message.serialized())).headers.first(.callID) != nil)
    case .rejected(let status, let element):
        let failure = try Message(parsing: bytes).validate()
        #expect(failure == ValidationFailure(.reject(status), element))
    case .refused(let status, let element):
        let error = #expect(throws: SIPParseError.self) { try Message(parsing: bytes) }
        #expect(error?.element == element)
        #expect(error?.status == status)
    case .discarded(let element):
        do {
            let failure = try Message(parsing: bytes).validate()
            #expect(failure == ValidationFailure(.discard, element))
        } catch {
            #expect(error.element == element)
            #expect(Message.salvage(bytes) == nil)
        }
    case .tolerated(let element):
        let message = try Message(parsing: bytes)
        #expect(message.validate() == nil)
        #expect(typingError(of: message)?.element == element)
    }
}

/// The error of the first field of `message` that is not what its grammar says.
func typingError(of message: Message) -> SIPParseError? {
    do {
        try message.typeEveryField()
        return nil
    } catch {
        return error
    }
}
