import SIP
import Testing
import Wire

@Suite("Header fields")
struct HeaderFieldTests {
    private func parse<Field: HeaderField>(_ type: Field.Type, _ text: String) throws -> [Field] {
        var fields: [Field] = []
        try Field.parseAll(ByteString(text), into: &fields, limit: 100)
        return fields
    }

    @Test("addresses with and without names, brackets and parameters")
    func addresses() throws {
        let values = try parse(
            Contact.self,
            #""A, \"B\"" <sip:a@x.org;lr>;q=0.5 , Bob Smith<sips:b@x.org>, sip:c@x.org;expires=60,<tel:+1>"#
        )
        #expect(values.map(\.displayName) == [#"A, "B""#, "Bob Smith", nil, nil])
        #expect(values.map(\.uri.text) == ["sip:a@x.org;lr", "sips:b@x.org", "sip:c@x.org", "tel:+1"])
        #expect(values.map(\.preference) == [500, nil, nil, nil])
        #expect(values[2].expires == .seconds(60))
        #expect(try parse(Contact.self, " * ").map(\.isWildcard) == [true])
        #expect(Contact.wildcard.description == "*")
    }

    @Test("a name that is text is quoted, and what was written can be read")
    func namesRoundTrip() throws {
        for name in ["Alice", #"a "b" \ c"#, "Ünïcode", "x\r\nInjected: yes"] {
            let uri = try URI("sip:a@b")
            let from = From(uri, displayName: name, parameters: ["tag": "t"])
            let again = try From(parsing: from.fieldValue)
            #expect(again.displayName == name.replacing("\r\n", with: "  "))
            #expect(again.tag == "t")
            #expect(!from.fieldValue.containsFieldBreak)
        }
    }

    @Test(
        "addresses that are none are refused",
        arguments: [
            "", "<>", "<sip:a@b", "sip:a@b>", "\"x <sip:a@b>", "\"x\" sip:a@b", "a, b <sip:a@b>",
            "<sip:a@b>x",
            "<sip:a@b>;", "<sip:a@b>;=x", "<sip:a@b>;x=", "< sip:a@b>", "<sip:a@b >", "sip:a@b?x=y",
            "<sip:a@b>,",
            "<sip:a@b>;x=\"y", "<sip:a@b>;;tag=x", "\"\u{1}\" <sip:a@b>",
        ]
    )
    func badAddresses(_ text: String) {
        #expect(throws: SIPParseError.self) { try parse(Contact.self, text) }
    }

    @Test("the parameters of Via")
    func via() throws {
        let text =
            "SIP / 2.0 / TCP [2001:db8::1] : 5070 ;branch = z9hG4bKx;rport=1234;received=192.0.2.9;keep"
        let via = try Via(parsing: ByteString(text))
        #expect(via.transportProtocol == .tcp)
        #expect(via.hostAddress == "2001:db8::1")
        #expect(via.port == 5070)
        #expect(via.branch == "z9hG4bKx" && via.hasMagicCookie)
        #expect(via.responsePort == 1234)
        #expect(via.received == "192.0.2.9")
        #expect(via.parameters.contains("keep"))
        let asking = try Via(parsing: "SIP/2.0/UDP a;rport")
        #expect(asking.hasResponsePort && asking.responsePort == nil && asking.branch == nil)
        var own = Via(transport: .tls, sentBy: TransportAddress(host: "::1", port: 5061), branch: "z9hG4bKy")
        own.parameters.set("rport")
        #expect(own.description == "SIP/2.0/TLS [::1]:5061;branch=z9hG4bKy;rport")
    }

    @Test(
        "what is no Via is refused",
        arguments: [
            "", "SIP/2.0/UDP", "SIP/2.0 a", "SIP/1.0/UDP a", "SIP/2.0/UDP a:b", "SIP/2.0/UDP a b",
            "SIP/2.0/UDPa;b c",
        ]
    )
    func badVia(_ text: String) {
        #expect(throws: SIPParseError.self) { try Via(parsing: ByteString(text)) }
    }

    @Test(
        "what is no CSeq is refused, and the error says where",
        arguments: [
            ("", 0), ("INVITE", 0), ("1", 1), ("1INVITE", 7), ("1 ", 2), ("1 IN<VITE", 4),
            ("4294967296 INVITE", 9),
        ]
    )
    func badCSeq(_ text: String, offset: Int) {
        #expect(throws: SIPParseError(.cseq, at: offset)) { try CSeq(parsing: ByteString(text)) }
    }

