/// The escape sequences of CPIM header values (RFC 3862 §2.3).
enum CPIMEscape {
    /// Writes backslashes, control characters and, where one delimits the string, `quote` as escape sequences.
    ///
    /// What is written has neither CR nor LF nor NUL, so that it cannot end its header.
    static func escaped(_ text: String, within quote: Unicode.Scalar? = nil) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\u{8}": result.append(contentsOf: "\\b".unicodeScalars)
            case "\t": result.append(contentsOf: "\\t".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            case "\0"..<" ", "\u{7F}":
                let byte = UInt8(truncatingIfNeeded: scalar.value)
                result.append(contentsOf: "\\u00\(Hexadecimal.encode([byte]))".unicodeScalars)
            default:
                if scalar == quote { result.append("\\") }
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// Reads a value with escape sequences.
    ///
    /// An unknown sequence is the character after the backslash, and a backslash at the end is nothing (§2.3.1).
    static func unescaped(_ value: ByteString) -> String {
        guard value.firstIndex(of: UInt8(ascii: "\\")) != nil else { return value.text }
        var result: [UInt8] = []
        result.reserveCapacity(value.count)
        var scanner = ByteScanner(value.span)
        while let byte = scanner.read() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard let code = scanner.read() else { break }
            switch code {
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "n"): result.append(.lineFeed)
            case UInt8(ascii: "r"): result.append(.carriageReturn)
            case UInt8(ascii: "u"): appendCharacter(from: &scanner, to: &result)
            default: result.append(code)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Reads what follows `\u`; two sequences that are a surrogate pair are one character.
    private static func appendCharacter(from scanner: inout ByteScanner, to result: inout [UInt8]) {
        let start = scanner.position
        guard let unit = codeUnit(from: &scanner) else {
            scanner.rewind(to: start)
            return result.append(UInt8(ascii: "u"))
        }
        var units = [unit]
        let afterFirst = scanner.position
        if UTF16.isLeadSurrogate(unit) {
            if scanner.skip(UInt8(ascii: "\\")), scanner.skip(UInt8(ascii: "u")),
                let trail = codeUnit(from: &scanner), UTF16.isTrailSurrogate(trail)
            {
                units.append(trail)
            } else {
                scanner.rewind(to: afterFirst)
            }
        }
        result.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
    }

    private static func codeUnit(from scanner: inout ByteScanner) -> UInt16? {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = scanner.read()?.hexadecimalValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
