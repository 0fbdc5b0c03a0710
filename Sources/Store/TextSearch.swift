/// A search for a word in texts, upper and lower case alike in every script.
///
/// SQLite folds the case of ASCII letters only: its pattern lets every other character stand for any one, and what it
/// finds is compared once more.
struct TextSearch {
    /// How many messages are read at a time.
    static let batchSize = 200
    /// How much of the word the pattern holds; SQLite refuses patterns that are too long.
    private static let patternLength = 1000

    /// The pattern for `LIKE … ESCAPE '\'`.
    let pattern: String
    private let folded: [UInt8]

    init(_ word: String) {
        let lowercased = word.lowercased()
        folded = Array(lowercased.utf8)
        var pattern = "%"
        for scalar in lowercased.unicodeScalars.prefix(Self.patternLength) {
            switch scalar {
            case "%", "_", "\\": pattern += "\\\(scalar)"
            case _ where scalar.isASCII: pattern.unicodeScalars.append(scalar)
            default: pattern += "_"
            }
        }
        self.pattern = pattern + "%"
    }

    func matches(_ body: [UInt8]) -> Bool {
        let text = Array(String(decoding: body, as: UTF8.self).lowercased().utf8)
        guard text.count >= folded.count else { return false }
        return (0...text.count - folded.count).contains { text[$0...].starts(with: folded) }
    }
}
