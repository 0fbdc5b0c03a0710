package import Engine

/// What is wrong in ims.conf: file, line, and what is expected there.
extension Explanation {
    package init(_ error: ConfigurationError) {
        let place = error.line.map { "\(error.file):\($0): " } ?? "\(error.file): "
        let (text, advice) = Self.wording(of: error.problem)
        self.init("configuration", place + text, advice: advice, status: .configuration)
    }

    private static func wording(of problem: ConfigurationError.Problem) -> (text: String, advice: String?) {
        switch problem {
        case .notFound:
            return (
                "there is no configuration.",
                "Copy the sample Config/ims.conf there (ims.conf(5) explains it), or try ims lab and scripts/demo first."
            )
        case .unreadable(let text): return ("cannot be read: \(text).", nil)
        case .tooLarge(let limit): return ("has more than \(limit) bytes, so it is no configuration.", nil)
        case .notText: return ("the line is no UTF-8 text, or holds control characters.", nil)
        case .malformedLine:
            return ("expected 'key = value', '[account NAME]' or a comment that begins with #.", nil)
        case .unterminatedQuote: return ("the closing quote is missing.", nil)
        case .unknownSection(let name):
            return ("there is no section [\(Display.safe(name))]; expected [account NAME].", nil)
        case .badAccountName(let name):
            let given =
                name.isEmpty ? "the account has no name" : "'\(Display.safe(name))' cannot name an account"
            return ("\(given); expected letters, digits and . _ - + @, as in [account alice].", nil)
        case .duplicateAccount(let name, let first):
            return ("account \(name) is already in line \(first).", nil)
        case .unknownKey(let key, let suggestion):
            let meant = suggestion.map { "did you mean '\($0)'?" } ?? "ims.conf(5) lists them."
            return ("there is no key '\(Display.safe(key))'; \(meant)", nil)
        case .misplacedKey(let key, let belongsInAccount):
            return (
                belongsInAccount
                    ? "'\(key)' belongs into a section [account NAME]."
                    : "'\(key)' belongs before the first [account NAME].", nil
            )
        case .duplicateKey(let key, let first): return ("'\(key)' is already in line \(first).", nil)
        case .badValue(let key, let value, let expected):
            return ("\(key) is '\(Display.safe(value))', expected \(expected).", nil)
        case .missingKey(let key, let account): return ("account \(account) needs \(key).", nil)
        case .conflict(let key, let other):
            return ("'\(key)' contradicts '\(other)': only one of them can be.", nil)
        case .unknownDefaultAccount(let name, let known):
            return ("there is no account \(Display.safe(name)); there is \(Self.list(known)).", nil)
        case .noAccounts:
            return ("there is no account; add a section [account NAME].", "Config/ims.conf is a sample.")
        }
    }

    package init(_ error: AccountSelectionError) {
        let text: String
        var advice: String?
        switch error {
        case .unknownAccount(let name, let known):
            text = "There is no account '\(Display.safe(name))'; there is \(Self.list(known))."
        case .noneChosen(let known):
            text = "There are several accounts: \(Self.list(known))."
            advice = "Choose one with --account, or set default-account in ims.conf."
        case .malformedConnector(let connector):
            text = "'\(Display.safe(connector))' is no connector; expected imscore://APP-ID[;KEY=VALUE]..."
        case .unknownApplication(let name, let known):
            text =
                "No account has app-id = \(Display.safe(name))"
                + (known.isEmpty ? "; no account has an app-id." : "; there is \(Self.list(known)).")
        case .unknownConnectorKey(let key, let suggestion):
            let meant = suggestion.map { "did you mean '\($0)'?" } ?? "ims.conf(5) lists them."
            text = "There is no key '\(Display.safe(key))' for a connector; \(meant)"
        case .secretInConnector(let key):
            text =
                "'\(key)' cannot stand in a connector, which everyone on this machine can read; set it in ims.conf."
        case .badConnectorValue(let key, let value, let expected):
            text = "\(key) is '\(Display.safe(value))' in the connector, expected \(expected)."
        case .unusable(let error):
            self.init(error)
            return
        }
        self.init("configuration", text, advice: advice, status: .configuration)
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}
