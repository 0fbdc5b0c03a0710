import Foundation
import Testing

@testable import Store

@Suite struct StoreFailureTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func failure(_ body: () throws -> Void) -> Store.Failure? {
        do {
            try body()
            return nil
        } catch {
            return error as? Store.Failure
        }
    }

    @Test("an older schema is brought forward and keeps its rows")
    func upgrade() throws {
        try Store(path: directory.database).append(.sample("one"))
        var later = Schema.current
        later.steps.append("ALTER TABLE history ADD COLUMN note TEXT")
        let store = try Store(path: directory.database, schema: later)
        #expect(try store.history(account: "alice", peer: nil, limit: 9).count == 1)
        #expect(
            failure { _ = try Store(path: directory.database) }
                == .newerSchema(found: later.version, known: Schema.current.version)
        )
    }

    @Test("a step that fails leaves the schema as it was")
    func failedUpgrade() throws {
        try Store(path: directory.database).append(.sample("one"))
        var later = Schema.current
        later.steps.append("CREATE TABLE half(x); ALTER TABLE missing ADD COLUMN note TEXT")
        #expect(failure { _ = try Store(path: directory.database, schema: later) } != nil)
        #expect(
            try Store(path: directory.database).history(account: "alice", peer: nil, limit: 9).count == 1
        )
    }

    @Test("a path below a file is not writable, and says which")
    func notADirectory() throws {
        let file = directory.path + "/file"
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        #expect(
            failure { _ = try Store(path: file + "/ims/ims.db") }
                == .notWritable(file + "/ims: Not a directory")
        )
    }

    @Test("a directory that cannot be made is not writable")
    func readOnlyFileSystem() {
        guard case .notWritable = failure({ _ = try Store(path: "/proc/ims/ims.db") }) else {
            Issue.record("a directory was made under /proc")
            return
        }
    }

    @Test("a full disk is told as such, and what was there stays")
    func diskFull() throws {
        let store = try Store(path: directory.database)
        try store.append(.sample("one"))
        try store.database.execute("PRAGMA max_page_count=1")
        let long = String(repeating: "x", count: 100_000)
        #expect(failure { try store.append(.sample(long)) } == .diskFull)
        #expect(try store.history(account: "alice", peer: nil, limit: 9).count == 1)
    }

    @Test("a file that is no database is named as damaged")
    func damaged() throws {
        let bytes = Data(repeating: 0x41, count: 4096)
        #expect(FileManager.default.createFile(atPath: directory.path + "/ims.db", contents: bytes))
        guard case .damaged = failure({ _ = try Store(path: directory.database) }) else {
            Issue.record("a file of letters was taken for a database")
            return
        }
    }
}
