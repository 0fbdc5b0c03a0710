import Engine
import UserAgent

struct PresenceCommand: EngineCommand {
    static let definition = CommandDefinition(
        name: "presence",
        topic: .messaging,
        summary: "Show others how you are, and see how they are.",
        parameters: [
            Parameter(
                name: "action",
                kind: .choice(["set", "willing", "show", "get", "watch", "unwatch"]),
                help: "What to do"
            ),
            Parameter(
                name: "what",
                arity: .optional,
                kind: .contact,
                help: "For set online, away, busy or offline; for willing on or off; a URI for the last three"
            ),
        ],
        options: [
            Option(
                name: "note",
                value: .required("TEXT", .text),
                help: "Show this text with what is set"
            )
        ],
        details: [
            "What is set is kept for later sessions, and published whenever the account is registered for a while: at "
                + "the prompt, and by listen and the like. On the command line set and willing leave the registration "
                + "and what is published behind; presence set offline takes both back.",
            "set without --note takes the last note away. willing says whether messages are welcome. show tells what is set. get asks once for the presence of "
                + "somebody; watch shows it with every change until it is stopped, at the prompt until unwatch.",
            "A change is shown as what is and what was; what was known last survives the end of the program.",
        ],
        examples: [
            "presence set busy --note lunch", "presence set online", "presence willing off",
            "presence show",
            "presence get sip:bob@ims.test", "presence watch sip:bob@ims.test", "presence unwatch bob",
        ]
    )

    private enum Action: Hashable {
        case set(OwnPresence.Status)
        case willing(Bool)
        case show
        case get(String)
        case watch(String)
        case unwatch(String)
    }

    private let action: Action
    private let note: String?

    init(_ arguments: Arguments) throws(UsageError) {
        note = arguments.option("note")
        let name = "presence " + arguments["action"]
        let what = arguments.optional("what")
        switch (arguments["action"], what) {
        case ("show", let extra?): throw .tooMany(extra, of: name)
        case ("show", nil): action = .show
        case (_, nil): throw .missing(parameter: "what", of: name)
        case ("set", let word?):
            guard let status = OwnPresence.Status(rawValue: word) else {
                let choices = OwnPresence.Status.allCases.map(\.rawValue)
                throw .notAChoice(
                    word,
                    among: choices,
                    suggestion: Spelling.nearest(to: word, among: choices)
                )
            }
            action = .set(status)
        case ("willing", let word?):
            guard let isWilling = ConfigurationValue.toggle(word) else {
                throw .notAChoice(word, among: ["on", "off"], suggestion: nil)
            }
            action = .willing(isWilling)
        case ("get", let uri?): action = .get(uri)
        case ("watch", let uri?): action = .watch(uri)
        case (_, let uri?): action = .unwatch(uri)
        }
        switch action {
        case .set, .willing: break
        default: if note != nil { throw .optionOfOther("--note", command: name) }
        }
    }

    var isLongLived: Bool {
        if case .watch = action { true } else { false }
    }

    var awaitedMessages: Int? { isLongLived ? 0 : nil }

    var leavesRegistration: Bool {
        switch action {
        case .set(let status): status != .offline
        case .willing: true
        case .show, .get, .watch, .unwatch: false
        }
    }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let account = engine.account.name
        switch action {
        case .set(let status):
            let note = note
            let own = try await engine.setPresence { presence in
                presence.status = status
                // A note belongs to the state it was set with.
                presence.note = note.flatMap { $0.isEmpty ? nil : $0 }
            }
            context.output.show(.ownPresence(own), account: account)
        case .willing(let isWilling):
            let note = note
            let own = try await engine.setPresence { presence in
                presence.isWilling = isWilling
                if let note { presence.note = note.isEmpty ? nil : note }
            }
            context.output.show(.ownPresence(own), account: account)
        case .show: context.output.show(.ownPresence(await engine.ownPresence), account: account)
        case .get(let uri):
            context.output.show(.presence(try await engine.fetchPresence(of: uri)), account: account)
        case .watch(let uri): return try await watch(uri, on: engine, context: context)
        case .unwatch(let uri):
            guard try await engine.unwatchPresence(of: uri) else { throw PresenceFailure.notWatched(uri) }
        }
        return .done
    }

    /// Shows what somebody does until the command is stopped; at the prompt it goes on beside the others.
    private func watch(_ uri: String, on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let events = await engine.events()
        _ = try await engine.watchPresence(of: uri)
        if context.isREPL { return .done }
        for await event in events {
            // For good: the subscription is not made again.
            if case .presenceUnknown(let uri, _, let obstacle) = event.kind, obstacle.isFinal {
                throw EngineError.presenceNotTold(uri: uri, obstacle)
            }
        }
        try Task.checkCancellation()
        throw EngineError.interrupted
    }
}

/// Why a presence command could not do its own part.
package enum PresenceFailure: Error, Hashable, Sendable {
    case notWatched(String)
}

extension Explanation {
    init(_ failure: PresenceFailure) {
        switch failure {
        case .notWatched(let uri):
            self.init("not_watched", "\(Display.safe(uri)) is not watched.", status: .usage)
        }
    }
}

extension PresenceObstacle {
    /// Whether nothing more will come of it.
    fileprivate var isFinal: Bool {
        switch self {
        case .rejected, .noResource, .refused: true
        case .undecided, .noAnswer, .ended: false
        }
    }
}
