import Testing
import Wire

@testable import Store

@Suite struct BuddyTests {
    let directory: TemporaryDirectory
    let store: Store

    init() throws {
        directory = try TemporaryDirectory()
        store = try Store(path: directory.database)
    }

    @Test("gives the buddies of one account, those without a group first, then by name")
    func order() throws {
        let zoe = Buddy(uri: "sip:zoe@ims.test")
        let dave = Buddy(uri: "sip:1@ims.test", nickname: "Dave", group: "work")
        let bob = Buddy(uri: "sip:2@ims.test", nickname: "bob", group: "work")
        for buddy in [zoe, dave, bob] { try store.setBuddy(buddy, account: "alice") }
        try store.setBuddy(Buddy(uri: "sip:eve@ims.test"), account: "carol")
        #expect(try store.buddies(account: "alice") == [zoe, bob, dave])
    }

    @Test("a list that replaces another takes away who is not in it, and keeps what a buddy calls itself")
    func replacing() throws {
        try store.setBuddy(Buddy(uri: "sip:bob@ims.test"), account: "alice")
        try store.setBuddy(Buddy(uri: "sip:eve@ims.test"), account: "alice")
        try store.setAlias("Bobby", ofBuddy: "sip:bob@ims.test", account: "alice")
        try store.setAlias("Mallory", ofBuddy: "sip:mallory@ims.test", account: "alice")
        let wanted = [
            Buddy(uri: "sip:bob@ims.test", nickname: "bob"), Buddy(uri: "sip:carol@ims.test", group: "work"),
        ]
        try store.replaceBuddies(wanted, account: "alice")
        #expect(
            try store.buddies(account: "alice") == [
                Buddy(uri: "sip:bob@ims.test", nickname: "bob", alias: "Bobby"), wanted[1],
            ]
        )
        try store.removeBuddy("sip:bob@ims.test", account: "alice")
        #expect(try store.buddies(account: "alice") == [wanted[1]])
    }

    @Test("a decision about a watcher is changed, forgotten and replaced")
    func policies() throws {
        try store.setWatcherPolicy(.allow, of: "sip:bob@ims.test", account: "alice")
        try store.setWatcherPolicy(.block, of: "sip:bob@ims.test", account: "alice")
        try store.setWatcherPolicy(.allow, of: "sip:eve@ims.test", account: "alice")
        try store.setWatcherPolicy(nil, of: "sip:eve@ims.test", account: "alice")
        var policies = try store.watcherPolicies(account: "alice")
        #expect(policies.map(\.uri) == ["sip:bob@ims.test"])
        #expect(policies.map(\.policy) == [.block])
        try store.replaceWatcherPolicies([("sip:carol@ims.test", .allow)], account: "alice")
        policies = try store.watcherPolicies(account: "alice")
        #expect(policies.map(\.uri) == ["sip:carol@ims.test"])
    }

    @Test("a watcher keeps the time it first asked, and is forgotten when a full document lacks it")
    func requests() throws {
        let first = WatcherRequest(
            uri: "sip:bob@ims.test",
            displayName: "Bob",
            since: Timestamp(microseconds: 1000),
            status: "pending"
        )
        try store.setWatcherRequest(first, account: "alice")
        var later = first
        (later.since, later.status) = (Timestamp(microseconds: 2000), "active")
        try store.setWatcherRequest(later, account: "alice")
        later.since = first.since
        #expect(try store.watcherRequests(account: "alice") == [later])
        #expect(first.isUndecided)
        #expect(!later.isUndecided)
        let eve = WatcherRequest(
            uri: "sip:eve@ims.test",
            since: Timestamp(microseconds: 5),
            status: "waiting"
        )
        try store.replaceWatcherRequests([eve], account: "alice")
        #expect(try store.watcherRequests(account: "alice") == [eve])
        try store.removeWatcherRequest(eve.uri, account: "alice")
        #expect(try store.watcherRequests(account: "alice").isEmpty)
    }

    @Test("a document of the server is kept with its entity tag, and forgotten")
    func documents() throws {
        let selector = "resource-lists/users/sip:alice@ims.test/index"
        #expect(try store.keptDocument(selector, account: "alice") == nil)
        var document = KeptDocument(etag: "\"1\"", body: [0, 255], time: Timestamp(microseconds: 7))
        try store.setKeptDocument(document, selector, account: "alice")
        (document.etag, document.body) = (nil, [])
        try store.setKeptDocument(document, selector, account: "alice")
        #expect(try store.keptDocument(selector, account: "alice") == document)
        try store.setKeptDocument(nil, selector, account: "alice")
        #expect(try store.keptDocument(selector, account: "alice") == nil)
    }
}
