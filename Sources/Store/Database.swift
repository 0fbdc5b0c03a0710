import CSQLite

/// One connection to an SQLite file: the only place that touches the library.
///
/// Not thread-safe on purpose: the connection is opened without SQLite's mutexes and belongs to one actor.
@safe final class Database {
    private let handle: OpaquePointer
    /// Statements compiled so far, by their text; each is compiled at its first use.
    private var statements: [String: Statement] = [:]

    /// Opens the file at `path`, which exists.
    init(path: String) throws(Store.Failure) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard let handle = unsafe opened else {
            throw .unusable("SQLite has no memory to open \(path)")
        }
        unsafe self.handle = handle
        guard code == SQLITE_OK else { throw failure() }
        unsafe sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        unsafe sqlite3_extended_result_codes(handle, 1)
        _ = unsafe csqlite_set_defensive(handle)
        _ = unsafe csqlite_keep_log(handle)
    }

    // The statements go after the connection: `close_v2` waits for the last of them.
    deinit { unsafe sqlite3_close_v2(handle) }

    /// How long a write waits for another process that is writing.
    private static let busyMilliseconds: Int32 = 5000

    /// Merges the log into the file, unless another process is using it; the last thing a connection does.
    func mergeLog() {
        unsafe sqlite3_busy_timeout(handle, 0)
        _ = unsafe sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    }

    /// The row made by the last INSERT.
    var lastRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

    /// Runs statements that take no value and give no row.
    func execute(_ sql: String) throws(Store.Failure) {
        guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    /// Runs one statement and reads every row it gives.
    ///
    /// - Parameters:
    ///   - sql: The statement; it stays compiled for the next use.
    ///   - values: The values of its `?1`, `?2`, ….
    ///   - read: Makes a result of the current row.
    /// - Returns: The results, in the order of the rows.
    /// - Throws: `Store.Failure` when the library refuses.
    @discardableResult
    func run<Result>(
        _ sql: String,
        _ values: [Value] = [],
        read: (borrowing Row) -> Result
    ) throws(Store.Failure) -> [Result] {
        let statement = unsafe try prepare(sql).pointer
        defer {
            unsafe sqlite3_reset(statement)
            unsafe sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            guard unsafe bind(value, to: statement, at: Int32(index + 1)) == SQLITE_OK else {
                throw failure()
            }
        }
        var results: [Result] = []
        while true {
            switch unsafe sqlite3_step(statement) {
            case SQLITE_ROW: results.append(read(unsafe Row(statement: statement)))
            case SQLITE_DONE: return results
            default: throw failure()
            }
        }
    }

    /// Runs one statement whose rows, if it gives any, do not matter.
    func run(_ sql: String, _ values: [Value] = []) throws(Store.Failure) {
        try run(sql, values) { _ in }
    }

    /// Runs `body` as one transaction that takes the write lock at its beginning.
    func transaction(_ body: () throws(Store.Failure) -> Void) throws(Store.Failure) {
        try execute("BEGIN IMMEDIATE")
        do {
            try body()
            try execute("COMMIT")
        } catch {
            // The error of the body is the one to tell; SQLite may have rolled back by itself.
            try? execute("ROLLBACK")
            throw error
        }
    }

    private func prepare(_ sql: String) throws(Store.Failure) -> Statement {
        if let statement = statements[sql] { return statement }
        var prepared: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        guard unsafe sqlite3_prepare_v3(handle, sql, -1, flags, &prepared, nil) == SQLITE_OK,
            let pointer = unsafe prepared
        else { throw failure() }
        let statement = unsafe Statement(pointer: pointer)
        statements[sql] = statement
        return statement
    }

    private func bind(_ value: Value, to statement: OpaquePointer, at index: Int32) -> Int32 {
        switch value {
        case .null: unsafe sqlite3_bind_null(statement, index)
        case .integer(let number): unsafe sqlite3_bind_int64(statement, index, number)
        case .text(let text):
            unsafe csqlite_bind_text(statement, index, text, Int32(clamping: text.utf8.count))
        case .bytes(let bytes):
            unsafe csqlite_bind_blob(statement, index, bytes, Int32(clamping: bytes.count))
        }
    }

    /// The last error of the connection.
    private func failure() -> Store.Failure {
        let text = unsafe String(cString: sqlite3_errmsg(handle))
        return switch unsafe sqlite3_errcode(handle) & 0xFF {
        case SQLITE_FULL: .diskFull
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM: .notWritable(text)
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(text)
        default: .unusable(text)
        }
    }

    /// A compiled statement, finalized with the last reference to it.
    @safe private final class Statement {
        let pointer: OpaquePointer

        init(pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

        deinit { unsafe sqlite3_finalize(pointer) }
    }

    enum Value {
        case null
        case integer(Int64)
        case text(String)
        case bytes([UInt8])

        init(_ text: String?) { self = text.map(Value.text) ?? .null }
        init(_ number: (some BinaryInteger)?) { self = number.map { .integer(Int64(clamping: $0)) } ?? .null }
    }

    /// The row a statement stands on; valid only inside the closure it is handed to.
    @safe struct Row: ~Copyable {
        fileprivate let statement: OpaquePointer

        func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, column) }

        func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(statement, column) == SQLITE_NULL }

        /// The text of a column, or `nil` if it is NULL.
        func text(_ column: Int32) -> String? {
            isNull(column) ? nil : String(decoding: bytes(column), as: UTF8.self)
        }

        func bytes(_ column: Int32) -> [UInt8] {
            guard let start = unsafe sqlite3_column_blob(statement, column) else { return [] }
            let count = unsafe Int(sqlite3_column_bytes(statement, column))
            return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
        }
    }
}
