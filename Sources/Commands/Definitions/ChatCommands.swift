import Engine

struct AcceptChat: EngineCommand {
    static let definition = CommandDefinition(
        name: "accept",
        topic: .messaging,
        summary: "Take an invitation to a chat and switch to it, or a file that is offered.",
        parameters: [
            Parameter(
                name: "which",
                arity: .optional,
                kind: .contact,
                help: "Whose, or the file: f1, f2 or its name; the only one if left out"
            )
        ],
        examples: ["accept", "accept bob", "accept f1"],
        availability: .replOnly
    )

    private let which: String?

    init(_ arguments: Arguments) { which = arguments.optional("which") }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        if let file = try context.offeredFile(which) {
            try await engine.accept(file.id)
            return .done
        }
        let invitation = try context.conversations.invitation(which)
        let chat = try await engine.accept(invitation.id)
        context.conversations.enter(chat)
        return .done
    }
}

struct LeaveChat: EngineCommand {
    static let definition = CommandDefinition(
        name: "leave",
        topic: .messaging,
        summary: "Leave a chat when all that was said has arrived.",
        parameters: [
            Parameter(
                name: "peer",
                arity: .optional,
                kind: .contact,
                help: "Which; the current one if left out"
            )
        ],
        details: ["Ctrl-D on an empty line leaves the current chat."],
        examples: ["leave", "leave bob"],
        availability: .replOnly
    )

    private let peer: String?

    init(_ arguments: Arguments) { peer = arguments.optional("peer") }

    /// The command that leaves a chat by its number.
    init(_ chat: Chat) { peer = String(chat.id.number) }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let conversations = context.conversations
        let chat = try conversations.chat(peer)
        let isOver = conversations.isCurrentOver && conversations.current?.id == chat.id
        if !isOver {
            await conversations.allSettled(in: chat.id)
            await engine.leave(chat.id)
            conversations.drop(chat)
        }
        if conversations.current?.id == chat.id { conversations.enter(nil) }
        return .done
    }
}

struct ListChats: EngineCommand {
    static let definition = CommandDefinition(
        name: "chats",
        topic: .messaging,
        summary: "List the chats that are open, and the invitations.",
        examples: ["chats"],
        availability: .replOnly
    )

    init(_ arguments: Arguments) {}

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let entries = context.conversations.entries
        for entry in entries { context.output.show(.chat(entry), account: engine.account.name) }
        if entries.isEmpty { context.output.notice("no chats") }
        return .done
    }
}

struct RejectChat: EngineCommand {
    static let definition = CommandDefinition(
        name: "reject",
        topic: .messaging,
        summary: "Refuse an invitation to a chat, or a file that is offered.",
        parameters: [
            Parameter(
                name: "which",
                arity: .optional,
                kind: .contact,
                help: "Whose, or the file: f1, f2 or its name; the only one if left out"
            )
        ],
        examples: ["reject", "reject bob", "reject f1"],
        availability: .replOnly
    )

    private let which: String?

    init(_ arguments: Arguments) { which = arguments.optional("which") }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        if let file = try context.offeredFile(which) {
            try await engine.reject(file.id)
            return .done
        }
        let invitation = try context.conversations.invitation(which)
        try await engine.reject(invitation.id)
        context.conversations.drop(invitation)
        return .done
    }
}

struct SwitchChat: EngineCommand {
    static let definition = CommandDefinition(
        name: "switch",
        topic: .messaging,
        summary: "Make another chat the one that lines go to.",
        parameters: [Parameter(name: "peer", kind: .contact, help: "Which: its number, or the peer")],
        examples: ["switch bob", "switch 2"],
        availability: .replOnly
    )

    private let peer: String

    init(_ arguments: Arguments) { peer = arguments["peer"] }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        context.conversations.enter(try context.conversations.chat(peer))
        return .done
    }
}

extension CommandContext {
    /// The file that is meant, if it is one and not an invitation to a chat.
    fileprivate func offeredFile(_ which: String?) throws(ChatFailure) -> FileTransfer? {
        let offered = files.offered
        guard let which else {
            guard let only = offered.first else { return nil }
            guard offered.count == 1, (try? conversations.invitation(nil)) == nil else { throw .several }
            return only
        }
        return offered.first { $0.id.label == which || $0.name == which }
    }
}
