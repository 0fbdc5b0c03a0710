import Engine
import Runtime

/// What is wrong with a command line: one line, and a hint where there is a better word.
extension Explanation {
    /// - Parameters:
    ///   - error: What is wrong.
    ///   - isREPL: Whether it was typed at the prompt, where commands have no `ims` before them.
    package init(_ error: UsageError, isREPL: Bool = false) {
        let program = isREPL ? "" : "ims "
        let text: String
        switch error {
        case .noCommand: text = "No command; \(program)help lists them."
        case .notText: text = "The command line is no UTF-8 text; a file can hold any bytes: --file."
        case .unknownCommand(let name, let suggestion):
            text =
                "There is no command '\(Display.safe(name))'."
                + Self.meant(suggestion, else: "\(program)help lists them.")
        case .notHere(let command, let isREPL):
            text =
                isREPL
                ? "'\(command)' is for the command line: ims \(command)." : "'\(command)' is for the prompt."
        case .missing(let parameter, let command):
            text = "'\(command)' needs \(parameter.uppercased()); see \(program)help \(command)."
        case .tooMany(let extra, let command):
            text = "'\(command)' does not take '\(Display.safe(extra))'; see \(program)help \(command)."
        case .notAChoice(let word, let choices, let suggestion):
            text =
                "'\(Display.safe(word))' is none of \(choices.joined(separator: ", "))."
                + Self.meant(suggestion)
        case .unknownOption(let option, let suggestion):
            text =
                "There is no option \(Display.safe(option))."
                + Self.meant(suggestion, else: "Text that begins with a dash stands after --.")
        case .optionOfOther(let option, let command): text = "'\(command)' does not take \(option)."
        case .missingValue(let option, let expected): text = "\(option) needs a value: \(expected)."
        case .unexpectedValue(let option): text = "\(option) takes no value."
        case .badValue(let name, let value, let expected):
            text = "\(name) is '\(Display.safe(value))', and must be \(expected)."
        case .conflict(let first, let second): text = "\(first) and \(second) do not go together."
        case .notAtPrompt:
            text = "Of the options of ims itself a line takes only --as; give the others when you start ims."
        case .unterminatedQuote: text = "A quoted word has no closing quote."
        }
        self.init("usage", text, status: .usage)
    }

    private static func meant(_ suggestion: String?, else other: String? = nil) -> String {
        suggestion.map { " Did you mean \($0)?" } ?? other.map { " " + $0 } ?? ""
    }

    package init(_ failure: CommandFailure) {
        switch failure {
        case .unreadable(let name, let reason):
            let detail =
                switch reason {
                case .notFound: "there is no such file"
                case .unreadable(let text): text
                case .tooLarge(let limit): "it has more than \(limit) bytes"
                }
            self.init("unreadable", "\(Display.safe(name)) cannot be read: \(detail).", status: .usage)
        case .contentTypeNeeded(let name):
            self.init(
                "content_type_needed",
                "\(Display.safe(name)) is no UTF-8 text.",
                advice: "Say what it is, for example --content-type application/octet-stream.",
                status: .usage
            )
        case .inputTaken:
            self.init(
                "input_taken",
                "Standard input is taken by the prompt; type the text instead of -.",
                status: .usage
            )
        case .emptyMessage(let name):
            self.init("empty_message", "\(Display.safe(name)) is empty: nothing was sent.", status: .usage)
        case .goalMissed(let peer, let goal, let outcome):
            self.init(
                outcome.exitStatus == .notTold ? "not_told" : "not_delivered",
                "The message to \(Display.safe(peer)) \(outcome.wording).",
                advice: outcome == .notTold
                    ? "Give it more time: --timeout SECONDS, or be content with less than --wait \(goal.rawValue)."
                    : nil,
                status: outcome.exitStatus
            )
        case .history(let detail):
            self.init(
                "history",
                "The history cannot be read: \(Display.safe(detail)).",
                advice: "Check data-dir in ims.conf.",
                status: .configuration
            )
        case .trace(let file, let detail):
            self.init("trace", "\(Display.safe(file)) cannot be written: \(detail).", status: .usage)
        case .notWritten(let file, let detail):
            self.init("not_written", "\(Display.safe(file)) cannot be written: \(detail).", status: .usage)
        case .output(let detail):
            self.init("output", "Standard output cannot be written: \(detail).", status: .configuration)
        case .system(let detail): self.init("system", "\(detail).", status: .configuration)
        case .timedOut(let received, let wanted):
            self.init("timed_out", "Only \(received) of \(wanted) messages came in time.", status: .noAnswer)
        }
    }
}
