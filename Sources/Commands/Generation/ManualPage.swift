/// The parts of ims(1) that come from the table, in mdoc.
package struct ManualPage {
    private let table: CommandTable

    package init(_ table: CommandTable) { self.table = table }

    /// The COMMANDS section.
    package var commands: String {
        var page = ".Sh COMMANDS\n"
        for topic in CommandDefinition.Topic.allCases {
            page += ".Ss \(topic.title)\n.Bl -tag -width Ds\n"
            for definition in table.definitions
            where definition.topic == topic && definition.availability != .hidden {
                page += entry(definition)
            }
            page += ".El\n"
        }
        return page
    }

    /// The options of every command.
    package var options: String {
        ".Bl -tag -width Ds\n" + GlobalOptions.definitions.map(Self.item).joined() + ".El\n"
    }

    private func entry(_ definition: CommandDefinition) -> String {
        var page = ".It Ic \(Self.escaped(definition.name))"
        for option in definition.options { page += " Oo \(Self.macros(option)) Oc" }
        for parameter in definition.parameters { page += " " + Self.macros(parameter) }
        page += "\n" + Self.sentence(definition.summary)
        for detail in definition.details { page += Self.sentence(detail) }
        switch definition.availability {
        case .replOnly: page += "Only at the prompt.\n"
        case .commandLineOnly: page += "Only on the command line.\n"
        case .everywhere, .hidden: break
        }
        let items =
            definition.parameters.map { ".It Ar \(Self.escaped($0.name))\n" + Self.sentence($0.help + ".") }
            + definition.options.map(Self.item)
        page += Self.list(items)
        guard !definition.inputs.isEmpty else { return page }
        let lines = definition.inputs.map {
            ".It Li \(Self.quoted($0.line))\n" + Self.sentence($0.help + ".")
        }
        return page + ".Pp\nIts lines of standard input:\n" + Self.list(lines)
    }

    private static func list(_ items: [String]) -> String {
        items.isEmpty ? "" : ".Bl -tag -width Ds -compact\n" + items.joined() + ".El\n"
    }

    /// One argument of a macro, whatever words are in it.
    private static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    private static func item(_ option: Option) -> String {
        let letter = option.letter.map { "Fl \($0) , " } ?? ""
        return ".It \(letter)\(macros(option))\n" + sentence(option.help + ".")
    }

    private static func macros(_ option: Option) -> String {
        let flag = "Fl Fl \(escaped(option.name))"
        return switch option.value {
        case .none: flag
        case .required(let placeholder, _): "\(flag) Ar \(placeholder.lowercased())"
        case .optional(let placeholder, _): "\(flag) Ns Oo = Ns Ar \(placeholder.lowercased()) Oc"
        }
    }

    private static func macros(_ parameter: Parameter) -> String {
        var core = "Ar \(escaped(parameter.name))"
        if case .choice(let choices) = parameter.kind { core = "Cm " + choices.joined(separator: " | ") }
        if parameter.repeats { core += " ..." }
        return parameter.isRequired ? core : "Oo \(core) Oc"
    }

    /// A text as lines of mdoc: every sentence begins a line.
    private static func sentence(_ text: String) -> String {
        var result = ""
        for word in text.split(separator: " ") {
            if !result.isEmpty { result += result.hasSuffix(".") || result.hasSuffix(":") ? "\n" : " " }
            result += escaped(String(word))
        }
        return result.split(separator: "\n").map { line in
            // A line that begins with a dot or an apostrophe would be a request of roff.
            (line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" : "") + line + "\n"
        }.joined()
    }

    private static func escaped(_ text: String) -> String {
        text.escaped(["\\": "\\e", "-": "\\-", "~": "\\(ti"])
    }
}

extension String {
    /// The text with some characters replaced by what stands for them.
    func escaped(_ replacements: [Character: String]) -> String {
        reduce(into: "") { result, character in
            result += replacements[character] ?? String(character)
        }
    }
}
