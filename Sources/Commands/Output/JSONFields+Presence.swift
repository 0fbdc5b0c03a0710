import Engine
import UserAgent
import Wire

/// The fields of what is told of presence.
extension JSONMembers {
    mutating func add(_ change: PresenceChange) {
        add("uri", change.uri)
        add("name", change.name)
        add(change.state)
        guard let previous = change.previous else { return }
        var members = JSONMembers()
        members.add(previous)
        members.add("time", change.previousTime?.description)
        add("previous", JSONValue.object(members.members))
    }

    mutating func add(_ state: PresenceState) {
        add("basic", state.basic.rawValue)
        add("willing", state.willing)
        add("activities", state.activities)
        if !state.mood.isEmpty { add("mood", state.mood) }
        add("note", state.note)
        add("display_name", state.displayName)
    }

    mutating func add(_ status: OwnPresenceStatus) {
        add("status", status.presence.status.rawValue)
        add("willing", status.presence.isWilling)
        add("note", status.presence.note)
        add("published", status.isPublished)
        add("availability_by_server", status.isAvailabilityPublishedByServer)
    }

    mutating func add(_ watcher: Watcher) {
        add("uri", watcher.uri)
        add("name", watcher.name)
        add("display_name", watcher.displayName)
        add("status", watcher.status.rawValue)
    }

    mutating func add(_ uri: String, called name: String?, _ obstacle: PresenceObstacle) {
        add("uri", uri)
        add("name", name)
        add("cause", obstacle.word)
        if case .refused(let refusal) = obstacle { add(refusal) }
    }
}
