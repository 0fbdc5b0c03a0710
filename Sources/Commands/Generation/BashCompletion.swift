/// The completion script for bash.
struct BashCompletion {
    private let table: CommandTable

    init(_ table: CommandTable) { self.table = table }

    var script: String {
        """
        # bash completion for ims; made by: ims completion bash
        _ims() {
            local cur prev command="" position=0 i word
            local IFS=$'\\n'
            # Words are those of the shell: a colon of an address must not end one.
            if declare -F _get_comp_words_by_ref > /dev/null; then
                local words cword
                _get_comp_words_by_ref -n := cur prev words cword
            else
                local words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
                cur=${words[cword]} prev=${words[cword - 1]}
            fi
            for ((i = 1; i < cword; i++)); do
                word=${words[i]}
                case $word in
                    --) ;;
        \(valueOptions("            "))
                    -*) ;;
                    *)
                        if [ -z "$command" ]; then command=$word; else position=$((position + 1)); fi
                        ;;
                esac
            done
            case $prev in
        \(optionValues)
            esac
            if [[ $cur == -* ]]; then
                case $command in
        \(optionsOfCommands)
                    *) COMPREPLY=($(compgen -W $'\(list(globalOptions))' -- "$cur")) ;;
                esac
                return
            fi
            case $command:$position in
                :*) COMPREPLY=($(compgen -W $'\(list(table.names(inREPL: false)))' -- "$cur")) ;;
        \(parameters)
            esac
            if declare -F __ltrim_colon_completions > /dev/null; then __ltrim_colon_completions "$cur"; fi
        }
        complete -F _ims ims

        """
    }

    private var globalOptions: [String] { GlobalOptions.definitions.map { "--" + $0.name } }

    private var commands: [CommandDefinition] {
        table.definitions.filter { $0.availability.isOffered(inREPL: false) }
    }

    private func list(_ words: [String]) -> String { words.joined(separator: "\\n") }

    /// The options that take the next word, which then is no argument.
    private func valueOptions(_ indent: String) -> String {
        let options = GlobalOptions.definitions + commands.flatMap(\.options)
        let names = options.filter(\.takesNextWord).map { "--" + $0.name }
        return indent + names.joined(separator: " | ") + ") i=$((i + 1)) ;;"
    }

    private var optionValues: String {
        let options = GlobalOptions.definitions + commands.flatMap(\.options)
        return options.filter(\.takesNextWord).map { option in
            "        --\(option.name)) \(option.kind.flatMap(action) ?? "COMPREPLY=()"); return ;;"
        }.joined(separator: "\n")
    }

    private var optionsOfCommands: String {
        commands.filter { !$0.options.isEmpty }.map { definition in
            let names = definition.options.map { "--" + $0.name } + globalOptions
            return
                "            \(definition.name)) COMPREPLY=($(compgen -W $'\(list(names))' -- \"$cur\")) ;;"
        }.joined(separator: "\n")
    }

    private var parameters: String {
        commands.flatMap { definition in
            definition.parameters.enumerated().compactMap { position, parameter in
                action(parameter.kind).map { "        \(definition.name):\(position)) \($0) ;;" }
            }
        }.joined(separator: "\n")
    }

    private func action(_ kind: ValueKind) -> String? {
        switch kind {
        case .text, .count, .seconds, .port, .identity: nil
        case .file: "compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- \"$cur\"))"
        case .account: "COMPREPLY=($(compgen -W \"$(ims __complete accounts 2> /dev/null)\" -- \"$cur\"))"
        case .contact: "COMPREPLY=($(compgen -W \"$(ims __complete contacts 2> /dev/null)\" -- \"$cur\"))"
        case .command: "COMPREPLY=($(compgen -W $'\(list(table.names(inREPL: false)))' -- \"$cur\"))"
        case .choice(let choices): "COMPREPLY=($(compgen -W $'\(list(choices))' -- \"$cur\"))"
        }
    }
}

extension Option {
    /// Whether its value is the next word, if it is not joined by `=`.
    var takesNextWord: Bool {
        if case .required = value { true } else { false }
    }
}
