package import Wire

/// What outlives the process: the history of messages and the state of each account.
///
/// One SQLite database, written ahead (WAL): a call that has returned survives `kill -9`. Several processes may
/// use it at once. Not `Sendable`: one actor owns it.
package final class Store {
    let database: Database
    private let path: String

    /// Opens the database at `path`, making it and its directory if they do not exist yet.
    package convenience init(path: String) throws(Failure) {
        try self.init(path: path, schema: .current)
    }

    /// Whether there is a database at `path` already.
    package static func exists(at path: String) -> Bool { StoreFile.exists(path) }

    init(path: String, schema: Schema) throws(Failure) {
        try StoreFile.prepare(path)
        self.path = path
        database = try Database(path: path)
        try schema.prepare(database)
    }

    deinit {
        if StoreFile.hasLongLog(path) { database.mergeLog() }
    }

    /// Why the store cannot be used; what the caller does otherwise goes on without it.
    package enum Failure: Error, Hashable, Sendable {
        case diskFull
        /// The directory or the file cannot be made, opened or written; the text is the system's.
        case notWritable(String)
        /// Another process held the write lock for too long.
        case busy
        case damaged(String)
        /// The file was made by a later version of the program.
        case newerSchema(found: Int64, known: Int64)
        case unusable(String)
    }
}

extension Store.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .diskFull: "the disk is full"
        case .notWritable(let text): text
        case .busy: "another process is writing to it for too long"
        case .damaged(let text): "the database is damaged (\(text))"
        case .newerSchema(let found, let known):
            "the database has version \(found), this program knows versions up to \(known)"
        case .unusable(let text): text
        }
    }
}

extension Store {
    /// What was last put under `key` for `account`, or `nil`.
    package func value(_ key: String, account: String) throws(Failure) -> [UInt8]? {
        try database.run(
            "SELECT value FROM account_state WHERE account = ?1 AND key = ?2",
            [.text(account), .text(key)]
        ) { $0.bytes(0) }.first
    }

    /// Keeps `value` under `key` for `account`, or forgets what is there if it is `nil`.
    package func setValue(_ value: [UInt8]?, _ key: String, account: String) throws(Failure) {
        guard let value else {
            return try database.run(
                "DELETE FROM account_state WHERE account = ?1 AND key = ?2",
                [.text(account), .text(key)]
            )
        }
        try database.run(
            """
            INSERT INTO account_state(account, key, value) VALUES(?1, ?2, ?3)
            ON CONFLICT(account, key) DO UPDATE SET value = excluded.value
            """,
            [.text(account), .text(key), .bytes(value)]
        )
    }

    /// Keeps `value` under `key` unless there is one already, as one step for all processes.
    ///
    /// - Returns: The value that is kept.
    package func value(_ key: String, account: String, orKeep value: [UInt8]) throws(Failure) -> [UInt8] {
        // Only a value that is missing needs the write lock.
        if let kept = try self.value(key, account: account) { return kept }
        try database.run(
            "INSERT INTO account_state(account, key, value) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
            [.text(account), .text(key), .bytes(value)]
        )
        return try self.value(key, account: account) ?? value
    }
}

extension Store {
    /// Begins a group of changes that `commitGroup` makes safe together; no other change may come in between.
    package func beginGroup() throws(Failure) { try database.execute("BEGIN IMMEDIATE") }

    package func commitGroup() throws(Failure) {
        do {
            try database.execute("COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
    }
}

/// Something learned about a peer, such as that it refuses a kind of message.
package struct PeerTrait: Hashable, Sendable {
    package var value: String
    /// When it was learned; peers change.
    package var time: Timestamp

    package init(value: String, time: Timestamp) { (self.value, self.time) = (value, time) }
}

extension Store {
    /// What is known of `peer` under `key`, or `nil`.
    package func peerTrait(_ key: String, peer: String, account: String) throws(Failure) -> PeerTrait? {
        try database.run(
            "SELECT value, time FROM peer_trait WHERE account = ?1 AND peer = ?2 AND key = ?3",
            [.text(account), .text(peer), .text(key)]
        ) { PeerTrait(value: $0.text(0) ?? "", time: Timestamp(microseconds: $0.integer(1))) }.first
    }

    /// Keeps what was learned of `peer` under `key`, or forgets it if it is `nil`.
    package func setPeerTrait(
        _ trait: PeerTrait?,
        _ key: String,
        peer: String,
        account: String
    ) throws(Failure) {
        guard let trait else {
            return try database.run(
                "DELETE FROM peer_trait WHERE account = ?1 AND peer = ?2 AND key = ?3",
                [.text(account), .text(peer), .text(key)]
            )
        }
        try database.run(
            """
            INSERT INTO peer_trait(account, peer, key, value, time) VALUES(?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(account, peer, key) DO UPDATE SET value = excluded.value, time = excluded.time
            """,
            [
                .text(account), .text(peer), .text(key), .text(trait.value),
                .integer(trait.time.microseconds),
            ]
        )
    }
}
