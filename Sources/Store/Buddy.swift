package import Wire

/// Somebody on the buddy list.
package struct Buddy: Hashable, Sendable {
    package var uri: String
    /// What the user calls them; it works wherever their address does.
    package var nickname: String?
    /// What they call themselves, as far as their presence has told.
    package var alias: String?
    /// The group they are in; `nil` for those in none.
    package var group: String?

    package init(uri: String, nickname: String? = nil, alias: String? = nil, group: String? = nil) {
        (self.uri, self.nickname, self.alias, self.group) = (uri, nickname, alias, group)
    }
}

/// What the user has decided of somebody who asks to see their presence.
package enum WatcherPolicy: String, Hashable, Sendable { case allow, block }

/// Somebody who asks to see the user's presence (RFC 3857).
package struct WatcherRequest: Hashable, Sendable {
    package var uri: String
    /// The name the watcher gives itself; a claim.
    package var displayName: String?
    package var since: Timestamp
    /// The watcher's status as its document has it: `pending`, `waiting` or `active` (RFC 3858 §3.4.2).
    package var status: String

    package init(uri: String, displayName: String? = nil, since: Timestamp, status: String) {
        (self.uri, self.displayName, self.since, self.status) = (uri, displayName, since, status)
    }

    /// Whether it waits for a decision: the subscription stands unanswered, or has stood so (RFC 3857 §4.7.1).
    package var isUndecided: Bool { status == "pending" || status == "waiting" }
}

/// A document of the XCAP server as it was last read or written.
package struct KeptDocument: Hashable, Sendable {
    /// The entity tag of that version; `nil` where the server gave none.
    package var etag: String?
    package var body: [UInt8]
    package var time: Timestamp

    package init(etag: String?, body: [UInt8], time: Timestamp) {
        (self.etag, self.body, self.time) = (etag, body, time)
    }
}
