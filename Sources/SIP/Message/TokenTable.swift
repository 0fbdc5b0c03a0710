internal import Wire

/// Finds well-known tokens by a hash over machine words: no text is made, no byte is looked at twice.
///
/// Tokens have at most 32 bytes. Case is folded by setting bit 5, which maps no two characters of `token` onto each
/// other except the two cases of a letter.
struct TokenTable: Sendable {
    private struct Entry: Sendable {
        var words: Words
        var length: Int
        var value: UInt8
    }

    /// The bytes of a token, eight to a word, the missing ones zero.
    private struct Words: Equatable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    private static let mask = 511
    private let fold: UInt64
    private var entries: [Entry] = []
    /// Where in `entries` the token with a given hash is, counted from one; zero marks a free place.
    private var places = [UInt8](repeating: 0, count: mask + 1)

    /// Builds the table of `tokens`, each with the number it stands for.
    init(_ tokens: [(text: String, value: UInt8)], isCaseSensitive: Bool) {
        fold = isCaseSensitive ? 0 : 0x2020_2020_2020_2020
        for token in tokens {
            let text = Array(token.text.utf8)
            let words = Self.pack(text.span, 0..<text.count, fold: fold)
            var index = Self.hash(words, text.count)
            while places[index] != 0 { index = (index + 1) & Self.mask }
            entries.append(Entry(words: words, length: text.count, value: token.value))
            places[index] = UInt8(entries.count)
        }
    }

    /// The number of the token that stands at `range` of `bytes`.
    @inline(__always)
    func value(of bytes: Span<UInt8>, at range: Range<Int>) -> UInt8? {
        guard range.count <= 32, !range.isEmpty else { return nil }
        let words = Self.pack(bytes, range, fold: fold)
        var index = Self.hash(words, range.count)
        while places[index] != 0 {
            let place = Int(places[index]) &- 1
            if entries[place].words == words, entries[place].length == range.count {
                return entries[place].value
            }
            index = (index &+ 1) & Self.mask
        }
        return nil
    }

    @inline(__always)
    private static func hash(_ words: Words, _ length: Int) -> Int {
        let mixed =
            (words.first ^ (words.second &* 31) ^ (words.third &* 961) ^ UInt64(length))
            &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 52) & mask
    }

    @inline(__always)
    private static func pack(_ bytes: Span<UInt8>, _ range: Range<Int>, fold: UInt64) -> Words {
        var words = Words()
        let (start, end) = (range.lowerBound, range.upperBound)
        words.first = word(bytes, start, end, fold: fold)
        guard range.count > 8 else { return words }
        words.second = word(bytes, start &+ 8, end, fold: fold)
        guard range.count > 16 else { return words }
        words.third = word(bytes, start &+ 16, end, fold: fold)
        if range.count > 24 { words.fourth = word(bytes, start &+ 24, end, fold: fold) }
        return words
    }

    /// The up to eight bytes from `start` to `end`, folded, the missing ones zero.
    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, fold: UInt64) -> UInt64 {
        let length = end &- start
        if length >= 8 { return bytes.word(at: start) | fold }
        let mask = (1 as UInt64) << UInt64(truncatingIfNeeded: length &* 8) &- 1
        if start &+ 8 <= bytes.count { return (bytes.word(at: start) | fold) & mask }
        var word: UInt64 = 0
        var index = end
        while index > start {
            index &-= 1
            word = word << 8 | UInt64(bytes[index])
        }
        return (word | fold) & mask
    }
}
