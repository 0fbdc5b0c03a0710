package import Store
package import UserAgent

/// What is told of one document of the server.
package struct DocumentReport: Hashable, Sendable {
    /// What the command has found or done, or with `--dry-run` would do.
    package enum State: String, Hashable, Sendable {
        case present, absent, pulled, unchanged, written, deleted, changed, conflict
        case wouldWrite = "would_write"
        case wouldDelete = "would_delete"
        case wouldConflict = "would_conflict"
    }

    package var path: String
    package var state: State
    package var etag: String?
    package var size: Int?
    /// The file it is in, or was written from.
    package var file: String?
    /// The file with what the server has, where that is something else.
    package var theirs: String?
    /// How the file differs from what the server has: lines that begin with `+`, `-` or a blank.
    package var difference: [String]

    package init(
        _ path: String,
        _ state: State,
        etag: String? = nil,
        size: Int? = nil,
        file: String? = nil,
        theirs: String? = nil,
        difference: [String] = []
    ) {
        (self.path, self.state, self.etag, self.size) = (path, state, etag, size)
        (self.file, self.theirs, self.difference) = (file, theirs, difference)
    }
}

/// Somebody on the buddy list, with what is known of them.
package struct BuddyEntry: Hashable, Sendable {
    package var buddy: Buddy
    package var policy: WatcherPolicy?
    /// How they were when they were seen last.
    package var presence: PresenceState?

    package init(_ buddy: Buddy, policy: WatcherPolicy?, presence: PresenceState? = nil) {
        (self.buddy, self.policy, self.presence) = (buddy, policy, presence)
    }
}
