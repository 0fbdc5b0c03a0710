package import Wire

/// The identifier of one of our transactions: 64 random bits (RFC 4975 §7.1), which also frame its chunk.
package struct TransactionID: Hashable, Sendable {
    package let value: UInt64

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let length = 13

    package init(value: UInt64) { self.value = value }

    /// Chooses an identifier whose end-line is not in `body` (RFC 4975 §7.1).
    package init(for body: ByteString, using generator: inout some RandomNumberGenerator) {
        var chosen = TransactionID(value: generator.next())
        while body.span.containsEndLine(of: chosen.text.span) {
            chosen = TransactionID(value: generator.next())
        }
        self = chosen
    }

    /// Reads what `text` wrote.
    ///
    /// - Returns: `nil` for every other identifier: it is none of ours.
    package init?(_ text: ByteString) {
        guard text.count == Self.length else { return nil }
        var value: UInt64 = 0
        for byte in text.bytes {
            guard let digit = Self.alphabet.firstIndex(of: byte) else { return nil }
            value = value << 5 | UInt64(digit)
        }
        self.value = value
        guard self.text == text else { return nil }
    }

    package var text: ByteString {
        ByteString((0..<Self.length).reversed().map { Self.alphabet[Int(value >> (5 * UInt64($0)) & 31)] })
    }
}

extension Span where Element == UInt8 {
    /// Whether seven hyphens and the identifier stand anywhere; no line end is asked for before them.
    func containsEndLine(of identifier: Span<UInt8>) -> Bool {
        let (hyphen, stride) = (UInt8(ascii: "-"), 7)
        var index = stride - 1
        while index < count {
            guard self[index] == hyphen else {
                index &+= stride
                continue
            }
            // The run around the byte; the identifier begins where it ends.
            var (start, end) = (index, index + 1)
            while start > 0, self[start - 1] == hyphen { start -= 1 }
            while end < count, self[end] == hyphen { end += 1 }
            if end - start >= stride, matches(identifier, at: end) { return true }
            index = end + stride - 1
        }
        return false
    }

    private func matches(_ other: Span<UInt8>, at start: Int) -> Bool {
        guard start + other.count <= count else { return false }
        for index in other.indices where self[start + index] != other[index] { return false }
        return true
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
