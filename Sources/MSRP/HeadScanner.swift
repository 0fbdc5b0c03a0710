internal import Wire

/// Finds the end of a head: an empty line with a body behind it, or the end-line at once (RFC 4975 §7.1).
///
/// It looks at each byte once, however the bytes are cut: it goes on where it stopped.
struct HeadScanner: Sendable {
    struct Head: Sendable {
        /// The end of the fields, the line end of the last one included.
        var fieldsEnd: Int
        /// What begins behind the empty line or the end-line.
        var end: Int
        /// The flag of the end-line; `nil` when a body follows.
        var flag: ContinuationFlag?
    }

    private static let magic = Array("MSRP ".utf8)

    private let limits: MSRPLimits
    private var lineStart = 0
    private var scanned = 0
    private var lineCount = 0
    /// Where the transaction identifier stands, once the start line is known.
    private(set) var transactionID: Range<Int>?
    /// Whether the last field has come: behind `Content-Type` there is none (RFC 4975 §7.1).
    private var sawContentType = false
    /// Whether a line begins with a space: it goes on with the field before it.
    private(set) var isFolded = false

    init(limits: MSRPLimits) { self.limits = limits }

    /// Looks at what came since the last time.
    ///
    /// - Parameter bytes: The head from its first byte, as far as it has come.
    /// - Returns: The end of the head, or `nil` if it has not come yet.
    /// - Throws: `MSRPParseError` if this is no head, or one above the limits.
    mutating func scan(_ bytes: Span<UInt8>) throws(MSRPParseError) -> Head? {
        if transactionID == nil { try Self.checkMagic(bytes) }
        while true {
            let feed = bytes.firstIndex(of: .lineFeed, from: scanned)
            scanned = feed
            guard feed - lineStart <= limits.headLineLength else {
                throw MSRPParseError(.headLine, at: limits.headLineLength)
            }
            guard feed < limits.headSize else { throw MSRPParseError(.headSize, at: limits.headSize) }
            guard feed < bytes.count else { return nil }
            guard feed > lineStart, bytes[feed - 1] == .carriageReturn else {
                throw MSRPParseError(.headLine, at: feed)
            }
            if let head = try readLine(bytes, lineStart..<feed - 1) { return head }
            lineStart = feed + 1
            scanned = lineStart
        }
    }

    /// Refuses what is not MSRP with its first byte, rather than wait for a line that may never end.
    private static func checkMagic(_ bytes: Span<UInt8>) throws(MSRPParseError) {
        for index in 0..<min(bytes.count, Self.magic.count) where bytes[index] != magic[index] {
            throw MSRPParseError(.startLine, at: index)
        }
    }

    private mutating func readLine(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(MSRPParseError) -> Head? {
        guard let transactionID else {
            try readStart(bytes, line)
            return nil
        }
        guard let first = line.isEmpty ? nil : bytes[line.lowerBound] else {
            return Head(fieldsEnd: line.lowerBound, end: line.upperBound + 2, flag: nil)
        }
        if first == UInt8(ascii: "-") {
            let flag = try Self.endLineFlag(bytes, line, transactionID)
            return Head(fieldsEnd: line.lowerBound, end: line.upperBound + 2, flag: flag)
        }
        if first.isLinearSpace {
            guard lineCount > 0 else { throw MSRPParseError(.fieldName, at: line.lowerBound) }
            isFolded = true
        } else if sawContentType, !isField(bytes.extracting(line)) {
            // Examples of RFC 4975 and RFC 8591 are printed without the empty line, and were copied into programs.
            return Head(fieldsEnd: line.lowerBound, end: line.lowerBound, flag: nil)
        } else if first | 0x20 == UInt8(ascii: "c") {
            sawContentType = sawContentType || isContentType(bytes.extracting(line))
        }
        lineCount += 1
        guard lineCount <= limits.fieldCount else { throw MSRPParseError(.fieldCount, at: line.lowerBound) }
        return nil
    }

    private func isField(_ line: Span<UInt8>) -> Bool {
        var scanner = ByteScanner(line)
        return !scanner.run(while: \.isTokenCharacter).isEmpty && scanner.skip(UInt8(ascii: ":"))
    }

    private func isContentType(_ line: Span<UInt8>) -> Bool {
        var scanner = ByteScanner(line)
        let name = scanner.run(while: \.isTokenCharacter)
        return scanner.skip(UInt8(ascii: ":")) && line.extracting(name).equalsIgnoringCase("Content-Type")
    }

    private mutating func readStart(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(MSRPParseError) {
        transactionID = try Self.identifier(in: bytes.extracting(line))
    }

    /// Where the identifier of the chunk is that the bytes begin with.
    static func transactionID(in bytes: Span<UInt8>) throws(MSRPParseError) -> Range<Int> {
        try checkMagic(bytes)
        return try identifier(in: bytes)
    }

    private static func identifier(in bytes: Span<UInt8>) throws(MSRPParseError) -> Range<Int> {
        var scanner = ByteScanner(bytes, at: magic.count)
        let range = scanner.run { $0 > 32 && $0 < 127 }
        guard !range.isEmpty, range.count <= MSRPLimits.identifierLength, scanner.skip(UInt8(ascii: " "))
        else {
            throw MSRPParseError(.transactionID, at: scanner.position)
        }
        return range
    }

    /// The flag of the end-line that `line` is, without its line end.
    static func endLineFlag(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        _ transactionID: Range<Int>
    ) throws(MSRPParseError) -> ContinuationFlag {
        guard line.count == EndLine.hyphens + transactionID.count + 1,
            let flag = ContinuationFlag(bytes[line.upperBound - 1])
        else { throw MSRPParseError(.endLine, at: line.lowerBound) }
        for index in 0..<EndLine.hyphens where bytes[line.lowerBound + index] != UInt8(ascii: "-") {
            throw MSRPParseError(.endLine, at: line.lowerBound + index)
        }
        for index in 0..<transactionID.count {
            let place = line.lowerBound + EndLine.hyphens + index
            guard bytes[place] == bytes[transactionID.lowerBound + index] else {
                throw MSRPParseError(.endLine, at: place)
            }
        }
        return flag
    }
}

extension ByteString {
    /// The head with its folded lines joined by one space each.
    ///
    /// MSRP knows no folding; the examples of RFC 4976 and RFC 7977 are printed so, some with a backslash at the fold,
    /// and peers that learned from them send it.
    var unfolded: ByteString {
        let span = span
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var index = 0
        while index < span.count {
            let isFold =
                span[index] == .carriageReturn && index + 2 < span.count
                && span[index + 1] == .lineFeed && span[index + 2].isLinearSpace
            guard isFold else {
                result.append(span[index])
                index += 1
                continue
            }
            while let last = result.last, last.isLinearSpace { result.removeLast() }
            if result.last == UInt8(ascii: "\\") { result.removeLast() }
            while let last = result.last, last.isLinearSpace { result.removeLast() }
            index += 2
            while index < span.count, span[index].isLinearSpace { index += 1 }
            result.append(UInt8(ascii: " "))
        }
        return ByteString(result)
    }
}
