/// Reads the lines of an ims.conf: keys, values and sections, without regard to what they mean.
///
/// The form is that of INI files. A line is blank, a comment that begins with `#` or `;`, a `[section]`, or
/// `key = value`. A value runs to the end of its line, or stands in double quotes, where `\"` and `\\` are the only
/// escapes and a comment may follow.
struct ConfigurationParser {
    let file: String
    private(set) var global: [GlobalKey: Setting] = [:]
    private(set) var accounts: [AccountSection] = []

    init(_ bytes: [UInt8], file: String) throws(ConfigurationError) {
        self.file = file
        // Editors on other systems begin a file with a mark.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            try read(line.last == UInt8(ascii: "\r") ? line.dropLast() : line, number: index + 1)
        }
    }

    /// The settings of one `[account NAME]`.
    struct AccountSection: Hashable, Sendable {
        var name: String
        var line: Int
        var settings: [AccountKey: Setting] = [:]
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>, number: Int) throws(ConfigurationError) {
        guard let text = String(validating: bytes, as: UTF8.self),
            !text.unicodeScalars.contains(where: isControl)
        else { throw error(number, .notText) }
        let line = text.trimmed
        guard let first = line.first, first != "#", first != ";" else { return }
        if first == "[" { return try startSection(line, number: number) }
        guard let equals = line.firstIndex(of: "=") else { throw error(number, .malformedLine) }
        let key = line[..<equals].trimmed
        guard !key.isEmpty else { throw error(number, .malformedLine) }
        let value = try value(line[line.index(after: equals)...].trimmed, number: number)
        try set(String(key), Setting(value: value, line: number))
    }

    /// Whether a scalar is a control character that has no place in a line, where a tab is space.
    private func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\t"
    }

    private mutating func startSection(_ line: Substring, number: Int) throws(ConfigurationError) {
        guard line.last == "]" else { throw error(number, .malformedLine) }
        let words = line.dropFirst().dropLast().split { $0 == " " || $0 == "\t" }
        guard let kind = words.first else { throw error(number, .malformedLine) }
        guard kind == "account", words.count <= 2 else {
            throw error(number, .unknownSection(words.joined(separator: " ")))
        }
        let name = words.dropFirst().first.map(String.init) ?? ""
        guard Self.isAccountName(name) else { throw error(number, .badAccountName(name)) }
        if let other = accounts.first(where: { $0.name == name }) {
            throw error(number, .duplicateAccount(name, firstLine: other.line))
        }
        accounts.append(AccountSection(name: name, line: number))
    }

    /// Whether `name` may name an account: something that needs no quoting in a shell.
    private static func isAccountName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && name.first != "-"
            && name.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || "0123456789._@+-".unicodeScalars.contains($0)
            }
    }

    private func value(_ text: Substring, number: Int) throws(ConfigurationError) -> String {
        guard text.first == "\"" else { return String(text) }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            switch character {
            case "\"":
                let tail = rest.trimmed
                guard tail.isEmpty || tail.first == "#" || tail.first == ";" else {
                    throw error(number, .malformedLine)
                }
                return value
            case "\\":
                guard let escaped = rest.popFirst(), escaped == "\"" || escaped == "\\" else {
                    throw error(number, .malformedLine)
                }
                value.append(escaped)
            default: value.append(character)
            }
        }
        throw error(number, .unterminatedQuote)
    }

    private mutating func set(_ key: String, _ setting: Setting) throws(ConfigurationError) {
        let line = setting.line ?? 0
        if accounts.isEmpty {
            guard let known = GlobalKey(rawValue: key) else {
                throw error(
                    line,
                    unknown(key, isAccountKey: AccountKey(rawValue: key) != nil, inAccount: false)
                )
            }
            if let first = global[known]?.line { throw error(line, .duplicateKey(key, firstLine: first)) }
            global[known] = setting
        } else {
            guard let known = AccountKey(rawValue: key) else {
                throw error(
                    line,
                    unknown(key, isAccountKey: GlobalKey(rawValue: key) != nil, inAccount: true)
                )
            }
            let last = accounts.count - 1
            if let first = accounts[last].settings[known]?.line {
                throw error(line, .duplicateKey(key, firstLine: first))
            }
            accounts[last].settings[known] = setting
        }
    }

    private func unknown(
        _ key: String,
        isAccountKey isMisplaced: Bool,
        inAccount: Bool
    ) -> ConfigurationError.Problem {
        if isMisplaced { return .misplacedKey(key, belongsInAccount: !inAccount) }
        let known = inAccount ? AccountKey.allCases.map(\.rawValue) : GlobalKey.allCases.map(\.rawValue)
        return .unknownKey(key, suggestion: Spelling.nearest(to: key, among: known))
    }

    private func error(_ line: Int, _ problem: ConfigurationError.Problem) -> ConfigurationError {
        ConfigurationError(file: file, line: line, problem)
    }
}

extension StringProtocol where SubSequence == Substring {
    /// The text without the blanks at both ends.
    var trimmed: Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) })
        else {
            return self[endIndex..<endIndex]
        }
        return self[first...last]
    }
}
