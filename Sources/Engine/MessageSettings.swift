/// How messages are written for those who take more than one form.
package enum MessageFormat: String, Hashable, Sendable, CaseIterable {
    /// In a CPIM envelope where there is something to ask for and the peer takes it, else as they are.
    case automatic = "auto"
    /// Never in an envelope, so that nothing can be asked for.
    case plain
    /// In a CPIM envelope, whatever was learned of the peer.
    case wrapped = "cpim"
}

/// Which disposition notifications are asked for, or given (RFC 5438).
package enum NotificationLevel: String, Hashable, Sendable, CaseIterable, Comparable {
    case none, delivered, displayed

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .none: 0
        case .delivered: 1
        case .displayed: 2
        }
    }
}

/// How far a message is to get before whoever sent it goes on (`--wait`).
package enum MessageGoal: String, Hashable, Sendable, CaseIterable, Comparable {
    /// It has left; nothing is known of it.
    case sent
    /// The network, or the next hop of a chat, has taken it.
    case accepted
    /// The recipient's device has told that it has it.
    case delivered
    /// The recipient's device has told that it was shown.
    case displayed

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .sent: 0
        case .accepted: 1
        case .delivered: 2
        case .displayed: 3
        }
    }

    /// What must be asked for to know of it.
    var level: NotificationLevel {
        switch self {
        case .sent, .accepted: .none
        case .delivered: .delivered
        case .displayed: .displayed
        }
    }
}
