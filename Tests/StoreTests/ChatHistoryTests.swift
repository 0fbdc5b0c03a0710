import Testing
import Wire

@testable import Store

@Suite("What chats keep")
struct ChatHistoryTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func texts(_ entries: [HistoryEntry]) -> [String] {
        entries.map { String(decoding: $0.body, as: UTF8.self) }
    }

    private func outgoing(_ text: String, messageID: String, session: String? = nil) -> HistoryEntry {
        var entry = HistoryEntry.sample(text, direction: .outgoing)
        (entry.messageID, entry.sessionID) = (messageID, session)
        return entry
    }

    @Test("what was done as a group is safe when it is committed, and not before")
    func group() throws {
        let (store, other) = (try Store(path: directory.database), try Store(path: directory.database))
        try store.beginGroup()
        for number in 1...3 { try store.append(outgoing("\(number)", messageID: "m\(number)")) }
        #expect(try other.history(account: "alice", peer: nil, limit: 9).isEmpty)
        try store.commitGroup()
        #expect(texts(try other.history(account: "alice", peer: nil, limit: 9)) == ["1", "2", "3"])
        try store.append(outgoing("4", messageID: "m4"))
        #expect(try other.history(account: "alice", peer: nil, limit: 9).count == 4)
    }

    @Test("a file of the first version is brought forward and keeps its rows")
    func firstVersion() throws {
        do {
            var first = Schema.current
            first.steps.removeLast(first.steps.count - 1)
            let old = try Store(path: directory.database, schema: first)
            try old.database.execute(
                """
                INSERT INTO history(time, account, direction, peer, sender, recipient, content_type, body, call_id, state,
                    status)
                VALUES(7, 'alice', 'outgoing', 'sip:bob@ims.test', 'sip:alice@ims.test', 'sip:bob@ims.test', 'text/plain',
                    x'6869', 'c1', 'accepted', 200);
                INSERT INTO account_state VALUES('alice', 'instance', x'01')
                """
            )
        }
        let store = try Store(path: directory.database)
        let entry = try #require(try store.history(account: "alice", peer: nil, limit: 9).first)
        #expect(texts([entry]) == ["hi"])
        #expect((entry.state, entry.status, entry.time) == (.accepted, 200, Timestamp(microseconds: 7)))
        #expect((entry.sessionID, entry.messageID, entry.delivery) == (nil, nil, nil))
        #expect(try store.value("instance", account: "alice") == [1])
        try store.append(outgoing("new", messageID: "m1"))
        #expect(try store.update(messageID: "m1", account: "alice", delivery: .delivered) != nil)
    }

    @Test("session, message id and delivery are kept")
    func fields() throws {
        let store = try Store(path: directory.database)
        var entry = outgoing("hi", messageID: "m1", session: "s1")
        entry.delivery = .delivered
        entry.id = try store.append(entry)
        #expect(try store.history(account: "alice", peer: nil, limit: 9) == [entry])
    }

    @Test(
        "what comes again is kept once, also in another session if nobody could mistake it for something else"
    )
    func repeated() throws {
        let store = try Store(path: directory.database)
        func incoming(
            _ text: String,
            _ messageID: String,
            _ session: String,
            peer: String = "sip:bob@ims.test",
            account: String = "alice"
        ) -> HistoryEntry {
            var entry = HistoryEntry.sample(text, peer: peer)
            (entry.messageID, entry.sessionID, entry.account) = (messageID, session, account)
            return entry
        }
        let row = try store.appendOnce(incoming("hi", "0123456789", "s1"))
        #expect(row != nil)
        // The same session: the identifier decides, however little it says.
        #expect(try store.appendOnce(incoming("hi there", "0123456789", "s1")) == nil)
        #expect(try store.appendOnce(incoming("one", "1", "s1")) != nil)
        #expect(try store.appendOnce(incoming("one", "1", "s1")) == nil)
        // Another session.
        #expect(try store.appendOnce(incoming("hi", "0123456789", "s2")) == nil)
        #expect(try store.appendOnce(incoming("other", "0123456789", "s2")) != nil)
        #expect(try store.appendOnce(incoming("one", "1", "s2")) != nil)
        // Somebody else, and somebody else's history.
        #expect(try store.appendOnce(incoming("hi", "0123456789", "s1", peer: "sip:carol@ims.test")) != nil)
        #expect(try store.appendOnce(incoming("hi", "0123456789", "s1", account: "dave")) != nil)
        // What goes out is not what comes in.
        try store.append(outgoing("hello", messageID: "abcdefghij", session: "s1"))
        #expect(try store.appendOnce(incoming("hello", "abcdefghij", "s1")) != nil)
        #expect(try Store(path: directory.database).appendOnce(incoming("hi", "0123456789", "s1")) == nil)
    }

    @Test("what is told of a message only ever gets better")
    func delivery() throws {
        let store = try Store(path: directory.database)
        try store.append(outgoing("hi", messageID: "m1"))
        func update(_ delivery: HistoryEntry.Delivery) throws -> HistoryEntry.Delivery? {
            try store.update(messageID: "m1", account: "alice", delivery: delivery)?.delivery
        }
        #expect(try update(.failed) == .failed)
        #expect(try update(.failed) == nil)
        #expect(try update(.delivered) == .delivered)
        #expect(try update(.failed) == nil)
        #expect(try update(.displayed) == .displayed)
        #expect(try update(.delivered) == nil)
        #expect(try store.history(account: "alice", peer: nil, limit: 9).map(\.delivery) == [.displayed])
    }

    @Test("a message id of another account, of nobody, or of what came in changes nothing")
    func strangers() throws {
        let store = try Store(path: directory.database)
        var incoming = HistoryEntry.sample("hi")
        incoming.messageID = "m1"
        try store.append(incoming)
        try store.append(outgoing("hi", messageID: "m2"))
        for (account, messageID) in [("alice", "m1"), ("alice", "m9"), ("bob", "m2")] {
            #expect(
                try store.update(messageID: messageID, account: account, delivery: .displayed) == nil
            )
        }
        #expect(try store.history(account: "alice", peer: nil, limit: 9).allSatisfy { $0.delivery == nil })
    }

    @Test("a session is read alone, oldest first")
    func transcript() throws {
        let store = try Store(path: directory.database)
        for (text, session) in [("1", "s1"), ("2", "s2"), ("3", "s1"), ("4", nil), ("5", "s1")] {
            try store.append(outgoing(text, messageID: text, session: session))
        }
        #expect(texts(try store.transcript(account: "alice", sessionID: "s1", limit: 9)) == ["1", "3", "5"])
        #expect(texts(try store.transcript(account: "alice", sessionID: "s1", limit: 2)) == ["3", "5"])
        #expect(try store.transcript(account: "bob", sessionID: "s1", limit: 9) == [])
    }

    @Test("what was learned of a peer is kept by account, peer and key, replaced and forgotten")
    func peerTraits() throws {
        let store = try Store(path: directory.database)
        let bob = "sip:bob@ims.test"
        let refused = PeerTrait(value: "refused", time: Timestamp(microseconds: 5))
        #expect(try store.peerTrait("cpim", peer: bob, account: "alice") == nil)
        try store.setPeerTrait(refused, "cpim", peer: bob, account: "alice")
        #expect(try store.peerTrait("cpim", peer: bob, account: "alice") == refused)
        #expect(try store.peerTrait("cpim", peer: bob, account: "carol") == nil)
        #expect(try store.peerTrait("imdn", peer: bob, account: "alice") == nil)
        let accepted = PeerTrait(value: "accepted", time: Timestamp(microseconds: 6))
        try store.setPeerTrait(accepted, "cpim", peer: bob, account: "alice")
        #expect(try store.peerTrait("cpim", peer: bob, account: "alice") == accepted)
        try store.setPeerTrait(nil, "cpim", peer: bob, account: "alice")
        #expect(try store.peerTrait("cpim", peer: bob, account: "alice") == nil)
    }
}

