/// The tables of the store, as the steps that made them.
struct Schema {
    /// Statements that lead from version `index` to `index + 1`; a step that was released never changes.
    var steps: [String]

    var version: Int64 { Int64(steps.count) }

    static let current = Schema(steps: [
        """
        CREATE TABLE history(
            id INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            account TEXT NOT NULL,
            direction TEXT NOT NULL,
            peer TEXT NOT NULL,
            sender TEXT NOT NULL,
            asserted TEXT,
            recipient TEXT NOT NULL,
            content_type TEXT NOT NULL,
            body BLOB NOT NULL,
            call_id TEXT NOT NULL,
            state TEXT NOT NULL,
            status INTEGER
        ) STRICT;
        CREATE INDEX history_by_account ON history(account, id);
        CREATE TABLE account_state(
            account TEXT NOT NULL,
            key TEXT NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY(account, key)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        ALTER TABLE history ADD COLUMN session_id TEXT;
        ALTER TABLE history ADD COLUMN message_id TEXT;
        ALTER TABLE history ADD COLUMN delivery TEXT;
        CREATE INDEX history_by_message ON history(account, message_id) WHERE message_id IS NOT NULL;
        CREATE INDEX history_by_session ON history(account, session_id) WHERE session_id IS NOT NULL;
        CREATE TABLE peer_trait(
            account TEXT NOT NULL,
            peer TEXT NOT NULL,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            time INTEGER NOT NULL,
            PRIMARY KEY(account, peer, key)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        CREATE TABLE buddy(
            account TEXT NOT NULL,
            uri TEXT NOT NULL,
            nickname TEXT,
            alias TEXT,
            buddy_group TEXT,
            PRIMARY KEY(account, uri)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE watcher_policy(
            account TEXT NOT NULL,
            uri TEXT NOT NULL,
            policy TEXT NOT NULL,
            PRIMARY KEY(account, uri)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE watcher_requests(
            account TEXT NOT NULL,
            uri TEXT NOT NULL,
            display_name TEXT,
            since INTEGER NOT NULL,
            status TEXT NOT NULL,
            PRIMARY KEY(account, uri)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE xcap_document(
            account TEXT NOT NULL,
            selector TEXT NOT NULL,
            etag TEXT,
            body BLOB NOT NULL,
            time INTEGER NOT NULL,
            PRIMARY KEY(account, selector)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        CREATE TABLE presence(
            account TEXT NOT NULL,
            uri TEXT NOT NULL,
            is_open INTEGER NOT NULL,
            is_willing INTEGER,
            activities TEXT NOT NULL,
            mood TEXT NOT NULL,
            note TEXT,
            display_name TEXT,
            time INTEGER NOT NULL,
            PRIMARY KEY(account, uri)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        CREATE TABLE unfinished_transfer(
            account TEXT NOT NULL,
            direction TEXT NOT NULL,
            peer TEXT NOT NULL,
            hash TEXT NOT NULL,
            size INTEGER NOT NULL,
            place INTEGER NOT NULL,
            folder TEXT NOT NULL,
            part TEXT NOT NULL,
            time INTEGER NOT NULL,
            PRIMARY KEY(account, direction, peer, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE file_hash(
            id INTEGER PRIMARY KEY,
            path TEXT NOT NULL UNIQUE,
            size INTEGER NOT NULL,
            modified INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            number INTEGER NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        """,
    ])
}

extension Schema {
    /// Brings the file to this version, or refuses a file of a later one.
    func prepare(_ database: Database) throws(Store.Failure) {
        let found = try storedVersion(of: database)
        if found < version {
            if found == 0 { try useWriteAheadLog(database) }
            try database.transaction { () throws(Store.Failure) in try upgrade(database) }
        } else if found > version {
            throw .newerSchema(found: found, known: version)
        }
        // With a write-ahead log a commit needs no fsync to survive the end of the process; only a power cut can
        // take the last ones, and never damages the file.
        try database.execute("PRAGMA synchronous=NORMAL")
    }

    private func upgrade(_ database: Database) throws(Store.Failure) {
        // Another process may have upgraded the file while this one waited for the lock.
        let found = try storedVersion(of: database)
        guard found < version else { return }
        for step in steps.dropFirst(Int(found)) { try database.execute(step) }
        try database.execute("PRAGMA user_version=\(version)")
    }

    private func useWriteAheadLog(_ database: Database) throws(Store.Failure) {
        do {
            try database.execute("PRAGMA journal_mode=WAL")
        } catch .busy {
            // Another process is making the same file and sets the same mode.
        }
    }

    private func storedVersion(of database: Database) throws(Store.Failure) -> Int64 {
        try database.run("PRAGMA user_version") { $0.integer(0) }.first ?? 0
    }
}
