/// A set of characters, one or more of the classes that protocol grammars name.
///
/// Every byte has a word of class bits in one table, so that membership is one load and one test.
@usableFromInline
package struct ByteSet: OptionSet, Sendable {
    @usableFromInline
    package let rawValue: UInt32

    @inlinable
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package func contains(_ byte: UInt8) -> Bool { CharacterTable.classes[Int(byte)] & rawValue != 0 }
}

/// The class bits of each byte.
///
/// Spelled out, because a table that is computed would be looked up behind a lock at every run; the tests hold it
/// against the characters of the grammar.
private enum CharacterTable {
    static let classes: InlineArray<256, UInt32> = [
        0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000,
        0x000000, 0x180000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000,
        0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000,
        0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000, 0x000000,
        0x180000, 0x138FFC, 0x000008, 0x140000, 0x120FF0, 0x138FFC, 0x120FF0, 0x138FFC,
        0x160FF8, 0x160FF8, 0x178FFC, 0x179FFC, 0x100470, 0x17BFFC, 0x17FFFC, 0x130FD8,
        0x17FFFF, 0x17FFFF, 0x17FFFF, 0x17FFFF, 0x17FFFF, 0x17FFFF, 0x17FFFF, 0x17FFFF,
        0x17FFFF, 0x17FFFF, 0x13CFC8, 0x100450, 0x100008, 0x110EF0, 0x100008, 0x100658,
        0x100C00, 0x17FFFE, 0x17FFFE, 0x17FFFE, 0x17FFFE, 0x17FFFE, 0x17FFFE, 0x13BFFC,
        0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC,
        0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC,
        0x13BFFC, 0x13BFFC, 0x13BFFC, 0x128F08, 0x000008, 0x128F08, 0x100000, 0x13AFFC,
        0x13800C, 0x17FFFE, 0x17FFFE, 0x17FFFE, 0x17FFFE, 0x17FFFE, 0x17FFFE, 0x13BFFC,
        0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC,
        0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC, 0x13BFFC,
        0x13BFFC, 0x13BFFC, 0x13BFFC, 0x100008, 0x100000, 0x100008, 0x138FFC, 0x000000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
        0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000, 0x300000,
    ]
}

// The classes, most of them of RFC 3261 §25.1.
extension ByteSet {
    /// `DIGIT`.
    @inlinable
    package static var digit: ByteSet { ByteSet(rawValue: 1 << 0) }

    /// `HEXDIG`, in either case.
    @inlinable
    package static var hexadecimal: ByteSet { ByteSet(rawValue: 1 << 1) }

    /// The characters of `token`.
    @inlinable
    package static var token: ByteSet { ByteSet(rawValue: 1 << 2) }

    /// The characters of `word`, which a `Call-ID` is made of.
    @inlinable
    package static var word: ByteSet { ByteSet(rawValue: 1 << 3) }

    /// The characters of `user`, the percent sign of an escape among them, as in every set of URI characters.
    @inlinable
    package static var uriUser: ByteSet { ByteSet(rawValue: 1 << 4) }

    /// The characters of `password`.
    @inlinable
    package static var uriPassword: ByteSet { ByteSet(rawValue: 1 << 5) }

    /// The characters before the `@` of a SIP URI: those of `user`, and the colon of a password.
    @inlinable
    package static var uriUserInformation: ByteSet { ByteSet(rawValue: 1 << 6) }

    /// The same without those that end a URI that no angle brackets enclose (RFC 3261 §20.10).
    @inlinable
    package static var bareURIUserInformation: ByteSet { ByteSet(rawValue: 1 << 7) }

    /// The characters of `paramchar`.
    @inlinable
    package static var uriParameter: ByteSet { ByteSet(rawValue: 1 << 8) }

    /// The characters of `hname`, `hvalue` and the signs between them.
    @inlinable
    package static var uriHeader: ByteSet { ByteSet(rawValue: 1 << 9) }

    /// The characters of any URI: `reserved`, `unreserved`, and the brackets of an IPv6 reference.
    @inlinable
    package static var uri: ByteSet { ByteSet(rawValue: 1 << 10) }

    /// The same without those that end a URI that no angle brackets enclose (RFC 3261 §20.10).
    @inlinable
    package static var bareURI: ByteSet { ByteSet(rawValue: 1 << 11) }

    /// The characters of a URI's `scheme`.
    @inlinable
    package static var uriScheme: ByteSet { ByteSet(rawValue: 1 << 12) }

    /// The characters of `hostname` and `IPv4address`, and the underscore that names in the field carry.
    @inlinable
    package static var hostName: ByteSet { ByteSet(rawValue: 1 << 13) }

    /// The characters of `IPv6address`.
    @inlinable
    package static var addressReference: ByteSet { ByteSet(rawValue: 1 << 14) }

    /// The characters of a `gen-value` that is not quoted: a token or a host, bracketed or not (RFC 5118 §4.5).
    @inlinable
    package static var genericValue: ByteSet { ByteSet(rawValue: 1 << 15) }

    /// The characters of an `auth-param` that is not quoted: a token, or base64 and addresses that should be quoted.
    @inlinable
    package static var credentialValue: ByteSet { ByteSet(rawValue: 1 << 16) }

    /// The characters of the name of a parameter, of a header field or of a URI.
    @inlinable
    package static var parameterName: ByteSet { ByteSet(rawValue: 1 << 17) }

    /// The characters of a telephone number with its visual separators (RFC 3966 §3).
    @inlinable
    package static var telephone: ByteSet { ByteSet(rawValue: 1 << 18) }

    /// Space and tab.
    @inlinable
    package static var linearSpace: ByteSet { ByteSet(rawValue: 1 << 19) }

    /// What stands in a `quoted-string` without a backslash.
    @inlinable
    package static var quotable: ByteSet { ByteSet(rawValue: 1 << 20) }

    /// Every byte above 127.
    @inlinable
    package static var nonASCII: ByteSet { ByteSet(rawValue: 1 << 21) }
}

extension Span where Element == UInt8 {
    /// The offset of the first byte at or after `start` that is no member of `set`.
    @usableFromInline
    package func endOfRun(of set: ByteSet, from start: Int) -> Int {
        var index = Swift.max(start, 0)
        while index < count, CharacterTable.classes[Int(self[index])] & set.rawValue != 0 { index &+= 1 }
        return index
    }
}
