import Engine
import Store

struct AccountCommand: ConfigurationCommand {
    static let definition = CommandDefinition(
        name: "account",
        topic: .account,
        summary: "List the accounts of the configuration, or show one.",
        parameters: [
            Parameter(name: "action", kind: .choice(["list", "show"]), help: "What to do"),
            Parameter(
                name: "name",
                arity: .optional,
                kind: .account,
                help: "The account; else the one in use"
            ),
        ],
        details: [
            "Secrets are not shown, only where they are. What the operator has provisioned stands where ims.conf says "
                + "nothing."
        ],
        examples: ["account list", "account show", "account show alice"]
    )

    private let isList: Bool
    private let name: String?

    init(_ arguments: Arguments) throws(UsageError) {
        isList = arguments["action"] == "list"
        name = arguments.optional("name")
        if isList, let name { throw .tooMany(name, of: "account list") }
    }

    func run(configuration: Configuration, selector: String?, output: any Output) throws {
        let used = try? configuration.account(nil)
        if isList {
            for account in configuration.accounts {
                let isDefault = account.name == used?.name
                output.show(.account(account, isDefault: isDefault, isDetailed: false), account: account.name)
            }
        } else {
            var account = try configuration.account(name ?? selector)
            if Store.exists(at: configuration.storePath),
                let store = try? Store(path: configuration.storePath),
                let provisioning = try? store.provisioning(account: account.name)
            {
                account.adopt(provisioning)
            }
            let isDefault = account.name == used?.name
            output.show(.account(account, isDefault: isDefault, isDetailed: true), account: account.name)
        }
    }
}

struct Identities: EngineCommand {
    static let definition = CommandDefinition(
        name: "identities",
        topic: .account,
        summary: "List the public identities that the network associates with the account.",
        details: [
            "The default identity comes first; --as chooses another. On the command line this registers first."
        ],
        examples: ["identities"]
    )

    init(_ arguments: Arguments) {}

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let status = try await engine.register()
        context.output.show(.identities(status), account: engine.account.name)
        return .done
    }
}

struct Register: EngineCommand {
    static let definition = CommandDefinition(
        name: "register",
        topic: .account,
        summary: "Register the account with its home network.",
        details: [
            "On the command line this tries the account out: the registration ends with the command, "
                + "unless --keep-registration is given."
        ],
        examples: ["register"]
    )

    init(_ arguments: Arguments) {}

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let status = try await engine.register()
        context.output.show(.registered(status), account: engine.account.name)
        return .done
    }
}

struct Status: EngineCommand {
    static let definition = CommandDefinition(
        name: "status",
        topic: .account,
        summary: "Show whether the account is registered, where and as whom.",
        details: ["On the command line this registers first."],
        examples: ["status"]
    )

    init(_ arguments: Arguments) {}

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        let status = context.isREPL ? await engine.registration : try await engine.register()
        context.output.show(.status(status, engine.account), account: engine.account.name)
        return .done
    }
}

struct Unregister: EngineCommand {
    static let definition = CommandDefinition(
        name: "unregister",
        topic: .account,
        summary: "End the registration with the home network.",
        options: [
            Option(name: "service-only", help: "Leave the IM service alone and stay registered for the rest")
        ],
        details: [
            "On the command line this registers first, so that the network knows who asks, and then leaves; with "
                + "--service-only the rest of the registration stays behind."
        ],
        examples: ["unregister", "unregister --service-only"]
    )

    private let isServiceOnly: Bool

    var leavesRegistration: Bool { isServiceOnly }

    init(_ arguments: Arguments) { isServiceOnly = arguments.has("service-only") }

    func run(on engine: Engine, context: CommandContext) async throws -> ExitStatus {
        if !context.isREPL { _ = try await engine.register() }
        try await engine.unregister(serviceOnly: isServiceOnly)
        context.output.show(.unregistered(serviceOnly: isServiceOnly), account: engine.account.name)
        return .done
    }
}
