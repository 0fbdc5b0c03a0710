import Documents
import SIP
import Testing
import UserAgent
import Wire

@Suite("Watching presence (RFC 3856, RFC 6665)")
struct CorePresenceTests {
    @Test("the subscription asks for whole and partial documents, and each NOTIFY is answered and told")
    func watch() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        let subscribe = try #require(watch.subscribes.first)
        #expect(subscribe.requestURI?.text == "sip:bob@ims.test")
        #expect(subscribe.headers.first(.event)?.text == "presence")
        #expect(subscribe.headers.first(.accept)?.text.contains("application/pidf-diff+xml") == true)
        #expect(subscribe.headers.first(.route)?.text.contains("127.0.0.1:4060") == true)
        // The NOTIFY may come before the 200.
        try watch.notify(presence("open"))
        watch.confirm()
        try watch.notify(presence("closed", of: "pres:bob@ims.test"))
        #expect(watch.bench.responses == [200, 200])
        #expect(
            watch.news == [
                .presence(PresenceState(basic: .open), of: "sip:bob@ims.test"),
                .presence(PresenceState(basic: .closed), of: "sip:bob@ims.test"),
            ]
        )
    }

    @Test("nothing published is nobody there, and pending is no presence at all")
    func empty() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.confirm()
        try watch.notify("", state: "pending;expires=600")
        try watch.notify(presence("open"), state: "pending;expires=600")
        try watch.notify("")
        #expect(
            watch.news == [
                .pending("sip:bob@ims.test"), .pending("sip:bob@ims.test"),
                .presence(.unknown, of: "sip:bob@ims.test"),
            ]
        )
    }

    @Test(
        "a document about somebody else, of another type or without sense is logged and changes nothing",
        arguments: [
            (presence("open", of: "sip:eve@ims.test"), "application/pidf+xml"),
            (presence("open"), "text/plain"), ("<presence", "application/pidf+xml"),
            ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "application/pidf+xml"),
        ]
    )
    func wrong(body: String, type: String) throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.confirm()
        try watch.notify(presence("open"))
        try watch.notify(body, type: type)
        #expect(watch.bench.responses.last == 200)
        #expect(watch.news.count == 1)
        #expect(watch.reports.count == 2)
        try watch.notify(presence("closed"))
        #expect(watch.news.count == 2)
    }

    @Test("ten megabytes of notes and an entity bomb are refused and logged, and the next document is taken")
    func hostile() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.confirm()
        try watch.notify(presence("open"))
        let note = "<note>" + String(repeating: "n", count: 100_000) + "</note>"
        let notes = String(repeating: note, count: 100)
        try watch.notify(presence("closed").replacing("</presence>", with: notes + "</presence>"))
        let entities = (1...9).map { "<!ENTITY e\($0) '&e\($0 - 1);&e\($0 - 1);&e\($0 - 1);'>" }.joined()
        try watch.notify(
            "<!DOCTYPE presence [<!ENTITY e0 'boom'>\(entities)]>"
                + presence("closed").replacing("</presence>", with: "<note>&e9;</note></presence>")
        )
        #expect(watch.news.count == 1)
        try watch.notify(presence("closed"))
        #expect(watch.bench.responses.last == 200)
        #expect(watch.news.last == .presence(PresenceState(basic: .closed), of: "sip:bob@ims.test"))
    }

    @Test("watchers of somebody else, and of another package, are not told")
    func foreignWatchers() throws {
        var watch = try WatchBench(.watchers(of: "sip:alice@ims.test"))
        watch.confirm()
        func list(_ resource: String, _ package: String, _ watcher: String) -> String {
            "<watcher-list resource='\(resource)' package='\(package)'><watcher id='\(watcher)' status='pending' "
                + "event='subscribe'>sip:\(watcher)@ims.test</watcher></watcher-list>"
        }
        try watch.notify(
            "<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' version='0' state='full'>"
                + list("sip:bob@ims.test", "presence", "eve")
                + list("sip:alice@ims.test", "dialog", "mallory")
                + list("sip:alice@ims.test", "presence", "bob") + "</watcherinfo>",
            type: "application/watcherinfo+xml",
            event: "presence.winfo"
        )
        guard case .watchers(let watchers, isFull: true) = watch.news.last else {
            Issue.record("told \(watch.news)")
            return
        }
        #expect(watchers.map(\.uri) == ["sip:bob@ims.test"])
    }

    @Test("a NOTIFY that nobody asked for gets 481 and changes nothing")
    func unsolicited() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.confirm()
        try watch.notify(presence("open"), callID: "other")
        #expect(watch.bench.responses == [481])
        try watch.notify(presence("open"), event: "dialog")
        #expect(watch.bench.responses == [481, 489])
        #expect(watch.reports.isEmpty)
    }

    @Test("a fetch asks with Expires 0 and is over with its answer")
    func fetch() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"), once: true)
        #expect(watch.subscribes.first?.expirySeconds == "0")
        watch.bench.answer(.ok, headers: [(.expires, "0")])
        try watch.notify(presence("open"), state: "terminated;reason=timeout")
        #expect(
            watch.news == [
                .presence(PresenceState(basic: .open), of: "sip:bob@ims.test"),
                .ended(.fetched, retryAfter: nil),
            ]
        )
        try watch.notify(presence("closed"), state: "active")
        #expect(watch.bench.responses.last == 481)
    }

    @Test("a refusal is told with its status")
    func refused() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.bench.answer(.forbidden)
        #expect(watch.news == [.failed(.refused(.forbidden), retryAfter: nil)])
    }

    @Test("the state that was notified last need not be notified again (RFC 5839)")
    func conditional() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.confirm()
        try watch.notify(presence("open"), fields: "SIP-ETag: t1\n")
        watch.bench.advance(by: .seconds(3000))
        #expect(watch.subscribes.count == 2)
        #expect(watch.subscribes.last?.headers.first(.suppressIfMatch)?.text == "t1")
        watch.bench.answer(.noNotification, headers: [(.expires, "3600")])
        watch.bench.advance(by: .seconds(100))
        #expect(watch.news.count == 1)
    }

    @Test("what is told in parts is put together, and a part that is missing asks for the whole (RFC 5263)")
    func partial() throws {
        let diff = "application/pidf-diff+xml"
        let head =
            "xmlns='urn:ietf:params:xml:ns:pidf' xmlns:p='urn:ietf:params:xml:ns:pidf-diff' entity='sip:bob@ims.test'"
        let full = "<tuple id='a'><status><basic>open</basic></status></tuple>"
        let close = "<p:replace sel=\"presence/tuple[@id='a']/status/basic/text()\">closed</p:replace>"
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.confirm()
        try watch.notify("<p:pidf-full \(head) version='1'>\(full)</p:pidf-full>", type: diff)
        try watch.notify("<p:pidf-diff \(head) version='2'>\(close)</p:pidf-diff>", type: diff)
        // Old news, then a jump.
        try watch.notify("<p:pidf-diff \(head) version='2'>\(close)</p:pidf-diff>", type: diff)
        #expect(watch.subscribes.count == 1)
        try watch.notify("<p:pidf-diff \(head) version='4'>\(close)</p:pidf-diff>", type: diff)
        #expect(watch.subscribes.count == 2)
        #expect(watch.subscribes.last?.toTag != nil)
        watch.confirm()
        try watch.notify("<p:pidf-full \(head) version='5'>\(full)</p:pidf-full>", type: diff)
        let states = watch.news.map { report -> PresenceState.Basic? in
            if case .presence(let state, _) = report { state.basic } else { nil }
        }
        #expect(states == [.open, .closed, .open])
    }

    @Test("after the flow was lost the watch goes on over the new one")
    func newFlow() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.confirm()
        try watch.notify(presence("open"))
        watch.bench.breakFlow()
        watch.bench.advance(by: .seconds(120))
        watch.bench.openFlow()
        watch.bench.grant()
        #expect(watch.subscribes.last?.toTag == nil)
        #expect(watch.subscribes.last?.headers.first(.contact)?.text.contains(":40002") == true)
        try watch.notify(presence("closed"))
        #expect(watch.news.last == .presence(PresenceState(basic: .closed), of: "sip:bob@ims.test"))
    }

    @Test("who watches is told, versions that go back are not (RFC 3858)")
    func watchers() throws {
        func document(_ version: Int, _ status: String) -> String {
            """
            <watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' version='\(version)' state='full'>\
            <watcher-list resource='sip:alice@ims.test' package='presence'><watcher id='x' status='\(status)' \
            event='subscribe'>sip:bob@ims.test</watcher></watcher-list></watcherinfo>
            """
        }
        let type = "application/watcherinfo+xml"
        var watch = try WatchBench(.watchers(of: "sip:alice@ims.test"))
        #expect(watch.subscribes.first?.headers.first(.event)?.text == "presence.winfo")
        watch.confirm()
        try watch.notify(document(3, "pending"), type: type, event: "presence.winfo")
        try watch.notify(document(2, "active"), type: type, event: "presence.winfo")
        try watch.notify(document(9, "active"), type: type, event: "presence.winfo")
        let statuses = watch.news.map { report -> [WatcherInformation.Status]? in
            if case .watchers(let watchers, isFull: true) = report { watchers.map(\.status) } else { nil }
        }
        #expect(statuses == [[.pending], [.active]])
    }
}
