/// What may be typed next, from the table.
package struct LineCompletion {
    private let table: CommandTable

    package init(_ table: CommandTable) { self.table = table }

    /// The words to offer.
    package struct Offer: Hashable, Sendable {
        package var words: [String] = []
        package var includesFiles = false
    }

    /// Finds what may stand after some text.
    ///
    /// - Parameters:
    ///   - before: The line up to where the word begins.
    ///   - contacts: The addresses to offer where one is expected.
    /// - Returns: The candidates, whatever their beginning.
    package func offer(after before: String, contacts: [String]) -> Offer {
        var words = LineWords.complete(in: before)
        guard !words.isEmpty else { return Offer(words: table.names(inREPL: true)) }
        let name = words.removeFirst()
        guard let definition = table.find(name)?.definition, definition.availability.isOffered(inREPL: true)
        else {
            return Offer()
        }
        if let last = words.last, let option = definition.options.first(where: { "--" + $0.name == last }),
            option.takesNextWord
        {
            return offer(option.kind, contacts: contacts)
        }
        let position = Self.position(words, definition)
        let parameter =
            definition.parameters.dropFirst(position).first ?? definition.parameters.last { $0.repeats }
        var offer = offer(parameter?.kind, contacts: contacts)
        if !words.contains("--"), position == 0 || parameter?.takesRest != true {
            offer.words += definition.options.map { "--" + $0.name }
        }
        return offer
    }

    /// Finds what may stand after some text while lines are said in a chat: commands begin with a slash.
    package func offer(inChatAfter before: String, contacts: [String]) -> Offer {
        if before.isEmpty { return Offer(words: table.names(inREPL: true).map { "/" + $0 }) }
        guard case .command(let line) = ChatLine(before) else { return Offer() }
        return offer(after: line, contacts: contacts)
    }

    /// How many arguments stand before the word.
    private static func position(_ words: [String], _ definition: CommandDefinition) -> Int {
        var (count, isValue) = (0, false)
        for word in words {
            if isValue {
                isValue = false
            } else if word.hasPrefix("--") {
                isValue = definition.options.contains { "--" + $0.name == word && $0.takesNextWord }
            } else {
                count += 1
            }
        }
        return count
    }

    private func offer(_ kind: ValueKind?, contacts: [String]) -> Offer {
        switch kind {
        case nil, .text, .count, .seconds, .port, .account, .identity: Offer()
        case .contact: Offer(words: contacts)
        case .file: Offer(includesFiles: true)
        case .command: Offer(words: table.names(inREPL: true))
        case .choice(let choices): Offer(words: choices)
        }
    }
}
