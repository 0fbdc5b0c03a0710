package import Wire

/// The identifier of one of our transactions: 64 random bits (RFC 4975 §7.1), which also frame its chunk.
package struct TransactionID: Hashable, Sendable {
    package let value: UInt64

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    /// The number each digit stands for; above 31 for what is none.
    private static let numbers = (UInt8.min...UInt8.max).map { byte in
        alphabet.firstIndex(of: byte).map { UInt8($0) } ?? .max
    }
    static let length = 13

    package init(value: UInt64) { self.value = value }

    /// Chooses an identifier.
    package init(using generator: inout some RandomNumberGenerator) { value = generator.next() }

    /// Reads what `text` wrote.
    ///
    /// - Returns: `nil` for every other identifier: it is none of ours.
    package init?(_ text: ByteString) {
        guard text.count == Self.length else { return nil }
        self.init(text.span, at: 0)
    }

    /// Reads what `write` wrote, if it stands at `start`.
    init?(_ bytes: Span<UInt8>, at start: Int) {
        // Thirteen digits hold a bit more than there are.
        guard start + Self.length <= bytes.count, Self.numbers[Int(bytes[start])] < 16 else { return nil }
        var value: UInt64 = 0
        for index in start..<start + Self.length {
            let number = Self.numbers[Int(bytes[index])]
            guard number < 32 else { return nil }
            value = value << 5 | UInt64(number)
        }
        self.value = value
    }

    package var text: ByteString {
        var writer = ByteWriter(capacity: Self.length)
        write(to: &writer)
        return writer.string
    }

    func write(to writer: inout ByteWriter) {
        for place in 0..<Self.length { writer.append(digit(place)) }
    }

    private func digit(_ place: Int) -> UInt8 {
        Self.alphabet[Int(truncatingIfNeeded: value >> (5 * UInt64(Self.length - 1 - place)) & 31)]
    }
}

extension Span where Element == UInt8 {
    /// Whether seven hyphens and the identifier stand anywhere; no line end is asked for before them.
    func containsEndLine(of id: TransactionID) -> Bool {
        let hyphen = UInt8(ascii: "-")
        var index = hyphenPlace(from: 0)
        while index < count {
            // The run around the byte; the identifier begins where it ends.
            var (start, end) = (index, index + 1)
            while start > 0, self[start - 1] == hyphen { start -= 1 }
            while end < count, self[end] == hyphen { end += 1 }
            if end - start >= EndLine.hyphens, TransactionID(self, at: end) == id { return true }
            index = hyphenPlace(from: end)
        }
        return false
    }

    /// The first of the places `start`, `start + 4`, `start + 8` and so on where four hyphens stand; `count` if none is.
    ///
    /// Every run of seven hyphens (RFC 4975 §7.1) has such a place, and little else has: dates do not.
    func hyphenPlace(from start: Int) -> Int {
        let hyphens = SIMD4<UInt32>(repeating: 0x2D2D_2D2D)
        var index = start
        while index <= count &- 64 {
            // Behind one comparison of the bounds; the compiler makes vectors of them.
            let block = extracting(index..<index &+ 64)
            let hits =
                (block.quad(at: 0) .== hyphens) .| (block.quad(at: 16) .== hyphens)
                .| (block.quad(at: 32) .== hyphens) .| (block.quad(at: 48) .== hyphens)
            if any(hits) { break }
            index &+= 64
        }
        while index <= count &- 4 {
            if half(at: index) == hyphens[0] { return index }
            index &+= 4
        }
        return count
    }

    @inline(__always)
    private func quad(at index: Int) -> SIMD4<UInt32> {
        SIMD4(half(at: index), half(at: index &+ 4), half(at: index &+ 8), half(at: index &+ 12))
    }

    @inline(__always)
    private func half(at index: Int) -> UInt32 {
        UInt32(self[index]) | UInt32(self[index &+ 1]) << 8 | UInt32(self[index &+ 2]) << 16
            | UInt32(self[index &+ 3]) << 24
    }
}

/// Makes session ids and message ids out of random numbers.
package enum RandomIdentifier {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Makes a session id that nobody guesses: 119 random bits, where 80 are asked for (RFC 4975 §14.1).
    package static func sessionID(using generator: inout some RandomNumberGenerator) -> String {
        text(20, using: &generator)
    }

    /// Makes a `Message-ID` that no other endpoint makes (RFC 4975 §7.1.1): 95 random bits.
    package static func messageID(using generator: inout some RandomNumberGenerator) -> ByteString {
        ByteString(text(16, using: &generator))
    }

    private static func text(_ count: Int, using generator: inout some RandomNumberGenerator) -> String {
        let characters = (0..<count).map { _ in
            alphabet[Int(UInt64.random(in: 0..<UInt64(alphabet.count), using: &generator))]
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
