/// Finds what someone meant who mistyped a word.
package enum Spelling {
    /// The candidate nearest to `word`, or `nil` when none is near enough to suggest.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let word = word.lowercased()
        let scored = candidates.map { (candidate: $0, distance: distance(word, $0.lowercased())) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        // A third of the letters wrong is a slip, more is another word.
        if best.distance <= max(1, min(word.count, best.candidate.count) / 3) { return best.candidate }
        let longer = candidates.filter { word.count >= 3 && $0.lowercased().hasPrefix(word) }
        return longer.count == 1 ? longer[0] : nil
    }

    /// How many letters must be put in, left out, replaced or swapped with their neighbour to make `second` of `first`.
    static func distance(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first.utf8.prefix(longest)), Array(second.utf8.prefix(longest)))
        var beforePrevious: [Int] = []
        var previous = Array(0...second.count)
        for (row, byte) in first.enumerated() {
            var current = [row + 1]
            for (column, other) in second.enumerated() {
                var best = min(
                    previous[column + 1] + 1,
                    current[column] + 1,
                    previous[column] + (byte == other ? 0 : 1)
                )
                if row > 0, column > 0, byte == second[column - 1], first[row - 1] == other {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[second.count]
    }

    /// No key or command is longer; the work grows with the square.
    private static let longest = 64
}
