extension UInt8 {
    @inlinable
    package static var carriageReturn: UInt8 { 13 }
    @inlinable
    package static var lineFeed: UInt8 { 10 }

    /// `DIGIT` of RFC 3261 §25.1.
    @inlinable
    package var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// `LWS` of RFC 3261 §25.1, once folded lines are joined.
    @inlinable
    package var isLinearSpace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// `CTL` of RFC 3261 §25.1.
    @inlinable
    package var isControl: Bool { self < 32 || self == 127 }

    /// A character of `token`, RFC 3261 §25.1.
    package var isTokenCharacter: Bool { ByteSet.token.contains(self) }

    /// The small letter of an ASCII capital, and any other byte as it is.
    @inlinable
    package var lowercased: UInt8 { self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self }

    /// Whether the byte ends a header field when it stands inside one, or a string in some peer's code.
    @inlinable
    package var breaksField: Bool { self == .carriageReturn || self == .lineFeed || self == 0 }
}
