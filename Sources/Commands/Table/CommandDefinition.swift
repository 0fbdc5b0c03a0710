/// What there is to know about a command before it runs.
package struct CommandDefinition: Sendable {
    package var name: String
    package var topic: Topic
    /// One sentence in the imperative, with a full stop.
    package var summary: String
    package var parameters: [Parameter] = []
    package var options: [Option] = []
    /// What the summary leaves open: whole sentences for `help COMMAND` and ims(1).
    package var details: [String] = []
    /// The lines it reads from standard input while it runs, and what each does, as a sentence without its full stop.
    package var inputs: [(line: String, help: String)] = []
    /// Complete lines a user could type; a test parses each of them.
    package var examples: [String] = []
    package var availability = Availability.everywhere

    package enum Topic: String, CaseIterable, Sendable { case account, messaging, files, session }

    /// Where a command can be typed.
    package enum Availability: Hashable, Sendable {
        case everywhere, commandLineOnly, replOnly
        /// For the completion scripts: on the command line, and in no list.
        case hidden
    }

    /// The argument part of the usage line: `[--json] URI [TEXT...]`.
    package var synopsis: String {
        (options.map { "[\($0.synopsis)]" } + parameters.map(\.synopsis)).joined(separator: " ")
    }
}

/// One argument of a command.
package struct Parameter: Hashable, Sendable {
    package enum Arity: Hashable, Sendable {
        case required, optional
        /// The remaining words, joined by blanks; at least one.
        case rest
        /// The remaining words, if any.
        case optionalRest
        /// The remaining words, each for itself; at least one.
        case several
    }

    package var name: String
    package var arity = Arity.required
    package var kind = ValueKind.text
    /// What it is, as a sentence without its full stop.
    package var help: String

    package var isRequired: Bool { arity == .required || arity == .rest || arity == .several }
    package var takesRest: Bool { arity == .rest || arity == .optionalRest }
    /// Whether it may be given more than once.
    package var repeats: Bool { takesRest || arity == .several }

    /// How the usage line shows it: in capitals, or the words to choose from.
    package var synopsis: String {
        var core = name.uppercased()
        if case .choice(let choices) = kind { core = choices.joined(separator: "|") }
        if repeats { core += "..." }
        return isRequired ? core : "[\(core)]"
    }
}

/// What an argument or the value of an option denotes: decides how it is checked and how it is completed.
package enum ValueKind: Hashable, Sendable {
    case text, contact, file, account, identity, command
    case choice([String])
    /// A whole number, at least 1.
    case count
    /// A number of seconds, above zero.
    case seconds
    /// The number of a port, 0 for any.
    case port
}

/// A switch, or a named value.
package struct Option: Hashable, Sendable {
    /// The long name, without its dashes.
    package var name: String
    package var letter: Character?
    package var value = Value.none
    /// What it does, as a sentence without its full stop.
    package var help: String

    package enum Value: Hashable, Sendable {
        case none
        case required(String, ValueKind)
        /// A value that must be joined by `=`, because the next word is another argument.
        case optional(String, ValueKind)
    }

    package var kind: ValueKind? {
        switch value {
        case .none: nil
        case .required(_, let kind), .optional(_, let kind): kind
        }
    }

    /// How the usage line shows it: `--trace[=FILE]`.
    package var synopsis: String {
        switch value {
        case .none: "--\(name)"
        case .required(let placeholder, _): "--\(name) \(placeholder)"
        case .optional(let placeholder, _): "--\(name)[=\(placeholder)]"
        }
    }
}
