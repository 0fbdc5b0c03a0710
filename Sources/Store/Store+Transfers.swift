package import Wire

/// A transfer of a file that was begun and is not complete, to be gone on with.
package struct UnfinishedTransfer: Hashable, Sendable {
    package enum Direction: String, Hashable, Sendable { case incoming, outgoing }

    package var direction: Direction
    package var peer: String
    /// The hash of the whole file, with the name of its function.
    package var hash: String
    package var size: UInt64
    /// What of it is here, or was confirmed, from the first byte on.
    package var place: UInt64
    /// Of an incoming one: the folder, and the temporary name in it.
    package var folder: String
    package var part: String

    package init(
        _ direction: Direction,
        peer: String,
        hash: String,
        size: UInt64,
        place: UInt64 = 0,
        folder: String = "",
        part: String = ""
    ) {
        (self.direction, self.peer, self.hash, self.size) = (direction, peer, hash, size)
        (self.place, self.folder, self.part) = (place, folder, part)
    }
}

/// What tells that a file has not changed since its hash was computed.
package struct FileStamp: Hashable, Sendable {
    package var path: String
    package var size: UInt64
    /// When its bytes, and when it or its name, were last changed, in nanoseconds.
    package var modified: Int64
    package var changed: Int64
    package var number: UInt64

    package init(path: String, size: UInt64, modified: Int64, changed: Int64, number: UInt64) {
        (self.path, self.size, self.modified) = (path, size, modified)
        (self.changed, self.number) = (changed, number)
    }
}

extension Store {
    /// The transfer of a file with this hash that was begun with `peer`, if it is not complete.
    package func unfinishedTransfer(
        _ direction: UnfinishedTransfer.Direction,
        peer: String,
        hash: String,
        account: String
    ) throws(Failure) -> UnfinishedTransfer? {
        try database.run(
            """
            SELECT size, place, folder, part FROM unfinished_transfer
            WHERE account = ?1 AND direction = ?2 AND peer = ?3 AND hash = ?4
            """,
            [.text(account), .text(direction.rawValue), .text(peer), .text(hash)]
        ) { row in
            UnfinishedTransfer(
                direction,
                peer: peer,
                hash: hash,
                size: UInt64(max(0, row.integer(0))),
                place: UInt64(max(0, row.integer(1))),
                folder: row.text(2) ?? "",
                part: row.text(3) ?? ""
            )
        }.first
    }

    /// Keeps what is needed to go on with a transfer.
    package func keep(_ transfer: UnfinishedTransfer, account: String, at time: Timestamp) throws(Failure) {
        try database.run(
            """
            INSERT INTO unfinished_transfer(account, direction, peer, hash, size, place, folder, part, time)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT(account, direction, peer, hash) DO UPDATE SET size = excluded.size,
                place = excluded.place, folder = excluded.folder, part = excluded.part, time = excluded.time
            """,
            [
                .text(account), .text(transfer.direction.rawValue), .text(transfer.peer),
                .text(transfer.hash),
                .integer(Int64(clamping: transfer.size)), .integer(Int64(clamping: transfer.place)),
                .text(transfer.folder), .text(transfer.part), .integer(time.microseconds),
            ]
        )
    }

    /// Forgets a transfer that is complete or cannot be gone on with.
    package func forget(_ transfer: UnfinishedTransfer, account: String) throws(Failure) {
        try database.run(
            """
            DELETE FROM unfinished_transfer
            WHERE account = ?1 AND direction = ?2 AND peer = ?3 AND hash = ?4
            """,
            [
                .text(account), .text(transfer.direction.rawValue), .text(transfer.peer),
                .text(transfer.hash),
            ]
        )
    }

    // MARK: - Hashes

    /// The hashes that were computed of a file, one behind the other, if it has not changed since.
    package func hash(of stamp: FileStamp) throws(Failure) -> [UInt8]? {
        try database.run(
            """
            SELECT hash FROM file_hash
            WHERE path = ?1 AND size = ?2 AND modified = ?3 AND changed = ?4 AND number = ?5
            """,
            [
                .text(stamp.path), .integer(Int64(clamping: stamp.size)), .integer(stamp.modified),
                .integer(stamp.changed), .integer(Int64(bitPattern: stamp.number)),
            ]
        ) { $0.bytes(0) }.first
    }

    /// Keeps the hashes of a file, and those of the last few hundred others.
    package func keep(_ hash: [UInt8], of stamp: FileStamp) throws(Failure) {
        try database.run(
            """
            INSERT INTO file_hash(path, size, modified, changed, number, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT(path) DO UPDATE SET size = excluded.size, modified = excluded.modified,
                changed = excluded.changed, number = excluded.number, hash = excluded.hash
            """,
            [
                .text(stamp.path), .integer(Int64(clamping: stamp.size)), .integer(stamp.modified),
                .integer(stamp.changed), .integer(Int64(bitPattern: stamp.number)), .bytes(hash),
            ]
        )
        try database.run(
            "DELETE FROM file_hash WHERE id <= (SELECT max(id) FROM file_hash) - \(Self.keptHashes)",
            []
        )
    }

    private static let keptHashes = 500
}
