import Engine
import SIP
import Store

import struct Engine.Event

/// The words for what went well; what failed is worded in `ErrorWording`.
enum EventText {
    /// Who wrote a message, and how far that is to be believed.
    ///
    /// The identity the network vouches for comes first; a `From` that differs from it is only a claim (RFC 3325 §8),
    /// and so is any name that stands beside it.
    static func sender(of message: IncomingMessage, colour: Colour?) -> String {
        let name = message.fromDisplayName.map(Display.safeName)?.trimmedName ?? ""
        let claim = Display.safe(message.from)
        guard let asserted = message.asserted.map(Display.safe) else {
            let shown = name.isEmpty ? colour.applied(to: claim) : "\(colour.applied(to: name)) (\(claim))"
            return shown + " [not verified]"
        }
        guard asserted.lowercased() == claim.lowercased() else {
            let claimed = name.isEmpty ? claim : "\(name), \(claim)"
            return colour.applied(to: asserted) + " [claims \(claimed)]"
        }
        return name.isEmpty ? colour.applied(to: asserted) : "\(colour.applied(to: name)) (\(asserted))"
    }

    /// What the envelope of a message claims beside that: another sender, a subject.
    static func claims(of envelope: EnvelopeClaims?) -> String {
        let sender = envelope?.sender.map { " [its envelope claims \(Display.safe($0))]" } ?? ""
        let subject = envelope?.subject.map { " [\(Display.safe($0))]" } ?? ""
        return sender + subject
    }

    static func line(_ kind: Event.Kind) -> String? {
        switch kind {
        case .registering(let attempt): "registering at \(attempt.proxy) (\(attempt.transport.rawValue))"
        case .registered(let status): registered(status)
        case .unregistered(.byUser): "unregistered"
        case .unregistered(.expired): "The registration expired."
        case .unregistered(.byNetwork(let event, isReturning: true)):
            "The network ended the registration (\(Display.safe(event))); registering again."
        case .unregistered(.byNetwork(let event, isReturning: false)):
            "The network ended the registration (\(Display.safe(event))). Type register, or run the command "
                + "again, to return."
        case .connectionLost(let detail):
            "The connection to the network broke (\(Display.safe(detail))); bringing it back."
        case .chatInvited, .chatOpened, .chatClosed, .composing: ChatText.line(kind)
        case .presenceUnknown(let uri, let name, let obstacle):
            PresenceText.line(uri, called: name, obstacle)
        case .watcher(let watcher): PresenceText.line(watcher)
        case .buddiesChanged(let change): DocumentText.line(change)
        case .fileOffered, .fileHashing, .fileStarted, .fileProgress, .fileEnded: FileText.line(kind)
        case .registrationFailed, .message, .outcome, .disposition, .chatMessage, .chatSent, .presence,
            .warning:
            nil
        }
    }

    static func registered(_ status: RegistrationStatus) -> String {
        let service = status.isServiceRegistered ? "" : ", without the IM service"
        return "registered \(Display.safe(status.identities.first ?? status.registeredIdentity)) for "
            + "\(Display.duration(status.expires)) at \(status.proxy) (\(status.transport.rawValue))\(service)"
    }

    static func status(_ status: RegistrationStatus?, _ account: Account) -> String {
        var lines = ["account:    \(account.name)"]
        guard let status else {
            return (lines + ["registered: no", "identity:   \(account.publicIdentity)"]).joined(
                separator: "\n"
            )
        }
        let service = status.isServiceRegistered ? "" : ", without the IM service"
        lines.append("registered: for \(Display.duration(status.expires))\(service)")
        lines.append("identity:   \(Display.safe(status.identities.first ?? status.registeredIdentity))")
        lines.append("proxy:      \(status.proxy) (\(status.transport.rawValue))")
        lines.append("contact:    \(Display.safe(status.contact))")
        for route in status.serviceRoute { lines.append("route:      \(Display.safe(route))") }
        if let gruu = status.publicGRUU { lines.append("GRUU:       \(Display.safe(gruu))") }
        return lines.joined(separator: "\n")
    }

    static func identities(_ status: RegistrationStatus) -> String {
        var lines = status.identities.enumerated().map { index, identity in
            Display.safe(identity) + (index == 0 ? "\t(default)" : "")
        }
        if status.isRegisteredIdentityBarred {
            lines.append(Display.safe(status.registeredIdentity) + "\t(barred: used to register only)")
        }
        return lines.joined(separator: "\n")
    }

    static func outcome(_ report: MessageReport) -> String {
        let peer = Display.safe(report.to)
        let way = report.isBySession ? " as a large message, by MSRP" : ""
        return switch report.outcome {
        case .sent: "sent to \(peer)"
        case .accepted where report.messageID != nil: "on its way to \(peer)\(way)"
        case .accepted: "delivered to \(peer)\(way)"
        case .storedForLater: "stored for later: the network will deliver it to \(peer)"
        case .notStored(let refusal):
            "not delivered: \(peer) is not there and nothing keeps the message (\(refusal.wording))"
        case .refused(let refusal): "refused for \(peer): \(refusal.wording)"
        case .noAnswer: "no answer for \(peer): the message may or may not have arrived"
        }
    }

    /// What was told of a message after it was accepted.
    static func disposition(_ report: DispositionReport) -> String {
        let peer = Display.safe(report.peer)
        let text = ChatText.excerpt(of: report.body, contentType: report.contentType)
        let status = report.status.map { " (\($0))" } ?? ""
        return switch report.state {
        case .delivered: "delivered to \(peer): \(text)"
        case .displayed: "displayed by \(peer): \(text)"
        case .failed: "not delivered to \(peer)\(status): \(text)"
        case .forbidden: "\(peer) does not tell what became of: \(text)"
        case .error: "nobody could find out what became of the message to \(peer): \(text)"
        case .stored: "stored for \(peer): \(text)"
        case .processed: "processed for \(peer): \(text)"
        }
    }

    static func history(_ entry: HistoryEntry, time: String, colour: Colour?) -> String {
        let isIncoming = entry.direction == .incoming
        var peer = colour.applied(to: Display.safe(entry.peer))
        if isIncoming, entry.asserted == nil { peer += " [not verified]" }
        if isIncoming, let asserted = entry.asserted, asserted.lowercased() != entry.from.lowercased() {
            peer += " [claims \(Display.safe(entry.from))]"
        }
        let text = MessageText.shown(entry.body, contentType: entry.contentType)
        return "\(time) \(isIncoming ? "<" : ">") \(peer): \(text)\(remark(entry))"
    }

    private static func remark(_ entry: HistoryEntry) -> String {
        if let delivery = entry.delivery {
            switch delivery {
            case .displayed: return "  [displayed]"
            case .delivered: return "  [delivered]"
            case .failed: return "  [not delivered]"
            }
        }
        return switch entry.state {
        case .received, .accepted: ""
        case .pending: "  [not known to have arrived]"
        case .stored: "  [stored for later]"
        case .notStored: "  [not delivered]"
        case .refused: "  [refused\(entry.status.map { ", \($0)" } ?? "")]"
        case .unanswered: "  [no answer]"
        }
    }
}

extension Refusal {
    /// The status and what the network says of it: `403 Forbidden (user unknown)`.
    var wording: String {
        let note = warning.map { " (\(Display.safe($0)))" } ?? ""
        let later = retryAfter.map { ", try again in \(Display.duration($0))" } ?? ""
        return "\(status) \(Display.safe(reason))\(note)\(later)"
    }
}

extension String {
    var trimmedName: String {
        split(separator: " ").joined(separator: " ")
    }
}
