/// What the first bytes of a picture say of it, before anything is decoded.
package struct PictureHeader: Hashable, Sendable {
    package enum Format: String, Hashable, Sendable, CaseIterable {
        case png, jpeg, gif, webp, bmp

        /// The media type (RFC 2046 §4.2).
        package var mediaType: String { "image/" + rawValue }
    }

    package var format: Format
    package var width: Int
    package var height: Int

    /// How many pixels are decoded at most: a photograph of the largest cameras, and no bomb.
    package static let pixelLimit = 64_000_000
    /// How far into a JPEG its frame header is looked for, behind profiles and thumbnails.
    private static let searchLimit = 1 << 20

    /// Reads the header; `nil` if the bytes are none of the formats, or too few of one.
    package init?(_ bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            guard bytes.count >= 24 else { return nil }
            self.init(.png, bytes.bigEndian(at: 16, 4), bytes.bigEndian(at: 20, 4))
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            guard let size = Self.jpegSize(bytes) else { return nil }
            self.init(.jpeg, size.width, size.height)
        } else if bytes.starts(with: Array("GIF87a".utf8)) || bytes.starts(with: Array("GIF89a".utf8)) {
            guard bytes.count >= 10 else { return nil }
            self.init(.gif, bytes.littleEndian(at: 6, 2), bytes.littleEndian(at: 8, 2))
        } else if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
        {
            guard let size = Self.webPSize(bytes) else { return nil }
            self.init(.webp, size.width, size.height)
        } else if bytes.starts(with: Array("BM".utf8)) {
            guard bytes.count >= 26 else { return nil }
            // A negative height means that the rows come from the top.
            let height = Int32(truncatingIfNeeded: bytes.littleEndian(at: 22, 4))
            self.init(.bmp, bytes.littleEndian(at: 18, 4), Int(height.magnitude))
        } else {
            return nil
        }
    }

    private init?(_ format: Format, _ width: Int, _ height: Int) {
        guard width > 0, height > 0 else { return nil }
        (self.format, self.width, self.height) = (format, width, height)
    }

    /// Whether it may be decoded.
    package var isWithinLimits: Bool {
        let product = width.multipliedReportingOverflow(by: height)
        return !product.overflow && product.partialValue <= Self.pixelLimit
    }

    /// Walks the segments up to the frame header, SOF0 to SOF15 but for DHT, JPG and DAC (ITU-T T.81 §B.1.1.3).
    private static func jpegSize(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        var position = 2
        while position + 9 < min(bytes.count, searchLimit) {
            guard bytes[position] == 0xFF else { return nil }
            let marker = bytes[position + 1]
            if marker == 0xFF {
                position += 1
            } else if 0xC0...0xCF ~= marker, ![0xC4, 0xC8, 0xCC].contains(marker) {
                return (bytes.bigEndian(at: position + 7, 2), bytes.bigEndian(at: position + 5, 2))
            } else {
                position += 2 + bytes.bigEndian(at: position + 2, 2)
            }
        }
        return nil
    }

    /// Reads the first chunk: lossy, lossless or extended (RFC 9649 §2).
    private static func webPSize(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        guard bytes.count >= 30 else { return nil }
        switch Array(bytes[12..<16]) {
        case Array("VP8 ".utf8):
            return (bytes.littleEndian(at: 26, 2) & 0x3FFF, bytes.littleEndian(at: 28, 2) & 0x3FFF)
        case Array("VP8L".utf8):
            let bits = bytes.littleEndian(at: 21, 4)
            return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case Array("VP8X".utf8):
            return (bytes.littleEndian(at: 24, 3) + 1, bytes.littleEndian(at: 27, 3) + 1)
        default: return nil
        }
    }
}

extension [UInt8] {
    fileprivate func bigEndian(at offset: Int, _ count: Int) -> Int {
        self[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
    }

    fileprivate func littleEndian(at offset: Int, _ count: Int) -> Int {
        self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
