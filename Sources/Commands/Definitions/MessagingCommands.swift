import Engine
import Runtime
import Store
import Wire

struct HistoryCommand: EngineCommand {
    static let definition = CommandDefinition(
        name: "history",
        topic: .messaging,
        summary: "Show the messages that were sent and received, the latest last.",
        parameters: [
            Parameter(
                name: "peer",
                arity: .optional,
                kind: .contact,
                help: "Only those with this address or part of it"
            )
        ],
        options: [
            Option(
                name: "limit",
                value: .required("COUNT", .count),
                help: "Show at most this many; 50 if not given"
            ),
            Option(
                name: "search",
                value: .required("WORD", .text),
                help: "Show only messages whose text holds this, upper and lower case alike"
            ),
            Option(
                name: "session",
                value: .required("ID", .text),
                help: "Show only the messages of this session, as --json names it"
            ),
            Option(
                name: "transcript",
                value: .required("FILE", .file),
                help: "Write all of them into a new file, or with - to standard output, as a record to keep"
            ),
        ],
        details: [
            "A record names originator, destination, time, session and content type of each message, and holds what is no "
                + "text in Base64; with --json it is one object a line. It has all messages unless --limit is given."
        ],
        examples: [
            "history", "history sip:bob@ims.test", "history --limit 10 bob", "history --search lunch --json",
            "history --transcript notes.txt bob",
        ]
    )

    private let peer: String?
    private let limit: Int
    private let word: String?
    private let session: String?
    private let transcript: String?

    init(_ arguments: Arguments) throws(UsageError) {
        peer = arguments.optional("peer")
        word = arguments.option("search")
        session = arguments.option("session")
        transcript = arguments.option("transcript")
        limit =
            arguments.option("limit").flatMap(ValueKind.count(in:)) ?? (transcript == nil ? 50 : .max)
        if session != nil, word != nil { throw .conflict("--session", "--search") }
        if session != nil, peer != nil { throw .conflict("--session", "PEER") }
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let entries: [HistoryEntry]
        do {
            entries = try await engine.history(peer: peer, holding: word, session: session, limit: limit)
        } catch {
            throw CommandFailure.history("\(error)")
        }
        if let transcript { return try write(entries, to: transcript, context) }
        for entry in entries { context.output.show(.history(entry), account: entry.account) }
        if entries.isEmpty { context.output.notice("no messages") }
        return .done
    }

    private func write(
        _ entries: [HistoryEntry],
        to name: String,
        _ context: CommandContext
    ) throws -> ExitStatus {
        let transcript = Transcript(isJSON: context.output is JSONOutput)
        guard name != "-" else {
            for entry in entries { context.output.text(transcript.record(of: entry)) }
            return .done
        }
        let file = try FileSink(newFile: name)
        for entry in entries where !file.write(transcript.record(of: entry)) {
            throw CommandFailure.notWritten(file: name, detail: "the disk may be full")
        }
        context.output.notice("\(entries.count) messages written to \(Display.safe(name))")
        return .done
    }
}

struct Listen: EngineCommand {
    static let definition = CommandDefinition(
        name: "listen",
        topic: .messaging,
        summary: "Register and show messages as they come.",
        options: [
            Option(name: "count", value: .required("COUNT", .count), help: "End after this many messages"),
            Option(
                name: "accept-chat",
                value: .required("WHICH", .choice(ChatPolicy.allCases.map(\.rawValue))),
                help:
                    "Take invitations to a chat: all of senders the network vouches for, those of buddies, or none"
            ),
            Option(
                name: "bytes",
                help: "Write the bytes of messages in chats to standard output, and nothing else"
            ),
        ],
        details: [
            "Ends with status 0 after COUNT messages, with 4 if --timeout is over before, with 130 on Ctrl-C. "
                + "The registration is kept up meanwhile, whatever happens to the connection.",
            "Messages of chats count too; chats are taken as --accept-chat or accept-chat in ims.conf says, else none. "
                + "Only the prompt can ask; here an invitation that the network does not vouch for is refused and told.",
            "With --bytes the bytes of each message in a chat are written as they come, however many they are; who reads "
                + "them slowly slows the sender down. Messages are not mixed: one that begins while another is written "
                + "is stopped (413), and its sender told so. The history notes such a message without its bytes.",
        ],
        examples: [
            "listen --bytes --accept-chat all --count 1", "listen", "listen --count 1",
            "listen --json --timeout 60", "listen --accept-chat all",
        ]
    )

    private let count: Int?
    private let policy: ChatPolicy?
    private let isStream: Bool

    init(_ arguments: Arguments) {
        isStream = arguments.has("bytes")
        count = arguments.option("count").flatMap(ValueKind.count(in:))
        policy = arguments.option("accept-chat").flatMap(ChatPolicy.init(rawValue:))
    }

    var isLongLived: Bool { true }
    var awaitedMessages: Int? { count ?? 0 }

    var chatDescriptor: Int32? { isStream ? 1 : nil }
    var chatForm: ChatForm { isStream ? .none : .conversation }

    func chatPolicy(configured: ChatPolicy?) -> ChatPolicy {
        let wanted = policy ?? configured ?? .none
        return wanted == .ask ? .none : wanted
    }

