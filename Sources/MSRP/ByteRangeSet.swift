/// Which bytes of a message something is known of: ranges that neither touch nor overlap, in order.
struct ByteRangeSet: Sendable {
    /// A peer that reports single bytes here and there is not followed for ever.
    private static let mostRanges = 2_048

    private(set) var ranges: [Range<UInt64>] = []

    /// Adds a range, joined with those it touches.
    mutating func insert(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        if ranges.count == 1, ranges[0].upperBound == range.lowerBound {
            ranges[0] = ranges[0].lowerBound..<range.upperBound
            return
        }
        var joined = range
        ranges.removeAll { other in
            guard other.lowerBound <= joined.upperBound, joined.lowerBound <= other.upperBound else {
                return false
            }
            joined = min(joined.lowerBound, other.lowerBound)..<max(joined.upperBound, other.upperBound)
            return true
        }
        guard ranges.count < Self.mostRanges else { return }
        let place = ranges.firstIndex { $0.lowerBound > joined.lowerBound } ?? ranges.count
        ranges.insert(joined, at: place)
    }

    /// How many bytes from the first on are all in the set.
    var prefix: UInt64 {
        guard let first = ranges.first, first.lowerBound == 0 else { return 0 }
        return first.upperBound
    }
}