    @Test("challenges and credentials keep quoted and plain values apart, and pass over empty elements")
    func authentication() throws {
        let text =
            #"Digest realm="a, \"b\"", nonce="x==",, qop = "auth,auth-int" ,algorithm=SHA-256, stale=FALSE"#
        let challenge = try WWWAuthenticate(parsing: ByteString(text)).challenge
        #expect(challenge.isDigest)
        #expect(challenge.realm == #"a, "b""#)
        #expect(challenge.parameters["QOP"] == "auth,auth-int")
        #expect(challenge.parameters.rawValue("nonce") == #""x==""#)
        #expect(challenge.parameters["opaque"] == nil)
        #expect(challenge.parameters.map(\.name) == ["realm", "nonce", "qop", "algorithm", "stale"])
        var credentials = Credentials()
        credentials.parameters.append("username", "a\"b\r\n", quoted: true)
        credentials.parameters.append("nc", "00000001", quoted: false)
        #expect(Authorization(credentials).description == #"Digest username="a\"b  ", nc=00000001"#)
        for bad in [
            "", "Digest x", "Digest x=", "Digest x=\"", "Digest x=y z=w", "Digest,x=y", "\"Digest\" x=y",
        ] {
            #expect(throws: SIPParseError.self, "\(bad)") { try Authorization(parsing: ByteString(bad)) }
        }
    }

    @Test("lists of tokens, over lines and commas, and empty ones")
    func tokenLists() throws {
        var headers = HeaderList()
        headers.append(.supported, "path, gruu")
        headers.append(.supported, "")
        headers.append(.supported, "outbound")
        #expect(try headers.all(Supported.self).flatMap(\.tokens) == ["path", "gruu", "outbound"])
        #expect(Allow([.invite, .message]).contains(.message))
        #expect(try !Allow(parsing: "INVITE, message").contains(.message))
        for bad in [",", "a,", "a,,b", "a b", "\"a\""] {
            #expect(throws: SIPParseError.self) { try Supported(parsing: ByteString(bad)) }
        }
    }

    @Test("events and the states of subscriptions")
    func events() throws {
        let event = try Event(parsing: "presence.winfo ; id=7")
        #expect(event.package == "presence.winfo" && event.id == "7")
        #expect(Event("reg", id: "a b").description == #"reg;id="a b""#)
        let state = try SubscriptionState(parsing: "Terminated;reason=Probation;retry-after=30")
        #expect(state.state == .terminated && state.reason == .probation && state.retryAfter == .seconds(30))
        #expect(try SubscriptionState(parsing: "waiting;expires=9").state == .other("waiting"))
    }

