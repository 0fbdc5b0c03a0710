import SIP
import Testing
import Wire

@Suite("URIs")
struct URITests {
    @Test("the parts of a SIP URI")
    func parts() throws {
        let uri = try SIPURI(
            "sips:alice:secret%20word@[2001:db8::1]:5061;transport=TCP;lr?Subject=hi%20there&X=y"
        )
        #expect(uri.isSecure)
        #expect(uri.user == "alice")
        #expect(uri.password == "secret%20word")
        #expect(uri.host == "[2001:db8::1]")
        #expect(uri.hostAddress == "2001:db8::1")
        #expect(uri.port == 5061)
        #expect(uri.transport == "tcp")
        #expect(uri.isLooseRouter)
        #expect(uri.parameters["lr"] == ByteString.empty)
        #expect(uri.parameters["maddr"] == nil)
        #expect(uri.headers == "Subject=hi%20there&X=y")
        let plain = try SIPURI("SIP:example.com")
        #expect(plain.user == nil && plain.port == nil && plain.headers == nil && plain.parameters.isEmpty)
    }

    @Test(
        "what is no URI is refused",
        arguments: [
            "", "sip:", "sip", ":x", "sip:@example.com", "sip::pw@example.com", "sip:a@", "sip:a@b:x",
            "sip:a@b:65536", "sip:a@[::1", "sip:a@[]", "sip:a@b;", "sip:a@b;x=", "sip:a@b?", "sip:a b@c",
            "sip:a@b c", "sip:a@b@c", "sip:2001:db8::10", "<sip:a@b>", "tel:", "tel:+", "tel:1+2", "tel:+1a",
            "tel:abc;", "x:", "sip:a@b\"", "sip:ä@b", "mailto:", "1", "sip:a@b;x=\"y\"", "sip:a@b#f",
        ]
    )
    func malformed(_ text: String) {
        #expect(throws: SIPParseError.self) { try URI(text) }
    }

    @Test("composing escapes what does not fit, and what was composed can be read")
    func composing() throws {
        let uri = try SIPURI(
            user: "al ice@home",
            host: "2001:db8::1",
            port: 5070,
            parameters: ["transport": "tcp", "lr": nil]
        )
        #expect(uri.text == "sip:al%20ice%40home@[2001:db8::1]:5070;transport=tcp;lr")
        #expect(uri.userText == "al ice@home")
        #expect(uri.with(port: nil).text == "sip:al%20ice%40home@[2001:db8::1];transport=tcp;lr")
        #expect(uri.addressOfRecord.text == "sip:al%20ice%40home@[2001:db8::1]")
        #expect(throws: SIPParseError.self) { try SIPURI(host: "a b") }
        #expect(throws: SIPParseError.self) { try SIPURI(host: "a\r\nX: y") }
        var parameters = uri.parameters
        parameters.set("x", "a;b")
        parameters.remove("LR")
        #expect(uri.with(parameters: parameters).parameters.text == ";transport=tcp;x=a%3Bb")
        #expect(try SIPURI("sip:a@b;method=INVITE;lr?X=y").asRequestURI.text == "sip:a@b;lr")
    }

    @Test(
        "URIs that RFC 3261 §19.1.4 calls equivalent are, in both directions",
        arguments: [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
            ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
            ),
            ("sip:a@b;%6Cr", "sip:a@b;lr"),
        ]
    )
    func equivalent(_ left: String, _ right: String) throws {
        #expect(try URI(left).isEquivalent(to: URI(right)))
        #expect(try URI(right).isEquivalent(to: URI(left)))
    }

    @Test(
        "URIs that RFC 3261 §19.1.4 calls different are, in both directions",
        arguments: [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
            ("sip:a@b", "sips:a@b"), ("sip:a@b", "tel:+1"), ("sip:a@b;user=phone", "sip:a@b"),
            ("sip:a:x@b", "sip:a:y@b"), ("sip:a@b", "sip:b"),
        ]
    )
    func different(_ left: String, _ right: String) throws {
        #expect(try !URI(left).isEquivalent(to: URI(right)))
        #expect(try !URI(right).isEquivalent(to: URI(left)))
    }

    @Test("telephone numbers are compared by their digits and all their parameters (RFC 3966 §4)")
    func telephone() throws {
        let uri = try URI("tel:+1-201-555-0123;ext=12-3;phone-context=+44")
        guard case .tel(let number) = uri else { throw SIPParseError(.uri, at: 0) }
        #expect(number.isGlobal)
        #expect(number.digits == "+12015550123")
        #expect(number.parameters["ext"] == "12-3")
        #expect(try uri.isEquivalent(to: URI("TEL:+1(201)5550123;Phone-Context=+4-4;ext=123")))
        #expect(try !uri.isEquivalent(to: URI("tel:+12015550123")))
        #expect(try !URI("tel:7042;phone-context=example.com").isEquivalent(to: URI("tel:+7042")))
        #expect(
            try URI("tel:7042;phone-context=Example.com").isEquivalent(
                to: URI("tel:70-42;phone-context=example.com")
            )
        )
    }

    @Test("a URI of another scheme is carried as it is")
    func other() throws {
        let uri = try URI("urn:service:sos")
        #expect(uri.scheme == "urn")
        #expect(uri.text == "urn:service:sos")
        #expect(uri.sip == nil)
    }
}
