internal import Wire

/// A head that came before.
///
/// The chunks of a message, and the responses to them, differ in the identifier and the range alone: what is like the
/// head before it is compared and need not be understood again.
struct HeadTemplate: Sendable {
    let head: ChunkHead
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
        guard let (range, end, flag) = match(input.span, transactionID) else { return nil }
        return (head.like(input[transactionID], range), end, flag)
    }

    /// Reads a whole chunk whose head is like this one, and whose body, if it has one, ends where its range says.
    ///
    /// Such a body is not looked through. One that was interrupted though its range has an end has something else where
    /// its end-line should be, and is left to who looks for it (RFC 4975 §7.3.1).
    ///
    /// - Parameter span: What begins with a chunk.
    /// - Returns: `nil` for every other chunk, and for one that has not come whole.
    func chunk(in span: Span<UInt8>) -> AlikeChunk? {
        guard let transactionID = try? HeadScanner.transactionID(in: span),
            let (range, end, flag) = match(span, transactionID)
        else { return nil }
        if let flag {
            return AlikeChunk(
                transactionID: transactionID,
                range: range,
                body: end..<end,
                flag: flag,
                count: end
            )
        }
        guard let range, let last = range.end, last >= range.start,
            last - range.start < UInt64(span.count - end)
        else { return nil }
        let body = end..<end + Int(last - range.start) + 1
        guard span.hasLineEnd(at: body.upperBound),
            let (end, flag) = endLine(of: span, at: body.upperBound + 2, transactionID)
        else { return nil }
        return AlikeChunk(transactionID: transactionID, range: range, body: body, flag: flag, count: end)
    }

    /// The range, where what follows the head begins, and the flag if it ends the chunk; `nil` if it is not like this one.
    private func match(
        _ span: Span<UInt8>,
        _ transactionID: Range<Int>
    ) -> (ByteRange?, Int, ContinuationFlag?)? {
        guard let (range, fieldsEnd) = fields(of: span, from: transactionID.upperBound) else { return nil }
        guard !hasBody else { return span.hasLineEnd(at: fieldsEnd) ? (range, fieldsEnd + 2, nil) : nil }
        return endLine(of: span, at: fieldsEnd, transactionID).map { (range, $0.0, $0.1) }
    }

    /// The range, and where the fields end.
    private func fields(of span: Span<UInt8>, from place: Int) -> (ByteRange?, Int)? {
        guard span.holds(beforeRange, at: place) else { return nil }
        guard let behindRange else { return (nil, place + beforeRange.count) }
        var scanner = ByteScanner(span, at: place + beforeRange.count)
        guard let range = try? ByteRange(reading: &scanner), span.holds(behindRange, at: scanner.position)
        else { return nil }
        return (range, scanner.position + behindRange.count)
    }

    private func endLine(
        of span: Span<UInt8>,
        at start: Int,
        _ transactionID: Range<Int>
    ) -> (Int, ContinuationFlag)? {
        let line = start..<start + EndLine.hyphens + transactionID.count + 1
        guard span.hasLineEnd(at: line.upperBound),
            let flag = try? HeadScanner.endLineFlag(span, line, transactionID)
        else { return nil }
        return (line.upperBound + 2, flag)
    }
}

/// A whole chunk that is like one before it: what is in it, and where, counted from its first byte.
struct AlikeChunk {
    let transactionID: Range<Int>
    let range: ByteRange?
    let body: Range<Int>
    let flag: ContinuationFlag
    /// How many bytes it has.
    let count: Int
}

extension Span where Element == UInt8 {
    fileprivate func hasLineEnd(at place: Int) -> Bool {
        place + 2 <= count && self[place] == .carriageReturn && self[place + 1] == .lineFeed
    }

    fileprivate func holds(_ bytes: ByteString, at place: Int) -> Bool {
        place + bytes.count <= count && bytes == extracting(place..<place + bytes.count)
    }
}
