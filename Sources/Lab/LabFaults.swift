import SIP

/// What a pocket core does wrong, because somebody wants to see how a client takes it.
package struct LabFaults: Sendable {
    /// How requests of a method are answered in place of being served, and how often still; for ever if `nil`.
    var statuses: [Method: (status: StatusCode, count: Int?)] = [:]
    /// Every request is refused with 503 and this `Retry-After`.
    var retryAfter: UInt32?
    /// A registration below this many seconds is refused with 423.
    var minimumExpires: UInt32?
    /// `Require: pref` is refused with 420.
    var refusesPreferences = false
    /// How many nonces that are good are called stale.
    var staleNonces = 0
    /// How many requests get lost on their way in.
    var dropped = 0
    /// How long every message of ours takes.
    var delay = Duration.zero

    /// What becomes of chats.
    var chats = LabChatFaults()

    package init() {}

    mutating func takeDropped() -> Bool {
        guard dropped > 0 else { return false }
        if dropped < Int.max { dropped -= 1 }
        return true
    }

    mutating func takeStale() -> Bool {
        guard staleNonces > 0 else { return false }
        staleNonces -= 1
        return true
    }

    mutating func takeStatus(of method: Method) -> StatusCode? {
        guard let (status, count) = statuses[method] else { return nil }
        if let count { statuses[method] = count > 1 ? (status, count - 1) : nil }
        return status
    }
}

extension LabFaults: CustomStringConvertible {
    package var description: String {
        var words: [String] = []
        for (method, (status, count)) in statuses.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            words.append("\(method) answered \(status.value)" + (count.map { " \($0) times" } ?? ""))
        }
        if let retryAfter { words.append("503 with Retry-After \(retryAfter)") }
        if let minimumExpires { words.append("423 below \(minimumExpires) s") }
        if refusesPreferences { words.append("420 for pref") }
        if staleNonces > 0 { words.append("\(staleNonces) nonces stale") }
        if dropped > 0 { words.append(dropped == .max ? "all requests lost" : "\(dropped) requests lost") }
        if delay > .zero { words.append("delay \(delay)") }
        let chats = chats.description
        if !chats.isEmpty { words.append(chats) }
        return words.isEmpty ? "none" : words.joined(separator: ", ")
    }
}
