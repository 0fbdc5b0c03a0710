internal import Wire

/// The end-line of a chunk that is being received: where it is, and how much of it a border cut off.
///
/// It is a CRLF that is not part of the body, seven hyphens, the transaction identifier, a flag and a CRLF
/// (RFC 4975 §7.1). What was matched at the end of one slice is known without keeping the bytes.
struct EndLine: Sendable {
    /// What the bytes of a slice turned out to be.
    enum Finding: Equatable, Sendable {
        /// All of them are body.
        case body
        /// From the offset on they may be the end-line; so many bytes of it are matched.
        case partial(from: Int)
        /// The end-line begins at the first offset and ends before the second.
        case complete(from: Int, to: Int, ContinuationFlag)
    }

    private static let lead = Array("\r\n-------".utf8)
    static let hyphens = 7

    private let transactionID: ByteString
    /// How many bytes at the start of the match stand for the empty line before the body, and were never in it.
    private var implied: Int
    /// How many bytes are matched so far.
    private(set) var matched: Int
    private var flag = ContinuationFlag.complete

    /// Begins with the empty line before the body matched: an empty body may lack the CRLF of its own.
    init(transactionID: ByteString) {
        self.transactionID = transactionID
        (implied, matched) = (2, 2)
    }

    private var flagPlace: Int { Self.lead.count + transactionID.count }
    private var length: Int { flagPlace + 3 }

    // MARK: Across a border

    /// Matches the bytes of a new slice with the rest of an end-line that the last one began.
    ///
    /// - Returns: How many bytes were matched, and the flag if the end-line is complete.
    mutating func resume(_ bytes: Span<UInt8>) -> (count: Int, flag: ContinuationFlag?) {
        var index = 0
        while index < bytes.count, matches(bytes[index], at: matched) {
            if matched == flagPlace { flag = ContinuationFlag(bytes[index]) ?? flag }
            matched += 1
            index += 1
            if matched == length { return (index, flag) }
        }
        return (index, nil)
    }

    /// Takes what was matched for body, since the byte after it does not fit.
    ///
    /// A CR at its end may begin another end-line and stays matched.
    mutating func release() -> ByteString {
        let keepsReturn = matched == length - 1
        var writer = ByteWriter(capacity: matched)
        for place in implied..<max(implied, keepsReturn ? matched - 1 : matched) {
            switch place {
            case ..<Self.lead.count: writer.append(Self.lead[place])
            case ..<flagPlace: writer.append(transactionID[place - Self.lead.count])
            case flagPlace: writer.append(flag.byte)
            default: writer.append(.carriageReturn)
            }
        }
        implied = 0
        matched = keepsReturn ? 1 : 0
        return writer.string
    }

    private func matches(_ byte: UInt8, at place: Int) -> Bool {
        switch place {
        case ..<Self.lead.count: byte == Self.lead[place]
        case ..<flagPlace: byte == transactionID[place - Self.lead.count]
        case flagPlace: ContinuationFlag(byte) != nil
        case flagPlace + 1: byte == .carriageReturn
        default: byte == .lineFeed
        }
    }

    // MARK: Within a slice

    /// Looks for the end-line in a slice at whose start nothing is matched.
    mutating func find(in bytes: Span<UInt8>) -> Finding {
        var index = bytes.hyphenPlace(from: 2)
        while index < bytes.count {
            if let found = endLine(in: bytes, around: index) { return found }
            index = bytes.hyphenPlace(from: index + 4)
        }
        return findPartial(in: bytes)
    }

    /// The end-line one of whose seven hyphens is at `index`, if there is one and all of it is here.
    private func endLine(in bytes: Span<UInt8>, around index: Int) -> Finding? {
        var start = index
        while start > 2, index - start < Self.hyphens, bytes[start - 1] == UInt8(ascii: "-") { start -= 1 }
        start -= 2
        guard start <= bytes.count - length else { return nil }
        for place in 0..<length where !matches(bytes[start + place], at: place) { return nil }
        guard let flag = ContinuationFlag(bytes[start + flagPlace]) else { return nil }
        return .complete(from: start, to: start + length, flag)
    }

    /// Looks for the beginning of an end-line at the end of the slice.
    private mutating func findPartial(in bytes: Span<UInt8>) -> Finding {
        var start = max(0, bytes.count - length + 1)
        while start < bytes.count {
            if bytes[start] == .carriageReturn {
                let (count, _) = resume(bytes.extracting(start..<bytes.count))
                if start + count == bytes.count { return .partial(from: start) }
                matched = 0
            }
            start += 1
        }
        return .body
    }
}
