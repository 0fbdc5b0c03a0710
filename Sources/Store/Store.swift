import Wire

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
    /// Appends a message to the history.
    ///
    /// - Returns: The row to hand to `update`.
    @discardableResult
    package func append(_ entry: HistoryEntry) throws(Failure) -> Int64 {
        try database.run(
            """
            INSERT INTO history(time, account, direction, peer, sender, asserted, recipient, content_type, body,
                call_id, state, status)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """,
            [
                .integer(entry.time.microseconds), .text(entry.account), .text(entry.direction.rawValue),
                .text(entry.peer), .text(entry.from), Database.Value(entry.asserted), .text(entry.to),
                .text(entry.contentType), .bytes(entry.body), .text(entry.callID),
                .text(entry.state.rawValue),
                Database.Value(entry.status),
            ]
        )
        return database.lastRow
    }

    /// Notes how far the message in row `id` got.
    package func update(_ id: Int64, state: HistoryEntry.State, status: UInt16?) throws(Failure) {
        try database.run(
            "UPDATE history SET state = ?2, status = ?3 WHERE id = ?1",
            [.integer(id), .text(state.rawValue), Database.Value(status)]
        )
    }

    /// Reads the last `limit` messages, oldest first, in the order they were appended.
    ///
    /// - Parameters:
    ///   - account: The account whose messages to read.
    ///   - peer: Part of the other side's URI, upper and lower case alike; `nil` for everyone.
    ///   - limit: How many at most.
    /// - Returns: The messages.
    /// - Throws: `Failure` when the file cannot be read.
    package func history(account: String, peer: String?, limit: Int) throws(Failure) -> [HistoryEntry] {
        let selection =
            "SELECT id, time, account, direction, peer, sender, asserted, recipient, content_type, body, call_id,"
            + " state, status FROM history WHERE account = ?1"
        // Our own identity is the sender of what goes out and the recipient of what comes in: not asked for.
        let filter = """
             AND (instr(lower(peer), lower(?3)) OR instr(lower(iif(direction = 'outgoing', recipient, sender)), lower(?3)))
            """
        let newestFirst = try database.run(
            selection + (peer == nil ? "" : filter) + " ORDER BY id DESC LIMIT ?2",
            [.text(account), .integer(Int64(max(0, limit)))] + (peer.map { [.text($0)] } ?? []),
            read: HistoryEntry.init(row:)
        )
        return newestFirst.reversed().compactMap(\.self)
    }

    /// The URIs of those the account exchanged messages with, the latest first.
    package func peers(account: String, limit: Int) throws(Failure) -> [String] {
        try database.run(
            "SELECT peer FROM history WHERE account = ?1 GROUP BY peer ORDER BY max(id) DESC LIMIT ?2",
            [.text(account), .integer(Int64(max(0, limit)))]
        ) { $0.text(0) }.compactMap(\.self)
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
        try database.run(
            "INSERT INTO account_state(account, key, value) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
            [.text(account), .text(key), .bytes(value)]
        )
        return try self.value(key, account: account) ?? value
    }
}

extension HistoryEntry {
    /// Reads a row of `Store.history`, or gives `nil` for one whose words this version does not know.
    fileprivate init?(row: borrowing Database.Row) {
        guard let direction = row.text(3).flatMap(Direction.init),
            let state = row.text(11).flatMap(State.init)
        else { return nil }
        self.init(
            id: row.integer(0),
            time: Timestamp(microseconds: row.integer(1)),
            account: row.text(2) ?? "",
            direction: direction,
            peer: row.text(4) ?? "",
            from: row.text(5) ?? "",
            asserted: row.text(6),
            to: row.text(7) ?? "",
            contentType: row.text(8) ?? "",
            body: row.bytes(9),
            callID: row.text(10) ?? "",
            state: state,
            status: row.isNull(12) ? nil : UInt16(clamping: row.integer(12))
        )
    }
}
