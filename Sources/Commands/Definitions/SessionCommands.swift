import Engine
import Runtime
import Store

struct CompletionCommand: OfflineCommand {
    static let definition = CommandDefinition(
        name: "completion",
        topic: .session,
        summary: "Print the script that makes a shell complete ims commands.",
        parameters: [
            Parameter(
                name: "shell",
                kind: .choice(["bash", "zsh", "fish"]),
                help: "The shell the script is for"
            )
        ],
        details: [
            "For bash: eval \"$(ims completion bash)\" in ~/.bashrc. For zsh: ims completion zsh into a file _ims of a "
                + "directory in $fpath. For fish: ims completion fish > ~/.config/fish/completions/ims.fish."
        ],
        examples: ["completion bash"],
        availability: .commandLineOnly
    )

    private let shell: String

    init(_ arguments: Arguments) { shell = arguments["shell"] }

    func run(table: CommandTable, isREPL: Bool, output: any Output) {
        switch shell {
        case "bash": output.text(BashCompletion(table).script)
        case "zsh": output.text(ZshCompletion(table).script)
        default: output.text(FishCompletion(table).script)
        }
    }
}

struct Help: OfflineCommand {
    static let definition = CommandDefinition(
        name: "help",
        topic: .session,
        summary: "Show what can be typed, or how to use one command.",
        parameters: [
            Parameter(name: "command", arity: .optional, kind: .command, help: "The command to explain")
        ],
        examples: ["help", "help send-message"]
    )

    private let command: String?

    /// Whether everything is to be listed, not one command explained.
    var isOverview: Bool { command == nil }

    init(_ arguments: Arguments) throws(UsageError) {
        command = arguments.optional("command")
        let table = CommandTable.standard
        if let command, table.find(command) == nil {
            throw .unknownCommand(command, suggestion: table.suggestion(for: command, inREPL: false))
        }
    }

    func run(table: CommandTable, isREPL: Bool, output: any Output) {
        let page = HelpPage(table, isREPL: isREPL, columns: terminalColumns(1))
        output.text(command.flatMap(table.find).map { page.text(of: $0.definition) } ?? page.overview)
    }
}

/// Ends the REPL, which looks for this command itself.
struct Quit: OfflineCommand {
    static let definition = CommandDefinition(
        name: "quit",
        topic: .session,
        summary: "Unregister and leave the prompt.",
        details: ["Ctrl-D on an empty line does the same."],
        examples: ["quit"],
        availability: .replOnly
    )

    init(_ arguments: Arguments) {}

    func run(table: CommandTable, isREPL: Bool, output: any Output) {}
}

struct VersionCommand: OfflineCommand {
    static let definition = CommandDefinition(
        name: "version",
        topic: .session,
        summary: "Show the version.",
        examples: ["version"]
    )

    init(_ arguments: Arguments) throws(UsageError) {}

    func run(table: CommandTable, isREPL: Bool, output: any Output) { output.text("ims \(Version.number)\n") }
}

/// Prints what the completion scripts need to know about this user.
struct CompletionWords: ConfigurationCommand {
    static let definition = CommandDefinition(
        name: "__complete",
        topic: .session,
        summary: "Print words for a completion script.",
        parameters: [Parameter(name: "kind", kind: .choice(["accounts", "contacts"]), help: "Which words")],
        availability: .hidden
    )

    private let isContacts: Bool

    init(_ arguments: Arguments) { isContacts = arguments["kind"] == "contacts" }

    func run(configuration: Configuration, selector: String?, output: any Output) throws {
        var words = configuration.accounts.map(\.name)
        if isContacts {
            let account = try configuration.account(selector)
            let store = try Store(path: configuration.storePath)
            words = Engine.contacts(
                of: try store.buddies(account: account.name),
                and: try store.peers(account: account.name, limit: 100)
            )
        }
        output.text(words.map { Display.safe($0) + "\n" }.joined())
    }
}
