// The scans that look at eight bytes at a time. The eight reads of `word(at:)` stand behind one comparison of the
// bounds, so the compiler makes a single load of them: nothing here needs an unsafe pointer.

extension Span where Element == UInt8 {
    /// The eight bytes at `index`, the first one in the lowest bits; zero if there are not so many.
    @inlinable
    @inline(__always)
    package func word(at index: Int) -> UInt64 {
        guard index >= 0, index <= count &- 8 else { return 0 }
        return UInt64(self[index]) | UInt64(self[index &+ 1]) << 8 | UInt64(self[index &+ 2]) << 16
            | UInt64(self[index &+ 3]) << 24 | UInt64(self[index &+ 4]) << 32 | UInt64(self[index &+ 5]) << 40
            | UInt64(self[index &+ 6]) << 48 | UInt64(self[index &+ 7]) << 56
    }

    /// The offset of the first `byte` at or after `start`; `count` if there is none.
    @inlinable
    package func firstIndex(of byte: UInt8, from start: Int) -> Int {
        let pattern = UInt64(repeating: byte)
        var index = start
        while index &+ 8 <= count {
            let hits = (word(at: index) ^ pattern).zeroByteMarks
            if hits != 0 { return index &+ hits.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < count, self[index] != byte { index &+= 1 }
        return Swift.min(index, count)
    }

    /// The offset of the first CR or LF at or after `start`; `count` if there is none.
    package func firstLineBreak(from start: Int) -> Int {
        let (returns, feeds) = (UInt64(repeating: UInt8.carriageReturn), UInt64(repeating: UInt8.lineFeed))
        var index = Swift.max(start, 0)
        while index <= count &- 8 {
            let word = word(at: index)
            // Most words hold no byte below 16, and one test tells.
            if word.hasByteBelow16 {
                let hits = (word ^ returns).zeroByteMarks | (word ^ feeds).zeroByteMarks
                if hits != 0 { return index &+ hits.trailingZeroBitCount >> 3 }
            }
            index &+= 8
        }
        while index < count, self[index] != .carriageReturn, self[index] != .lineFeed { index &+= 1 }
        return Swift.min(index, count)
    }

    /// Whether the bytes are `text` when ASCII letters are compared without regard to case.
    @inlinable
    package func equalsIgnoringCase(_ text: String) -> Bool {
        let other = text.utf8Span.span
        guard other.count == count else { return false }
        for index in 0..<count {
            guard self[index].lowercased == other[index].lowercased else { return false }
        }
        return true
    }
}

extension UInt64 {
    @inlinable
    @inline(__always)
    internal init(repeating byte: UInt8) { self = UInt64(byte) &* 0x0101_0101_0101_0101 }

    @inline(__always)
    fileprivate var hasByteBelow16: Bool {
        (self &- 0x1010_1010_1010_1010) & ~self & 0x8080_8080_8080_8080 != 0
    }

    /// A mark in the top bit of each byte that is zero; marks above the lowest one may be wrong.
    @inlinable
    @inline(__always)
    internal var zeroByteMarks: UInt64 {
        (self &- 0x0101_0101_0101_0101) & ~self & 0x8080_8080_8080_8080
    }
}
