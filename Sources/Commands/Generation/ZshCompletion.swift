/// The completion script for zsh.
struct ZshCompletion {
    private let table: CommandTable

    init(_ table: CommandTable) { self.table = table }

    var script: String {
        """
        #compdef ims
        # zsh completion for ims; made by: ims completion zsh
        _ims() {
            local curcontext="$curcontext" state line
            typeset -A opt_args
            local -a global commands
            global=(
        \(arguments(GlobalOptions.definitions, indent: "        "))
            )
            commands=(
        \(commands.map { "        '\($0.name):\(quoted($0.summary))'" }.joined(separator: "\n"))
            )
            _arguments -C $global '1: :->command' '*:: :->argument'
            case $state in
                command) _describe -t commands 'command' commands ;;
                argument)
                    case $line[1] in
        \(commands.map(branch).joined(separator: "\n"))
                    esac
                    ;;
            esac
        }
        _ims_accounts() { local -a words; words=(${(f)"$(ims __complete accounts 2> /dev/null)"}); compadd -a words }
        _ims_contacts() { local -a words; words=(${(f)"$(ims __complete contacts 2> /dev/null)"}); compadd -a words }
        if [ "$funcstack[1]" = "_ims" ]; then _ims "$@"; else compdef _ims ims; fi

        """
    }

    private var commands: [CommandDefinition] {
        table.definitions.filter { $0.availability.isOffered(inREPL: false) }
    }

    private func branch(_ definition: CommandDefinition) -> String {
        var specifications = arguments(definition.options, indent: "").split(separator: "\n").map(String.init)
        for (index, parameter) in definition.parameters.enumerated() {
            let place = parameter.repeats ? "*" : String(index + 1)
            let optional = parameter.isRequired || parameter.repeats ? ":" : "::"
            specifications.append("'\(place)\(optional)\(quoted(parameter.name)):\(action(parameter.kind))'")
        }
        return
            "                \(definition.name)) _arguments $global \(specifications.joined(separator: " ")) ;;"
    }

    private func arguments(_ options: [Option], indent: String) -> String {
        options.map { option in
            let help = "[\(quoted(option.help))]"
            let value =
                switch option.value {
                case .none: help
                case .required(let placeholder, let kind):
                    "=\(help):\(placeholder.lowercased()):\(action(kind))"
                case .optional(let placeholder, let kind):
                    "=-\(help)::\(placeholder.lowercased()):\(action(kind))"
                }
            guard let letter = option.letter else { return "\(indent)'--\(option.name)\(value)'" }
            return "\(indent)'(-\(letter) --\(option.name))'{-\(letter),--\(option.name)}'\(value)'"
        }.joined(separator: "\n")
    }

    private func action(_ kind: ValueKind) -> String {
        switch kind {
        case .text, .count, .seconds, .port, .identity: " "
        case .file: "_files"
        case .account: "_ims_accounts"
        case .contact: "_ims_contacts"
        case .command: "(\(table.names(inREPL: false).joined(separator: " ")))"
        case .choice(let choices): "(\(choices.joined(separator: " ")))"
        }
    }

    private func quoted(_ text: String) -> String {
        text.escaped(["'": "'\\''", "[": "\\[", "]": "\\]", ":": "\\:"])
    }
}
