import SIP
import Testing

@testable import Wire

@Suite("Dialogs, RFC 3261 §12")
struct DialogTests {
    @Test("the dialog of a request of ours: ids, reversed route set, remote target (§12.1.2)")
    func client() throws {
        let invite = try request("INVITE", cseq: 4)
        var ok = invite.response(.ok, toTag: "theirs")
        ok.headers.append(.recordRoute, "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>")
        ok.headers.append(.contact, "<sip:bob@192.0.2.4>;expires=60")
        let dialog = try #require(Dialog(request: invite, response: ok))
        #expect(dialog.state == .confirmed)
        #expect(dialog.id == DialogID(callID: "call", localTag: "a", remoteTag: "theirs"))
        #expect(dialog.routeSet.map(\.uri.description) == ["sip:p1.example.com;lr", "sip:p2.example.com;lr"])
        #expect(dialog.remoteTarget.description == "sip:bob@192.0.2.4")
        #expect(dialog.localSequence == 4)
        #expect(dialog.remoteSequence == nil)
    }

    @Test("the dialog of a request from the network: ids swapped, route set in order (§12.1.1)")
    func server() throws {
        var invite = try request("INVITE", cseq: 4)
        invite.headers.append(.recordRoute, "<sip:p1.example.com;lr>")
        invite.headers.append(.recordRoute, "<sip:p2.example.com;lr>")
        let dialog = try #require(Dialog(received: invite, localTag: "ours", state: .early))
        #expect(dialog.state == .early)
        #expect(dialog.id == DialogID(callID: "call", localTag: "ours", remoteTag: "a"))
        #expect(dialog.routeSet.map(\.uri.description) == ["sip:p1.example.com;lr", "sip:p2.example.com;lr"])
        #expect(dialog.remoteTarget.description == "sip:alice@192.0.2.1")
        #expect(dialog.localSequence == nil)
        #expect(dialog.remoteSequence == 4)
        #expect(dialog.local.parameters["tag"].map { $0 == "ours" } == true)
    }

    @Test(
        "neither 100, nor a refusal, nor a response without Contact makes a dialog",
        arguments: [100, 180, 200, 404]
    )
    func none(code: Int) throws {
        let invite = try request("INVITE")
        let status = try #require(StatusCode(code))
        var response = invite.response(status, toTag: "theirs")
        if code == 100 || code == 404 { response.headers.append(.contact, "<sip:bob@192.0.2.4>") }
        #expect(Dialog(request: invite, response: response) == nil)
    }

    @Test("a request in the dialog has its target, route, tags, Call-ID and the next number (§12.2.1.1)")
    func nextRequest() throws {
        var dialog = try clientDialog(recordRoute: "<sip:p1.example.com;lr>")
        let bye = dialog.makeRequest(.bye)
        #expect(bye.requestURI.map { $0 == "sip:bob@192.0.2.4" } == true)
        #expect(bye.headers.all(.route).map(\.text) == ["<sip:p1.example.com;lr>"])
        #expect(bye.headers.first(.from)?.text == "<sip:alice@example.com>;tag=a")
        #expect(bye.toTag?.text == "theirs")
        #expect(bye.headers.first(.callID)?.text == "call")
        #expect(bye.cseq == CSeq(number: 2, method: .bye))
        #expect(dialog.makeRequest(.bye).cseq?.number == 3)
    }

