import Documents
import Lab
import SIP
import Testing
import Wire

@Suite("Pocket core: presence")
struct LabPresenceTests {
    private func registered(
        _ change: (inout LabConfiguration) -> Void = { $0.automaticBuddy = nil }
    ) throws -> (LabBench, LabPhone, LabPhone) {
        var bench = LabBench(change)
        var (alice, bob) = (LabPhone("alice", port: 6001), LabPhone("bob", port: 6002))
        try bench.register(&alice)
        try bench.register(&bob)
        return (bench, alice, bob)
    }

    private func document(_ note: String, of user: String = "bob") -> ByteString {
        ByteString(
            """
            <?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:\(user)@ims.test">\
            <tuple id="t1"><status><basic>open</basic></status><note>\(note)</note></tuple></presence>
            """
        )
    }

    private func publish(
        _ note: String?,
        by phone: inout LabPhone,
        ifMatch entityTag: ByteString? = nil,
        expires: UInt32 = 3600
    ) -> Message {
        var request = phone.makeRequest(.publish, to: "sip:\(phone.name)@ims.test")
        request.headers.append(.event, "presence")
        request.headers.append(Expires(seconds: expires))
        if let entityTag { request.headers.append(SIPIfMatch(entityTag)) }
        if let note {
            request.setBody(document(note, of: phone.name), type: MediaType("application", "pidf+xml"))
        }
        return request
    }

    private func subscribe(
        _ phone: inout LabPhone,
        to user: String,
        _ package: String = "presence",
        expires: UInt32 = 3600
    ) -> Message {
        var request = phone.makeRequest(.subscribe, to: "sip:\(user)@ims.test")
        request.headers.append(.event, ByteString(package))
        request.headers.append(.contact, phone.contact)
        request.headers.append(Expires(seconds: expires))
        return request
    }

