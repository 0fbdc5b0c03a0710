package import UserAgent
package import Wire

/// The presence of somebody as it is now, and as it was known before.
package struct PresenceChange: Hashable, Sendable {
    package var uri: String
    /// What the user calls them, else what they called themselves, if they are on the buddy list.
    package var name: String?
    package var state: PresenceState
    /// What was known before; `nil` the first time somebody is seen.
    package var previous: PresenceState?
    /// Since when that was known.
    package var previousTime: Timestamp?

    package init(
        uri: String,
        name: String? = nil,
        state: PresenceState,
        previous: PresenceState? = nil,
        previousTime: Timestamp? = nil
    ) {
        self.uri = uri
        self.name = name
        self.state = state
        self.previous = previous
        self.previousTime = previousTime
    }
}

/// Why there is nothing to tell of somebody who is watched.
package enum PresenceObstacle: Hashable, Sendable {
    /// They have not decided yet.
    case undecided
    /// They do not want it.
    case rejected
    /// The network knows nobody of that address.
    case noResource
    /// The request was refused.
    case refused(Refusal)
    case noAnswer
    /// The subscription ended and is made again after a while, if at all.
    case ended
}

/// Somebody who watches the user's own presence, or asks to (RFC 3857).
package struct Watcher: Hashable, Sendable {
    package var uri: String
    /// What the user calls them, else what they called themselves, if they are on the buddy list.
    package var name: String?
    /// The name the watcher gives itself; a claim.
    package var displayName: String?
    package var status: Status

    package enum Status: String, Hashable, Sendable {
        case pending, active, waiting, terminated

        /// Whether the user is asked to decide.
        package var isRequest: Bool { self == .pending || self == .waiting }
    }

    package init(uri: String, name: String? = nil, displayName: String? = nil, status: Status) {
        (self.uri, self.name, self.displayName, self.status) = (uri, name, displayName, status)
    }
}

/// What the user wants others to see, and whether they can.
package struct OwnPresenceStatus: Hashable, Sendable {
    package var presence: OwnPresence
    package var isPublished: Bool
    /// Whether the server tells by itself that the user is there (PRES-SRV-CAP).
    package var isAvailabilityPublishedByServer: Bool

    package init(presence: OwnPresence, isPublished: Bool, isAvailabilityPublishedByServer: Bool) {
        self.presence = presence
        self.isPublished = isPublished
        self.isAvailabilityPublishedByServer = isAvailabilityPublishedByServer
    }
}

/// How many are watched at once, and how: by subscriptions of their own or by a list.
package enum BuddyWatchMode: Hashable, Sendable {
    /// The list the server keeps.
    case list(String)
    /// A list that went with the request.
    case listInRequest(server: String)
    case single
}
