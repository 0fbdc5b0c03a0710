/// Cuts header lines, which CRLF or LF ends, and joins those that are folded.
struct HeaderReader {
    let bytes: ByteString
    let limits: MIMELimits
    var position = 0
    var headerCount = 0

    init(bytes: ByteString, limits: MIMELimits) { (self.bytes, self.limits) = (bytes, limits) }

    enum Line {
        /// The name before the colon, and what is behind it.
        case field(name: ByteString, value: ByteString)
        case blank
        case end
        /// A line that is no header; the position stays before it.
        case other
    }

    mutating func next() throws(MIMEError) -> Line {
        let start = position
        guard let line = try nextLine() else { return .end }
        if line.isEmpty { return .blank }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            position = start
            return .other
        }
        let name = line[0..<colon]
        guard name.bytes.allSatisfy({ $0 == UInt8(ascii: ".") || CPIMName.isInName($0) }) else {
            position = start
            return .other
        }
        let value = try unfolded(line[(colon + 1)...])
        guard !value.bytes.contains(where: { $0.isControl && $0 != UInt8(ascii: "\t") }) else {
            position = start
            return .other
        }
        headerCount += 1
        guard headerCount <= limits.headerCount else { throw .tooManyHeaders }
        return .field(name: name, value: value)
    }

    /// Joins a value with the lines behind it that begin with a space.
    private mutating func unfolded(_ first: ByteString) throws(MIMEError) -> ByteString {
        guard peekedByte?.isLinearSpace == true else { return first }
        var joined = ByteWriter(capacity: first.count)
        joined.append(first)
        while peekedByte?.isLinearSpace == true, let folded = try nextLine() {
            joined.append(UInt8(ascii: " "))
            joined.append(folded.trimmed)
        }
        return joined.string
    }

    private var peekedByte: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// The next line without its end, or `nil` at the end of the bytes.
    private mutating func nextLine() throws(MIMEError) -> ByteString? {
        guard position < bytes.count else { return nil }
        let end = bytes.firstIndex(of: .lineFeed, from: position) ?? bytes.count
        guard end <= limits.headerByteCount else { throw .headersTooLarge }
        let hasReturn = end > position && end < bytes.count && bytes[end - 1] == .carriageReturn
        let line = bytes[position..<(hasReturn ? end - 1 : end)]
        position = min(end + 1, bytes.count)
        return line
    }

    mutating func skipBlankLine() -> Bool {
        let start = position
        if peekedByte == .carriageReturn { position += 1 }
        guard peekedByte == .lineFeed else {
            position = start
            return false
        }
        position += 1
        return true
    }

    /// Whether the lines from here to a blank one, or to the end, are headers and one is a MIME content header.
    var beginsWithContentHeaders: Bool {
        var probe = self
        var isContent = false
        while true {
            // A probe that meets a limit has met a long text, or headers too many: those are then told as such.
            guard let line = try? probe.next() else { return isContent }
            switch line {
            case .field(let name, _): isContent = isContent || name.hasPrefixIgnoringCase("Content-")
            case .blank, .end: return isContent
            case .other: return false
            }
        }
    }

    /// Reads the MIME headers and the blank line behind them.
    mutating func contentHeaders() throws(MIMEError) -> [MIMEEntity.Header] {
        var headers: [MIMEEntity.Header] = []
        while true {
            switch try next() {
            case .field(let name, let value): headers.append(.init(name.text, value.trimmed))
            case .blank, .end: return headers
            case .other: throw .malformedHeader(offset: position)
            }
        }
    }

    /// Reads headers and what follows them; where no headers are, all is text.
    mutating func entity() throws(MIMEError) -> MIMEEntity {
        var headers: [MIMEEntity.Header] = []
        if beginsWithContentHeaders { headers = try contentHeaders() } else { _ = skipBlankLine() }
        return MIMEEntity(headers: headers, body: bytes[position...])
    }
}
