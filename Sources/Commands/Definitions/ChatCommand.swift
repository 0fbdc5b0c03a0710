import Engine
import Wire

struct ChatCommand: EngineCommand {
    static let definition = CommandDefinition(
        name: "chat",
        topic: .messaging,
        summary: "Chat with somebody over MSRP.",
        parameters: [
            Parameter.peer("Whom to invite")
        ],
        options: [
            Option(
                name: "exec",
                value: .required("COMMAND", .text),
                help: "Let a shell command chat: it reads what comes, and what it prints is said"
            ),
            Option(name: "bytes", help: "Send all that is read as one message, as it comes"),
            Option.contentType(
                "Say what is sent; if not given, text/plain, or application/octet-stream with --bytes"
            ),
            Option.wait,
        ],
        details: [
            "At the prompt and on a terminal each line that is typed is said, and what comes is shown above it. A line "
                + "that begins with / is a command of the prompt, such as /leave, /chats, /switch or /help; // stands "
                + "for a slash. Ctrl-D leaves the chat.",
            "In a pipe each line of standard input is a message, and each message that comes is a line of standard "
                + "output. The end of input waits until everything is confirmed and leaves.",
            "With --bytes standard input is one message of any length, whatever is in it; ims listen --bytes writes such a "
                + "message out.",
            "With --exec each message that comes is a line for the command, and each line it prints is a message; the "
                + "chat ends with the command, and the command with the chat.",
            "Each message is confirmed when it has got as far as --wait says; delivered and displayed are waited for as "
                + "long as --timeout allows, 60 seconds if it is not given.",
            "Exit status: 0 everything was confirmed, 1 refused, 4 not reached or not confirmed, 7 not told in time, "
                + "8 or 9 told not to be delivered, 10 the command of --exec failed.",
        ],
        examples: [
            "chat sip:bob@ims.test",
            "chat --exec ./bot sip:bob@ims.test",
            "chat --bytes sip:ops@ims.test",
            "chat --bytes --content-type audio/ogg sip:ops@ims.test",
            "chat --wait delivered sip:ops@ims.test",
        ]
    )

    private let recipient: String
    private let command: String?
    private let isStream: Bool
    private let contentType: String?
    private let goal: MessageGoal
    private let hasGoal: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        recipient = arguments["uri"]
        command = arguments.option("exec")
        isStream = arguments.has("bytes")
        contentType = try arguments.contentType(suchAs: "text/markdown")
        (goal, hasGoal) = (arguments.goal, arguments.has("wait"))
        if command != nil, isStream { throw .conflict("--exec", "--bytes") }
        if hasGoal, isStream { throw .conflict("--wait", "--bytes") }
    }

    var isLongLived: Bool { true }
    var opensPrompt: Bool { pipeOption == nil }

    /// The option that only a chat of a program can have.
    private var pipeOption: String? {
        if command != nil { return "--exec" }
        if isStream { return "--bytes" }
        if contentType != nil { return "--content-type" }
        return hasGoal ? "--wait" : nil
    }

    var chatForm: ChatForm {
        guard command == nil else { return .none }
        return isStream ? .blocks : .lines
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        guard context.isREPL else { return try await feed(on: engine, context: context) }
        if let pipeOption { throw ChatFailure.notAtPrompt(option: pipeOption) }
        if let chat = try? context.conversations.chat(recipient) {
            context.conversations.enter(chat)
            return .done
        }
        let chat = try await engine.openChat(with: recipient, as: context.identity)
        if Task.isCancelled {
            await engine.leave(chat.id)
            throw CancellationError()
        }
        context.conversations.enter(chat)
        return .done
    }

    private func feed(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        // Subscribed before the chat stands: the peer may say something, or leave, at once.
        let events = await engine.events()
        let chat = try await engine.openChat(with: recipient, as: context.identity)
        if isStream { return try await send(in: chat, on: engine, context: context) }
        let pipe = ChatPipe(
            chat: chat,
            contentType: contentType,
            command: command,
            goal: goal,
            engine: engine,
            context: context
        )
        return try await pipe.run(events)
    }

    /// Sends all of standard input as one message.
    private func send(in chat: Chat, on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let source = PipeSource(0, on: context.loop)
        let type = contentType ?? "application/octet-stream"
        let delivery = try await engine.say(from: source, contentType: type, in: chat.id)
        await engine.leave(chat.id)
        switch delivery {
        case .sent, .accepted, .delivered, .displayed: return .done
        case .refused, .unconfirmed, .missed: throw ChatFailure.notConfirmed(nil, delivery)
        }
    }
}
