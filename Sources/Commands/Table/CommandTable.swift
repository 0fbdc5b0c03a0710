import Engine

/// Every command, in the order `help` lists them.
package struct CommandTable: Sendable {
    package let commands: [any Command.Type]

    package init(_ commands: [any Command.Type]) { self.commands = commands }

    package static let standard = CommandTable([
        AccountCommand.self, Identities.self, ProvisionCommand.self, Register.self, Status.self,
        Unregister.self, DocumentsCommand.self,
        AcceptChat.self, BuddiesCommand.self, CapabilitiesCommand.self, ChatCommand.self, ListChats.self,
        HistoryCommand.self, LeaveChat.self, Listen.self, PresenceCommand.self,
        RejectChat.self, SendMessage.self, SwitchChat.self,
        CancelTransfer.self, FetchFile.self, OpenFile.self, Receive.self, SendFile.self, ShareImage.self,
        ListTransfers.self,
        CompletionCommand.self, Help.self, LabCommand.self, Quit.self, VersionCommand.self,
        CompletionWords.self,
    ])

    /// What was asked for: a command with the options that go with every command.
    package struct Invocation: Sendable {
        /// `nil` when no command was named, which asks for the REPL.
        package var command: (any Command)?
        package var options: GlobalOptions
    }

    package var definitions: [CommandDefinition] { commands.map { $0.definition } }

    func find(_ name: String) -> (any Command.Type)? { commands.first { $0.definition.name == name } }

    /// The names that may be typed, in the order of the table.
    package func names(inREPL: Bool) -> [String] {
        definitions.filter { $0.availability.isOffered(inREPL: inREPL) }.map(\.name)
    }

    /// Reads the words of a command line; options may stand anywhere before `--`.
    package func parse(_ words: [String]) throws(UsageError) -> Invocation {
        var reader = WordReader(table: self, isREPL: false)
        for word in words { try reader.read(word) }
        return try reader.finish()
    }

    /// Reads a line of the REPL.
    ///
    /// Words are separated by blanks; one that holds blanks stands in single or double quotes. Where the text of a
    /// message begins, the rest of the line is taken as it stands.
    ///
    /// - Returns: The invocation, or `nil` for a blank line or a comment.
    package func parse(line: String) throws(UsageError) -> Invocation? {
        var reader = WordReader(table: self, isREPL: true)
        var words = LineWords(line)
        while let rest = words.rest {
            if reader.isEmpty, rest.hasPrefix("#") { return nil }
            if reader.isRestNext(before: rest) {
                reader.take(rest: rest)
                break
            }
            guard let word = try words.next() else { break }
            try reader.read(word)
        }
        guard !reader.isEmpty else { return nil }
        let invocation = try reader.finish()
        var rest = invocation.options
        rest.identity = nil
        guard rest == GlobalOptions() else { throw .notAtPrompt }
        return invocation
    }

    func suggestion(for name: String, inREPL: Bool) -> String? {
        Spelling.nearest(to: name, among: names(inREPL: inREPL))
    }
}

extension CommandDefinition.Availability {
    func isOffered(inREPL: Bool) -> Bool {
        self == .everywhere || self == (inREPL ? .replOnly : .commandLineOnly)
    }

    func isAllowed(inREPL: Bool) -> Bool { isOffered(inREPL: inREPL) || (self == .hidden && !inREPL) }
}

/// The words of a line of the REPL.
struct LineWords {
    private var remaining: Substring

    init(_ line: String) { remaining = line[...] }

    /// What has not been read, without the blanks around it, or `nil` at the end.
    var rest: String? {
        let rest = remaining.drop(while: \.isBlank)
        guard let last = rest.lastIndex(where: { !$0.isBlank }) else { return nil }
        return String(rest[...last])
    }

    /// Reads the next word.
    ///
    /// A quote opens where a word or the value of an option begins, and is closed by the next of its kind, behind which
    /// the word goes on, as in a shell. Elsewhere it stands for itself, since names have apostrophes.
    mutating func next() throws(UsageError) -> String? {
        remaining = remaining.drop(while: \.isBlank)
        guard !remaining.isEmpty else { return nil }
        var (word, mayOpen) = ("", true)
        while let character = remaining.popFirst(), !character.isBlank {
            guard mayOpen, character.isQuote else {
                mayOpen = character == "=" && word.hasPrefix("--") && !word.contains("=")
                word.append(character)
                continue
            }
            let quoted = remaining.prefix { $0 != character }
            word += quoted
            remaining = remaining[quoted.endIndex...]
            guard remaining.popFirst() != nil else { throw .unterminatedQuote }
        }
        return word
    }

    /// The words of the beginning of a line; where a quote is open, those before it.
    static func complete(in text: String) -> [String] {
        var (reader, words) = (LineWords(text), [String]())
        while let word = try? reader.next() { words.append(word) }
        return words
    }
}

extension Character {
    fileprivate var isBlank: Bool { self == " " || self == "\t" }

    /// Whether it begins and ends what holds blanks.
    var isQuote: Bool { self == "\"" || self == "'" }
}
