import Documents
import Engine
import UserAgent

/// The words for who is there and who watches.
enum PresenceText {
    /// One change: who, how they are, and how they were.
    static func line(_ change: PresenceChange) -> String {
        let who = who(change.uri, called: change.name ?? change.state.displayName)
        let text = "\(who): \(state(change.state))"
        guard let previous = change.previous, previous != change.state else { return text }
        return "\(text) (was \(state(previous)))"
    }

    /// Somebody by their name, if they have one, and their address: as the sender of a message is shown.
    private static func who(_ uri: String, called name: String?) -> String {
        let name = name.map(Display.safeName)?.trimmedName ?? ""
        return name.isEmpty ? Display.safe(uri) : "\(name) (\(Display.safe(uri)))"
    }

    /// How somebody is: `busy, "in a meeting"`.
    static func state(_ state: PresenceState) -> String {
        var parts = [state.word]
        let rest = state.activities.map(Display.safe).filter { $0 != state.word }
        if state.basic == .open { parts += rest }
        parts += state.mood.map(Display.safe)
        if state.willing == false, state.basic == .open { parts.append("not willing") }
        if let note = state.note, !note.isEmpty { parts.append("\"\(Display.safe(note))\"") }
        return parts.joined(separator: ", ")
    }

    static func own(_ status: OwnPresenceStatus) -> String {
        let presence = status.presence
        var lines = ["shown:     \(presence.status.rawValue)"]
        lines.append("willing:   \(presence.isWilling ? "yes" : "no")")
        if let note = presence.note { lines.append("note:      \(Display.safe(note))") }
        let server = status.isAvailabilityPublishedByServer ? ", the server tells the rest" : ""
        lines.append("published: \(status.isPublished ? "yes" : "no")\(server)")
        return lines.joined(separator: "\n")
    }

    static func provisioned(_ provisioning: Provisioning) -> String {
        var lines: [String] = []
        if let bits = provisioning.presenceServerCapabilities {
            let isServer = bits & Provisioning.availabilityBit != 0
            lines.append("PRES-SRV-CAP: the \(isServer ? "server" : "client") publishes availability")
        }
        if let uri = provisioning.conferenceFactory {
            lines.append("conference factory: \(Display.safe(uri)) (kept: this version has no group chats)")
        }
        if let size = provisioning.maximumGroupSize {
            lines.append("largest ad-hoc group: \(size) (kept: this version has no group chats)")
        }
        return lines.joined(separator: "\n")
    }

    static func line(_ watcher: Watcher) -> String {
        let who = who(watcher.uri, called: watcher.name ?? watcher.displayName)
        return switch watcher.status {
        case .pending, .waiting:
            "\(who) asks to see your presence: buddies allow \(Display.safe(watcher.uri)), or block."
        case .active: "\(who) sees your presence."
        case .terminated: "\(who) does not watch you any more."
        }
    }

    /// Why nothing is told of somebody, as a sentence.
    static func line(_ uri: String, called name: String? = nil, _ obstacle: PresenceObstacle) -> String {
        let who = uri.isEmpty ? "The other side" : who(uri, called: name)
        return switch obstacle {
        case .undecided: "\(who) has not decided yet whether you may see their presence."
        case .rejected: "\(who) does not let you see their presence."
        case .noResource: "\(who) is not known to the network."
        case .refused(let refusal): "The presence of \(who) is refused: \(refusal.wording)."
        case .noAnswer: "The presence of \(who) is not to be had: the network does not answer."
        case .ended: "The presence of \(who) is not told any more, for now."
        }
    }
}

extension PresenceState {
    /// One word: that of the activity where it is one that people set, else whether they are there.
    var word: String {
        guard basic == .open else { return "offline" }
        return ["busy", "away"].first(where: activities.contains) ?? "online"
    }
}

extension PresenceObstacle {
    /// A word that does not change, for programs.
    var word: String {
        switch self {
        case .undecided: "undecided"
        case .rejected: "rejected"
        case .noResource: "no_resource"
        case .refused: "refused"
        case .noAnswer: "no_answer"
        case .ended: "ended"
        }
    }
}