    /// Takes the next NOTIFY and answers it.
    private func notified(_ bench: inout LabBench, _ phone: LabPhone) throws -> (SubscriptionState, Message) {
        let notify = try bench.next(over: phone.flow)
        #expect(notify.method == .notify)
        try bench.respond(.ok, to: notify, phone)
        return (try #require(try notify.headers.first(SubscriptionState.self)), notify)
    }

    @Test func `a watcher sees what is published, changed, withdrawn and expired, and nothing twice`() throws
    {
        var (bench, alice, bob) = try registered()
        #expect(try bench.exchange(subscribe(&alice, to: "bob"), alice).status == .ok)
        let (state, first) = try notified(&bench, alice)
        #expect(state.state == .active)
        #expect(first.contentType?.matches("application", "pidf+xml") == true)
        let empty = try XMLReader.read(first.body.bytes)
        #expect(empty.attribute("entity") == "sip:bob@ims.test")
        #expect(empty.children.isEmpty)

        let published = try bench.exchange(publish("in", by: &bob), bob)
        #expect(published.status == .ok)
        #expect(try published.headers.first(Expires.self)?.seconds == 3600)
        #expect(try notified(&bench, alice).1.body == document("in"))

        let tag = try #require(published.headers.first(.sipETag))
        let refreshed = try bench.exchange(publish(nil, by: &bob, ifMatch: tag), bob)
        let newTag = try #require(refreshed.headers.first(.sipETag))
        #expect(newTag != tag)
        #expect(!bench.sent.contains { $0.flow == alice.flow })

        let modified = try bench.exchange(publish("out", by: &bob, ifMatch: newTag, expires: 100), bob)
        #expect(try notified(&bench, alice).1.body == document("out"))
        let old = try bench.exchange(publish("old", by: &bob, ifMatch: tag), bob)
        #expect(old.status == .conditionalRequestFailed)

        let last = try #require(modified.headers.first(.sipETag))
        #expect(try bench.exchange(publish(nil, by: &bob, ifMatch: last, expires: 0), bob).status == .ok)
        #expect(try XMLReader.read(try notified(&bench, alice).1.body.bytes).children.isEmpty)

        #expect(try bench.exchange(publish("brief", by: &bob, expires: 60), bob).status == .ok)
        #expect(try notified(&bench, alice).1.body == document("brief"))
        try bench.advance(by: .seconds(60))
        #expect(try XMLReader.read(try notified(&bench, alice).1.body.bytes).children.isEmpty)
    }

    @Test func `what two clients publish is shown together, and the one's once the other has left`() throws {
        var (bench, alice, bob) = try registered()
        func publication(_ id: String, _ text: String) -> Message {
            var request = publish(nil, by: &bob)
            var document = PresenceDocument(entity: "sip:bob@ims.test", tuples: [.init(id: id, basic: .open)])
            document.notes = [.init(text)]
            request.setBody(ByteString(document.serialized()), type: MediaType("application", "pidf+xml"))
            return request
        }
        _ = try bench.exchange(publication("desk", "at the desk"), bob)
        let phone = try bench.exchange(publication("phone", "on the move"), bob)
        _ = try bench.exchange(subscribe(&alice, to: "bob"), alice)
        let both = try PresenceDocument(parsing: try notified(&bench, alice).1.body)
        #expect(both.tuples.map(\.id) == ["phone", "desk"])
        #expect(both.notes.map(\.text) == ["on the move"])
        let tag = try #require(phone.headers.first(.sipETag))
        _ = try bench.exchange(publish(nil, by: &bob, ifMatch: tag, expires: 0), bob)
        let left = try PresenceDocument(parsing: try notified(&bench, alice).1.body)
        #expect(left.tuples.map(\.id) == ["desk"])
        #expect(left.notes.map(\.text) == ["at the desk"])
    }

    @Test func `a watcher that has seen the present state is not told it again`() throws {
        var (bench, alice, bob) = try registered()
        var request = subscribe(&alice, to: "bob")
        let accepted = try bench.exchange(request, alice)
        let seen = try #require(try notified(&bench, alice).1.headers.first(.sipETag))
        request.headers.set(.to, try #require(accepted.headers.first(.to)))
        request.headers.set(try #require(HeaderName("Suppress-If-Match")), seen)
        request.headers.set(CSeq(number: alice.nextSequence(), method: .subscribe))
        let renewed = try bench.exchange(request, alice)
        #expect(renewed.status == .noNotification)
        #expect(try renewed.headers.first(Expires.self)?.seconds == 3600)
        #expect(!bench.sent.contains { $0.flow == alice.flow })
        _ = try bench.exchange(publish("in", by: &bob), bob)
        _ = try notified(&bench, alice)
        request.headers.set(CSeq(number: alice.nextSequence(), method: .subscribe))
        #expect(try bench.exchange(request, alice).status == .ok)
        #expect(try notified(&bench, alice).1.body == document("in"))
    }

    @Test func `a fetch is answered once and leaves nothing behind`() throws {
        var (bench, alice, _) = try registered()
        let answer = try bench.exchange(subscribe(&alice, to: "bob", expires: 0), alice)
        #expect(try answer.headers.first(Expires.self)?.seconds == 0)
        let (state, _) = try notified(&bench, alice)
        #expect(state.state == .terminated)
        #expect(state.reason == .timeout)
        #expect(try bench.control("status").contains("subscriptions: 0, publications: 0"))
    }

    @Test func `publications that make no sense are refused, each with what would help`() throws {
        var (bench, alice, bob) = try registered()
        func refused(_ change: (inout Message) -> Void) throws -> Message {
            var request = publish("x", by: &bob)
            change(&request)
            return try bench.exchange(request, bob)
        }
        let event = try refused { $0.headers.set(.event, "dialog") }
        #expect(event.status == .badEvent)
        #expect(event.headers.first(.allowEvents) == "presence")
        let type = try refused { $0.headers.set(.contentType, "text/plain") }
        #expect(type.status == .unsupportedMediaType)
        #expect(type.headers.first(.accept) == "application/pidf+xml")
        let brief = try refused { $0.headers.set(Expires(seconds: 59)) }
        #expect(brief.status == .intervalTooBrief)
        #expect(try brief.headers.first(MinExpires.self)?.seconds == 60)
        #expect(try refused { $0.body = "<presence" }.status == .badRequest)
        #expect(try refused { $0.body = .empty }.status == .badRequest)
        #expect(
            try refused { $0.startLine = .request(.publish, uri: "sip:alice@ims.test") }.status == .forbidden
        )
        #expect(try refused { $0.startLine = .request(.publish, uri: "sip:x@ims.test") }.status == .notFound)
        var stranger = LabPhone("carol", port: 6009)
        #expect(try bench.exchange(publish("x", by: &stranger), stranger).status == .forbidden)
        #expect(try bench.exchange(subscribe(&alice, to: "nobody"), alice).status == .notFound)
    }

    @Test func `a client may publish no more documents than the limit says`() throws {
        var (bench, _, bob) = try registered()
        for number in 0..<16 {
            #expect(try bench.exchange(publish("\(number)", by: &bob), bob).status == .ok)
        }
        #expect(try bench.exchange(publish("one more", by: &bob), bob).status == .serviceUnavailable)
    }

    // MARK: - Watchers

    /// The watchers of a NOTIFY for `presence.winfo`: who, status and event of each.
    private func watchers(_ notify: Message) throws -> (version: String?, list: [[String?]]) {
        #expect(notify.contentType?.matches("application", "watcherinfo+xml") == true)
        let document = try XMLReader.read(notify.body.bytes)
        #expect(document.name == XMLName("watcherinfo", in: "urn:ietf:params:xml:ns:watcherinfo"))
        let list = try #require(document.children.first)
        #expect(list.attribute("resource") == "sip:bob@ims.test")
        return (
            document.attribute("version"),
            list.children.map { [$0.trimmedText, $0.attribute("status"), $0.attribute("event")] }
        )
    }

    @Test func `who must wait sees nothing until the user allows it, and the user is told who asks`() throws {
        var (bench, alice, bob) = try registered()
        try bench.control("presence bob confirm")
        _ = try bench.exchange(publish("in", by: &bob), bob)
        _ = try bench.exchange(subscribe(&bob, to: "bob", "presence.winfo"), bob)
        #expect(try watchers(notified(&bench, bob).1) == ("0", []))

        _ = try bench.exchange(subscribe(&alice, to: "bob"), alice)
        let (pending, nothing) = try notified(&bench, alice)
        #expect(pending.state == .pending)
        #expect(nothing.body.isEmpty)
        #expect(
            try watchers(notified(&bench, bob).1) == ("1", [["sip:alice@ims.test", "pending", "subscribe"]])
        )

        try bench.control("presence bob allow alice")
        let (active, document) = try notified(&bench, alice)
        #expect(active.state == .active)
        #expect(document.body == self.document("in"))
        #expect(
            try watchers(notified(&bench, bob).1) == ("2", [["sip:alice@ims.test", "active", "approved"]])
        )

        try bench.control("presence bob block alice")
        let (ended, _) = try notified(&bench, alice)
        #expect(ended.reason == .rejected)
        #expect(
            try watchers(notified(&bench, bob).1) == (
                "3", [["sip:alice@ims.test", "terminated", "rejected"]]
            )
        )
        #expect(try bench.exchange(subscribe(&alice, to: "bob"), alice).status == .forbidden)
    }

    @Test func `who is blocked politely sees somebody who is not there, whatever is published`() throws {
        var (bench, alice, bob) = try registered()
        try bench.control("presence bob polite-block alice")
        _ = try bench.exchange(subscribe(&alice, to: "bob"), alice)
        #expect(try XMLReader.read(try notified(&bench, alice).1.body.bytes).children.isEmpty)
        _ = try bench.exchange(publish("in", by: &bob), bob)
        #expect(!bench.sent.contains { $0.flow == alice.flow })
    }

    @Test func `nobody but the user hears who watches, and a watcher who leaves is told of`() throws {
        var (bench, alice, bob) = try registered()
        #expect(
            try bench.exchange(subscribe(&alice, to: "bob", "presence.winfo"), alice).status == .forbidden
        )
        _ = try bench.exchange(subscribe(&bob, to: "bob", "presence.winfo"), bob)
        _ = try notified(&bench, bob)
        _ = try bench.exchange(subscribe(&alice, to: "bob", expires: 100), alice)
        _ = try notified(&bench, alice)
        _ = try notified(&bench, bob)
        try bench.advance(by: .seconds(100))
        #expect(try notified(&bench, alice).0.reason == .timeout)
        #expect(
            try watchers(notified(&bench, bob).1).list == [["sip:alice@ims.test", "terminated", "timeout"]]
        )
    }

    @Test func `a watcher that refuses a notification is forgotten`() throws {
        var (bench, alice, _) = try registered()
        _ = try bench.exchange(subscribe(&alice, to: "bob"), alice)
        try bench.respond(.callDoesNotExist, to: try bench.next(over: alice.flow), alice)
        #expect(try bench.control("status").contains("subscriptions: 0"))
    }

    // MARK: - What tests can set

    @Test func `a core that has forgotten somebody knows neither publication nor subscription`() throws {
        var (bench, alice, bob) = try registered()
        let published = try bench.exchange(publish("in", by: &bob), bob)
        var watching = subscribe(&alice, to: "bob")
        let accepted = try bench.exchange(watching, alice)
        _ = try notified(&bench, alice)
        try bench.control("forget bob")
        let tag = try #require(published.headers.first(.sipETag))
        #expect(
            try bench.exchange(publish(nil, by: &bob, ifMatch: tag), bob).status == .conditionalRequestFailed
        )
        watching.headers.set(.to, try #require(accepted.headers.first(.to)))
        watching.headers.set(CSeq(number: alice.nextSequence(), method: .subscribe))
        #expect(try bench.exchange(watching, alice).status == .callDoesNotExist)
    }

    @Test func `a fault answers the requests of one method, with what the status needs`() throws {
        var (bench, alice, bob) = try registered()
        try bench.control("fault PUBLISH 412 1")
        try bench.control("fault SUBSCRIBE 489")
        #expect(try bench.exchange(publish("x", by: &bob), bob).status == .conditionalRequestFailed)
        #expect(try bench.exchange(publish("x", by: &bob), bob).status == .ok)
        let refused = try bench.exchange(subscribe(&alice, to: "bob"), alice)
        #expect(refused.status == .badEvent)
        #expect(try refused.headers.first(AllowEvents.self)?.contains("presence") == true)
        try bench.control("fault SUBSCRIBE 423 1")
        let brief = try bench.exchange(subscribe(&alice, to: "bob", expires: 600), alice)
        #expect(try brief.headers.first(MinExpires.self)?.seconds == 660)
        #expect(try bench.control("status").contains("faults: none"))
    }

    @Test func `the automatic buddy is open as long as nobody else is bob`() throws {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        _ = try bench.exchange(subscribe(&alice, to: "bob"), alice)
        let shown = try XMLReader.read(try notified(&bench, alice).1.body.bytes)
        #expect(shown.children.first?.children.first?.children.first?.trimmedText == "open")
    }
}
