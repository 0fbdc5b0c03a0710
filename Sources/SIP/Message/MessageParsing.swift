package import Wire

extension Message {
    /// Reads a datagram, or the bytes that `MessageStreamFramer` cut out of a stream.
    ///
    /// Only what framing needs is checked: the start line, that every line is a field, and `Content-Length`. The
    /// typed fields check themselves when they are asked for; `validate()` asks for those that no message can lack.
    /// Bytes behind the body are ignored (RFC 3261 §18.3).
    package init(
        parsing datagram: ByteString,
        limits: MessageLimits = .standard
    ) throws(SIPParseError) {
        guard datagram.count <= limits.messageSize else {
            throw SIPParseError(.messageSize, at: limits.messageSize)
        }
        var parser = MessageParser(datagram, limits: limits, isForgiving: false)
        self = try parser.message()
    }

    /// What can be read of a request that `init(parsing:limits:)` refused, for the sake of the answer to it.
    ///
    /// Lines that are no fields are left out; there is no body. Whether the fields that a response must repeat are
    /// there is for the caller to see (RFC 3261 §8.2.6.2).
    ///
    /// - Returns: `nil` if the first line is none of a request, because nothing but a request is ever answered.
    package static func salvage(_ datagram: ByteString, limits: MessageLimits = .standard) -> Message? {
        var parser = MessageParser(
            datagram[0..<min(datagram.count, limits.messageSize)],
            limits: limits,
            isForgiving: true
        )
        guard let message = try? parser.message(), message.isRequest else { return nil }
        return message
    }
}

/// The way through one message, line by line.
struct MessageParser {
    private let bytes: ByteString
    private let limits: MessageLimits
    private let names = HeaderName.table
    private let isForgiving: Bool
    private var position = 0
    private var contentLength: Int?

    init(_ bytes: ByteString, limits: MessageLimits, isForgiving: Bool) {
        (self.bytes, self.limits, self.isForgiving) = (bytes, limits, isForgiving)
    }

    mutating func message() throws(SIPParseError) -> Message {
        skipEmptyLines()
        let startLine = try startLine()
        let headers = try headers()
        guard !isForgiving else { return Message(startLine: startLine, headers: headers) }
        let available = bytes.count - position
        let length = contentLength ?? available
        guard length <= available else { throw SIPParseError(.contentLength, at: available) }
        return Message(startLine: startLine, headers: headers, body: bytes[position..<position + length])
    }

    /// What the header says about the length of the body.
    enum FramingLength {
        case missing, invalid
        case bytes(Int)
    }

    /// Reads no more than `Content-Length`: what else is wrong with the header does not matter yet.
    mutating func framingLength() -> FramingLength {
        var length = FramingLength.missing
        position = bytes.span.firstIndex(of: .lineFeed, from: 0) + 1
        while position < bytes.count, let found = (try? nextLine()).flatMap(\.self), !found.range.isEmpty {
            let line = found.isFolded ? bytes[found.range].unfolded : bytes[found.range]
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? 0
            let name = line[0..<colon].trimmed
            guard HeaderName.known(name.span, at: 0..<name.count) == .contentLength else { continue }
            let value = line[(colon + 1)...].trimmed
            guard case .missing = length, let count = value.decimal(upTo: UInt64(UInt32.max)) else {
                return .invalid
            }
            length = .bytes(Int(count))
        }
        return length
    }

    /// Empty lines before the start line are to be ignored (RFC 3261 §7.5).
    private mutating func skipEmptyLines() {
        while position + 1 < bytes.count, bytes[position] == .carriageReturn, bytes[position + 1] == .lineFeed
        {
            position += 2
        }
    }

    private mutating func startLine() throws(SIPParseError) -> Message.StartLine {
        let start = position
        let end = bytes.span.firstLineBreak(from: start)
        guard end + 1 < bytes.count, bytes[end] == .carriageReturn, bytes[end + 1] == .lineFeed else {
            throw SIPParseError(.startLine, at: end - start)
        }
        position = end + 2
        let line = bytes[start..<end]
        return line.hasPrefixIgnoringCase("SIP/") ? try statusLine(line) : try requestLine(line)
    }

    /// Reads `Method SP Request-URI SP SIP-Version`, with exactly these spaces (RFC 3261 §7.1).
    private func requestLine(_ line: ByteString) throws(SIPParseError) -> Message.StartLine {
        var scanner = ByteScanner(line.span)
        let method = scanner.run(of: .token)
        guard !method.isEmpty, scanner.skip(UInt8(ascii: " ")) else {
            throw SIPParseError(.method, at: scanner.position)
        }
        let uri = scanner.run { $0 != UInt8(ascii: " ") && !$0.isControl }
        guard !isForgiving else {
            return .request(Method(line, at: method), uri: line[uri])
        }
        guard !uri.isEmpty, scanner.skip(UInt8(ascii: " ")) else {
            throw SIPParseError(.requestURI, at: scanner.position)
        }
        try checkVersion(of: line, from: scanner.position)
        return .request(Method(line, at: method), uri: line[uri])
    }

    private func checkVersion(of line: ByteString, from start: Int) throws(SIPParseError) {
        let version = line[start...]
        guard !version.equalsIgnoringCase("SIP/2.0") else { return }
        var scanner = ByteScanner(version.span, at: min(4, version.count))
        let isVersion =
            version.hasPrefixIgnoringCase("SIP/") && !scanner.run(of: .digit).isEmpty
            && scanner.skip(UInt8(ascii: ".")) && !scanner.run(of: .digit).isEmpty && scanner.isAtEnd
        throw SIPParseError(isVersion ? .version : .startLine, at: start)
    }

