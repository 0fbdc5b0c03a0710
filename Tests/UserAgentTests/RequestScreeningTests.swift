import SIP
import Testing
import UserAgent
import Wire

@Suite("Screening of requests, RFC 3261 §8.2")
struct RequestScreeningTests {
    private let screening = RequestScreening(
        UserAgentCapabilities(
            methods: [.message, .options, .notify, .invite, .ack, .cancel, .bye, .subscribe],
            options: ["path", "gruu"],
            acceptedTypes: ["application/sdp", "text/*"],
            notifiedPackages: ["presence"],
            subscribedPackages: ["reg"],
            contact: Contact(.other("sip:alice@192.0.2.1"), parameters: ["+g.oma.sip-im": nil]),
            users: ["alice"]
        )
    )

    @Test("a proper MESSAGE is accepted, whatever its body is")
    func accepted() throws {
        #expect(screen("MESSAGE", body: "hello", ["Content-Type": "text/plain"]) == .accept)
        #expect(screen("MESSAGE", body: "\u{1}", ["Content-Type": "application/x-unheard-of"]) == .accept)
        #expect(screen("MESSAGE", body: "hello") == .accept)
    }

    @Test(
        "a method we know and do not serve is answered with 405 and Allow; one we do not know with 501 and Allow"
    )
    func methods() throws {
        let notAllowed = try answer("REGISTER")
        #expect(notAllowed.status == .methodNotAllowed)
        #expect(
            notAllowed.headers.first(.allow)?.text
                == "MESSAGE, OPTIONS, NOTIFY, INVITE, ACK, CANCEL, BYE, SUBSCRIBE"
        )
        let unknown = try answer("DANCE")
        #expect(unknown.status == .notImplemented)
        #expect(unknown.headers.first(.allow) == notAllowed.headers.first(.allow))
        #expect(try answer("message").status == .notImplemented)
    }

    @Test("a Request-URI of a scheme we do not know is answered with 416, of another user with 404")
    func target() throws {
        #expect(try answer("MESSAGE", uri: "mailto:alice@192.0.2.1").status == .unsupportedURIScheme)
        #expect(try answer("MESSAGE", uri: "sip:bob@192.0.2.1").status == .notFound)
        #expect(screen("MESSAGE", uri: "sip:%61lice@192.0.2.1") == .accept)
        #expect(screen("MESSAGE", uri: "sips:alice@192.0.2.1") == .accept)
        #expect(screen("MESSAGE", uri: "tel:+15551234") == .accept)
    }

    @Test("a tag in To without a dialog is answered with 481; with one the request is accepted")
    func dialogs() throws {
        let to = ["To": "<sip:alice@ims.test>;tag=gone"]
        #expect(try answer("MESSAGE", to).status == .callDoesNotExist)
        #expect(screen("MESSAGE", to, isExpected: true) == .accept)
        #expect(try answer("BYE").status == .callDoesNotExist)
        #expect(try answer("NOTIFY", ["Event": "reg"]).status == .callDoesNotExist)
        #expect(screen("NOTIFY", ["Event": "reg"], isExpected: true) == .accept)
        #expect(try answer("OPTIONS", to).status == .ok)
    }

    @Test("an extension we lack is answered with 420 and Unsupported, which names that one only")
    func extensions() throws {
        let refusal = try answer("MESSAGE", ["Require": "path, nonsense, GRUU,other"])
        #expect(refusal.status == .badExtension)
        #expect(refusal.headers.all(.unsupported).map(\.text) == ["nonsense, other"])
        #expect(screen("MESSAGE", ["Require": "path"]) == .accept)
        #expect(screen("MESSAGE", ["Proxy-Require": "nonsense"]) == .accept)
    }

    @Test("an encoding we lack is answered with 415 and Accept-Encoding")
    func encoding() throws {
        let refusal = try answer("MESSAGE", body: "x", ["Content-Encoding": "gzip"])
        #expect(refusal.status == .unsupportedMediaType)
        #expect(refusal.headers.first(.acceptEncoding)?.text == "identity")
        #expect(screen("MESSAGE", body: "x", ["Content-Encoding": "identity"]) == .accept)
        #expect(screen("MESSAGE", ["Content-Encoding": "gzip"]) == .accept)
    }

    @Test("a body that must be understood and is not is answered with 415 and Accept, unless it is optional")
    func contentType() throws {
        let refusal = try answer("INVITE", body: "x", ["Content-Type": "application/unheard-of"])
        #expect(refusal.status == .unsupportedMediaType)
        #expect(refusal.headers.first(.accept)?.text == "application/sdp, text/*")
        #expect(screen("INVITE", body: "x", ["Content-Type": "Application/SDP"]) == .accept)
        #expect(screen("INVITE", body: "x", ["Content-Type": "text/plain;charset=utf-8"]) == .accept)
        let optional = ["Content-Type": "a/b", "Content-Disposition": "session; handling = Optional"]
        #expect(screen("INVITE", body: "x", optional) == .accept)
    }

    @Test("an INVITE that takes none of our answers is answered with 406 and Warning")
    func acceptedAnswers() throws {
        let refusal = try answer("INVITE", ["Accept": "text/nobodyKnowsThis"])
        #expect(refusal.status == .notAcceptable)
        #expect(try refusal.headers.first(Warning.self)?.code == 399)
        #expect(screen("INVITE", ["Accept": "text/plain, application/*"]) == .accept)
        #expect(screen("INVITE", ["Accept": "*/*"]) == .accept)
        #expect(screen("MESSAGE", ["Accept": "text/nobodyKnowsThis"]) == .accept)
    }

    @Test(
        "an event package we do not know is answered with 489 and Allow-Events",
        arguments: ["SUBSCRIBE", "NOTIFY"]
    )
    func events(method: String) throws {
        for isExpected in [true, false] {
            let refusal = try answer(method, ["Event": "dance;id=1"], isExpected: isExpected)
            #expect(refusal.status == .badEvent)
            #expect(refusal.headers.first(.allowEvents)?.text == "presence")
        }
        #expect(try answer(method, isExpected: true).status == .badEvent)
        #expect(screen("SUBSCRIBE", ["Event": "presence"]) == .accept)
        #expect(screen("NOTIFY", ["Event": "reg;id=1"], isExpected: true) == .accept)
    }

    @Test("OPTIONS is answered with what we can do (§11.2)")
    func options() throws {
        let response = try answer("OPTIONS")
        #expect(response.status == .ok)
        #expect(response.headers.first(.allow) != nil)
        #expect(response.headers.first(.accept)?.text == "application/sdp, text/*")
        #expect(response.headers.first(.supported)?.text == "path, gruu")
        #expect(response.headers.first(.allowEvents)?.text == "presence")
        #expect(response.headers.first(.contact)?.text == "<sip:alice@192.0.2.1>;+g.oma.sip-im")
        #expect(response.toTag?.text == "tag")
    }

    @Test("the order is that of the standard: method, target, dialog, extensions, content, event")
    func order() throws {
        var fields = ["Content-Encoding": "gzip", "Event": "dance", "Require": "nonsense"]
        fields["To"] = "<sip:alice@ims.test>;tag=gone"
        #expect(try answer("DANCE", uri: "mailto:x@y", body: "x", fields).status == .notImplemented)
        #expect(try answer("SUBSCRIBE", uri: "mailto:x@y", body: "x", fields).status == .unsupportedURIScheme)
        #expect(try answer("SUBSCRIBE", body: "x", fields).status == .callDoesNotExist)
        fields["To"] = nil
        #expect(try answer("SUBSCRIBE", body: "x", fields).status == .badExtension)
        fields["Require"] = nil
        #expect(try answer("SUBSCRIBE", body: "x", fields).status == .unsupportedMediaType)
        fields["Content-Encoding"] = nil
        #expect(try answer("SUBSCRIBE", body: "x", fields).status == .badEvent)
    }

    @Test("ACK is never answered, whatever is wrong with it")
    func acknowledgement() throws {
        #expect(screen("ACK", ["Require": "nonsense"]) == .accept)
        #expect(screen("ACK", ["CSeq": "nonsense"]) == .discard)
        var ack = request("ACK")
        ack.headers.remove(.callID)
        #expect(screening.refuse(ack, with: .badRequest, tag: "tag") == .discard)
    }

    @Test("a header field that cannot be read and is not needed is ignored (§8.2.2)")
    func unneeded() throws {
        #expect(screen("MESSAGE", ["Date": "yesterday", "Retry-After": "soon", "Event": ";;"]) == .accept)
    }

    private func request(
        _ method: String,
        uri: String = "sip:alice@192.0.2.1",
        body: String = "",
        _ fields: [String: String] = [:]
    ) -> Message {
        var request = Message(method: Method(rawValue: method), uri: ByteString(uri))
        request.headers.append(.via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1")
        request.headers.append(.from, "<sip:bob@ims.test>;tag=b")
        request.headers.append(.to, "<sip:alice@ims.test>")
        request.headers.append(.callID, "call")
        request.headers.append(.cseq, "1 \(method)")
        for (name, value) in fields {
            if let name = HeaderName(name) { request.headers.set(name, value) }
        }
        request.body = ByteString(body)
        return request
    }

    private func screen(
        _ method: String,
        uri: String = "sip:alice@192.0.2.1",
        body: String = "",
        _ fields: [String: String] = [:],
        isExpected: Bool = false
    ) -> RequestScreening.Verdict {
        screening.screen(request(method, uri: uri, body: body, fields), isExpected: isExpected, tag: "tag")
    }

    private func answer(
        _ method: String,
        uri: String = "sip:alice@192.0.2.1",
        body: String = "",
        _ fields: [String: String] = [:],
        isExpected: Bool = false
    ) throws -> Message {
        let verdict = screen(method, uri: uri, body: body, fields, isExpected: isExpected)
        guard case .respond(let response) = verdict else {
            throw UnexpectedVerdict(verdict: verdict)
        }
        return response
    }
}

struct UnexpectedVerdict: Error {
    var verdict: RequestScreening.Verdict
}
