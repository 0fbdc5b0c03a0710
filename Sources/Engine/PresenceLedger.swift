import Store
import UserAgent
import Wire

/// What the engine knows of presence: its own, of those it watches, and who waits for what.
struct PresenceLedger {
    /// A watch the engine keeps.
    struct Watched {
        var id: PresenceWatch.ID?
        /// How many asked for it; the last one ends it.
        var holders = 0
        /// Whether a state was told in this run.
        var isTold = false
        /// What was told in this run.
        var state: PresenceState?
    }

    /// What was known last, by address.
    var known: [String: (state: PresenceState, time: Timestamp)] = [:]
    /// What of it is not in the store yet.
    var unkept: [String: KeptPresence] = [:]
    /// The buddies by address, so that they are not read for every change; `nil` where they may have changed.
    var buddiesByAddress: [String: Buddy]?
    /// The watches of single users, by address.
    var watched: [String: Watched] = [:]
    /// Whether what earlier runs have kept was read.
    var isLoaded = false
    /// The buddies that are watched by subscriptions of their own.
    var buddies: Set<String> = []
    /// Those who ask for one state only.
    var fetches: [PresenceWatch.ID: Waiters<PresenceState>] = [:]
    var publicationWaiters = Waiters<Void>()
    /// Those who wait until somebody is there.
    var arrivals: [String: Waiters<Void>] = [:]
    /// The watch of those who watch the user.
    var watchers: PresenceWatch.ID?
    /// Who has been told of, so that nobody is told twice the same.
    var toldWatchers: [String: Watcher.Status] = [:]
    /// The watch of the buddies, where one list tells of all.
    var list: PresenceWatch.ID?
    /// Whether its server is being told of it, which comes before.
    var isListBeginning = false
    /// Who is on it, where it went with the request.
    var listed: Set<String> = []
    var mode: BuddyWatchMode?
    /// The watch of the documents that other clients may change.
    var documents: PresenceWatch.ID?
    /// Whether the documents are being read, and whether they have changed since that began.
    var isLooking = false
    var mustLookAgain = false
    /// Changes that wait until nothing is being read.
    var lookWaiters: [CheckedContinuation<Void, Never>] = []
    /// How many changes of ours to documents wait for their answer.
    var changesUnderWay = 0
    var own: OwnPresence?
    /// Whether the state of this registration was begun to be published.
    var hasBegun = false
    /// Whether the last refusal was told, which need not be repeated.
    var isRefusalTold = false

    /// Answers those who wait for somebody, if that one is there and wants to be written to.
    mutating func noteArrival(of uri: String, _ state: PresenceState) {
        guard state.basic == .open, state.willing != false else { return }
        arrivals[uri]?.resumeAll(with: .success(()))
    }

    /// Forgets the watches that were ended with the registration, though not what for: their last NOTIFY may be long in
    /// coming, or never come, and the next registration begins new ones.
    mutating func forgetWatches() {
        (watchers, documents, list) = (nil, nil, nil)
        for uri in watched.keys { watched[uri]?.id = nil }
    }

    /// Answers the call that waits for one state.
    mutating func resumeFetch(_ id: PresenceWatch.ID, with answer: Result<PresenceState, EngineError>) {
        guard var waiters = fetches.removeValue(forKey: id) else { return }
        waiters.resumeAll(with: answer)
    }
}

extension PresenceState {
    init(_ kept: KeptPresence) {
        self.init(
            basic: kept.isOpen ? .open : .closed,
            willing: kept.isWilling,
            activities: kept.activities,
            mood: kept.mood,
            note: kept.note,
            displayName: kept.displayName
        )
    }
}

extension KeptPresence {
    init(_ state: PresenceState, of uri: String, at time: Timestamp) {
        self.init(
            uri: uri,
            isOpen: state.basic == .open,
            isWilling: state.willing,
            activities: state.activities,
            mood: state.mood,
            note: state.note,
            displayName: state.displayName,
            time: time
        )
    }
}

extension OwnPresence {
    /// Reads what an earlier run has kept: the status, whether messages are welcome, and the note behind them.
    init?(kept text: String) {
        let parts = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let status = Status(rawValue: String(parts[0])) else { return nil }
        self.init(
            status: status,
            isWilling: parts[1] != "unwilling",
            note: parts[2].isEmpty ? nil : String(parts[2])
        )
    }

    var kept: String { "\(status.rawValue)\n\(isWilling ? "willing" : "unwilling")\n\(note ?? "")" }
}