@Suite("Searching the history")
struct HistorySearchTests {
    let directory: TemporaryDirectory
    let store: Store

    init() throws {
        directory = try TemporaryDirectory()
        store = try Store(path: directory.database)
    }

    private func found(_ word: String, peer: String? = nil, limit: Int = 99) throws -> [String] {
        try store.search(word, account: "alice", peer: peer, limit: limit)
            .map { String(decoding: $0.body, as: UTF8.self) }
    }

    @Test("a word is found anywhere in a text, oldest first, the last ones when limited")
    func order() throws {
        for text in ["one", "none", "two", "ones"] { try store.append(.sample(text)) }
        #expect(try found("one") == ["one", "none", "ones"])
        #expect(try found("one", limit: 2) == ["none", "ones"])
        #expect(try found("one", limit: 0) == [])
        #expect(try found("one", limit: -1) == [])
        #expect(try store.search("one", account: "bob", peer: nil, limit: 9) == [])
    }

    @Test("upper and lower case are alike in every script")
    func caseInsensitive() throws {
        for text in ["Grüße aus KÖLN", "Привет", "hello"] { try store.append(.sample(text)) }
        #expect(try found("köln") == ["Grüße aus KÖLN"])
        #expect(try found("GRÜßE") == ["Grüße aus KÖLN"])
        #expect(try found("привет") == ["Привет"])
        #expect(try found("HELLO") == ["hello"])
        #expect(try found("héllo") == [])
    }

    @Test("the characters of patterns stand for themselves")
    func wildcards() throws {
        for text in ["100%", "100 ways", "snake_case", "snakeXcase", "C:\\temp", "'; DROP"] {
            try store.append(.sample(text))
        }
        #expect(try found("0%") == ["100%"])
        #expect(try found("e_c") == ["snake_case"])
        #expect(try found("\\") == ["C:\\temp"])
        #expect(try found("'; drop") == ["'; DROP"])
    }

    @Test("only texts are searched, and only those with the peer if one is named")
    func filters() throws {
        var picture = HistoryEntry.sample("word")
        picture.contentType = "image/png"
        try store.append(picture)
        try store.append(.sample("word of bob"))
        try store.append(.sample("word of carol", peer: "sip:carol@ims.test"))
        #expect(try found("word") == ["word of bob", "word of carol"])
        #expect(try found("word", peer: "CAROL") == ["word of carol"])
    }

    @Test("a word is found behind more candidates than are read at a time")
    func batches() throws {
        try store.append(.sample("naïve"))
        try store.database.transaction { () throws(Store.Failure) in
            for _ in 0...TextSearch.batchSize { try store.append(.sample("naive")) }
        }
        #expect(try found("NAÏVE") == ["naïve"])
    }

    @Test("a word longer than any pattern is compared to its end")
    func longWord() throws {
        let long = String(repeating: "é", count: 60_000)
        try store.append(.sample(long + "a"))
        #expect(try found(long + "a").count == 1)
        #expect(try found(long + "b").isEmpty)
    }

    @Test("bytes that are no text do no harm")
    func bytes() throws {
        var entry = HistoryEntry.sample("")
        entry.body = [0xFF, 0x61, 0, 0x62]
        try store.append(entry)
        #expect(try store.search("a", account: "alice", peer: nil, limit: 9).count == 1)
    }
}
