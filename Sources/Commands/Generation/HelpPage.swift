/// What `help` prints.
struct HelpPage {
    private let table: CommandTable
    /// Whether it is read at the prompt, where options of the program and its name have no place.
    private let isREPL: Bool

    init(_ table: CommandTable, isREPL: Bool) {
        self.table = table
        self.isREPL = isREPL
    }

    /// Every command with its summary, by topic, and the options that go with all of them.
    var overview: String {
        var text =
            isREPL
            ? ""
            : """
            Usage: ims [OPTION...] COMMAND [ARGUMENT...]
                   ims [OPTION...]          a prompt, where the same commands can be typed


            """
        for topic in CommandDefinition.Topic.allCases {
            let definitions = table.definitions.filter { $0.topic == topic && isListed($0) }
            text += topic.title + "\n"
            text += Self.columns(definitions.map { ($0.name, $0.summary) }) + "\n"
        }
        if isREPL { return text + "help COMMAND says more about one; ims(1) says everything.\n" }
        text += "Options\n" + Self.options(GlobalOptions.definitions)
        text += "\nhelp COMMAND says more about one; ims(1) and ims.conf(5) say everything.\n"
        return text
    }

    private func isListed(_ definition: CommandDefinition) -> Bool {
        isREPL ? definition.availability.isOffered(inREPL: true) : definition.availability != .hidden
    }

    func text(of definition: CommandDefinition) -> String {
        var text = "Usage: \(usage(definition))\n\n\(definition.summary)\n"
        for detail in definition.details { text += "\n" + Self.wrapped(detail) }
        if !definition.parameters.isEmpty {
            text += "\n" + Self.columns(definition.parameters.map { ($0.name.uppercased(), $0.help + ".") })
        }
        if !definition.options.isEmpty { text += "\n" + Self.options(definition.options) }
        if !definition.inputs.isEmpty {
            text += "\nLines of standard input\n"
            text += Self.columns(definition.inputs.map { ($0.line, $0.help + ".") })
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

    private func usage(_ definition: CommandDefinition) -> String {
        let program = namesProgram(definition) ? ["ims"] : []
        return (program + [definition.name, definition.synopsis].filter { !$0.isEmpty }).joined(
            separator: " "
        )
    }

    private static func options(_ options: [Option]) -> String {
        columns(
            options.map { option in
                (option.letter.map { "-\($0), " } ?? "") + option.synopsis
            }.enumerated().map { ($1, options[$0].help + ".") }
        )
    }

    private static func columns(_ rows: [(String, String)]) -> String {
        let width = min(24, (rows.map { $0.0.count }.max() ?? 0) + 2)
        return rows.map { name, help in
            let lines = wrapped(help, width: 78 - width - 2).split(separator: "\n")
            let indent = String(repeating: " ", count: width + 2)
            let body = lines.joined(separator: "\n" + indent)
            guard name.count < width else { return "  \(name)\n\(indent)\(body)\n" }
            return "  \(name)\(String(repeating: " ", count: width - name.count))\(body)\n"
        }.joined()
    }

    private static func wrapped(_ text: String, width: Int = 78) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].isEmpty {
                lines[lines.count - 1] = String(word)
            } else if lines[lines.count - 1].count + word.count < width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n") + "\n"
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
