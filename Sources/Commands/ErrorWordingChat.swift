import Engine

/// Why a chat did not come about, or ended before everything was said.
extension Explanation {
    /// The words for a chat that was not opened.
    init(_ end: ChatEnd) {
        let code = "chat_not_opened"
        switch end {
        case .refused(let refusal):
            let (advice, status) = Self.next(refusal, of: "INVITE")
            self.init(
                code,
                "The other side does not take the chat: \(refusal.wording).",
                advice: advice,
                status: status,
                sipStatus: refusal.status
            )
        case .byUser, .byPeer, .cancelled:
            self.init(code, "The chat was not opened: \(end.wording).", status: .refused)
        case .unanswered, .lost:
            self.init(
                code,
                "The chat was not opened: \(end.wording).",
                advice: "Try again later, or leave a message: ims send-message.",
                status: .noAnswer
            )
        case .connection:
            self.init(
                code,
                "The chat was not opened: \(end.wording).",
                advice: "The two sides must reach each other by TCP; --trace shows the addresses they named.",
                status: .noAnswer
            )
        case .certificate:
            self.init(
                code,
                "The chat was not opened: \(end.wording).",
                advice: "Somebody may stand between the two of you: do not chat before you know who.",
                status: .refused
            )
        case .gateway:
            self.init(
                code,
                "The chat was not opened: \(end.wording).",
                advice: "The network must route MSRP, or the two sides must reach each other directly.",
                status: .refused
            )
        }
    }
}

extension Explanation {
    /// The words for what a chat command could not do.
    package init(_ failure: ChatFailure) {
        switch failure {
        case .notAtPrompt(let option):
            self.init("not_at_prompt", "\(option) is for the command line.", status: .usage)
        case .nobodyToAsk:
            self.init(
                "nobody_to_ask",
                "Here nobody can be asked about an invitation.",
                advice: "Start the prompt with ims alone, or choose --accept-chat all.",
                status: .usage
            )
        case .unknown(let name):
            self.init(
                "no_chat",
                name.map { "There is no chat or invitation of '\(Display.safe($0))'." }
                    ?? "There is no chat or invitation.",
                advice: "chats lists them.",
                status: .usage
            )
        case .several:
            self.init(
                "several_chats",
                "There is more than one: say which.",
                advice: "chats lists them with their numbers.",
                status: .usage
            )
        case .over(let peer):
            self.init(
                "chat_over",
                "The chat with \(peer) is over, nothing was sent.",
                advice: "/leave returns to the prompt.",
                status: .noAnswer
            )
        case .broken(let peer, let end, let number):
            let rest =
                number.map { "line \($0) is the first that may not have arrived" }
                ?? "everything read until then has arrived"
            self.init(
                "chat_broken",
                "The chat with \(Display.safe(peer)) ended before the input did, \(end.wording); \(rest).",
                status: .noAnswer
            )
        case .notConfirmed(let number, let delivery):
            let reason =
                switch delivery {
                case .refused(let status): "was refused (\(status))"
                case .missed(let outcome): outcome.wording
                case .sent, .accepted, .delivered, .displayed, .unconfirmed: "may not have arrived"
                }
            self.init(
                "not_confirmed",
                number.map { "Not everything arrived; line \($0) is the first that \(reason)." }
                    ?? "What was read \(reason).",
                status: delivery.exitStatus
            )
        case .command(let detail):
            self.init("chat_command", "The command of the chat \(Display.safe(detail)).", status: .usage)
        case .commandFailed(let status):
            self.init(
                "chat_command",
                "The command of the chat ended with status \(status).",
                advice: [126, 127].contains(status) ? "Check that the command is there and can be run." : nil,
                status: .commandFailed
            )
        }
    }
}

extension GoalOutcome {
    /// What is the matter with a message that was accepted, as a sentence goes on.
    var wording: String {
        switch self {
        case .reached: "has arrived"
        case .failed: "was not delivered, as the other side tells"
        case .reportedFailed(let status): "was not delivered, as a report tells (\(status))"
        case .forbidden: "was accepted, and the other side does not tell what became of it"
        case .error: "was accepted, and nobody could find out what became of it"
        case .notAsked: "was accepted, and the other side takes no requests to tell what becomes of it"
        case .notTold: "was accepted, and nothing more was told in time"
        }
    }
}
