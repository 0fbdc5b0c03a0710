/// What `help` prints.
struct HelpPage {
    private let table: CommandTable
    /// Whether it is read at the prompt, where options of the program and its name have no place.
    private let isREPL: Bool
    /// How many characters a line may have.
    private let width: Int

    /// - Parameters:
    ///   - table: The commands.
    ///   - isREPL: Whether it is read at the prompt.
    ///   - columns: The width of the terminal; `nil` where it is not for one.
    init(_ table: CommandTable, isREPL: Bool, columns: Int? = nil) {
        self.table = table
        self.isREPL = isREPL
        width = min(78, max(columns ?? .max, 30))
    }

    /// Every command with its summary, by topic, and the options that go with all of them.
    var overview: String {
        var text = ""
        if !isREPL {
            text += usage(["[OPTION...] COMMAND [ARGUMENT...]", "[OPTION...]"].map { "ims " + $0 })
            text +=
                "\n" + wrapped("Without a command it opens a prompt, where the same commands can be typed.")
                + "\n"
        }
        for topic in CommandDefinition.Topic.allCases {
            let definitions = table.definitions.filter { $0.topic == topic && isListed($0) }
            text += topic.title + "\n"
            text += columns(definitions.map { ($0.name, $0.summary) }) + "\n"
        }
        if isREPL { return text + wrapped("help COMMAND says more about one; ims(1) says everything.") }
        text += "Options\n" + options(GlobalOptions.definitions)
        text += "\n" + wrapped("help COMMAND says more about one; ims(1) and ims.conf(5) say everything.")
        return text
    }

    private func isListed(_ definition: CommandDefinition) -> Bool {
        isREPL ? definition.availability.isOffered(inREPL: true) : definition.availability != .hidden
    }

    func text(of definition: CommandDefinition) -> String {
        var text = usage([usage(definition)]) + "\n" + wrapped(definition.summary)
        for detail in definition.details { text += "\n" + wrapped(detail) }
        if !definition.parameters.isEmpty {
            text += "\n" + columns(definition.parameters.map { ($0.name.uppercased(), $0.help + ".") })
        }
        if !definition.options.isEmpty { text += "\n" + options(definition.options) }
        if !definition.inputs.isEmpty {
            text += "\nLines of standard input\n"
            text += columns(definition.inputs.map { ($0.line, $0.help + ".") })
        }
        if !definition.examples.isEmpty {
            let prefix = namesProgram(definition) ? "ims " : ""
            text += "\nExamples\n" + definition.examples.map { "  \(prefix)\($0)\n" }.joined()
        }
        return text
    }

    private func namesProgram(_ definition: CommandDefinition) -> Bool {
        !definition.availability.isOffered(inREPL: true) || (!isREPL && definition.availability != .replOnly)
    }

    /// What can be typed, each form beginning where the first does.
    private func usage(_ forms: [String]) -> String {
        let heading = "Usage: "
        let indent = String(repeating: " ", count: heading.count)
        let lines = forms.flatMap { wrapped($0, width: width - indent.count).split(separator: "\n") }
        return heading + lines.joined(separator: "\n" + indent) + "\n"
    }

    private func usage(_ definition: CommandDefinition) -> String {
        let program = namesProgram(definition) ? ["ims"] : []
        return (program + [definition.name, definition.synopsis].filter { !$0.isEmpty }).joined(
            separator: " "
        )
    }

    private func options(_ options: [Option]) -> String {
        columns(
            options.map { option in
                (option.letter.map { "-\($0), " } ?? "") + option.synopsis
            }.enumerated().map { ($1, options[$0].help + ".") }
        )
    }

    private func columns(_ rows: [(String, String)]) -> String {
        let column = min(width < 60 ? 14 : 24, (rows.map { $0.0.count }.max() ?? 0) + 2)
        return rows.map { name, help in
            let lines = wrapped(help, width: width - column - 2).split(separator: "\n")
            let indent = String(repeating: " ", count: column + 2)
            let body = lines.joined(separator: "\n" + indent)
            guard name.count < column else { return "  \(name)\n\(indent)\(body)\n" }
            return "  \(name)\(String(repeating: " ", count: column - name.count))\(body)\n"
        }.joined()
    }

    private func wrapped(_ text: String, width: Int? = nil) -> String {
        text.wrapped(width: width ?? self.width) + "\n"
    }
}

extension CommandDefinition.Topic {
    /// The heading above the commands of this topic.
    var title: String {
        switch self {
        case .account: "Account"
        case .messaging: "Messages"
        case .files: "Files"
        case .session: "The program itself"
        }
    }
}
