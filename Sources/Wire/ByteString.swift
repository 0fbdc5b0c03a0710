/// An immutable run of bytes that shares its storage with the message it was cut from.
///
/// Cutting a piece out of a received message copies nothing; text is made of it only on demand.
package struct ByteString: Sendable {
    private let storage: [UInt8]
    private let lower: UInt32
    private let upper: UInt32

    /// Wraps all of `bytes`.
    package init(_ bytes: [UInt8]) {
        precondition(bytes.count <= Int(UInt32.max), "a message never reaches 4 GiB")
        self.init(storage: bytes, lower: 0, upper: UInt32(bytes.count))
    }

    package init(_ text: some StringProtocol) { self.init(Array(text.utf8)) }

    private init(storage: [UInt8], lower: UInt32, upper: UInt32) {
        (self.storage, self.lower, self.upper) = (storage, lower, upper)
    }

    package static let empty = ByteString([])

    package var count: Int { Int(upper - lower) }
    package var isEmpty: Bool { lower == upper }

    /// The bytes, borrowed.
    package var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span.extracting(Int(lower)..<Int(upper)) }
    }

    package subscript(index: Int) -> UInt8 { storage[Int(lower) + index] }

    /// The piece at `range`, which counts from the start of this string; no bytes are copied.
    package subscript(range: Range<Int>) -> ByteString {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the string")
        return ByteString(
            storage: storage,
            lower: lower + UInt32(range.lowerBound),
            upper: lower + UInt32(range.upperBound)
        )
    }

    /// A copy of the bytes.
    package var bytes: [UInt8] { Array(storage[Int(lower)..<Int(upper)]) }

    /// The bytes as text, every sequence that is not UTF-8 replaced by U+FFFD.
    package var text: String { String(decoding: storage[Int(lower)..<Int(upper)], as: UTF8.self) }
}
