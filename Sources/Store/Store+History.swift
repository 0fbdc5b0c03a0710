import Wire

extension Store {
    private static let columns =
        "id, time, account, direction, peer, sender, asserted, recipient, content_type, body, call_id, state,"
        + " status, session_id, message_id, delivery"

    private static let selection = "SELECT \(columns) FROM history WHERE account = ?1"

    /// Our own identity is the sender of what goes out and the recipient of what comes in: not asked for.
    private static let peerFilter =
        " AND (instr(lower(peer), lower(?3)) OR instr(lower(iif(direction = 'outgoing', recipient, sender)),"
        + " lower(?3)))"

    private static let insertion =
        "INSERT INTO history(time, account, direction, peer, sender, asserted, recipient, content_type, body,"
        + " call_id, state, status, session_id, message_id, delivery)"

    private static let places = (1...15).map { "?\($0)" }.joined(separator: ", ")

    private static func values(of entry: HistoryEntry) -> [Database.Value] {
        [
            .integer(entry.time.microseconds), .text(entry.account), .text(entry.direction.rawValue),
            .text(entry.peer), .text(entry.from), Database.Value(entry.asserted), .text(entry.to),
            .text(entry.contentType), .bytes(entry.body), .text(entry.callID),
            .text(entry.state.rawValue),
            Database.Value(entry.status), Database.Value(entry.sessionID),
            Database.Value(entry.messageID), Database.Value(entry.delivery?.rawValue),
        ]
    }

    /// Appends a message to the history.
    ///
    /// - Returns: The row to hand to `update`.
    @discardableResult
    package func append(_ entry: HistoryEntry) throws(Failure) -> Int64 {
        try database.run("\(Self.insertion) VALUES(\(Self.places))", Self.values(of: entry))
        return database.lastRow
    }

    /// Appends a message that came in a session, unless it came before: after a connection was lost, or its receiver
    /// began anew, a sender may repeat what was not confirmed under the same `Message-ID` (RFC 4975 §5.4).
    ///
    /// In its session the identifier alone decides. It need be unique only there, so from another session of the same
    /// peer a message is the same if its content is, too, and its identifier is none that just counts.
    ///
    /// - Returns: The row, or `nil` if the message is there.
    package func appendOnce(_ entry: HistoryEntry) throws(Failure) -> Int64? {
        try database.run(
            """
            \(Self.insertion) SELECT \(Self.places) WHERE NOT EXISTS(
                SELECT 1 FROM history WHERE account = ?2 AND message_id = ?14 AND direction = ?3 AND peer = ?4
                AND (session_id = ?13
                    OR length(message_id) >= \(Self.distinctLength) AND content_type = ?8 AND body = ?9))
            RETURNING id
            """,
            Self.values(of: entry)
        ) { $0.integer(0) }.first
    }

    /// How long an identifier is at least that was made to be unlike all others.
    private static let distinctLength = 8

    /// Notes how far the message in row `id` got.
    package func update(_ id: Int64, state: HistoryEntry.State, status: UInt16?) throws(Failure) {
        try database.run(
            "UPDATE history SET state = ?2, status = ?3 WHERE id = ?1",
            [.integer(id), .text(state.rawValue), Database.Value(status)]
        )
    }

    /// Notes what the other side has told of the outgoing message that has this id.
    ///
    /// - Returns: The message as it is now, or `nil` if there is none or as much was known of it already.
    package func update(
        messageID: String,
        account: String,
        delivery: HistoryEntry.Delivery
    ) throws(Failure) -> HistoryEntry? {
        let earlier = HistoryEntry.Delivery.allCases.prefix { $0 != delivery }.map { "'\($0.rawValue)'" }
        return try database.run(
            """
            UPDATE history SET delivery = ?3 WHERE account = ?1 AND message_id = ?2 AND direction = 'outgoing'
                AND (delivery IS NULL OR delivery IN (\(earlier.joined(separator: ", ")))) RETURNING \(Self.columns)
            """,
            [.text(account), .text(messageID), .text(delivery.rawValue)],
            read: HistoryEntry.init(row:)
        ).first ?? nil
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
        let newestFirst = try database.run(
            Self.selection + (peer == nil ? "" : Self.peerFilter) + " ORDER BY id DESC LIMIT ?2",
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

    /// Reads the last `limit` messages of a session, oldest first.
    package func transcript(
        account: String,
        sessionID: String,
        limit: Int
    ) throws(Failure) -> [HistoryEntry] {
        try database.run(
            Self.selection + " AND session_id = ?3 ORDER BY id DESC LIMIT ?2",
            [.text(account), .integer(Int64(max(0, limit))), .text(sessionID)],
            read: HistoryEntry.init(row:)
        ).reversed().compactMap(\.self)
    }

    /// Reads the last `limit` messages whose text holds `word`, oldest first.
    ///
    /// - Parameters:
    ///   - word: What to look for as it is, upper and lower case alike.
    ///   - account: The account whose messages to search.
    ///   - peer: Part of the other side's URI as in `history`; `nil` for everyone.
    ///   - limit: How many at most.
    /// - Returns: The messages.
    /// - Throws: `Failure` when the file cannot be read.
    package func search(
        _ word: String,
        account: String,
        peer: String?,
        limit: Int
    ) throws(Failure) -> [HistoryEntry] {
        let search = TextSearch(word)
        let filter =
            " AND content_type LIKE 'text/%' AND CAST(body AS TEXT) LIKE ?2 ESCAPE '\\' AND id < ?4"
            + (peer == nil ? " AND ?3 IS NULL" : Self.peerFilter)
        var (found, before) = ([HistoryEntry](), Int64.max)
        while found.count < limit {
            let batch = try database.run(
                Self.selection + filter + " ORDER BY id DESC LIMIT \(TextSearch.batchSize)",
                [.text(account), .text(search.pattern), Database.Value(peer), .integer(before)]
            ) { (id: $0.integer(0), entry: HistoryEntry(row: $0)) }
            found += batch.compactMap(\.entry).filter { search.matches($0.body) }
            guard batch.count == TextSearch.batchSize, let last = batch.last else { break }
            before = last.id
        }
        return found.prefix(max(0, limit)).reversed()
    }
}

extension HistoryEntry {
    /// Reads a row with the columns of the history, or gives `nil` for one whose words this version does not know.
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
            status: row.isNull(12) ? nil : UInt16(clamping: row.integer(12)),
            sessionID: row.text(13),
            messageID: row.text(14),
            delivery: row.text(15).flatMap(Delivery.init)
        )
    }
}
