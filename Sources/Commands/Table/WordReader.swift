import Engine

/// Turns words into an invocation, one word after the other.
struct WordReader {
    let table: CommandTable
    let isREPL: Bool
    private var command: (any Command.Type)?
    private var arguments: [String] = []
    private var given: [(option: Option, value: String)] = []
    private var pending: Option?
    private var areOptionsOver = false
    private var rest: String?

    init(table: CommandTable, isREPL: Bool) {
        self.table = table
        self.isREPL = isREPL
    }

    var isEmpty: Bool { command == nil && given.isEmpty && pending == nil }

    mutating func read(_ word: String) throws(UsageError) {
        if let option = pending {
            pending = nil
            try add(option, word)
        } else if areOptionsOver || word == "-" || !word.hasPrefix("-") {
            try readArgument(word)
        } else if word == "--" {
            areOptionsOver = true
        } else if word.hasPrefix("--") {
            try readLong(word.dropFirst(2))
        } else {
            try readLetters(word)
        }
    }

    private mutating func readArgument(_ word: String) throws(UsageError) {
        guard command == nil else {
            arguments.append(word)
            return
        }
        guard let found = table.find(word) else {
            throw .unknownCommand(word, suggestion: table.suggestion(for: word, inREPL: isREPL))
        }
        guard found.definition.availability.isAllowed(inREPL: isREPL) else {
            throw .notHere(command: word, isREPL: isREPL)
        }
        command = found
    }

    private mutating func readLong(_ word: Substring) throws(UsageError) {
        let name = String(word.prefix { $0 != "=" })
        guard let option = option(named: name) else {
            let known = (GlobalOptions.definitions + (command?.definition.options ?? [])).map(\.name)
            throw .unknownOption(
                "--" + name,
                suggestion: Spelling.nearest(to: name, among: known).map { "--" + $0 }
            )
        }
        let value = name.count < word.count ? String(word.dropFirst(name.count + 1)) : nil
        switch (option.value, value) {
        case (.none, nil), (.optional, nil): try add(option, "")
        case (.none, _): throw .unexpectedValue(option: "--" + name)
        case (.required, nil): pending = option
        case (.required, let value?), (.optional, let value?): try add(option, value)
        }
    }

    private mutating func readLetters(_ word: String) throws(UsageError) {
        for letter in word.dropFirst() {
            guard let option = GlobalOptions.definitions.first(where: { $0.letter == letter }) else {
                throw .unknownOption(word, suggestion: nil)
            }
            try add(option, "")
        }
    }

    /// The option of that name; whether the command takes it is checked when both are known.
    private func option(named name: String) -> Option? {
        let own = command?.definition.options ?? []
        return (own + GlobalOptions.definitions + table.definitions.flatMap(\.options)).first {
            $0.name == name
        }
    }

    private mutating func add(_ option: Option, _ value: String) throws(UsageError) {
        if let kind = option.kind, !value.isEmpty || option.value.isRequired, !kind.accepts(value) {
            throw .badValue(of: "--" + option.name, value: value, expected: kind.expectation ?? "a value")
        }
        given.append((option, value))
    }
}

extension WordReader {
    /// Whether a REPL line has come to the text of a message, which is taken as it stands.
    func isRestNext(before text: String) -> Bool {
        guard let parameters = command?.definition.parameters, pending == nil,
            arguments.count < parameters.count,
            parameters[arguments.count].takesRest
        else { return false }
        return areOptionsOver || text == "-" || !text.hasPrefix("-")
    }

    /// Takes the text of a message; quotes around all of it are those that a shell would ask for.
    mutating func take(rest text: String) {
        rest = text
        guard text.count > 2, let quote = text.first, quote.isQuote, text.last == quote else { return }
        let inner = text.dropFirst().dropLast()
        if !inner.contains(quote) { rest = String(inner) }
    }

    func finish() throws(UsageError) -> CommandTable.Invocation {
        if let pending { throw .missingValue(option: "--" + pending.name, expected: pending.synopsis) }
        let isGlobal: (Option) -> Bool = { option in
            GlobalOptions.definitions.contains { $0.name == option.name }
        }
        let values = Dictionary(given.map { ($0.option.name, $0.value) }) { $1 }
        let options = try GlobalOptions(values)
        if let shortcut = try shortcut(values) {
            return CommandTable.Invocation(command: shortcut, options: options)
        }
        guard let command else {
            if let own = given.first(where: { !isGlobal($0.option) }) {
                throw .optionOfOther("--" + own.option.name, command: "ims")
            }
            return CommandTable.Invocation(command: nil, options: options)
        }
        for (option, _) in given where !isGlobal(option) && !command.definition.options.contains(option) {
            throw .optionOfOther("--" + option.name, command: command.definition.name)
        }
        var parsed = try parameters(of: command.definition)
        parsed.options = values.filter { name, _ in command.definition.options.contains { $0.name == name } }
        return CommandTable.Invocation(command: try command.init(parsed), options: options)
    }

    /// What `--help` and `--version` stand for, whatever else the line says.
    private func shortcut(_ values: [String: String]) throws(UsageError) -> (any Command)? {
        if values["help"] != nil {
            return try Help(Arguments(values: command.map { ["command": $0.definition.name] } ?? [:]))
        }
        return values["version"] != nil ? try VersionCommand(Arguments()) : nil
    }

    private func parameters(of definition: CommandDefinition) throws(UsageError) -> Arguments {
        var parsed = Arguments()
        var words = arguments[...]
        for parameter in definition.parameters {
            let text: String
            if parameter.arity == .several {
                guard !words.isEmpty else { throw .missing(parameter: parameter.name, of: definition.name) }
                for word in words { try check(word, parameter) }
                parsed.lists[parameter.name] = Array(words)
                words = []
                continue
            }
            if parameter.takesRest {
                guard let words = rest ?? (words.isEmpty ? nil : words.joined(separator: " ")) else {
                    if parameter.isRequired { throw .missing(parameter: parameter.name, of: definition.name) }
                    continue
                }
                text = words
            } else {
                guard let word = words.popFirst() else {
                    if parameter.isRequired { throw .missing(parameter: parameter.name, of: definition.name) }
                    continue
                }
                text = word
            }
            try check(text, parameter)
            parsed.values[parameter.name] = text
            if parameter.takesRest { words = [] }
        }
        if let extra = words.first { throw .tooMany(extra, of: definition.name) }
        return parsed
    }

    private func check(_ text: String, _ parameter: Parameter) throws(UsageError) {
        guard !parameter.kind.accepts(text) else { return }
        if case .choice(let choices) = parameter.kind {
            throw .notAChoice(text, among: choices, suggestion: Spelling.nearest(to: text, among: choices))
        }
        throw .badValue(
            of: parameter.name.uppercased(),
            value: text,
            expected: parameter.kind.expectation ?? "a value"
        )
    }
}

extension Option.Value {
    fileprivate var isRequired: Bool {
        if case .required = self { true } else { false }
    }
}
