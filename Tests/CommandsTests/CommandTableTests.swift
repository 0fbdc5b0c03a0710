import Testing

@testable import Commands

@Suite struct CommandTableTests {
    private let table = CommandTable.standard
    private var offered: [CommandDefinition] { table.definitions.filter { $0.availability != .hidden } }

    @Test("names are unique, and sorted within their topic")
    func names() {
        #expect(Set(table.definitions.map(\.name)).count == table.definitions.count)
        for topic in CommandDefinition.Topic.allCases {
            let names = offered.filter { $0.topic == topic }.map(\.name)
            #expect(names == names.sorted())
        }
        let topics = offered.map(\.topic)
        #expect(topics == CommandDefinition.Topic.allCases.flatMap { topic in topics.filter { $0 == topic } })
    }

    @Test("a summary is one sentence in the imperative, with a full stop")
    func summaries() {
        for definition in table.definitions {
            let summary = definition.summary
            #expect(summary.first?.isUppercase == true && summary.hasSuffix("."), "\(definition.name)")
            #expect(summary.dropLast().contains(".") == false, "\(definition.name)")
            let verb = summary.prefix { $0 != " " }
            #expect(!verb.hasSuffix("s"), "\(definition.name): \(verb)")
            #expect(definition.details.allSatisfy { $0.hasSuffix(".") })
        }
    }

    @Test("help of arguments and options is a sentence that lacks its full stop")
    func help() {
        let options = table.definitions.flatMap(\.options) + GlobalOptions.definitions
        for text in options.map(\.help) + table.definitions.flatMap(\.parameters).map(\.help) {
            #expect(text.first?.isUppercase == true && !text.hasSuffix("."), "\(text)")
        }
    }

    @Test("every example in the help is a valid invocation, and every command has one")
    func examples() throws {
        for command in table.commands where command.definition.availability != .hidden {
            #expect(!command.definition.examples.isEmpty)
            for example in command.definition.examples {
                if command.definition.availability.isOffered(inREPL: false) {
                    let parsed = try table.parse(example.split(separator: " ").map(String.init)).command
                    #expect(try #require(parsed).name == command.definition.name)
                }
                if command.definition.availability.isOffered(inREPL: true), !example.contains("--json") {
                    let parsed = try table.parse(line: example)?.command
                    #expect(try #require(parsed).name == command.definition.name)
                }
            }
        }
    }

    @Test("optional parameters follow the required ones, and the rest comes last")
    func arity() {
        for definition in table.definitions {
            let parameters = definition.parameters
            #expect(!parameters.dropLast().contains { $0.takesRest })
            let optional = parameters.firstIndex { !$0.isRequired } ?? parameters.endIndex
            #expect(!parameters[optional...].contains { $0.isRequired })
        }
    }

    @Test("an option means the same wherever it stands")
    func options() {
        let all = GlobalOptions.definitions + table.definitions.flatMap(\.options)
        for option in all {
            #expect(all.filter { $0.name == option.name }.allSatisfy { $0.value == option.value })
        }
        let letters = GlobalOptions.definitions.compactMap(\.letter)
        #expect(Set(letters).count == letters.count)
    }

    @Test("help explains every command and lists those that are offered")
    func helpPages() {
        let page = HelpPage(table, isREPL: false)
        for definition in offered {
            #expect(page.overview.contains("  \(definition.name) "))
            #expect(page.text(of: definition).contains(definition.summary))
        }
        #expect(!page.overview.contains("__complete"))
        let prompt = HelpPage(table, isREPL: true)
        #expect(prompt.overview.contains("  quit ") && !prompt.overview.contains("completion"))
        #expect(prompt.text(of: Listen.definition).hasPrefix("Usage: listen"))
        #expect(prompt.text(of: CompletionCommand.definition).hasPrefix("Usage: ims completion"))
    }

    @Test("no line of help is longer than the terminal is wide", arguments: [40, 60, 80, 200])
    func narrowHelp(_ columns: Int) {
        for isREPL in [false, true] {
            let page = HelpPage(table, isREPL: isREPL, columns: columns)
            for text in offered.map({ page.text(of: $0) }) + [page.overview] {
                // Examples stand as they are typed.
                let explained = text.split(separator: "\nExamples\n").first ?? ""
                // A word that is longer than a line stands alone.
                let long = explained.split(separator: "\n").filter { line in
                    line.count > min(columns, 80) && line.split(separator: " ").count > 1
                }
                #expect(long.isEmpty)
            }
        }
    }
}

extension Command {
    var name: String { Self.definition.name }
}
