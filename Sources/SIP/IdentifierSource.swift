/// Makes the identifiers that must be unique, and those that must be hard to guess.
///
/// Random from the system unless it is given a seed: then the same seed gives the same identifiers, for tests. It is
/// a random number generator itself, for jitter and choices.
package struct IdentifierSource: RandomNumberGenerator, Sendable {
    /// The state of a SplitMix64 generator; `nil` for the system's.
    private var state: UInt64?

    /// An unpredictable source.
    package init() {}

    /// A repeatable source.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        guard let state else { return UInt64.random(in: .min ... .max) }
        let advanced = state &+ 0x9E37_79B9_7F4A_7C15
        self.state = advanced
        var mixed = advanced
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Makes another source whose identifiers differ from those of this one.
    ///
    /// A copy of a seeded source would repeat them.
    package mutating func makeSource() -> IdentifierSource {
        state == nil ? IdentifierSource() : IdentifierSource(seed: next())
    }

    /// Makes a transaction identifier that begins with the magic cookie (RFC 3261 §8.1.1.7).
    package mutating func branch() -> String { Via.magicCookie + token(24) }

    /// Makes a `From` or `To` tag: 80 random bits, where 32 are asked for (RFC 3261 §19.3).
    package mutating func tag() -> String { token(16) }

    /// Makes a `Call-ID` that names no host, so that it gives no address away (RFC 3261 §8.1.1.4).
    package mutating func callID() -> String { token(26) }

    /// Makes a client nonce for digest authentication (RFC 7616 §3.4).
    package mutating func cnonce() -> String { token(26) }

    /// Makes the `Message-ID` of a message: 130 random bits, where 64 are asked for (RFC 5438 §6.3).
    package mutating func messageID() -> String { token(26) }

    /// Makes a random UUID (RFC 4122 §4.4), for `+sip.instance` (RFC 5626 §4.1).
    package mutating func uuid() -> String {
        let high = next() & ~0xF000 | 0x4000
        let low = next() & ~(0b11 << 62) | 0b10 << 62
        let digits = [high, low].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var rest = Substring(digits)
        return [8, 4, 4, 4, 12].map { count in
            defer { rest = rest.dropFirst(count) }
            return String(rest.prefix(count))
        }.joined(separator: "-")
    }

    /// Makes `count` characters of five random bits each, none of which is easily misread.
    private mutating func token(_ count: Int) -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        var (bits, available) = (UInt64(0), 0)
        let characters = (0..<count).map { _ in
            if available < 5 { (bits, available) = (next(), 64) }
            defer { (bits, available) = (bits >> 5, available - 5) }
            return alphabet[Int(bits & 31)]
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
