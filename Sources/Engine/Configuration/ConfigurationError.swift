/// Why a configuration cannot be used: the file, the line and what is wrong there.
package struct ConfigurationError: Error, Hashable, Sendable {
    package var file: String
    /// The line, counted from 1, or `nil` when it is about the whole file.
    package var line: Int?
    package var problem: Problem

    package init(file: String, line: Int? = nil, _ problem: Problem) {
        (self.file, self.line, self.problem) = (file, line, problem)
    }

    package enum Problem: Hashable, Sendable {
        case notFound
        /// The file exists and cannot be read; the text is the system's.
        case unreadable(String)
        case tooLarge(limit: Int)
        /// The line is not UTF-8 or holds control characters.
        case notText
        /// The line is neither a comment, nor a section, nor `key = value`.
        case malformedLine
        case unterminatedQuote
        case unknownSection(String)
        case badAccountName(String)
        case duplicateAccount(String, firstLine: Int)
        case unknownKey(String, suggestion: String?)
        /// The key exists, but belongs into an account section, or before the first one.
        case misplacedKey(String, belongsInAccount: Bool)
        case duplicateKey(String, firstLine: Int)
        case badValue(key: String, value: String, expected: String)
        case missingKey(String, account: String)
        /// Two keys of one account exclude each other.
        case conflict(String, String)
        case unknownDefaultAccount(String, known: [String])
        case noAccounts
    }
}

/// Why `--account` does not lead to an account.
package enum AccountSelectionError: Error, Hashable, Sendable {
    case unknownAccount(String, known: [String])
    /// There are several accounts, none is the default and none was named.
    case noneChosen(known: [String])
    case malformedConnector(String)
    case unknownApplication(String, known: [String])
    case unknownConnectorKey(String, suggestion: String?)
    /// A connector stands in the list of processes, where everyone can read it.
    case secretInConnector(String)
    case badConnectorValue(key: String, value: String, expected: String)
    /// The account together with the connector's parameters is not one.
    case unusable(ConfigurationError)
}
