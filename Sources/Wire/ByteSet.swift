/// A set of ASCII characters that answers in a few instructions.
@usableFromInline
package struct ByteSet: Sendable {
    @usableFromInline
    internal let low: UInt64
    @usableFromInline
    internal let high: UInt64

    /// The set whose members below 64 are the bits of `low`, and those from 64 to 127 the bits of `high`.
    @inlinable
    package init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    @inlinable
    @inline(__always)
    package func contains(_ byte: UInt8) -> Bool {
        let half = byte < 64 ? low : byte < 128 ? high : 0
        return half &>> UInt64(byte & 63) & 1 != 0
    }
}

// The classes of RFC 3261 §25.1. The masks are spelled out so that the compiler sees constants; the tests hold them
// against the characters of the grammar.
extension ByteSet {
    /// `DIGIT`.
    @inlinable
    package static var digit: ByteSet { ByteSet(low: 0x03FF_0000_0000_0000, high: 0) }

    /// `HEXDIG`, in either case.
    @inlinable
    package static var hexadecimal: ByteSet {
        ByteSet(low: 0x03FF_0000_0000_0000, high: 0x0000_007E_0000_007E)
    }

    /// The characters of `token`.
    @inlinable
    package static var token: ByteSet { ByteSet(low: 0x03FF_6CA2_0000_0000, high: 0x47FF_FFFF_87FF_FFFE) }

    /// The characters of `word`, which a `Call-ID` is made of.
    @inlinable
    package static var word: ByteSet { ByteSet(low: 0xD7FF_EFA6_0000_0000, high: 0x6FFF_FFFF_BFFF_FFFE) }

    /// The characters of `user`, the percent sign of an escape among them.
    @inlinable
    package static var uriUser: ByteSet { ByteSet(low: 0xABFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }

    /// The characters of `password`, the percent sign of an escape among them.
    @inlinable
    package static var uriPassword: ByteSet {
        ByteSet(low: 0x23FF_7FF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    }

    /// The characters of `paramchar`, the percent sign of an escape among them.
    @inlinable
    package static var uriParameter: ByteSet {
        ByteSet(low: 0x07FF_EFF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE)
    }

    /// The characters of `hname`, `hvalue` and the signs between them, the percent sign of an escape among them.
    @inlinable
    package static var uriHeader: ByteSet { ByteSet(low: 0xA7FF_EFF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE) }

    /// The characters of any URI: `reserved`, `unreserved`, `escaped`, and the brackets of an IPv6 reference.
    @inlinable
    package static var uri: ByteSet { ByteSet(low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF) }

    /// The characters of a URI's `scheme`.
    @inlinable
    package static var uriScheme: ByteSet { ByteSet(low: 0x03FF_6800_0000_0000, high: 0x07FF_FFFE_07FF_FFFE) }

    /// The characters of `hostname` and `IPv4address`, and the underscore that names in the field carry.
    @inlinable
    package static var hostName: ByteSet { ByteSet(low: 0x03FF_6000_0000_0000, high: 0x07FF_FFFE_87FF_FFFE) }

    /// The characters of `IPv6address`.
    @inlinable
    package static var addressReference: ByteSet {
        ByteSet(low: 0x07FF_4000_0000_0000, high: 0x0000_007E_0000_007E)
    }

    /// The characters of a `gen-value` that is not quoted: a token or a host, bracketed or not (RFC 5118 §4.5).
    @inlinable
    package static var genericValue: ByteSet {
        ByteSet(low: 0x07FF_6CA2_0000_0000, high: 0x47FF_FFFF_AFFF_FFFE)
    }

    /// The characters of an `auth-param` that is not quoted: a token, or base64 and addresses that should be quoted.
    @inlinable
    package static var credentialValue: ByteSet {
        ByteSet(low: 0x27FF_ECA2_0000_0000, high: 0x47FF_FFFF_87FF_FFFE)
    }

    /// The characters of a telephone number with its visual separators (RFC 3966 §3).
    @inlinable
    package static var telephone: ByteSet { ByteSet(low: 0x03FF_6F08_0000_0000, high: 0x0000_007E_0000_007E) }
}
