import SIP
import Testing
import Wire

/// A usage with timers whose time is in the test's hand.
protocol VirtualTime {
    /// The time since the bench was made.
    var now: Duration { get set }
    /// When the next timer is due.
    var nextDeadline: Duration? { get }
    /// Fires what is due now.
    mutating func fire()
}

extension VirtualTime {
    /// Fires every timer due up to `limit` at its own instant, and stands at `limit` then.
    mutating func run(until limit: Duration) {
        while let deadline = nextDeadline, deadline <= limit {
            now = deadline
            fire()
        }
        now = limit
    }
}

extension Message {
    /// A response of somebody else to this request, with these fields.
    func response(_ status: StatusCode, from tag: String, _ fields: [String: String]) throws -> Message {
        var response = response(status, toTag: tag)
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            response.headers.append(try #require(HeaderName(name)), value)
        }
        return response
    }
}
