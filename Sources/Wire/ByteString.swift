/// An immutable run of bytes that shares its storage with the message it was cut from.
///
/// Cutting a piece out of a received message copies nothing; text is made of it only on demand.
@usableFromInline
package struct ByteString: Sendable {
    @usableFromInline
    internal let storage: [UInt8]
    @usableFromInline
    internal let lower: UInt32
    @usableFromInline
    internal let upper: UInt32

    /// Wraps all of `bytes`.
    package init(_ bytes: [UInt8]) {
        precondition(bytes.count <= Int(UInt32.max), "a message never reaches 4 GiB")
        self.init(storage: bytes, lower: 0, upper: UInt32(truncatingIfNeeded: bytes.count))
    }

    package init(_ text: some StringProtocol) { self.init(Array(text.utf8)) }

    /// Copies the bytes that `span` borrows.
    package init(copying span: Span<UInt8>) {
        self.init(
            Array(capacity: span.count) { output in for index in span.indices { output.append(span[index]) } }
        )
    }

    @inlinable
    internal init(storage: [UInt8], lower: UInt32, upper: UInt32) {
        (self.storage, self.lower, self.upper) = (storage, lower, upper)
    }

    package static let empty = ByteString([])

    @inlinable
    package var count: Int { Int(truncatingIfNeeded: upper &- lower) }
    @inlinable
    package var isEmpty: Bool { lower == upper }

    /// The bytes, borrowed.
    @inlinable
    @inline(__always)
    package var span: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span.extracting(Int(lower)..<Int(upper)) }
    }

    @inlinable
    package subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index outside the string")
        return storage[Int(lower) &+ index]
    }

    /// The piece at `range`, which counts from the start of this string; no bytes are copied.
    @inlinable
    @inline(__always)
    package subscript(range: Range<Int>) -> ByteString {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the string")
        return ByteString(
            storage: storage,
            lower: lower &+ UInt32(truncatingIfNeeded: range.lowerBound),
            upper: lower &+ UInt32(truncatingIfNeeded: range.upperBound)
        )
    }

    /// The piece from `range.lowerBound` to the end.
    @inlinable
    package subscript(range: PartialRangeFrom<Int>) -> ByteString { self[range.lowerBound..<count] }

    @inlinable
    package var first: UInt8? { isEmpty ? nil : storage[Int(lower)] }

    /// The bytes, to be walked or copied as a collection.
    @inlinable
    internal var slice: ArraySlice<UInt8> { storage[Int(lower)..<Int(upper)] }

    /// The bytes with those before and behind them in the storage.
    internal func slice(before: Int, after: Int) -> ArraySlice<UInt8> {
        let start = max(0, Int(lower) - before)
        return storage[start..<max(start, min(storage.count, Int(upper) + after))]
    }

    /// A copy of the bytes; none is made when the string is the whole of its storage.
    package var bytes: [UInt8] { count == storage.count ? storage : Array(slice) }

    /// The string in storage of its own: kept, it does not keep the message alive that it was cut from.
    package var copied: ByteString { ByteString(bytes) }

    /// Adds the bytes to the end of `array`.
    package func append(to array: inout [UInt8]) { array.append(contentsOf: slice) }

    /// The bytes as text, every sequence that is not UTF-8 replaced by U+FFFD.
    package var text: String { String(decoding: slice, as: UTF8.self) }

    /// The bytes as text, or `nil` if they are not UTF-8.
    package var validatedText: String? { String(validating: slice, as: UTF8.self) }
}

extension ByteString: Hashable {
    @usableFromInline
    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs == rhs.span
    }

    @usableFromInline
    package static func == (lhs: Self, right: Span<UInt8>) -> Bool {
        let left = lhs.span
        guard left.count == right.count else { return false }
        guard !left.isIdentical(to: right) else { return true }
        var index = 0
        while index &+ 8 <= left.count {
            guard left.word(at: index) == right.word(at: index) else { return false }
            index &+= 8
        }
        while index < left.count {
            guard left[index] == right[index] else { return false }
            index &+= 1
        }
        return true
    }

    @usableFromInline
    package func hash(into hasher: inout Hasher) {
        let span = span
        hasher.combine(span.count)
        var index = 0
        while index &+ 8 <= span.count {
            hasher.combine(span.word(at: index))
            index &+= 8
        }
        while index < span.count {
            hasher.combine(span[index])
            index &+= 1
        }
    }
}

extension ByteString: ExpressibleByStringLiteral, CustomStringConvertible {
    @usableFromInline
    package init(stringLiteral text: String) { self.init(text) }

    @usableFromInline
    package var description: String { text }
}
