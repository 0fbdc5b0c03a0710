/// What ims.conf says, checked.
package struct Configuration: Hashable, Sendable {
    /// The accounts, in the order of the file.
    package let accounts: [Account]
    package private(set) var defaultAccount: String?
    package private(set) var colour = Colour.automatic
    package private(set) var keepsHistory = true
    /// The directory for the store and the line history of the REPL.
    package private(set) var dataDirectory: String
    package private(set) var logLevel = LogLine.Level.warning
    /// DNS servers to ask instead of the system's, `address:port`.
    package private(set) var nameServers: [String] = []
    package let paths: ConfigurationPaths
    private let sections: [ConfigurationParser.AccountSection]

    package enum Colour: String, Hashable, Sendable { case automatic = "auto", on, off }

    /// Reads the text of a configuration file.
    ///
    /// - Parameters:
    ///   - bytes: The text, in UTF-8.
    ///   - paths: What relative paths and `~` mean; `paths.file` is the name that errors carry.
    /// - Throws: `ConfigurationError` for the first thing that is not as it should be.
    package init(parsing bytes: [UInt8], paths: ConfigurationPaths) throws(ConfigurationError) {
        let parser = try ConfigurationParser(bytes, file: paths.file)
        self.paths = paths
        sections = parser.accounts
        dataDirectory = paths.data
        var accounts: [Account] = []
        for section in parser.accounts {
            accounts.append(try AccountBuilder(file: paths.file, section: section, paths: paths).account())
        }
        self.accounts = accounts
        try readGlobal(parser.global)
        guard !accounts.isEmpty else { throw ConfigurationError(file: paths.file, .noAccounts) }
    }

    private mutating func readGlobal(_ settings: [GlobalKey: Setting]) throws(ConfigurationError) {
        typealias Expectation = ConfigurationValue.Expectation
        func value<Value>(
            _ key: GlobalKey,
            _ read: (String) -> Value?,
            _ expected: String
        ) throws(ConfigurationError) -> Value? {
            guard let setting = settings[key] else { return nil }
            guard let value = read(setting.value) else {
                let problem = ConfigurationError.Problem.badValue(
                    key: key.rawValue,
                    value: setting.value,
                    expected: expected
                )
                throw ConfigurationError(file: paths.file, line: setting.line, problem)
            }
            return value
        }
        colour = try value(.colour, Colour.init(rawValue:), Expectation.colour) ?? colour
        keepsHistory = try value(.history, ConfigurationValue.toggle, Expectation.toggle) ?? keepsHistory
        let directory = try value(.dataDirectory, ConfigurationValue.notEmpty, "the name of a directory")
        dataDirectory = directory.map(paths.expand) ?? dataDirectory
        logLevel = try value(.logLevel, LogLine.Level.init(name:), Expectation.logLevel) ?? logLevel
        nameServers = try value(.nameServers, ConfigurationValue.nameServers, Expectation.nameServers) ?? []
        if let setting = settings[.defaultAccount] {
            let known = accounts.map(\.name)
            guard known.contains(setting.value) else {
                let problem = ConfigurationError.Problem.unknownDefaultAccount(setting.value, known: known)
                throw ConfigurationError(file: paths.file, line: setting.line, problem)
            }
            defaultAccount = setting.value
        }
    }
}

extension Configuration {
    /// The database for history and account state.
    package var storePath: String { dataDirectory + "/ims.db" }

    /// The certificate and the key for the message sessions of an account: each account has its own (RFC 4975 §14.4).
    package func certificatePath(of account: Account) -> String {
        dataDirectory + "/msrp-\(account.name).pem"
    }

    /// Finds the account to use.
    ///
    /// - Parameter selector: What `--account` says: a name or an `imscore:` connector; `nil` for the default account.
    /// - Returns: The account, with the parameters of the connector applied.
    /// - Throws: `AccountSelectionError` when there is no such account or it remains open which one is meant.
    package func account(_ selector: String?) throws(AccountSelectionError) -> Account {
        let known = accounts.map(\.name)
        guard let name = selector ?? defaultAccount else {
            guard accounts.count == 1 else { throw .noneChosen(known: known) }
            return accounts[0]
        }
        if name.lowercased().hasPrefix(ConnectorString.scheme) { return try account(ConnectorString(name)) }
        guard let account = accounts.first(where: { $0.name == name }) else {
            throw .unknownAccount(name, known: known)
        }
        return account
    }

    private func account(_ connector: ConnectorString) throws(AccountSelectionError) -> Account {
        guard let index = accounts.firstIndex(where: { $0.applicationID == connector.applicationID }) else {
            throw .unknownApplication(connector.applicationID, known: accounts.compactMap(\.applicationID))
        }
        var section = sections[index]
        for (key, value) in connector.parameters { section.settings[key] = Setting(value: value, line: nil) }
        do {
            return try AccountBuilder(file: paths.file, section: section, paths: paths).account()
        } catch {
            if case .badValue(let key, let value, let expected) = error.problem {
                throw .badConnectorValue(key: key, value: value, expected: expected)
            }
            throw .unusable(error)
        }
    }
}

extension LogLine.Level {
    fileprivate init?(name: String) {
        switch name {
        case "warning": self = .warning
        case "notice": self = .notice
        case "detail": self = .detail
        default: return nil
        }
    }
}
