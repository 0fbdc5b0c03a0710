package import Documents
package import Wire

/// What a presence document says of somebody, as far as people and scripts ask for it.
package struct PresenceState: Hashable, Sendable {
    package enum Basic: String, Hashable, Sendable { case open, closed }

    /// Whether messages reach them.
    package var basic: Basic
    /// Whether they want to be written to (OMA SIMPLE IM TS §8.4.2); `nil` if nothing is said.
    package var willing: Bool?
    /// What they are doing, in the words of RPID: `busy`, `on-the-phone`.
    package var activities: [String]
    package var mood: [String]
    package var note: String?
    /// What they call themselves.
    package var displayName: String?

    package init(
        basic: Basic,
        willing: Bool? = nil,
        activities: [String] = [],
        mood: [String] = [],
        note: String? = nil,
        displayName: String? = nil
    ) {
        self.basic = basic
        self.willing = willing
        self.activities = activities
        self.mood = mood
        self.note = note
        self.displayName = displayName
    }

    /// Whom nothing is published of.
    package static let unknown = PresenceState(basic: .closed)

    /// Makes one picture of what may be several sources.
    ///
    /// Where a tuple is about instant messaging, those that are not do not count; one that is open is enough (RFC 3863
    /// §4.1.4), and then what the closed ones say of willingness does not count either: a device that was left behind
    /// does not speak for the one that is used. Of the human being the latest word counts.
    package init(_ document: PresenceDocument) {
        let messaging = document.tuples.filter { $0.service?.isInstantMessaging == true }
        let decisive = messaging.contains { $0.basic != nil } ? messaging : document.tuples
        let isOpen = decisive.contains { $0.basic == .open }
        let speaking = (messaging.isEmpty ? document.tuples : messaging).filter {
            !isOpen || $0.basic != .closed
        }
        let willingness = speaking.compactMap(\.willingness)
        let person = document.persons.max { ($0.timestamp ?? .distantPast) < ($1.timestamp ?? .distantPast) }
        let notes = [
            person?.notes, person?.activities?.notes, document.notes, speaking.flatMap(\.notes),
        ]
        let names =
            document.persons.map(\.information.displayName)
            + document.tuples.map(\.information.displayName)
        self.init(
            basic: isOpen ? .open : .closed,
            willing: willingness.isEmpty ? nil : willingness.contains(.open),
            activities: person?.activities.map(Self.names) ?? [],
            mood: person?.mood.map(Self.names) ?? [],
            note: notes.lazy.compactMap { $0?.first?.text }.first,
            displayName: names.lazy.compactMap(\.self).first { !$0.isEmpty }
        )
    }

    private static func names(_ characteristic: PresenceDocument.Characteristic) -> [String] {
        characteristic.names.filter { $0 != "unknown" } + (characteristic.other.map { [$0] } ?? [])
    }
}

extension Timestamp {
    fileprivate static let distantPast = Timestamp(microseconds: .min)
}

/// What the user wants others to see.
package struct OwnPresence: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable, CaseIterable { case online, away, busy, offline }

    package var status: Status
    package var isWilling: Bool
    package var note: String?

    package init(status: Status = .online, isWilling: Bool = true, note: String? = nil) {
        (self.status, self.isWilling, self.note) = (status, isWilling, note)
    }

    /// What only this client knows of how its documents are to be.
    package struct Setting: Hashable, Sendable {
        /// The registered identity, whose presence it is (OMA SIMPLE IM TS §8.6.1.1).
        package var identity: String
        package var displayName: String?
        /// What tells the tuples of the user's devices apart when a server puts them together.
        package var tupleID: String
        /// The service-id that is written; which one peers look for is not agreed.
        package var serviceID: String
        /// Whether the server tells by itself that the user is registered (PRS-SRV-CAP, OMA SIMPLE IM TS §8.6.1).
        package var isAvailabilityPublishedByServer: Bool

        package init(
            identity: String,
            displayName: String? = nil,
            tupleID: String,
            serviceID: String,
            isAvailabilityPublishedByServer: Bool
        ) {
            self.identity = identity
            self.displayName = displayName
            self.tupleID = tupleID
            self.serviceID = serviceID
            self.isAvailabilityPublishedByServer = isAvailabilityPublishedByServer
        }
    }

    /// The document to publish (OMA SIMPLE IM TS §8.4, §8.6).
    package func document(_ setting: Setting, at time: Timestamp) -> PresenceDocument {
        var tuple = PresenceDocument.Tuple(id: setting.tupleID)
        if !setting.isAvailabilityPublishedByServer { tuple.basic = status == .offline ? .closed : .open }
        tuple.willingness = isWilling && status != .offline ? .open : .closed
        tuple.service = PresenceDocument.Service(id: setting.serviceID)
        tuple.contact = setting.identity
        tuple.timestamp = time
        var person = PresenceDocument.Person(id: "p-" + setting.tupleID)
        switch status {
        case .away, .busy: person.activities = PresenceDocument.Characteristic([status.rawValue])
        case .online, .offline: break
        }
        person.information.displayName = setting.displayName
        person.timestamp = time
        var document = PresenceDocument(entity: setting.identity, tuples: [tuple])
        if let note {
            person.notes = [PresenceDocument.Note(note)]
            // Where those who know nothing of persons look.
            document.notes = person.notes
        }
        // A device that leaves has no word on what the user does, which may be done at another one.
        if status != .offline || note != nil { document.persons = [person] }
        return document
    }
}
