import Engine
import Store

struct BuddiesCommand: EngineCommand {
    static let definition = CommandDefinition(
        name: "buddies",
        topic: .messaging,
        summary: "Show and change the buddy list, and say who may see your presence.",
        parameters: [
            Parameter(
                name: "action",
                arity: .optional,
                kind: .choice(Action.allCases.map(\.rawValue)),
                help: "What to do; list if left out"
            ),
            Parameter(
                name: "who",
                arity: .optional,
                kind: .contact,
                help: "Whom it is about: a URI, a number or a nickname"
            ),
            Parameter(
                name: "name",
                arity: .optionalRest,
                help: "With add and rename the nickname, with group the group"
            ),
        ],
        options: [
            Option(name: "group", value: .required("GROUP", .text), help: "With add: the group they are in"),
            Option(name: "undo", help: "With allow and block: take the decision back"),
        ],
        details: [
            "At the prompt and with presence known the list shows how each is; how they are watched is told below it.",
            "A nickname works wherever an address does. rename without a name takes the nickname away, group without a "
                + "name takes them out of their group.",
            "With xcap-root in ims.conf the list and the decisions are kept on the server, where your other devices see "
                + "them: a change of theirs in the meantime is kept too. Without it they are kept on this machine "
                + "alone.",
            "requests lists who asks to see your presence and waits for allow or block. They become known while the "
                + "account is registered, as at the prompt.",
        ],
        examples: [
            "buddies", "buddies add sip:bob@ims.test Bob", "buddies add --group work sip:carol@ims.test",
            "buddies rename bob Robert", "buddies group Robert friends", "buddies remove Robert",
            "buddies allow sip:dave@ims.test", "buddies block --undo sip:dave@ims.test", "buddies requests",
        ]
    )

    enum Action: String, CaseIterable { case list, add, remove, rename, group, allow, block, requests }

    private let action: Action
    private let who: String?
    private let name: String?
    private let group: String?
    private let isUndone: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        action = arguments.optional("action").flatMap(Action.init) ?? .list
        who = arguments.optional("who")
        name = arguments.optional("name")
        group = arguments.option("group")
        isUndone = arguments.has("undo")
        let command = "buddies \(action.rawValue)"
        switch action {
        case .list, .requests: if let who { throw .tooMany(who, of: command) }
        case .add, .remove, .rename, .group, .allow, .block:
            if who == nil { throw .missing(parameter: "who", of: "buddies") }
        }
        if let name, ![.add, .rename, .group].contains(action) { throw .tooMany(name, of: command) }
        if group != nil, action != .add { throw .optionOfOther("--group", command: command) }
        if isUndone, ![.allow, .block].contains(action) { throw .optionOfOther("--undo", command: command) }
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        switch action {
        case .list: return try await list(on: engine, context)
        case .requests: return await requests(on: engine, context)
        case .add: return try await add(on: engine, context)
        case .remove: return try await remove(on: engine, context)
        case .rename, .group: return try await change(on: engine, context)
        case .allow, .block: return try await decide(on: engine, context)
        }
    }

    private func list(on engine: Engine, _ context: CommandContext) async throws -> ExitStatus {
        let source = await engine.refreshBuddies()
        if source == .server { try await engine.refreshDecisions() }
        let buddies = await engine.buddies
        let presences = await engine.knownPresences
        for buddy in buddies {
            let entry = BuddyEntry(
                buddy,
                policy: await engine.watcherPolicy(of: buddy.uri),
                presence: presences.first { $0.uri == buddy.uri }?.state
            )
            context.output.show(.buddy(entry), account: engine.account.name)
        }
        if buddies.isEmpty { context.output.notice("no buddies") }
        if !buddies.isEmpty, let mode = await engine.buddyWatchMode {
            context.output.show(.buddyWatch(mode), account: engine.account.name)
        }
        switch source {
        case .server: break
        case .local: tellLocal(context)
        case .copy(let error):
            // The list is shown, but whether it is right nobody knows.
            context.output.notice("The list is as it was last seen on the server.")
            throw error
        }
        return .done
    }

    private func requests(on engine: Engine, _ context: CommandContext) async -> ExitStatus {
        let requests = await engine.undecidedWatchers
        for request in requests {
            context.output.show(.watcherRequest(request), account: engine.account.name)
        }
        if requests.isEmpty { context.output.notice("no requests") }
        return .done
    }

    private func add(on engine: Engine, _ context: CommandContext) async throws -> ExitStatus {
        let uri = try await engine.address(of: who ?? "")
        var buddy = (try? await engine.buddy(uri)) ?? Buddy(uri: uri)
        buddy.nickname = name ?? buddy.nickname
        buddy.group = group ?? buddy.group
        try await tell(engine.setBuddy(buddy), on: engine, context)
        return .done
    }

    private func remove(on engine: Engine, _ context: CommandContext) async throws -> ExitStatus {
        let buddy = try await engine.buddy(who ?? "")
        try await engine.removeBuddy(buddy.uri)
        context.output.notice("\(Display.safe(buddy.uri)) is no buddy any more")
        if engine.account.xcapRoot == nil { tellLocal(context) }
        return .done
    }

    private func change(on engine: Engine, _ context: CommandContext) async throws -> ExitStatus {
        var buddy = try await engine.buddy(who ?? "")
        if action == .rename { buddy.nickname = name } else { buddy.group = name }
        try await tell(engine.setBuddy(buddy), on: engine, context)
        return .done
    }

    private func decide(on engine: Engine, _ context: CommandContext) async throws -> ExitStatus {
        let uri = try await engine.address(of: who ?? "")
        let policy: WatcherPolicy = action == .allow ? .allow : .block
        try await engine.decide(isUndone ? nil : policy, about: uri)
        let shown = Display.safe(uri)
        let text =
            isUndone
            ? "\(shown) has to ask again"
            : "\(shown) \(policy == .allow ? "may" : "may not") see your presence"
        context.output.notice(text)
        if engine.account.xcapRoot == nil {
            context.output.notice(
                "The network is not told: without xcap-root in ims.conf the decision is kept on this machine alone."
            )
        }
        return .done
    }

    private func tell(_ buddy: Buddy, on engine: Engine, _ context: CommandContext) async {
        let entry = BuddyEntry(buddy, policy: await engine.watcherPolicy(of: buddy.uri))
        context.output.show(.buddy(entry), account: engine.account.name)
        if engine.account.xcapRoot == nil { tellLocal(context) }
    }

    private func tellLocal(_ context: CommandContext) {
        context.output.notice("The list is kept on this machine alone: there is no xcap-root in ims.conf.")
    }
}
