import Testing
import Wire

@testable import Store

@Suite("What transfers keep")
struct TransferTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test("a transfer is found again by its direction, its peer and its hash, until it is forgotten")
    func unfinished() throws {
        let store = try Store(path: directory.database)
        var transfer = UnfinishedTransfer(
            .incoming,
            peer: "sip:bob@ims.test",
            hash: "sha-1:AB",
            size: 10,
            folder: "/tmp",
            part: "a.part"
        )
        func found(
            _ direction: UnfinishedTransfer.Direction,
            peer: String = "sip:bob@ims.test"
        ) throws
            -> UnfinishedTransfer?
        {
            try store.unfinishedTransfer(direction, peer: peer, hash: "sha-1:AB", account: "alice")
        }
        try store.keep(transfer, account: "alice", at: Timestamp(microseconds: 1))
        #expect(try found(.incoming) == transfer)
        #expect(try found(.outgoing) == nil)
        #expect(try found(.incoming, peer: "sip:eve@ims.test") == nil)
        transfer.place = 6
        try store.keep(transfer, account: "alice", at: Timestamp(microseconds: 2))
        #expect(try found(.incoming)?.place == 6)
        try store.forget(transfer, account: "alice")
        #expect(try found(.incoming) == nil)
    }

    @Test("the hash of a file counts as long as nothing of the file has changed")
    func hashes() throws {
        let store = try Store(path: directory.database)
        var stamp = FileStamp(path: "/a", size: 10, modified: 5, changed: 6, number: .max)
        try store.keep([1, 2], of: stamp)
        #expect(try store.hash(of: stamp) == [1, 2])
        stamp.changed = 7
        #expect(try store.hash(of: stamp) == nil)
        try store.keep([3], of: stamp)
        #expect(try store.hash(of: stamp) == [3])
    }

    @Test("hashes of old are forgotten")
    func pruning() throws {
        let store = try Store(path: directory.database)
        func stamp(_ number: UInt64) -> FileStamp {
            FileStamp(path: "/\(number)", size: 1, modified: 1, changed: 1, number: number)
        }
        for number in 1...510 { try store.keep([1], of: stamp(UInt64(number))) }
        #expect(try store.hash(of: stamp(1)) == nil)
        #expect(try store.hash(of: stamp(510)) == [1])
    }
}