    /// Reads `SIP-Version SP Status-Code SP Reason-Phrase`; the last space may be missing with the phrase.
    private func statusLine(_ line: ByteString) throws(SIPParseError) -> Message.StartLine {
        guard line.count > 8, line[0..<8].equalsIgnoringCase("SIP/2.0 ") else {
            throw SIPParseError(.version, at: 0)
        }
        var scanner = ByteScanner(line.span, at: 8)
        let digits = scanner.run(of: .digit)
        guard digits.count == 3, let number = line[digits].decimal(upTo: 699),
            let status = StatusCode(Int(number))
        else { throw SIPParseError(.statusCode, at: digits.lowerBound) }
        guard scanner.skip(UInt8(ascii: " ")) || scanner.isAtEnd else {
            throw SIPParseError(.statusCode, at: scanner.position)
        }
        return .response(status, reason: line[scanner.position...])
    }

    private mutating func headers() throws(SIPParseError) -> HeaderList {
        var headers = HeaderList()
        headers.reserveCapacity(20)
        let start = position
        while let line = try nextLine() {
            guard !line.range.isEmpty else { return headers }
            guard position - start <= limits.headerSize else {
                throw SIPParseError(.headerLine, at: position)
            }
            do {
                if line.isFolded {
                    let unfolded = bytes[line.range].unfolded
                    try append(0..<unfolded.count, of: unfolded, to: &headers)
                } else {
                    try append(line.range, of: bytes, to: &headers)
                }
            } catch {
                guard isForgiving else { throw SIPParseError(error.element, at: line.range.lowerBound) }
            }
        }
        return headers
    }

    /// Reads one line with those that continue it, up to its end (RFC 3261 §7.3.1).
    ///
    /// - Returns: The place of the line without its end; empty at the end of the header; `nil` at the end of a broken
    ///   message that is to be salvaged.
    private mutating func nextLine() throws(SIPParseError) -> (range: Range<Int>, isFolded: Bool)? {
        let start = position
        let (end, next, isFolded) = Self.line(in: bytes.span, from: start)
        guard let next else {
            guard isForgiving else {
                throw SIPParseError(end < bytes.count ? .headerLine : .endOfHeaders, at: end)
            }
            guard start < bytes.count else { return nil }
            let resume = min(bytes.span.firstIndex(of: .lineFeed, from: end) + 1, bytes.count)
            position = resume
            // A line that is broken inside is passed over; one that only lacks its end is read.
            return end < bytes.count && end > start ? (start..<start + 1, false) : (start..<end, false)
        }
        guard end - start <= limits.headerLineLength else { throw SIPParseError(.headerLine, at: start) }
        position = next
        return (start..<end, isFolded)
    }

    /// Finds the end of the line that begins at `start`, and the beginning of the next.
    ///
    /// - Returns: `next` is `nil` if the line ends in anything but CRLF; `end` is then where.
    private static func line(
        in bytes: Span<UInt8>,
        from start: Int
    ) -> (end: Int, next: Int?, isFolded: Bool) {
        var isFolded = false
        var end = bytes.firstLineBreak(from: start)
        while true {
            guard end &+ 1 < bytes.count, bytes[end] == .carriageReturn, bytes[end &+ 1] == .lineFeed else {
                return (end, nil, isFolded)
            }
            let next = end &+ 2
            guard end > start, next < bytes.count, bytes[next].isLinearSpace else {
                return (end, next, isFolded)
            }
            isFolded = true
            end = bytes.firstLineBreak(from: next)
        }
    }

    /// Takes the line at `range` apart into name and value.
    private mutating func append(
        _ range: Range<Int>,
        of line: ByteString,
        to headers: inout HeaderList
    ) throws(SIPParseError) {
        let span = line.span
        let colon = span.firstIndex(of: UInt8(ascii: ":"), from: range.lowerBound)
        guard colon < range.upperBound else { throw SIPParseError(.headerLine, at: 0) }
        var nameEnd = colon
        while nameEnd > range.lowerBound, span[nameEnd &- 1].isLinearSpace { nameEnd &-= 1 }
        let nameRange = range.lowerBound..<nameEnd
        guard let name = HeaderName.known(span, at: nameRange, in: names) ?? HeaderName(line[nameRange])
        else {
            throw SIPParseError(.headerName, at: 0)
        }
        guard headers.count < limits.headerCount else {
            throw SIPParseError(.headerCount, at: limits.headerCount)
        }
        var (start, end) = (colon &+ 1, range.upperBound)
        while start < end, span[start].isLinearSpace { start &+= 1 }
        while end > start, span[end &- 1].isLinearSpace { end &-= 1 }
        let value = line[start..<end]
        if name == .contentLength { try readContentLength(value) }
        let leadingCount =
            end == range.upperBound && range.upperBound < line.count ? start &- range.lowerBound : 0
        headers.append(Header(received: name, value, leadingCount: leadingCount))
    }

    /// A second length, even an equal one, leaves it open where the message ends (RFC 4475 §3.3.9).
    private mutating func readContentLength(_ value: ByteString) throws(SIPParseError) {
        guard contentLength == nil, let length = value.decimal(upTo: UInt64(UInt32.max)) else {
            throw SIPParseError(.contentLength, at: 0)
        }
        contentLength = Int(length)
    }
}

extension ByteString {
    /// The line with every line break and the white space around it made one space (RFC 3261 §7.3.1).
    fileprivate var unfolded: ByteString {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        let span = span
        var index = 0
        while index < span.count {
            guard span[index] == .carriageReturn else {
                result.append(span[index])
                index += 1
                continue
            }
            while let last = result.last, last.isLinearSpace { result.removeLast() }
            result.append(UInt8(ascii: " "))
            index += 1
            while index < span.count, span[index] == .lineFeed || span[index].isLinearSpace { index += 1 }
        }
        return ByteString(result)
    }
}