    func receptionRules(_ configured: ReceptionRules) -> ReceptionRules {
        var rules = configured
        if rules.policy == .ask { rules.policy = .none }
        return rules
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        if policy == .ask, !context.isREPL { throw ChatFailure.nobodyToAsk }
        if policy != nil, context.isREPL { throw ChatFailure.notAtPrompt(option: "--accept-chat") }
        if isStream, context.isREPL { throw ChatFailure.notAtPrompt(option: "--bytes") }
        if isStream, context.output is JSONOutput { throw UsageError.conflict("--json", "--bytes") }
        let note = "Messages are shown as they come; there is no need to wait."
        var received = 0
        return try await listen(on: engine, context, atPrompt: count == nil ? note : nil) { event in
            switch event.kind {
            case .message, .chatMessage: received += 1
            default: return nil
            }
            return received == count ? .done : nil
        }
    }
}

struct SendMessage: EngineCommand {
    static let definition = CommandDefinition(
        name: "send-message",
        topic: .messaging,
        summary: "Send a message and wait for what becomes of it.",
        parameters: [
            Parameter.peer("Whom to write to"),
            Parameter(
                name: "text",
                arity: .optionalRest,
                help: "What to write; - reads it from standard input"
            ),
        ],
        options: [
            Option(name: "file", value: .required("FILE", .file), help: "Send what is in the file"),
            Option.contentType("Say what is sent, text/plain if not given"),
            Option(
                name: "when",
                value: .required("WHEN", .choice(MessageTiming.allCases.map(\.rawValue))),
                help:
                    "Wait until the recipient is online, ask the network to store it rather than refuse, or any"
            ),
            Option(name: "private", help: "Ask the network not to show your identity to the recipient"),
            Option.wait,
        ],
        details: [
            "The words of the text are joined by blanks. Without --content-type what is sent must be UTF-8 text.",
            "--when online sends when the recipient is there and willing, and does not if --timeout is over before.",
            "With --wait delivered or displayed the other side is asked to tell, and waited for as long as --timeout "
                + "allows, 60 seconds if it is not given.",
            "Exit status: 0 as far as --wait wants, 1 refused, 4 no answer, 5 stored for later, 6 not stored, 7 not told "
                + "in time, 8 told not to be delivered.",
        ],
        examples: [
            "send-message sip:bob@ims.test on my way",
            "send-message sip:bob@ims.test -",
            "send-message --file photo.png --content-type image/png sip:bob@ims.test",
            "send-message --when online sip:bob@ims.test are you there",
            "send-message --private tel:+4930123456 guess who",
            "send-message --wait displayed sip:bob@ims.test call me",
        ]
    )

    private enum Source: Hashable { case text(String), standardInput, file(String) }

    private let recipient: String
    private let source: Source
    private let contentType: String?
    private let isPrivate: Bool
    private let goal: MessageGoal
    private let timing: MessageTiming

    init(_ arguments: Arguments) throws(UsageError) {
        recipient = arguments["uri"]
        goal = arguments.goal
        contentType = try arguments.contentType(suchAs: "application/json")
        isPrivate = arguments.has("private")
        timing = arguments.option("when").flatMap(MessageTiming.init(rawValue:)) ?? .any
        switch (arguments.optional("text"), arguments.option("file")) {
        case (_?, _?): throw .conflict("TEXT", "--file")
        case (nil, nil): throw .missing(parameter: "text", of: "send-message")
        case ("-", nil): source = .standardInput
        case (let text?, nil): source = .text(text)
        case (nil, let file?): source = .file(file)
        }
    }

    /// Who waits for somebody may wait long.
    var isLongLived: Bool { timing == .online }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let body = try body(isInputTaken: context.isREPL)
        guard !body.isEmpty else { throw CommandFailure.emptyMessage(sourceName) }
        guard contentType != nil || String(validating: body, as: UTF8.self) != nil else {
            throw CommandFailure.contentTypeNeeded(sourceName)
        }
        var message = OutgoingMessage(
            to: recipient,
            contentType: contentType ?? Self.textType(of: body),
            body: body,
            identity: context.identity,
            isPrivate: isPrivate,
            // Who stays at the prompt is told as it comes.
            asks: context.isREPL ? engine.account.requestedNotifications : .none
        )
        message.timing = timing
        let report = try await engine.send(message, until: goal)
        if let advice = Explanation.advice(for: report.outcome) { context.output.notice(advice) }
        guard goal > .accepted, report.outcome == .accepted || report.outcome == .storedForLater else {
            return report.outcome.exitStatus
        }
        let outcome = await engine.outcome(of: report, reaching: goal)
        guard outcome != .reached else { return .done }
        if outcome == .notTold, report.outcome == .storedForLater { return .storedForLater }
        throw CommandFailure.goalMissed(peer: report.to, goal, outcome)
    }

    /// ASCII needs no charset; whatever else there is must be named (RFC 2046 §4.1.2).
    private static func textType(of body: [UInt8]) -> String {
        body.allSatisfy { $0 < 0x80 } ? "text/plain" : "text/plain;charset=UTF-8"
    }

    private var sourceName: String {
        switch source {
        case .text: "The text"
        case .standardInput: "Standard input"
        case .file(let name): name
        }
    }

    private func body(isInputTaken: Bool) throws(CommandFailure) -> [UInt8] {
        do {
            switch source {
            case .text(let text): return Array(text.utf8)
            case .file(let name): return try FileContents(path: name).bytes
            case .standardInput:
                guard !isInputTaken else { throw CommandFailure.inputTaken }
                return Self.withoutLineEnd(try FileContents(descriptor: 0).bytes)
            }
        } catch let failure as FileContents.Failure {
            throw .unreadable(sourceName, failure)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .system("\(error)")
        }
    }

    /// What `echo` adds is not part of the message.
    private static func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.last == UInt8(ascii: "\n") else { return bytes }
        let shorter = bytes.dropLast()
        return Array(shorter.last == UInt8(ascii: "\r") ? shorter.dropLast() : shorter)
    }
}
