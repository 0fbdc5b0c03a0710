package import SIP
package import Wire

/// One message as it passed a socket, fit to be shown: secrets are redacted, the rest is as on the wire.
package struct TraceRecord: Sendable {
    package enum Direction: String, Hashable, Sendable { case sent, received }

    package var time: Timestamp
    package var direction: Direction
    package var flow: Flow
    package var text: String

    package init(time: Timestamp, direction: Direction, flow: Flow, text: String) {
        (self.time, self.direction, self.flow, self.text) = (time, direction, flow, text)
    }
}

/// One line for whoever looks for a fault.
package struct LogLine: Sendable {
    package enum Level: Int, Hashable, Comparable, Sendable {
        case warning, notice, detail

        package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    package var level: Level
    package var text: String

    package init(_ level: Level, _ text: String) { (self.level, self.text) = (level, text) }
}