    @Test("numbers, dates and warnings")
    func numbers() throws {
        #expect(try MaxForwards(parsing: "255").hops == 255)
        #expect(throws: SIPParseError(.maxForwards, at: 0)) { try MaxForwards(parsing: "256") }
        #expect(try Expires(parsing: "4294967295").seconds == .max)
        #expect(throws: SIPParseError(.expires, at: 0)) { try Expires(parsing: "4294967296") }
        #expect(try RetryAfter(parsing: "120 (I'm (really) busy);duration=60").comment == "I'm (really) busy")
        #expect(throws: SIPParseError.self) { try RetryAfter(parsing: "5 (a") }
        let date = try SIPDate(parsing: "Sat, 13 Nov 2010 23:29:00 GMT")
        #expect(date.timestamp.description == "2010-11-13T23:29:00.000Z")
        #expect(date.description == "Sat, 13 Nov 2010 23:29:00 GMT")
        let warnings = try parse(Warning.self, #"370 x.org:5060 "a, b", 399 me "c""#)
        #expect(warnings.map(\.code) == [370, 399] && warnings.map(\.text) == ["a, b", "c"])
    }

    @Test("fields of IMS networks")
    func network() throws {
        let access = try parse(
            PAccessNetworkInfo.self,
            "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010,IEEE-802.11;np"
        )
        #expect(access.map(\.token) == ["3GPP-E-UTRAN-FDD", "IEEE-802.11"])
        #expect(try Privacy(parsing: "id; Critical").contains("critical"))
        let vector = try PChargingVector(parsing: #"icid-value="x y";icid-generated-at=[::1];orig-ioi=h"#)
        #expect(vector.icid == "x y")
        #expect(vector.description == #"icid-value="x y";icid-generated-at=[::1];orig-ioi=h"#)
        let contact = try AcceptContact(parsing: #"*;+g.oma.sip-im;require;explicit"#)
        #expect(contact.token == "*" && contact.isRequired && contact.isExplicit)
        let service = try parse(PPreferredService.self, "urn:urn-7:3gpp-service.ims.icsi.mmtel, urn:x:y")
        #expect(service.map(\.identifier) == ["urn:urn-7:3gpp-service.ims.icsi.mmtel", "urn:x:y"])
        let identities = try parse(PAssociatedURI.self, "<sip:a@x.org>, <tel:+1>;p=1")
        #expect(identities.map(\.uri.text) == ["sip:a@x.org", "tel:+1"])
    }

    @Test("parameters keep their order, are found in any case, and are quoted when they must be")
    func parameters() {
        var parameters: Parameters = ["a": "1", "b": nil]
        parameters.set("A", "x y")
        parameters.set("+sip.instance", "<urn:uuid:0>", quoted: true)
        parameters.set("+g.icsi", "urn%3A", quoted: true)
        #expect(parameters.text == #";a="x y";b;+sip.instance="<urn:uuid:0>";+g.icsi="urn%3A""#)
        #expect(parameters["a"] == "x y" && parameters["B"] == ByteString.empty)
        #expect(parameters.map(\.name) == ["a", "b", "+sip.instance", "+g.icsi"])
        parameters.remove("b")
        #expect(!parameters.contains("b"))
    }
}

@Suite("Header lists")
struct HeaderListTests {
    private func list(_ headers: (HeaderName, String)...) -> HeaderList {
        var list = HeaderList()
        for (name, value) in headers { list.append(name, value) }
        return list
    }

    @Test("names are compared without regard to case, compact forms with the full ones")
    func names() throws {
        #expect(HeaderName("v") == .via && HeaderName("VIA") == .via && HeaderName("o") == .event)
        #expect(HeaderName("X-New") == HeaderName("x-nEW"))
        #expect(HeaderName("X-New")?.hashValue == HeaderName("x-new")?.hashValue)
        #expect(HeaderName("p-charging-function-ADDRESSES") == .pChargingFunctionAddresses)
        for bad in ["", "a b", "a:", "ä", "a\r\nb"] { #expect(HeaderName(bad) == nil) }
        for known in WellKnownHeader.allCases {
            let name = try #require(HeaderName("\(known)") ?? HeaderName("x"))
            #expect(!name.text.isEmpty)
        }
    }

    @Test("the first value of a joined field is replaced and removed alone")
    func joined() throws {
        var headers = list((.via, "SIP/2.0/UDP a;rport, SIP/2.0/UDP b"), (.via, "SIP/2.0/UDP c"))
        var via = try #require(try headers.first(Via.self))
        via.parameters.set("received", "192.0.2.1")
        try headers.replaceFirst(via)
        #expect(headers.first(.via) == "SIP/2.0/UDP a;rport;received=192.0.2.1, SIP/2.0/UDP b")
        try headers.removeFirst(Via.self)
        #expect(headers.all(.via) == ["SIP/2.0/UDP b", "SIP/2.0/UDP c"])
        try headers.removeFirst(Via.self)
        #expect(headers.all(.via) == ["SIP/2.0/UDP c"])
    }

    @Test("a field is prepended before its like and set in place of all of them")
    func order() {
        var headers = list((.from, "f"), (.via, "1"), (.to, "t"), (.via, "2"))
        headers.prepend(.via, "0")
        #expect(headers.map(\.description) == ["From: f", "Via: 0", "Via: 1", "To: t", "Via: 2"])
        headers.set(.via, "x")
        #expect(headers.map(\.description) == ["From: f", "Via: x", "To: t"])
        headers.remove(.from)
        #expect(headers.count == 2 && !headers.contains(.from))
    }

    @Test("more values than anyone needs are refused")
    func tooMany() {
        let headers = list((.route, String(repeating: "<sip:a>,", count: 5000) + "<sip:a>"))
        #expect(throws: SIPParseError.self) { try headers.all(Route.self) }
    }
}
