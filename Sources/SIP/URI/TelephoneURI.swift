package import Wire

/// A `tel:` URI (RFC 3966).
package struct TelephoneURI: Sendable {
    package let text: ByteString
    private let numberEnd: UInt32

    /// The number as written, visual separators included.
    package var number: ByteString { text[4..<Int(numberEnd)] }

    package var parameters: Parameters { Parameters(validated: text[Int(numberEnd)...], hasEscapes: true) }

    /// Whether the number begins with `+` and so means the same everywhere (RFC 3966 §5.1.4).
    package var isGlobal: Bool { number.first == UInt8(ascii: "+") }

    /// The number without visual separators, in small letters (RFC 3966 §4).
    package var digits: String { Self.digits(of: number) }

    private static func digits(of number: ByteString) -> String {
        String(decoding: number.bytes.filter { !isVisualSeparator($0) }.map(\.lowercased), as: UTF8.self)
    }

    private static func isVisualSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"): true
        default: false
        }
    }

    /// Reads what follows the scheme.
    init(
        _ value: ByteString,
        _ scanner: inout ByteScanner,
        from start: Int,
        isEnclosed: Bool
    ) throws(SIPParseError) {
        let number = scanner.run(of: .telephone)
        guard Self.isNumber(value[number]) else { throw SIPParseError(.uri, at: number.lowerBound) }
        let parameters = isEnclosed ? try scanner.uriParameters() : scanner.position..<scanner.position
        text = value[start..<parameters.upperBound]
        numberEnd = UInt32(truncatingIfNeeded: number.upperBound - start)
    }

    /// A global number is a `+` and decimal digits; a local one may have `*`, `#` and the hexadecimal letters too.
    private static func isNumber(_ number: ByteString) -> Bool {
        var digits = 0
        for (index, byte) in number.bytes.enumerated() {
            if byte == UInt8(ascii: "+") {
                guard index == 0 else { return false }
            } else if !isVisualSeparator(byte) {
                guard byte.isDigit || number[0] != UInt8(ascii: "+") else { return false }
                digits += 1
            }
        }
        return digits > 0
    }

    /// Whether the two URIs are equal by the rules of RFC 3966 §4.
    ///
    /// Separators do not count, nor does case, nor the order of parameters; all parameters must be the same.
    package func isEquivalent(to other: TelephoneURI) -> Bool {
        guard isGlobal == other.isGlobal, digits == other.digits else { return false }
        let (left, right) = (normalizedParameters, other.normalizedParameters)
        return left == right
    }

    private var normalizedParameters: [ByteString: ByteString] {
        var result: [ByteString: ByteString] = [:]
        for element in parameters {
            let value = element.rawValue?.percentDecoded.lowercased ?? .empty
            let isNumber = element.name.equalsIgnoringCase("ext") || value.first == UInt8(ascii: "+")
            result[element.name.lowercased] = isNumber ? ByteString(Self.digits(of: value)) : value
        }
        return result
    }
}

extension TelephoneURI: Hashable, CustomStringConvertible {
    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.text == rhs.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    package var description: String { text.text }
}
