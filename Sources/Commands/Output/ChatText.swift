import Engine

/// The words for what goes on in chats.
enum ChatText {
    /// The other side, and how far that is to be believed, in the form of `EventText.sender`.
    static func peer(of chat: Chat, colour: Colour? = nil) -> String {
        let name = chat.displayName.map(Display.safeName)?.trimmedName ?? ""
        let peer = Display.safe(chat.peer)
        guard let claim = chat.claimed.map(Display.safe) else {
            return name.isEmpty ? colour.applied(to: peer) : "\(colour.applied(to: name)) (\(peer))"
        }
        guard chat.isVerified else {
            let shown = name.isEmpty ? colour.applied(to: claim) : "\(colour.applied(to: name)) (\(claim))"
            return shown + " [not verified]"
        }
        let claimed = name.isEmpty ? claim : "\(name), \(claim)"
        return colour.applied(to: peer) + " [claims \(claimed)]"
    }

    /// What the prompt and `chats` call the other side: the user of one's own domain by name, others in full.
    static func shortName(of peer: String, realm: String) -> String {
        let address = peer.firstIndex(of: ":").map { peer[peer.index(after: $0)...] } ?? peer[...]
        let plain = address.prefix { $0 != ";" && $0 != "?" }
        guard let at = plain.firstIndex(of: "@") else { return Display.safe(String(plain)) }
        let isOwnDomain = plain[plain.index(after: at)...].lowercased() == realm.lowercased()
        return Display.safe(String(isOwnDomain ? plain[..<at] : plain))
    }

    static func line(_ kind: Event.Kind) -> String? {
        switch kind {
        case .chatInvited(let chat):
            "chat invitation from \(peer(of: chat)): type accept or reject (in a chat /accept or /reject)"
        case .chatOpened(let chat):
            "chatting with \(peer(of: chat))\(chat.security.map { ", \($0.wording)" } ?? "")"
        case .chatClosed(_, .byUser): nil
        case .chatClosed(let chat, let end): "The chat with \(peer(of: chat)) has ended: \(end.wording)."
        case .composing(let report): composing(report)
        case .registering, .registered, .registrationFailed, .unregistered, .connectionLost, .message,
            .outcome, .disposition, .chatMessage, .chatSent, .presence, .presenceUnknown, .watcher,
            .buddiesChanged, .warning,
            .fileOffered, .fileHashing, .fileStarted, .fileProgress,
            .fileEnded:
            nil
        }
    }

    private static func composing(_ report: ComposingReport) -> String? {
        let peer = report.chat.map { self.peer(of: $0) } ?? Display.safe(report.peer)
        if report.isComposing { return "\(peer) is writing" }
        return report.isEndedByMessage ? nil : "\(peer) has stopped writing"
    }

    /// What became of a message, with the beginning of its text to know it by.
    static func delivery(_ report: ChatReport) -> String {
        let text = excerpt(of: report)
        let peer = Display.safe(report.chat.peer)
        return switch report.delivery {
        case .sent, .accepted: "on its way to \(peer): \(text)"
        case .delivered: "delivered to \(peer): \(text)"
        case .displayed: "displayed by \(peer): \(text)"
        case .refused(let status): "refused for \(peer) (\(status)): \(text)"
        case .unconfirmed, .missed: "may not have reached \(peer): \(text)"
        }
    }

    private static let excerptLength = 60

    private static func excerpt(of report: ChatReport) -> String {
        excerpt(of: report.body, contentType: report.contentType)
    }

    /// The beginning of a message, to know it by.
    static func excerpt(of body: [UInt8], contentType: String) -> String {
        // What was cut to a length may end within a character.
        let text = MessageText.beginning(of: body, contentType: contentType)
        return text.count > excerptLength ? text.prefix(excerptLength) + " ..." : text
    }

    /// A line of `chats`: its number, whom it is with, and what is to know of it.
    static func entry(_ entry: ChatEntry) -> String {
        let security = entry.chat.security?.wording
        let mark =
            switch entry.state {
            case .invited: "\t(invitation: accept or reject)"
            case .current: "\t(here\(security.map { ", \($0)" } ?? ""))"
            case .open: security.map { "\t(\($0))" } ?? ""
            }
        return "\(entry.chat.id.number)\t\(peer(of: entry.chat))\(mark)"
    }
}

extension ConnectionSecurity {
    /// How it is protected, in words.
    var wording: String {
        switch self {
        case .plain: "not encrypted"
        case .tls(_, .fingerprint): "encrypted, certificate as announced"
        case .tls(_, .name(let name)): "encrypted, certificate of \(Display.safe(name))"
        case .tls(_, .none): "encrypted, certificate not checked"
        }
    }
}

extension ChatEnd {
    /// Why it ended, without a full stop.
    var wording: String {
        switch self {
        case .byUser: "you left it"
        case .byPeer: "the other side left it"
        case .refused(let refusal): "it was refused with \(refusal.wording)"
        case .cancelled: "the invitation was taken back"
        case .unanswered: "nobody answered the invitation"
        case .connection(let detail): "its connection failed (\(Display.safe(detail)))"
        case .certificate(let detail): "the other side is not who was announced (\(Display.safe(detail)))"
        case .gateway: "a gateway on the way does not let it through"
        case .lost: "the other side does not know it any more"
        }
    }

    /// A word that does not change, for programs.
    var word: String {
        switch self {
        case .byUser: "user"
        case .byPeer: "peer"
        case .refused: "refused"
        case .cancelled: "cancelled"
        case .unanswered: "unanswered"
        case .connection: "connection"
        case .certificate: "certificate"
        case .gateway: "gateway"
        case .lost: "lost"
        }
    }
}

extension ChatDelivery {
    /// A word that does not change, for programs.
    var word: String {
        switch self {
        case .sent: "sent"
        case .accepted: "accepted"
        case .delivered: "delivered"
        case .displayed: "displayed"
        case .refused: "refused"
        case .unconfirmed: "unconfirmed"
        case .missed(let outcome): outcome.word
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .sent, .accepted, .delivered, .displayed: .done
        case .refused: .refused
        case .unconfirmed: .noAnswer
        case .missed(let outcome): outcome.exitStatus
        }
    }
}

extension GoalOutcome {
    /// A word that does not change, for programs.
    var word: String {
        switch self {
        case .reached: "reached"
        case .failed, .reportedFailed: "failed"
        case .forbidden: "forbidden"
        case .error: "error"
        case .notAsked: "not_asked"
        case .notTold: "not_told"
        }
    }

    var exitStatus: ExitStatus {
        switch self {
        case .reached: .done
        case .failed, .forbidden, .error: .notDelivered
        case .reportedFailed: .reportedFailed
        case .notAsked, .notTold: .notTold
        }
    }
}
