internal import Wire

/// A head that came before.
///
/// The chunks of a message, and the responses to them, differ in the identifier and the range alone: what is like the
/// head before it is compared and need not be understood again.
struct HeadTemplate: Sendable {
    private let head: ChunkHead
    /// What lies between the identifier and the value of `Byte-Range`, or up to the end of the fields.
    private let beforeRange: ByteString
    /// What lies behind the value, up to the end of the fields; `nil` if there is no range.
    private let behindRange: ByteString?
    /// Whether an empty line and a body follow, not the end-line.
    private let hasBody: Bool

    /// - Parameters:
    ///   - head: What the head says; there must be nothing wrong with it.
    ///   - text: The head up to the end of its fields.
    ///   - transactionID: Where its identifier is.
    ///   - range: Where the value of its `Byte-Range` is.
    ///   - hasBody: Whether an empty line and a body follow, not the end-line.
    init(
        _ head: ChunkHead,
        _ text: ByteString,
        transactionID: Range<Int>,
        range: Range<Int>?,
        hasBody: Bool
    ) {
        (self.head, self.hasBody) = (head, hasBody)
        beforeRange = text[transactionID.upperBound..<(range?.lowerBound ?? text.count)]
        behindRange = range.map { text[$0.upperBound...] }
    }

    /// Reads a head that is like this one.
    ///
    /// - Parameters:
    ///   - input: What begins with a head.
    ///   - transactionID: Where its identifier is.
    /// - Returns: The head, where what follows it begins, and the flag if that is the end of the chunk; `nil` if it is
    ///   not like this one, or has not come whole.
    func read(
        _ input: ByteString,
        transactionID: Range<Int>
    ) -> (head: ChunkHead, end: Int, flag: ContinuationFlag?)? {
        let span = input.span
        var place = transactionID.upperBound
        guard span.holds(beforeRange, at: place) else { return nil }
        place += beforeRange.count
        var range: ByteRange?
        if let behindRange {
            let start = place
            while place < span.count, span[place].isInByteRange { place += 1 }
            range = try? ByteRange(parsing: input[start..<place])
            guard range != nil, span.holds(behindRange, at: place) else { return nil }
            place += behindRange.count
        }
        guard let (end, flag) = end(of: span, at: place, transactionID) else { return nil }
        return (head.like(input[transactionID], range), end, flag)
    }

    /// What follows the fields: an empty line, or the end-line.
    private func end(
        of span: Span<UInt8>,
        at start: Int,
        _ transactionID: Range<Int>
    ) -> (Int, ContinuationFlag?)? {
        guard !hasBody else { return span.hasLineEnd(at: start) ? (start + 2, nil) : nil }
        let line = start..<start + EndLine.hyphens + transactionID.count + 1
        guard span.hasLineEnd(at: line.upperBound),
            let flag = try? HeadScanner.endLineFlag(span, line, transactionID)
        else { return nil }
        return (line.upperBound + 2, flag)
    }
}

extension UInt8 {
    fileprivate var isInByteRange: Bool {
        isDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: "/") || self == UInt8(ascii: "*")
    }
}

extension Span where Element == UInt8 {
    fileprivate func hasLineEnd(at place: Int) -> Bool {
        place + 2 <= count && self[place] == .carriageReturn && self[place + 1] == .lineFeed
    }

    fileprivate func holds(_ bytes: ByteString, at place: Int) -> Bool {
        place + bytes.count <= count && bytes == extracting(place..<place + bytes.count)
    }
}
