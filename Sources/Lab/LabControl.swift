import Documents
import SIP
import Wire

extension LabCore {
    /// What `control` understands, for people.
    package static let help = """
        status                     who is registered, and which faults are set
        fault 202|4xx|5xx|6xx [N]  answer the next N messages so, or all
        fault 420                  refuse Require: pref
        fault 423 [SECONDS]        refuse registrations shorter than this
        fault 503 [SECONDS]        refuse everything, with this Retry-After
        fault stale [N]            call the next N good nonces stale
        fault off                  no faults, no delay, no loss
        drop N|all|off             lose the next N requests
        delay TIME|off             hold back every message, as in 500ms or 2s
        deregister USER [EVENT]    end a registration as the network does: deactivated, rejected, probation
        say FROM TO TEXT           send a message in the name of a user
        """

    /// Obeys a line; the answer is one line or more for people, and begins with "error:" if it was none.
    mutating func obey(_ line: String, at now: Instant) -> String {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let verb = words.first else { return "" }
        let arguments = Array(words.dropFirst())
        switch (verb, arguments.count) {
        case ("help", 0): return Self.help
        case ("status", 0): return status(at: now)
        case ("fault", 1...2): return setFault(arguments[0], arguments.dropFirst().first)
        case ("drop", 1): return setDrop(arguments[0])
        case ("delay", 1): return setDelay(arguments[0])
        case ("deregister", 1...2): return deregister(arguments[0], arguments.dropFirst().first, at: now)
        case ("say", 3...): return say(arguments, at: now)
        default: return "error: not understood: \(line.safeForDisplay()); try help"
        }
    }

    private func status(at now: Instant) -> String {
        var lines = configuration.users.map { user in
            let contacts = registrar.bindings(of: user.name).map { binding in
                let state = binding.isLost ? "connection lost" : "\(binding.expiry.seconds(from: now)) s left"
                return "\(binding.contact.uri) (\(state))".safeForDisplay()
            }
            let isAutomatic = user.name == configuration.automaticBuddy
            let absent = isAutomatic ? "automatic" : "not registered"
            return "\(user.name): \(contacts.isEmpty ? absent : contacts.joined(separator: ", "))"
        }
        lines.append("subscriptions: \(subscriptions.count)")
        lines.append("faults: \(faults)")
        return lines.joined(separator: "\n")
    }

    private mutating func setFault(_ name: String, _ argument: String?) -> String {
        let number = argument.flatMap { UInt32($0) }
        guard argument == nil || (number ?? 0) > 0 else {
            return "error: a number greater than 0 is expected"
        }
        switch name {
        case "off": faults = LabFaults()
        case "420": faults.refusesPreferences = true
        // Above the 600 000 s that TS 24.229 §5.1.1.2.1 makes a client ask for.
        case "423": faults.minimumExpires = number ?? 700_000
        case "503": faults.retryAfter = number ?? 5
        case "stale": faults.staleNonces = Int(number ?? 1)
        default:
            guard let value = Int(name), value == 202 || 300..<700 ~= value,
                let status = StatusCode(value)
            else { return "error: no such fault: \(name.safeForDisplay()); try help" }
            faults.messageStatus = (status, number.map { Int($0) })
        }
        return "faults: \(faults)"
    }

    private mutating func setDrop(_ word: String) -> String {
        switch word {
        case "off": faults.dropped = 0
        case "all": faults.dropped = .max
        default:
            guard let count = UInt32(word) else { return "error: a number, all or off is expected" }
            faults.dropped = Int(count)
        }
        return "faults: \(faults)"
    }

    private mutating func setDelay(_ word: String) -> String {
        if word == "off" {
            faults.delay = .zero
        } else if word.hasSuffix("ms"), let number = UInt32(word.dropLast(2)) {
            faults.delay = .milliseconds(number)
        } else if word.hasSuffix("s"), let number = UInt32(word.dropLast()) {
            faults.delay = .seconds(number)
        } else {
            return "error: a time like 500ms or 2s is expected"
        }
        return "faults: \(faults)"
    }

    private mutating func deregister(_ name: String, _ event: String?, at now: Instant) -> String {
        let events = ["deactivated", "rejected", "probation", "expired", "unregistered"]
        guard let user = user(named: name) else { return "error: no such user: \(name.safeForDisplay())" }
        guard event.map({ events.contains($0) }) ?? true else {
            return "error: the event is one of \(events.joined(separator: ", "))"
        }
        let removed = registrar.unbind(name) { _ in true }
        guard !removed.isEmpty else { return "error: \(name) is not registered" }
        notify(about: user, removed, .init(rawValue: event ?? "deactivated"), at: now)
        note("\(name) was deregistered by the network")
        return "\(name) deregistered"
    }

    private mutating func say(_ words: [String], at now: Instant) -> String {
        guard let sender = user(named: words[0]), let recipient = user(named: words[1]) else {
            return "error: no such user"
        }
        let text = words.dropFirst(2).joined(separator: " ")
        return deliver(text, from: sender, to: recipient, at: now)
            ? "sent" : "error: \(recipient.name) is not there"
    }
}
