import Documents
import SIP
import Testing
import UserAgent
import Wire

@Suite("Watching lists (RFC 4662, RFC 5367)")
struct CoreListTests {
    private static func part(_ id: String, _ type: String, _ body: String) -> String {
        "--b\nContent-ID: <\(id)>\nContent-Type: \(type)\n\n\(body)\n"
    }

    private static func list(
        _ version: Int,
        of uri: String = "sip:friends@ims.test",
        full: Bool = true,
        _ instances: String,
        parts: String = ""
    ) -> String {
        let information = """
            <list xmlns='urn:ietf:params:xml:ns:rlmi' uri='\(uri)' version='\(version)' \
            fullState='\(full)'>\(instances)</list>
            """
        return part("root", "application/rlmi+xml", information) + parts + "--b--\n"
    }

    private static let type = "multipart/related;type=\"application/rlmi+xml\";start=\"<root>\";boundary=b"

    private static func resource(_ name: String, _ attributes: String) -> String {
        "<resource uri='sip:\(name)@ims.test'><instance id='i' \(attributes)/></resource>"
    }

    @Test("a list tells of each of its members, and what is wrong with one does not touch the others")
    func members() throws {
        var watch = try WatchBench(.list("sip:friends@ims.test"))
        #expect(watch.subscribes.first?.headers.first(.supported)?.text == "eventlist")
        #expect(watch.subscribes.first?.headers.first(.accept)?.text.contains("application/rlmi+xml") == true)
        watch.confirm()
        let body = Self.list(
            1,
            Self.resource("bob", "state='active' cid='c1'") + Self.resource("carol", "state='pending'")
                + Self.resource("dave", "state='terminated' reason='rejected'")
                + Self.resource("eve", "state='active' cid='c2'"),
            parts: Self.part("c1", "application/pidf+xml", presence("open"))
                + Self.part("c2", "application/pidf+xml", presence("open"))
        )
        try watch.notify(body, type: Self.type, fields: "Require: eventlist\n")
        #expect(watch.bench.responses == [200])
        #expect(
            watch.news == [
                .listConfirmed, .presence(PresenceState(basic: .open), of: "sip:bob@ims.test"),
                .pending("sip:carol@ims.test"), .unwatched("sip:dave@ims.test", reason: "rejected"),
            ]
        )
        #expect(watch.reports.count == 5)
    }

    @Test("a part that was missed asks for the whole, once; what is older is not taken")
    func versions() throws {
        let change = Self.resource("bob", "state='active' cid='c1'")
        let parts = Self.part("c1", "application/pidf+xml", presence("open"))
        var watch = try WatchBench(.list("sip:friends@ims.test"))
        watch.confirm()
        try watch.notify(Self.list(5, ""), type: Self.type)
        try watch.notify(Self.list(6, full: false, change, parts: parts), type: Self.type)
        try watch.notify(Self.list(4, full: false, change, parts: parts), type: Self.type)
        #expect(watch.news.count == 1)
        #expect(watch.subscribes.count == 1)
        try watch.notify(Self.list(8, full: false, change, parts: parts), type: Self.type)
        try watch.notify(Self.list(9, full: false, change, parts: parts), type: Self.type)
        #expect(watch.news.count == 1)
        #expect(watch.subscribes.count == 2)
        watch.confirm()
        try watch.notify(Self.list(10, change, parts: parts), type: Self.type)
        #expect(watch.news.count == 2)
    }

    @Test("lists within a list are followed, but not for ever")
    func nested() throws {
        func nest(_ depth: Int, of depths: Int) -> String {
            guard depth > 0 else { return presence("open") }
            let inner =
                depth > 1
                ? Self.type.replacing("boundary=b", with: "boundary=b\(depth - 1)") : "application/pidf+xml"
            // The list of a resource is about that resource.
            let isOutermost = depth == depths
            let body = Self.list(
                1,
                of: isOutermost ? "sip:friends@ims.test" : "sip:bob@ims.test",
                Self.resource("bob", "state='active' cid='c'"),
                parts: Self.part("c", inner, nest(depth - 1, of: depths))
            )
            return body.replacing("--b\n", with: "--b\(depth)\n").replacing("--b--", with: "--b\(depth)--")
        }
        for (depth, count) in [(2, 1), (8, 0)] {
            var watch = try WatchBench(.list("sip:friends@ims.test"))
            watch.confirm()
            try watch.notify(
                nest(depth, of: depth),
                type: Self.type.replacing("boundary=b", with: "boundary=b\(depth)")
            )
            #expect(watch.news.count == count)
        }
    }

    @Test("what is about another list changes nothing and is logged (RFC 4662 §5.2)")
    func otherList() throws {
        let bob = Self.resource("bob", "state='active' cid='c'")
        func parts(_ basic: String) -> String { Self.part("c", "application/pidf+xml", presence(basic)) }
        var watch = try WatchBench(.list("sip:friends@ims.test"))
        watch.confirm()
        let first = Self.list(1, of: "sips:friends@IMS.test", bob, parts: parts("open"))
        try watch.notify(first, type: Self.type)
        let foes = Self.list(2, of: "sip:foes@ims.test", full: false, bob, parts: parts("closed"))
        try watch.notify(foes, type: Self.type)
        #expect(watch.bench.responses == [200, 200])
        #expect(watch.news == [.presence(PresenceState(basic: .open), of: "sip:bob@ims.test")])
        let noted = "a notification for the list sip:friends@ims.test is about sip:foes@ims.test: not taken"
        #expect(watch.reports.last == .noted(noted))
        // Nor does it count as a version, and nothing is asked for because of it.
        try watch.notify(Self.list(2, full: false, bob, parts: parts("closed")), type: Self.type)
        #expect(watch.news.last == .presence(PresenceState(basic: .closed), of: "sip:bob@ims.test"))
        #expect(watch.subscribes.count == 1)
    }

    @Test("a list in the request has the name the server gives it; one within a list that of its resource")
    func otherNames() throws {
        let bob = Self.resource("bob", "state='active' cid='c'")
        let parts = Self.part("c", "application/pidf+xml", presence("open"))
        var watch = try WatchBench(.members(["sip:bob@ims.test"], server: "sip:rls@ims.test"))
        watch.confirm()
        try watch.notify(Self.list(0, of: "sip:adhoc1@ims.test", bob, parts: parts), type: Self.type)
        #expect(watch.news.count == 1)
        try watch.notify(Self.list(1, of: "sip:adhoc2@ims.test", bob, parts: parts), type: Self.type)
        #expect(watch.news.count == 1)
        try watch.notify(Self.list(1, of: "sip:adhoc1@ims.test", bob, parts: parts), type: Self.type)
        #expect(watch.news.count == 2)
        let inner = Self.list(1, of: "sip:other@ims.test", bob, parts: parts).replacing("--b", with: "--i")
        let innerType = Self.type.replacing("boundary=b", with: "boundary=i")
        let outer = Self.list(2, of: "sip:adhoc1@ims.test", bob, parts: Self.part("c", innerType, inner))
        try watch.notify(outer, type: Self.type)
        #expect(watch.news.count == 2)
        #expect(
            watch.reports.last
                == .noted(
                    "a notification for the list sip:bob@ims.test is about sip:other@ims.test: not taken"
                )
        )
    }

    @Test(
        "a server that tells of a single resource where a list was asked for has none",
        arguments: [("", "pending;expires=60"), ("", "active;expires=60"), (presence("open"), "active")]
    )
    func noList(body: String, state: String) throws {
        for subject in [
            PresenceWatch.Subject.list("sip:friends@ims.test"),
            .members(["sip:bob@ims.test"], server: "sip:rls@ims.test"),
        ] {
            var watch = try WatchBench(subject)
            watch.confirm()
            try watch.notify(body, state: state)
            #expect(watch.reports == [.noList])
            #expect(watch.bench.responses == [200])
        }
        // One that has said so may have nothing to tell yet.
        var watch = try WatchBench(.list("sip:friends@ims.test"))
        watch.confirm()
        try watch.notify("", state: "pending", fields: "Require: eventlist\n")
        #expect(watch.reports == [.listConfirmed])
    }

    @Test("a list goes with the first request alone (RFC 5367 §3.2), documents with each (RFC 5875 §4.4)")
    func refreshing() throws {
        for (subject, isRepeated) in [
            (PresenceWatch.Subject.members(["sip:bob@ims.test"], server: "sip:rls@ims.test"), false),
            (.documents(["resource-lists/users/sip:alice@ims.test/index"], of: "sip:alice@ims.test"), true),
        ] {
            var watch = try WatchBench(subject)
            watch.confirm()
            let event = isRepeated ? "xcap-diff" : "presence"
            try watch.notify("", event: event, fields: isRepeated ? "" : "Require: eventlist\n")
            let id = watch.id
            watch.bench.step { $0.refreshWatch(id, at: $1, into: &$2) }
            let refresh = try #require(watch.subscribes.last)
            #expect(watch.subscribes.count == 2)
            #expect(refresh.toTag != nil)
            #expect(refresh.body.isEmpty != isRepeated)
            #expect(refresh.headers.contains(.contentType) == isRepeated)
            #expect(!refresh.headers.contains(.contentDisposition))
            #expect(!refresh.headers.contains(.require))
        }
    }

    @Test("a list in the request goes with its body and must be understood (RFC 5367)")
    func inRequest() throws {
        let members = ["sip:bob@ims.test", "sip:carol@ims.test"]
        let watch = try WatchBench(.members(members, server: "sip:rls@ims.test"))
        let subscribe = try #require(watch.subscribes.first)
        #expect(subscribe.requestURI?.text == "sip:rls@ims.test")
        #expect(subscribe.headers.first(.require)?.text == "recipient-list-subscribe")
        #expect(subscribe.headers.first(.contentDisposition)?.text == "recipient-list")
        #expect(subscribe.headers.first(.contentType)?.text == "application/resource-lists+xml")
        #expect(subscribe.headers.first(.supported)?.text == "eventlist")
        let lists = try ResourceLists(parsing: subscribe.body).lists
        #expect(lists.map { $0.entries.map(\.uri) } == [members])
    }

    @Test("a request with a long list goes by TCP, and the watches there are move with the registration")
    func longList() throws {
        var watch = try WatchBench(.presence(of: "sip:bob@ims.test"))
        watch.confirm()
        try watch.notify(presence("open"))
        var ended: PresenceWatch.ID?
        watch.bench.step { ended = $0.watch(.presence(of: "sip:eve@ims.test"), at: $1, into: &$2) }
        watch.confirm()
        try watch.notify(presence("open", of: "sip:eve@ims.test"))
        let eve = try #require(ended)
        watch.bench.step { $0.unwatch(eve, at: $1, into: &$2) }
        let members = (1...60).map { "sip:buddy\($0)@ims.test" }
        watch.bench.step { _ = $0.watch(.members(members, server: "sip:rls@ims.test"), at: $1, into: &$2) }
        let before = watch.subscribes.count
        watch.bench.answer(.ok)
        watch.bench.openFlow(.tcp)
        watch.bench.grant()
        let moved = watch.subscribes.dropFirst(before)
        // Who is watched no more is not watched again.
        #expect(Set(moved.compactMap { $0.requestURI?.text }) == ["sip:bob@ims.test", "sip:rls@ims.test"])
        #expect(moved.count == 2)
        #expect(moved.allSatisfy { $0.headers.first(.via)?.text.contains("/TCP ") == true })
        #expect(watch.news.last == .ended(.byUser, retryAfter: nil))
    }
}
