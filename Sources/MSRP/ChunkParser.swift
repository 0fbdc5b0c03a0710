package import Wire

/// Reads the chunks of one connection, however the stream is cut (RFC 4975 §5.1, §9).
///
/// It keeps no body: what arrives is handed on as a piece of the bytes it arrived in. It keeps a head that has not
/// ended, and knows how much of an end-line has come.
package struct ChunkParser: Sendable {
    package enum Event: Sendable {
        case head(ChunkHead)
        /// The next bytes of the body, never empty.
        case body(ByteString)
        case end(ContinuationFlag)
    }

    private enum State: Sendable {
        case head
        case body(EndLine)
        case end(ContinuationFlag)
        case failed(MSRPParseError)
    }

    private let limits: MSRPLimits
    private var state = State.head
    private var scanner: HeadScanner
    /// The head as far as it has come, when a border cuts it.
    private var pending: [UInt8] = []
    /// The last request and the last response.
    private(set) var (request, response): (HeadTemplate?, HeadTemplate?)

    package init(limits: MSRPLimits = .standard) {
        self.limits = limits
        scanner = HeadScanner(limits: limits)
    }

    /// Whether the stream may end here without cutting anything off.
    package var isBetweenChunks: Bool {
        guard case .head = state else { return false }
        return pending.isEmpty
    }

    /// Takes the next event from the front of `input`.
    ///
    /// - Parameter input: What was received; the parser takes away what it has understood. Bytes that are left when
    ///   the owner stops asking are simply offered again.
    /// - Returns: The event, or `nil` once `input` is empty and more is needed.
    /// - Throws: `MSRPParseError` if this is not MSRP: the connection must be closed, and every later call throws the
    ///   same.
    package mutating func next(_ input: inout ByteString) throws(MSRPParseError) -> Event? {
        do throws(MSRPParseError) {
            switch state {
            case .head: return try readHead(&input)
            case .body(let endLine): return readBody(&input, endLine)
            case .end(let flag):
                state = .head
                return .end(flag)
            case .failed(let error): throw error
            }
        } catch {
            state = .failed(error)
            pending = []
            throw error
        }
    }

    // MARK: Head

    private mutating func readHead(_ input: inout ByteString) throws(MSRPParseError) -> Event? {
        if pending.isEmpty {
            skipBlankLines(&input)
            guard !input.isEmpty else { return nil }
            if let event = readAlike(&input) { return event }
            guard let head = try scan(input.span) else {
                pending = input.bytes
                input = .empty
                return nil
            }
            let text = input[0..<head.fieldsEnd]
            input = input[head.end...]
            return try begin(text, head)
        }
        guard !input.isEmpty else { return nil }
        let known = pending.count
        let piece = input[0..<min(input.count, max(0, limits.headSize - known))]
        pending += piece.bytes
        let text = ByteString(pending)
        guard let head = try scan(text.span) else {
            input = input[piece.count...]
            return nil
        }
        pending = []
        // A head without an empty line has ended before the line that tells so.
        input =
            head.end < known
            ? ByteString(text[head.end...].bytes + input[piece.count...].bytes) : input[(head.end - known)...]
        return try begin(text[0..<head.fieldsEnd], head)
    }

    /// Takes a head that is like one before it.
    private mutating func readAlike(_ input: inout ByteString) -> Event? {
        let whole = input
        guard let transactionID = try? HeadScanner.transactionID(in: whole.span) else { return nil }
        let place = transactionID.upperBound + 1
        let template = place < whole.count && whole[place].isDigit ? response : request
        guard let (head, end, flag) = template?.read(whole, transactionID: transactionID) else { return nil }
        input = whole[end...]
        state = flag.map { .end($0) } ?? .body(EndLine(transactionID: head.transactionID))
        return .head(head)
    }

    /// The scanner is moved out and in, so that the bytes may be those of this value.
    private mutating func scan(_ bytes: Span<UInt8>) throws(MSRPParseError) -> HeadScanner.Head? {
        var scanner = scanner
        defer { self.scanner = scanner }
        return try scanner.scan(bytes)
    }

    /// Skips line ends between chunks, which some peers send to keep the way open.
    private func skipBlankLines(_ input: inout ByteString) {
        var count = 0
        while count < input.count, input[count] == .carriageReturn || input[count] == .lineFeed { count += 1 }
        if count > 0 { input = input[count...] }
    }

    private mutating func begin(
        _ text: ByteString,
        _ end: HeadScanner.Head
    ) throws(MSRPParseError) -> Event? {
        guard let transactionID = scanner.transactionID else { throw MSRPParseError(.startLine, at: 0) }
        var range: Range<Int>?
        // In storage of its own: paths and fields are kept longer than the bytes they came in.
        let lines = scanner.isFolded ? text.unfolded : text.copied
        let head = try ChunkHead(parsing: lines, transactionID: transactionID, range: &range)
        let hasBody = end.flag == nil
        if head.defect == nil, !scanner.isFolded, !hasBody || end.end > end.fieldsEnd {
            let template = HeadTemplate(
                head,
                lines,
                transactionID: transactionID,
                range: range,
                hasBody: hasBody
            )
            if head.method == nil { response = template } else { request = template }
        }
        scanner = HeadScanner(limits: limits)
        state = end.flag.map { .end($0) } ?? .body(EndLine(transactionID: head.transactionID))
        return .head(head)
    }

    // MARK: Body

    private mutating func readBody(_ input: inout ByteString, _ begun: EndLine) -> Event? {
        var endLine = begun
        if endLine.matched > 0 {
            guard !input.isEmpty else { return nil }
            let (count, flag) = endLine.resume(input.span)
            if let flag {
                input = input[count...]
                state = .head
                return .end(flag)
            }
            guard count < input.count else {
                input = .empty
                state = .body(endLine)
                return nil
            }
            input = input[count...]
            let released = endLine.release()
            state = .body(endLine)
            if !released.isEmpty { return .body(released) }
            return readBody(&input, endLine)
        }
        return readSlice(&input, endLine)
    }

    private mutating func readSlice(_ input: inout ByteString, _ begun: EndLine) -> Event? {
        var endLine = begun
        guard !input.isEmpty else { return nil }
        let whole = input
        switch endLine.find(in: whole.span) {
        case .body:
            input = .empty
            return .body(whole)
        case .partial(let from):
            input = .empty
            state = .body(endLine)
            return from == 0 ? nil : .body(whole[0..<from])
        case .complete(let from, let to, let flag):
            input = whole[to...]
            state = from == 0 ? .head : .end(flag)
            return from == 0 ? .end(flag) : .body(whole[0..<from])
        }
    }
}
