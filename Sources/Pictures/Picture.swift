internal import CPictures

/// Why there is no picture.
package enum PictureError: Error, Hashable, Sendable {
    /// libgd or libchafa is not installed.
    case noLibrary
    /// None of the formats that are read.
    case unknownFormat
    case tooLarge(width: Int, height: Int)
    /// It begins like a picture and is none.
    case broken
}

/// A decoded picture, no larger than was asked for.
///
/// libgd decodes; what it is given is bounded beforehand by what the header says.
package struct Picture: Sendable {
    package let width: Int
    package let height: Int
    /// Red, green, blue and opacity of each pixel, row by row from the top.
    package let pixels: [UInt8]

    /// Decodes a picture, and shrinks it if it is larger than `extent` on a side; it is never enlarged.
    package init(decoding bytes: [UInt8], extent: Int) throws(PictureError) {
        self = try Canvas.decode(bytes, extent: extent) { Picture($0) }
    }

    private init(_ canvas: Canvas) {
        (width, height) = (canvas.width, canvas.height)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 4)
        for row in 0..<height {
            for column in 0..<width { pixels += canvas.pixel(column, row) }
        }
        self.pixels = pixels
    }
}

/// A small picture that stands for a large one, such as the icon of an offered file (RFC 5547 §7).
package struct Thumbnail: Sendable {
    /// A JPEG file.
    package let bytes: [UInt8]

    /// How large it may be in bytes.
    package static let limit = 5_120
    private static let extents = [160, 120, 96, 64, 48, 32]
    private static let qualities: [Int32] = [80, 60, 40]

    /// Shrinks a picture until it fits: at first it loses fineness, then size.
    ///
    /// - Parameter picture: A file of any of the formats.
    /// - Throws: `PictureError`.
    package init(of picture: [UInt8]) throws(PictureError) {
        for extent in Self.extents {
            let found = try Canvas.decode(picture, extent: extent) { canvas in
                Self.qualities.lazy.compactMap { canvas.jpeg(quality: $0) }.first { $0.count <= Self.limit }
            }
            if let found {
                bytes = found
                return
            }
        }
        throw .broken
    }
}

/// An image of libgd, valid within the closure it is handed to.
@safe struct Canvas {
    private let library: cpictures_gd
    private let image: OpaquePointer
    let width: Int
    let height: Int

    /// libgd, or `nil` if it cannot be loaded.
    private static let library: cpictures_gd? = {
        guard let library = unsafe cpictures_load_gd() else { return nil }
        return unsafe library.pointee
    }()

    static func decode<Result>(
        _ bytes: [UInt8],
        extent: Int,
        _ body: (Canvas) -> Result
    ) throws(PictureError) -> Result {
        guard let header = PictureHeader(bytes), let count = Int32(exactly: bytes.count) else {
            throw .unknownFormat
        }
        guard header.isWithinLimits else { throw .tooLarge(width: header.width, height: header.height) }
        guard let library else { throw .noLibrary }
        // libgd reads the bytes and keeps none of them.
        var bytes = bytes
        let decoded = unsafe bytes.withUnsafeMutableBytes { buffer -> OpaquePointer? in
            guard let start = buffer.baseAddress else { return nil }
            return switch header.format {
            case .png: unsafe library.fromPNG(count, start)
            case .jpeg: unsafe library.fromJPEG(count, start)
            case .gif: unsafe library.fromGIF(count, start)
            case .webp: unsafe library.fromWebP(count, start)
            case .bmp: unsafe library.fromBMP(count, start)
            }
        }
        guard let decoded = unsafe decoded else { throw .broken }
        defer { unsafe library.destroy(decoded) }
        let scale = min(1, Double(extent) / Double(max(header.width, header.height)))
        let width = max(1, Int(Double(header.width) * scale))
        let height = max(1, Int(Double(header.height) * scale))
        guard let small = unsafe library.createTrueColor(Int32(width), Int32(height)) else { throw .broken }
        defer { unsafe library.destroy(small) }
        // What is transparent shows white behind it, as on paper.
        let white: Int32 = 0xFF_FFFF
        unsafe library.filledRectangle(small, 0, 0, Int32(width), Int32(height), white)
        unsafe library.copyResampled(
            small,
            decoded,
            0,
            0,
            0,
            0,
            Int32(width),
            Int32(height),
            Int32(header.width),
            Int32(header.height)
        )
        return body(unsafe Canvas(library: library, image: small, width: width, height: height))
    }

    func pixel(_ column: Int, _ row: Int) -> [UInt8] {
        let value = unsafe library.trueColorPixel(image, Int32(column), Int32(row))
        return [UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF), 0xFF]
    }

    func jpeg(quality: Int32) -> [UInt8]? {
        var size: Int32 = 0
        guard let memory = unsafe library.jpeg(image, &size, quality) else { return nil }
        defer { unsafe library.release(memory) }
        return unsafe Array(UnsafeRawBufferPointer(start: memory, count: Int(size)))
    }
}
