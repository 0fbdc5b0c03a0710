package import Wire

/// A `hash` selector: what the bytes of the whole file come to (RFC 5547 §6).
package struct FileHash: Hashable, Sendable {
    /// The functions that are known; SHA-1 is the one every end must know (RFC 5547 §6).
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        // In the order of trust.
        case sha256 = "sha-256"
        case sha1 = "sha-1"

        package var length: Int {
            switch self {
            case .sha1: 20
            case .sha256: 32
            }
        }
    }

    package var algorithm: Algorithm
    package var bytes: [UInt8]

    package init(_ algorithm: Algorithm, _ bytes: [UInt8]) {
        (self.algorithm, self.bytes) = (algorithm, bytes)
    }

    /// Reads `sha-1:72:24:5F…`; neither case nor missing colons count.
    ///
    /// - Returns: `nil` if the function is unknown, or the digits are not as many as it gives.
    package init?(parsing value: ByteString) {
        guard let colon = value.firstIndex(of: UInt8(ascii: ":")),
            let algorithm = Algorithm(rawValue: value[0..<colon].lowercased.text)
        else { return nil }
        let digits = value[(colon + 1)...].bytes.filter { $0 != UInt8(ascii: ":") && !$0.isLinearSpace }
        guard let bytes = Hexadecimal.decode(digits), bytes.count == algorithm.length else { return nil }
        self.init(algorithm, bytes)
    }

    /// The value of the selector: each byte in capitals, colons between them.
    package var value: ByteString {
        var writer = ByteWriter(capacity: 8 + bytes.count * 3)
        writer.append(algorithm.rawValue)
        for byte in bytes {
            writer.append(UInt8(ascii: ":"))
            writer.append(UInt8.hexadecimalDigit(byte >> 4, uppercase: true))
            writer.append(UInt8.hexadecimalDigit(byte, uppercase: true))
        }
        return writer.string
    }
}
