import MSRP
import SIP
import Wire

// What falls due in message sessions and on their connections.
extension MSRPTransport {
    /// When `fire` is to be called.
    var nextDeadline: Instant? {
        guard relay != nil else { return alarms.nextDeadline }
        return ([alarms.nextDeadline] + relayDeadlines).compactMap(\.self).min()
    }

    /// Sets the alarm of a session, if it would ring too late: what is due later than it was costs nothing.
    func setAlarm(_ entry: Entry) {
        guard let deadline = entry.deadline, entry.alarm.map({ deadline < $0 }) ?? true else { return }
        entry.alarm = deadline
        alarms.start(.session(entry.local), at: deadline)
    }

    /// Lets time pass.
    func fire(at now: Instant = .now) -> [Event] {
        var events = fireRelay(at: now)
        while let (alarm, _) = alarms.popDue(at: now) {
            switch alarm {
            case .connection(let id):
                if let patience = links[id]?.patience, patience <= now { drop(id) }
            case .session(let local): if let entry = entries[local] { fire(entry, at: now, into: &events) }
            }
        }
        return events
    }

    private func fire(_ entry: Entry, at now: Instant, into events: inout [Event]) {
        entry.alarm = nil
        var told: [SessionEvent] = []
        entry.session.fire(at: now, into: &told)
        settle(told, of: entry, into: &events)
        makeReady(entry)
        if entry.link == nil, let patience = entry.patience, patience <= now {
            entry.patience = nil
            events.append(.closed(entry.local, .connection("the other side did not connect in time")))
        }
        setAlarm(entry)
    }
}
