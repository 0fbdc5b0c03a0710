/// The completion script for fish.
struct FishCompletion {
    private let table: CommandTable

    init(_ table: CommandTable) { self.table = table }

    var script: String {
        var lines = [
            "# fish completion for ims; made by: ims completion fish",
            "complete -c ims -f",
        ]
        lines += GlobalOptions.definitions.map { "complete -c ims" + option($0) }
        for definition in commands {
            lines.append(
                "complete -c ims -n __fish_use_subcommand -a \(definition.name) -d '\(quoted(definition.summary))'"
            )
        }
        for definition in commands {
            let condition = "complete -c ims -n '__fish_seen_subcommand_from \(definition.name)'"
            lines += definition.options.map { condition + option($0) }
            lines += definition.parameters.compactMap { action($0.kind).map { condition + $0 } }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var commands: [CommandDefinition] {
        table.definitions.filter { $0.availability.isOffered(inREPL: false) }
    }

    private func option(_ option: Option) -> String {
        var text = option.letter.map { " -s \($0)" } ?? ""
        text += " -l \(option.name)"
        switch option.value {
        case .none, .optional: break
        case .required(_, let kind): text += " -x" + (action(kind) ?? "")
        }
        return text + " -d '\(quoted(option.help))'"
    }

    private func action(_ kind: ValueKind) -> String? {
        switch kind {
        case .text, .count, .seconds, .port, .identity: nil
        case .file: " -F"
        case .account: " -a '(ims __complete accounts 2> /dev/null)'"
        case .contact: " -a '(ims __complete contacts 2> /dev/null)'"
        case .command: " -a '\(table.names(inREPL: false).joined(separator: " "))'"
        case .choice(let choices): " -a '\(choices.joined(separator: " "))'"
        }
    }

    private func quoted(_ text: String) -> String { text.escaped(["\\": "\\\\", "'": "\\'"]) }
}
