package import Wire

/// What was last known of somebody's presence.
package struct KeptPresence: Hashable, Sendable {
    package var uri: String
    /// Whether messages reached them.
    package var isOpen: Bool
    package var isWilling: Bool?
    package var activities: [String]
    package var mood: [String]
    package var note: String?
    package var displayName: String?
    /// Since when that is known.
    package var time: Timestamp

    package init(
        uri: String,
        isOpen: Bool,
        isWilling: Bool? = nil,
        activities: [String] = [],
        mood: [String] = [],
        note: String? = nil,
        displayName: String? = nil,
        time: Timestamp
    ) {
        self.uri = uri
        self.isOpen = isOpen
        self.isWilling = isWilling
        self.activities = activities
        self.mood = mood
        self.note = note
        self.displayName = displayName
        self.time = time
    }
}

extension Store {
    /// What was last known of the presence of everybody who was watched, by address.
    package func presences(account: String) throws(Failure) -> [KeptPresence] {
        try database.run(
            """
            SELECT uri, is_open, is_willing, activities, mood, note, display_name, time FROM presence
            WHERE account = ?1 ORDER BY uri
            """,
            [.text(account)],
            read: KeptPresence.init(row:)
        )
    }

    /// Keeps what is known now in place of what was known before.
    package func setPresence(_ presence: KeptPresence, account: String) throws(Failure) {
        try database.run(
            """
            INSERT INTO presence(account, uri, is_open, is_willing, activities, mood, note, display_name, time)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT(account, uri) DO UPDATE SET is_open = excluded.is_open,
                is_willing = excluded.is_willing, activities = excluded.activities, mood = excluded.mood,
                note = excluded.note, display_name = excluded.display_name, time = excluded.time
            """,
            [
                .text(account), .text(presence.uri), .integer(presence.isOpen ? 1 : 0),
                Database.Value(presence.isWilling.map { $0 ? 1 : 0 }),
                .text(presence.activities.joined(separator: "\n")),
                .text(presence.mood.joined(separator: "\n")), Database.Value(presence.note),
                Database.Value(presence.displayName), .integer(presence.time.microseconds),
            ]
        )
    }
}

extension KeptPresence {
    fileprivate init(row: borrowing Database.Row) {
        let words = { (text: String?) in (text ?? "").split(separator: "\n").map(String.init) }
        self.init(
            uri: row.text(0) ?? "",
            isOpen: row.integer(1) != 0,
            isWilling: row.isNull(2) ? nil : row.integer(2) != 0,
            activities: words(row.text(3)),
            mood: words(row.text(4)),
            note: row.text(5),
            displayName: row.text(6),
            time: Timestamp(microseconds: row.integer(7))
        )
    }
}
