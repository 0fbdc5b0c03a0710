import Documents
import SIP
import Wire

extension LabCore {
    /// The lines that `control` understands, and what each does, for people.
    package static let controls: [(line: String, meaning: String)] = [
        ("status", "Who is registered, and which faults are set"),
        ("fault 202|4xx|5xx|6xx [N]", "Answer the next N messages so, or all"),
        ("fault METHOD STATUS [N]", "Answer the next N requests of this method so, or all"),
        ("fault 420", "Refuse Require: pref"),
        ("fault 423 [SECONDS]", "Refuse registrations shorter than this"),
        ("fault 503 [SECONDS]", "Refuse everything, with this Retry-After"),
        ("fault stale [N]", "Call the next N good nonces stale"),
        ("fault off", "No faults, no delay, no loss"),
        ("drop N|all|off", "Lose the next N requests"),
        ("delay TIME|off", "Hold back every message, as in 500ms or 2s"),
        ("msrp on|off", "Let chats that begin from now on pass the MSRP switch, or end all that is below"),
        ("msrp drop [BYTES]", "Break the MSRP connection after so many bytes of messages, once"),
        ("msrp 4xx|5xx [N]", "Answer the next N chunks so, 413 or 415 for example, or all"),
        ("msrp lose WHAT [N|all]", "Lose the next N messages, responses or reports"),
        ("msrp report 4xx|5xx [N]", "Let the next N reports tell of this failure, or all"),
        ("msrp delay TIME|off", "Hold back every MSRP response"),
        ("msrp move", "Give the next client that asks for the relay again another path"),
        ("imdn WHAT", "What bob tells of messages: delivered, failed, forbidden, error, none"),
        (
            "deregister USER [EVENT]",
            "End a registration as the network does: deactivated, rejected, probation"
        ),
        (
            "presence USER PERMISSION [WATCHER]",
            "Let a watcher, or all others, see a user's presence: allow, confirm, polite-block, block"
        ),
        ("forget USER", "Lose what a user published and their subscriptions, as in a restart"),
        ("say FROM TO TEXT", "Send a message in the name of a user"),
    ]

    /// The answer to `help`.
    static var help: String {
        let width = 2 + (controls.map(\.line.count).max() ?? 0)
        return controls.map { line, meaning in
            line + String(repeating: " ", count: width - line.count) + meaning
        }.joined(separator: "\n")
    }

    /// Obeys a line; the answer is one line or more for people, and begins with "error:" if it was none.
    mutating func obey(_ line: String, at now: Instant) -> String {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let verb = words.first else { return "" }
        let arguments = Array(words.dropFirst())
        switch (verb, arguments.count) {
        case ("help", 0): return Self.help
        case ("status", 0): return status(at: now)
        case ("fault", 1...), ("drop", 1), ("delay", 1), ("msrp", 1...), ("imdn", 1): return set(words)
        case ("presence", 2...3): return permit(arguments, at: now)
        case ("forget", 1): return forget(arguments[0], at: now)
        case ("deregister", 1...2): return deregister(arguments[0], arguments.dropFirst().first, at: now)
        case ("say", 3...): return say(arguments, at: now)
        default: return "error: not understood: \(line.safeForDisplay()); try help"
        }
    }

    private mutating func status(at now: Instant) -> String {
        faults.chats = messages.faults
        var lines = configuration.users.map { user in
            let contacts = registrar.bindings(of: user.name).map { binding in
                let state = binding.isLost ? "connection lost" : "\(binding.expiry.seconds(from: now)) s left"
                return "\(binding.contact.uri) (\(state))".safeForDisplay()
            }
            let isAutomatic = user.name == configuration.automaticBuddy
            let absent = isAutomatic ? "automatic" : "not registered"
            return "\(user.name): \(contacts.isEmpty ? absent : contacts.joined(separator: ", "))"
        }
        lines.append("subscriptions: \(subscriptions.count), publications: \(presence.count)")
        lines.append(
            "chats: \(calls.count) with \(configuration.automaticBuddy ?? "nobody"), \(messages.paths.count) paths"
        )
        lines.append("faults: \(faults)")
        return lines.joined(separator: "\n")
    }

    private mutating func set(_ words: [String]) -> String {
        faults.chats = messages.faults
        do throws(LabFaultError) { try faults.set(words) } catch { return "error: \(error.wording)" }
        messages.faults = faults.chats
        return "faults: \(faults)"
    }

    /// Lets a user decide who sees their presence.
    private mutating func permit(_ words: [String], at now: Instant) -> String {
        guard let user = user(named: words[0]) else { return noSuchUser(words[0]) }
        let watcher = words.dropFirst(2).first
        if let watcher, self.user(named: watcher) == nil { return noSuchUser(watcher) }
        guard let permission = LabPermission(rawValue: words[1]) else {
            let all = LabPermission.allCases.map(\.rawValue)
            return "error: one of \(all.joined(separator: ", ")) is expected"
        }
        presence.permit(permission, to: watcher, by: user.name)
        applyPermissions(of: user.name, at: now)
        return "\(watcher ?? "everybody else"): \(permission.rawValue)"
    }

    private mutating func forget(_ name: String, at now: Instant) -> String {
        guard let user = user(named: name) else { return noSuchUser(name) }
        _ = presence.remove(of: user.name) { _ in true }
        loseSubscriptions(at: now) { $0.user == user.name || $0.watcher == user.name }
        return "\(name) forgotten"
    }

    private func noSuchUser(_ name: String) -> String { "error: no such user: \(name.safeForDisplay())" }

    private mutating func deregister(_ name: String, _ event: String?, at now: Instant) -> String {
        let events = ["deactivated", "rejected", "probation", "expired", "unregistered"]
        guard let user = user(named: name) else { return noSuchUser(name) }
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