    @Test("a strict router as first hop becomes the Request-URI, and the target the last route (§12.2.1.1)")
    func strictRouting() throws {
        var dialog = try clientDialog(
            recordRoute: "<sip:p2.example.com;lr>, <sip:p1.example.com;method=INVITE?Subject=x>"
        )
        let bye = dialog.makeRequest(.bye)
        #expect(bye.requestURI?.text == "sip:p1.example.com")
        #expect(
            try bye.headers.all(Route.self).map(\.uri.description) == [
                "sip:p2.example.com;lr", "sip:bob@192.0.2.4",
            ]
        )
    }

    @Test("ACK for a 2xx has the number of the INVITE (§13.2.2.4)")
    func acknowledgement() throws {
        var dialog = try clientDialog()
        _ = dialog.makeRequest(.update)
        #expect(dialog.makeAcknowledgement(of: 1).cseq == CSeq(number: 1, method: .ack))
        #expect(dialog.makeRequest(.bye).cseq?.number == 3)
    }

    @Test("a request with a lower number than the last is out of order; gaps are not (§12.2.2)")
    func order() throws {
        var dialog = try clientDialog()
        #expect(dialog.receive(try inDialog("INFO", cseq: 10)) == .inOrder)
        #expect(dialog.receive(try inDialog("INFO", cseq: 14)) == .inOrder)
        #expect(dialog.receive(try inDialog("INFO", cseq: 13)) == .outOfOrder)
        #expect(dialog.remoteSequence == 14)
    }

    @Test("a dialog does not keep the messages alive that it was made of")
    func storage() throws {
        var invite = try request("INVITE", cseq: 4)
        invite.body = ByteString([UInt8](repeating: 0x20, count: 4000))
        let received = try Message(parsing: ByteString(invite.serialized()))
        var dialog = try #require(Dialog(received: received, localTag: "ours", state: .early))
        #expect(dialog.id.callID.storage.count < 200)
        var update = try inDialog("UPDATE", cseq: 5, contact: "sip:alice@192.0.2.9")
        update.body = invite.body
        #expect(dialog.receive(try Message(parsing: ByteString(update.serialized()))) == .inOrder)
        let target = try #require(dialog.remoteTarget.sip)
        #expect(target.description == "sip:alice@192.0.2.9")
        #expect(target.text.storage.count < 200)
    }

    @Test("a target refresh moves the remote target, other requests do not (§12.2.2)")
    func targetRefresh() throws {
        var dialog = try clientDialog()
        #expect(dialog.receive(try inDialog("INFO", cseq: 1, contact: "sip:elsewhere@192.0.2.8")) == .inOrder)
        #expect(dialog.remoteTarget.description == "sip:bob@192.0.2.4")
        #expect(dialog.receive(try inDialog("UPDATE", cseq: 2, contact: "sip:bob@192.0.2.5")) == .inOrder)
        #expect(dialog.remoteTarget.description == "sip:bob@192.0.2.5")
        let update = dialog.makeRequest(.update)
        var ok = update.response(.ok)
        ok.headers.append(.contact, "<sip:bob@192.0.2.6>")
        dialog.receive(response: ok)
        #expect(dialog.remoteTarget.description == "sip:bob@192.0.2.6")
    }

    @Test("a 2xx confirms an early dialog and brings its own route set (§13.2.2.4)")
    func confirmation() throws {
        let invite = try request("INVITE")
        var ringing = invite.response(.ringing, toTag: "theirs")
        ringing.headers.append(.contact, "<sip:bob@192.0.2.4>")
        var dialog = try #require(Dialog(request: invite, response: ringing))
        #expect(dialog.state == .early)
        var ok = invite.response(.ok, toTag: "theirs")
        ok.headers.append(.recordRoute, "<sip:p9.example.com;lr>")
        ok.headers.append(.contact, "<sip:bob@192.0.2.7>")
        dialog.receive(response: ok)
        #expect(dialog.state == .confirmed)
        #expect(dialog.routeSet.count == 1)
        #expect(dialog.remoteTarget.description == "sip:bob@192.0.2.7")
    }

    @Test("a 2xx to another request does not confirm an early dialog")
    func unconfirmed() throws {
        let invite = try request("INVITE")
        var ringing = invite.response(.ringing, toTag: "theirs")
        ringing.headers.append(.contact, "<sip:bob@192.0.2.4>")
        var dialog = try #require(Dialog(request: invite, response: ringing))
        dialog.receive(response: dialog.makeRequest(.prack).response(.ok))
        #expect(dialog.state == .early)
        var served = try #require(Dialog(received: invite, localTag: "ours", state: .early))
        served.receive(response: served.makeRequest(.update).response(.ok))
        #expect(served.state == .early)
        served.confirm()
        #expect(served.state == .confirmed)
    }

    @Test("the dialog of a subscription comes from the NOTIFY, its route set too (RFC 6665 §4.4.1)")
    func subscription() throws {
        let subscribe = try request("SUBSCRIBE", cseq: 7)
        var notify = try inDialog("NOTIFY", cseq: 1, contact: "sip:as@192.0.2.30")
        notify.headers.append(.recordRoute, "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>")
        var dialog = try #require(Dialog(subscribe: subscribe, notify: notify))
        #expect(dialog.isConcerned(by: notify))
        #expect(dialog.routeSet.map(\.uri.description) == ["sip:p1.example.com;lr", "sip:p2.example.com;lr"])
        #expect(dialog.makeRequest(.subscribe).cseq?.number == 8)
        #expect(dialog.remoteTarget.description == "sip:as@192.0.2.30")
    }

    @Test("only a request with the Call-ID and both tags belongs to the dialog")
    func matching() throws {
        let dialog = try clientDialog()
        let request = try inDialog("BYE", cseq: 1)
        #expect(dialog.isConcerned(by: request))
        for (name, value) in [
            (HeaderName.callID, "other"), (.from, "<sip:b@x>;tag=z"), (.to, "<sip:a@x>;tag=z"),
            (.to, "<sip:a@x>"),
        ] {
            var foreign = request
            foreign.headers.set(name, value)
            #expect(!dialog.isConcerned(by: foreign))
        }
    }

    private func clientDialog(recordRoute: String? = nil) throws -> Dialog {
        let invite = try request("INVITE")
        var ok = invite.response(.ok, toTag: "theirs")
        if let recordRoute { ok.headers.append(.recordRoute, recordRoute) }
        ok.headers.append(.contact, "<sip:bob@192.0.2.4>")
        return try #require(Dialog(request: invite, response: ok))
    }

    private func request(_ method: String, cseq: UInt32 = 1) throws -> Message {
        var request = Message(method: Method(rawValue: method), uri: ByteString("sip:bob@example.com"))
        request.headers.append(.via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")
        request.headers.append(.from, "<sip:alice@example.com>;tag=a")
        request.headers.append(.to, "<sip:bob@example.com>")
        request.headers.append(.callID, "call")
        request.headers.append(.cseq, "\(cseq) \(method)")
        request.headers.append(.contact, "<sip:alice@192.0.2.1>")
        return request
    }

    /// A request from the peer of a dialog that we began.
    private func inDialog(
        _ method: String,
        cseq: UInt32,
        contact: String = "sip:bob@192.0.2.4"
    ) throws -> Message {
        var request = Message(method: Method(rawValue: method), uri: ByteString("sip:alice@192.0.2.1"))
        request.headers.append(.from, "<sip:bob@example.com>;tag=theirs")
        request.headers.append(.to, "<sip:alice@example.com>;tag=a")
        request.headers.append(.callID, "call")
        request.headers.append(.cseq, "\(cseq) \(method)")
        request.headers.append(.contact, "<\(contact)>")
        return request
    }
}
