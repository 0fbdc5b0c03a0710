package import Engine
import Store
package import Wire

/// Text for people: data on standard output, everything else on standard error.
package final class TextOutput: Output {
    private let sink: any TextSink
    private let style: Style
    private let localTime: (Timestamp) -> LocalTime
    private var bar = ProgressBar()

    /// What differs between one run and another.
    package struct Style: Sendable {
        package var verbosity = Verbosity.normal
        package var isOutputColoured = false
        package var isErrorColoured = false
        /// Whether registrations are told as they come and go, as in the REPL and in `listen`.
        package var showsProgress = false
        /// Whether an error is preceded by the program's name, as on a command line.
        package var namesProgram = true
        /// How messages of a chat are written.
        package var chatForm = ChatForm.conversation
        /// Whether standard error is a terminal with nobody typing on it, so that a bar can show progress.
        package var showsBar = false
        /// Whether standard output is a terminal, which nothing from outside may steer.
        package var isOutputTerminal = true
        /// How many columns the terminal has at the moment; `nil` if it is none.
        package var columns: @Sendable () -> Int? = { nil }

        package init() {}
    }

    package init(sink: any TextSink, style: Style, localTime: @escaping (Timestamp) -> LocalTime) {
        self.sink = sink
        self.style = style
        self.localTime = localTime
    }

    package func show(_ event: Event) {
        if style.showsBar, style.verbosity > .quiet { showBar(event) }
        switch event.kind {
        case .fileHashing, .fileProgress: break
        case .fileStarted, .fileOffered, .fileEnded:
            if let text = FileText.line(event.kind) {
                notice(text.wrapped(width: style.columns(), indent: "  "))
            }
        case .message(let message):
            let sender = EventText.sender(of: message, colour: outputColour)
            let text = MessageText.shown(message.body, contentType: message.contentType)
            let claims = EventText.claims(of: message.envelope)
            sink.standardOutput("[\(localTime(event.time).clock)] \(sender)\(claims): \(text)\n")
        case .chatMessage(let message): show(message, at: event.time)
        case .presence(let change):
            sink.standardOutput("[\(localTime(event.time).clock)] \(PresenceText.line(change))\n")
        // Who sees what they were allowed to see is no news.
        case .watcher(let watcher) where !watcher.status.isRequest && style.verbosity < .verbose: break
        case .chatSent(let report): show(report)
        case .disposition(let report): show(report)
        case .outcome(let report): sink.standardOutput(EventText.outcome(report) + "\n")
        case .composing where !style.chatForm.isConversation: break
        case .registrationFailed(let error, let retryAfter):
            let explanation = Explanation(error)
            let next = retryAfter.map { " Trying again in \(Display.duration($0))." } ?? ""
            failure(explanation.summary + next)
            if retryAfter == nil, let advice = explanation.advice { notice(advice) }
        case .unregistered(.byUser) where style.verbosity < .verbose: break
        case .registering where style.verbosity < .verbose: break
        case .registered where !style.showsProgress && style.verbosity < .verbose: break
        case .warning(let warning): failure("Warning: " + warning.wording)
        case .chatOpened where !style.chatForm.isConversation && style.verbosity < .verbose: break
        // A command that sends what it reads tells the end of its chat itself.
        case .chatClosed where !style.chatForm.isConversation: break
        case .registering, .registered, .unregistered, .connectionLost, .chatInvited, .chatOpened,
            .chatClosed, .composing, .presenceUnknown, .watcher, .buddiesChanged:
            if let text = EventText.line(event.kind) { notice(text) }
        }
    }

    private func showBar(_ event: Event) {
        switch event.kind {
        case .fileHashing, .fileStarted, .fileProgress, .fileEnded:
            sink.status(bar.line(event.kind, at: event.time.microseconds, columns: style.columns()))
        default: break
        }
    }

    package func show(_ result: CommandResult, account: String) {
        let text: String
        switch result {
        case .registered(let status): text = EventText.registered(status)
        case .unregistered(let serviceOnly):
            text = serviceOnly ? "left the IM service, still registered" : "unregistered"
        case .status(let status, let account): text = EventText.status(status, account)
        case .identities(let status): text = EventText.identities(status)
        case .chat(let entry): text = ChatText.entry(entry)
        case .history(let entry):
            text = EventText.history(entry, time: localTime(entry.time).full, colour: outputColour)
        case .capabilities(let capabilities): text = CapabilityText.lines(capabilities)
        case .presence(let change): text = PresenceText.line(change)
        case .ownPresence(let status): text = PresenceText.own(status)
        case .provisioned(let provisioning): text = PresenceText.provisioned(provisioning)
        case .buddy(let entry): text = DocumentText.buddy(entry, colour: outputColour)
        case .buddyWatch(let mode): return notice(DocumentText.line(mode))
        case .watcherRequest(let request):
            let time = localTime(request.since).full
            text = DocumentText.request(request, time: time, colour: outputColour)
        case .document(let document): return show(document)
        case .documentState(let report): text = DocumentText.state(report)
        case .transfer(let transfer, let isOffered):
            let entry = FileText.entry(transfer, isOffered: isOffered)
            text = entry.wrapped(width: style.columns(), indent: "    ")
        case .received(let path): text = Display.safe(path)
        case .account(let account, let isDefault, false):
            text = "\(account.name)\t\(account.publicIdentity)" + (isDefault ? "\t(default)" : "")
        case .account(let account, _, true):
            text = AccountText.settings(of: account).map { "\($0) = \($1)" }.joined(separator: "\n")
        }
        sink.standardOutput(text + "\n")
    }

    package func text(_ text: String) { sink.standardOutput(text) }

    package func notice(_ text: String) {
        if style.verbosity > .quiet { sink.standardError(text + "\n") }
    }

    package func show(_ explanation: Explanation) {
        let lines = explanation.lines(named: style.namesProgram)
        sink.standardError((style.isErrorColoured ? Colour.error.applied(to: lines) : lines) + "\n")
    }

    package func show(_ line: LogLine) {
        if line.level <= style.verbosity.logLevel { sink.standardError("ims: \(Display.safe(line.text))\n") }
    }

    package func show(_ record: TraceRecord) { sink.standardError(record.lines) }

    private func show(_ message: IncomingChatMessage, at time: Timestamp) {
        switch style.chatForm {
        case .conversation:
            let sender = ChatText.peer(of: message.chat, colour: outputColour)
            let text = MessageText.shown(message.body, contentType: message.contentType)
            let claims = EventText.claims(of: message.envelope)
            sink.standardOutput("[\(localTime(time).clock)] \(sender)\(claims): \(text)\n")
        case .lines where style.isOutputTerminal, .blocks where style.isOutputTerminal:
            sink.standardOutput(MessageText.shown(message.body, contentType: message.contentType) + "\n")
        case .lines: sink.standardOutput(ChatForm.line(of: message.body))
        case .blocks: sink.standardOutput(message.body)
        case .none: break
        }
    }

    /// Writes a document as it is, where it cannot steer a terminal.
    private func show(_ document: XDMDocument) {
        guard style.isOutputTerminal else { return sink.standardOutput(document.body) }
        let text = String(decoding: document.body, as: UTF8.self)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        sink.standardOutput(lines.map { Display.safe(String($0)) + "\n" }.joined())
    }

    /// Marks a message only if it failed; with a pipe the end of the command tells that.
    private func show(_ report: ChatReport) {
        switch report.delivery {
        case .sent, .accepted, .delivered, .displayed:
            if style.verbosity == .verbose { notice(ChatText.delivery(report)) }
        case .refused, .unconfirmed, .missed:
            if style.chatForm.isConversation { failure(ChatText.delivery(report)) }
        }
    }

    /// Marks a message with what was told of it later.
    private func show(_ report: DispositionReport) {
        guard style.chatForm.isConversation || report.chat == nil else { return }
        let text = EventText.disposition(report)
        switch report.state {
        case .delivered, .displayed, .stored, .processed: sink.standardOutput(text + "\n")
        case .failed, .forbidden, .error: failure(text)
        }
    }

    private func failure(_ text: String) {
        guard style.verbosity > .quiet else { return }
        sink.standardError((style.isErrorColoured ? Colour.warning.applied(to: text) : text) + "\n")
    }

    private var outputColour: Colour? { style.isOutputColoured ? .peer : nil }
}

/// The colours of the output (ECMA-48 SGR).
enum Colour: String {
    case peer = "1;36"
    case warning = "33"
    case error = "31"

    func applied(to text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}

extension Optional<Colour> {
    func applied(to text: String) -> String { self?.applied(to: text) ?? text }
}
