/// Base 64 with the standard alphabet and padding (RFC 4648 §4).
package enum Base64 {
    private static func character(_ value: UInt8) -> UInt8 {
        switch value & 63 {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    package static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var (buffer, bits): (UInt32, Int) = (0, 0)
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                result.append(character(UInt8(buffer >> UInt32(bits) & 63)))
            }
            buffer &= (1 << UInt32(bits)) - 1
        }
        if bits > 0 { result.append(character(UInt8(buffer << UInt32(6 - bits) & 63))) }
        while !result.count.isMultiple(of: 4) { result.append(UInt8(ascii: "=")) }
        return String(decoding: result, as: UTF8.self)
    }

    /// Reads base 64; the padding may be missing, as it is in some nonces.
    ///
    /// - Returns: The bytes, or `nil` if another character is among the digits or the count cannot be right.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        var digits = text
        var padding = 0
        while digits.last == UInt8(ascii: "="), padding < 2 {
            digits.removeLast()
            padding += 1
        }
        guard digits.count % 4 != 1, padding == 0 || (digits.count + padding).isMultiple(of: 4) else {
            return nil
        }
        var result: [UInt8] = []
        result.reserveCapacity(digits.count * 3 / 4)
        var (buffer, bits): (UInt32, Int) = (0, 0)
        for digit in digits {
            guard let value = value(digit) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            result.append(UInt8(buffer >> UInt32(bits) & 255))
            buffer &= (1 << UInt32(bits)) - 1
        }
        return result
    }

    package static func decode(_ text: some StringProtocol) -> [UInt8]? { decode(Array(text.utf8)) }

    package static func decode(_ text: ByteString) -> [UInt8]? { decode(text.bytes) }
}
