package import SIP
package import Wire

/// One message as it passed a socket, fit to be shown: secrets are redacted, the rest is as on the wire.
///
/// Of HTTP it has the first line, the fields that matter to XCAP, and the body.
package struct TraceRecord: Sendable {
    package enum Direction: String, Hashable, Sendable { case sent, received }

    package var time: Timestamp
    package var direction: Direction
    package var way: Way
    package var text: String

    /// Between whom it passed.
    package enum Way: Hashable, Sendable {
        case sip(Flow)
        /// The HTTP server, `host:port`.
        case http(server: String, isSecure: Bool)
    }

    package init(time: Timestamp, direction: Direction, way: Way, text: String) {
        (self.time, self.direction, self.way, self.text) = (time, direction, way, text)
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
