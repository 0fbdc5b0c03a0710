import Documents
import SIP
import Wire

/// What users have published of their presence (RFC 3903), and whom they let see it.
struct LabPresence: Sendable {
    /// One document of one of a user's clients.
    struct Publication: Sendable {
        /// What the client must name to change it.
        var entityTag: ByteString
        var document: ByteString
        var expiry: Instant
        /// Which publication of all it was; what was said later counts more.
        var number: UInt64
    }

    private var publications: [String: [Publication]] = [:]
    private var lastNumber: UInt64 = 0
    /// What a user wants done with watchers, those that are not named under `nil`.
    private var permissions: [String: [String?: LabPermission]] = [:]

    /// How many documents there are.
    var count: Int { publications.values.reduce(0) { $0 + $1.count } }

    var nextExpiry: Instant? { publications.values.joined().map(\.expiry).min() }

    /// What the clients of a user say, taken together: all services and devices, and of the person what was said last.
    ///
    /// What one client says is passed on as it is.
    func document(of user: String) -> ByteString? {
        let list = publications[user, default: []].sorted { $0.number > $1.number }.map(\.document)
        guard let latest = list.first, list.count > 1 else { return list.first }
        let documents = list.compactMap { try? PresenceDocument(parsing: $0) }
        guard documents.count == list.count, var merged = documents.first else { return latest }
        for document in documents.dropFirst() {
            let (tuples, devices) = (merged.tuples, merged.devices)
            merged.tuples += document.tuples.filter { other in !tuples.contains { $0.id == other.id } }
            merged.devices += document.devices.filter { other in !devices.contains { $0.id == other.id } }
            if merged.persons.isEmpty { merged.persons = document.persons }
            if merged.notes.isEmpty { merged.notes = document.notes }
        }
        return ByteString(merged.serialized())
    }

    func publication(of user: String, tagged entityTag: ByteString) -> Publication? {
        publications[user]?.first { $0.entityTag == entityTag }
    }

    /// Keeps a document in place of the one that `old` names.
    ///
    /// - Returns: Whether there was room for it.
    mutating func keep(
        _ document: ByteString,
        of user: String,
        replacing old: ByteString?,
        as entityTag: ByteString,
        until expiry: Instant
    ) -> Bool {
        var list = publications[user, default: []].filter { $0.entityTag != old }
        guard list.count < LabLimits.publicationsPerUser else { return false }
        lastNumber += 1
        list.append(
            Publication(entityTag: entityTag, document: document, expiry: expiry, number: lastNumber)
        )
        publications[user] = list
        return true
    }

    /// Prolongs a document, which gets a new name and keeps its rank.
    mutating func refresh(_ old: ByteString, of user: String, as entityTag: ByteString, until expiry: Instant)
    {
        guard let index = publications[user]?.firstIndex(where: { $0.entityTag == old }) else { return }
        publications[user]?[index].entityTag = entityTag
        publications[user]?[index].expiry = expiry
    }

    /// Forgets the documents of a user that `isRemoved` picks.
    ///
    /// - Returns: Whether there was any.
    mutating func remove(of user: String, where isRemoved: (Publication) -> Bool) -> Bool {
        let list = publications[user] ?? []
        let kept = list.filter { !isRemoved($0) }
        publications[user] = kept.isEmpty ? nil : kept
        return kept.count < list.count
    }

    /// What was said of a watcher, or with `nil` of all that are not named.
    func permission(of watcher: String?, for user: String) -> LabPermission? { permissions[user]?[watcher] }

    mutating func permit(_ permission: LabPermission, to watcher: String?, by user: String) {
        permissions[user, default: [:]][watcher] = permission
    }
}
