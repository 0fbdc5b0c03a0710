import Foundation
import Testing
import Wire

@testable import Store

/// A directory that is gone when the test is over.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "ims-store-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    var database: String { path + "/ims.db" }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func permissions(of name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}

extension HistoryEntry {
    static func sample(
        _ text: String,
        direction: Direction = .incoming,
        peer: String = "sip:bob@ims.test",
        account: String = "alice"
    ) -> HistoryEntry {
        HistoryEntry(
            time: Timestamp(microseconds: 1_790_000_000_000_000),
            account: account,
            direction: direction,
            peer: peer,
            from: direction == .incoming ? peer : "sip:alice@ims.test",
            asserted: direction == .incoming ? peer : nil,
            to: direction == .incoming ? "sip:alice@ims.test" : peer,
            contentType: "text/plain",
            body: Array(text.utf8),
            callID: "a84b4c76e66710",
            state: direction == .incoming ? .received : .pending
        )
    }
}

@Suite struct StoreTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func texts(_ entries: [HistoryEntry]) -> [String] {
        entries.map { String(decoding: $0.body, as: UTF8.self) }
    }

    @Test("gives back what was appended, oldest first, the last ones when limited")
    func order() throws {
        let store = try Store(path: directory.database)
        for text in ["one", "two", "three"] { try store.append(.sample(text)) }
        #expect(texts(try store.history(account: "alice", peer: nil, limit: 10)) == ["one", "two", "three"])
        #expect(texts(try store.history(account: "alice", peer: nil, limit: 2)) == ["two", "three"])
        #expect(try store.history(account: "alice", peer: nil, limit: -1) == [])
        #expect(try store.history(account: "carol", peer: nil, limit: 10) == [])
    }

    @Test("keeps every field of an entry")
    func fields() throws {
        let store = try Store(path: directory.database)
        var entry = HistoryEntry.sample("", direction: .outgoing)
        entry.body = [0, 255, 10]
        entry.id = try store.append(entry)
        #expect(try store.history(account: "alice", peer: nil, limit: 1) == [entry])
        try store.update(try #require(entry.id), state: .refused, status: 403)
        (entry.state, entry.status) = (.refused, 403)
        #expect(try store.history(account: "alice", peer: nil, limit: 1) == [entry])
    }

    @Test("an empty body stays a body")
    func emptyBody() throws {
        let store = try Store(path: directory.database)
        try store.append(.sample(""))
        #expect(try store.history(account: "alice", peer: nil, limit: 1).first?.body == [])
    }

    @Test("the peer filter looks at the other side only, upper and lower case alike")
    func peerFilter() throws {
        let store = try Store(path: directory.database)
        try store.append(.sample("in", peer: "sip:bob@ims.test"))
        try store.append(.sample("out", direction: .outgoing, peer: "sip:Bob@ims.test"))
        try store.append(.sample("other", peer: "sip:carol@ims.test"))
        var spoofed = HistoryEntry.sample("claims", peer: "sip:mallory@ims.test")
        spoofed.from = "sip:bob@ims.test"
        try store.append(spoofed)
        #expect(
            texts(try store.history(account: "alice", peer: "SIP:BOB@ims.test", limit: 9)) == [
                "in", "out", "claims",
            ]
        )
        #expect(texts(try store.history(account: "alice", peer: "carol", limit: 9)) == ["other"])
        #expect(try store.history(account: "alice", peer: "alice", limit: 9) == [])
        #expect(try store.history(account: "alice", peer: "%", limit: 9) == [])
    }

    @Test("peers come once each, the latest first")
    func peers() throws {
        let store = try Store(path: directory.database)
        for peer in ["sip:a@x", "sip:b@x", "sip:a@x", "sip:c@x", "sip:a@x"] {
            try store.append(.sample("hi", peer: peer))
        }
        #expect(try store.peers(account: "alice", limit: 2) == ["sip:a@x", "sip:c@x"])
    }

    @Test("account state is kept by account and key, replaced and forgotten")
    func accountState() throws {
        let store = try Store(path: directory.database)
        #expect(try store.value("nonce", account: "alice") == nil)
        try store.setValue([1, 2], "nonce", account: "alice")
        try store.setValue([], "nonce", account: "bob")
        try store.setValue([3], "nonce", account: "alice")
        #expect(try store.value("nonce", account: "alice") == [3])
        #expect(try store.value("nonce", account: "bob") == [])
        try store.setValue(nil, "nonce", account: "alice")
        #expect(try store.value("nonce", account: "alice") == nil)
    }

    @Test("the first of two processes decides a value that is kept once")
    func keepOnce() throws {
        let first = try Store(path: directory.database)
        let second = try Store(path: directory.database)
        #expect(try first.value("instance", account: "alice", orKeep: [1]) == [1])
        #expect(try second.value("instance", account: "alice", orKeep: [2]) == [1])
    }

    @Test("what was appended is there for another process while this one still has the store open")
    func secondReader() throws {
        let first = try Store(path: directory.database)
        let second = try Store(path: directory.database)
        try first.append(.sample("one"))
        try second.append(.sample("two"))
        #expect(texts(try first.history(account: "alice", peer: nil, limit: 9)) == ["one", "two"])
    }

    @Test("the directory and every file in it are their owner's alone")
    func permissions() throws {
        let store = try Store(path: directory.path + "/new/ims/ims.db")
        try store.append(.sample("one"))
        #expect(try directory.permissions(of: "new") == 0o700)
        #expect(try directory.permissions(of: "new/ims") == 0o700)
        for file in ["ims.db", "ims.db-wal", "ims.db-shm"] {
            #expect(try directory.permissions(of: "new/ims/" + file) == 0o600)
        }
    }

    @Test("a file that others could read is closed to them")
    func tightened() throws {
        _ = try Store(path: directory.database)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644],
            ofItemAtPath: directory.path + "/ims.db"
        )
        _ = try Store(path: directory.database)
        #expect(try directory.permissions(of: "ims.db") == 0o600)
    }

    @Test("what was appended is there when the process ends without a word")
    func killed() throws {
        let store = try Store(path: directory.database)
        try store.append(.sample("one"))
        try store.setValue([1], "nonce", account: "alice")
        // What a killed process leaves behind: the files as they are, nothing closed, nothing merged.
        let manager = FileManager.default
        try manager.createDirectory(atPath: directory.path + "/after", withIntermediateDirectories: false)
        for file in ["ims.db", "ims.db-wal"] {
            try manager.copyItem(
                atPath: directory.path + "/" + file,
                toPath: directory.path + "/after/" + file
            )
        }
        let after = try Store(path: directory.path + "/after/ims.db")
        #expect(texts(try after.history(account: "alice", peer: nil, limit: 9)) == ["one"])
        #expect(try after.value("nonce", account: "alice") == [1])
        withExtendedLifetime(store) {}
    }

    @Test("the log is merged now and then, however short each run is")
    func log() throws {
        for number in 0..<200 { try Store(path: directory.database).append(.sample("\(number)")) }
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.database + "-wal")
        #expect(try #require(attributes[.size] as? Int) < 600_000)
        let store = try Store(path: directory.database)
        #expect(try store.history(account: "alice", peer: nil, limit: 1000).count == 200)
    }

    @Test("several writers at once, the file new to all of them, lose nothing")
    func writersAtOnce() async throws {
        let path = directory.database
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let store = try Store(path: path)
                    for number in 0..<25 { try store.append(.sample("\(writer).\(number)")) }
                }
            }
            try await group.waitForAll()
        }
        let entries = try Store(path: path).history(account: "alice", peer: nil, limit: 1000)
        #expect(Set(texts(entries)).count == 100)
    }
}
