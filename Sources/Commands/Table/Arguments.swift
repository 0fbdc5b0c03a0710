/// The arguments of one invocation, by the names of the definition.
package struct Arguments: Hashable, Sendable {
    var values: [String: String] = [:]
    var lists: [String: [String]] = [:]
    var options: [String: String] = [:]

    /// The value of a parameter that the definition declares required or rest.
    package subscript(name: String) -> String {
        guard let value = values[name] else { preconditionFailure("undeclared parameter \(name)") }
        return value
    }

    /// The value of an optional parameter.
    package func optional(_ name: String) -> String? { values[name] }

    /// The values of a parameter that the definition declares several.
    package func list(_ name: String) -> [String] {
        guard let list = lists[name] else { preconditionFailure("undeclared parameter \(name)") }
        return list
    }

    /// The value of an option; empty for one that takes none or was given none.
    package func option(_ name: String) -> String? { options[name] }

    package func has(_ option: String) -> Bool { options[option] != nil }
}

/// Why a line is not an invocation of any command.
package enum UsageError: Error, Hashable, Sendable {
    case noCommand
    /// The command line is not UTF-8.
    case notText
    case unknownCommand(String, suggestion: String?)
    case notHere(command: String, isREPL: Bool)
    case missing(parameter: String, of: String)
    case tooMany(String, of: String)
    case notAChoice(String, among: [String], suggestion: String?)
    case unknownOption(String, suggestion: String?)
    case optionOfOther(String, command: String)
    case missingValue(option: String, expected: String)
    case unexpectedValue(option: String)
    case badValue(of: String, value: String, expected: String)
    /// Two things that cannot be asked for together.
    case conflict(String, String)
    case unterminatedQuote
    /// An option of the whole run, given to one line of the prompt.
    case notAtPrompt
}
