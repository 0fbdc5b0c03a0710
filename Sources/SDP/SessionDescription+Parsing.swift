package import Wire

extension SessionDescription {
    /// Reads a description.
    ///
    /// Lenient where peers are careless and the meaning stays clear: lines may end in LF alone, the lines of a section
    /// may come in any order, and `s=`, `t=`, `c=` and the user name of `o=` may be missing. A line of a type that
    /// RFC 4566 does not know spoils the whole description (§5).
    package init(
        parsing text: ByteString,
        limits: SDPLimits = .standard
    ) throws(SDPParseError) {
        guard text.count <= limits.size else { throw SDPParseError(.size, at: limits.size) }
        var reader = SDPLineReader(text, limits: limits)
        guard let first = try reader.next(), first.type == UInt8(ascii: "v"), first.value.trimmed == "0"
        else {
            throw SDPParseError(.version, at: 0)
        }
        var origin: Origin?
        self.init(origin: Origin(sessionID: 0, version: 0, address: Connection("0.0.0.0")))
        times = []
        while let line = try reader.next() {
            if line.type == UInt8(ascii: "m") {
                guard media.count < limits.media else { throw SDPParseError(.mediaCount, at: line.offset) }
                media.append(try MediaDescription(line))
            } else if line.type == UInt8(ascii: "o") {
                guard origin == nil else { throw SDPParseError(.origin, at: line.offset) }
                origin = try Origin(line)
            } else if media.isEmpty {
                try take(line, limits)
            } else {
                try media[media.count - 1].take(line, limits)
            }
        }
        guard let origin else { throw SDPParseError(.origin, at: 0) }
        self.origin = origin
        if times.isEmpty { times = [.unbounded] }
    }

    private mutating func take(_ line: SDPLine, _ limits: SDPLimits) throws(SDPParseError) {
        switch line.type {
        case UInt8(ascii: "s"): name = line.value.trimmed.isEmpty ? "-" : line.value
        case UInt8(ascii: "i"): information = line.value
        case UInt8(ascii: "u"): uri = line.value
        case UInt8(ascii: "e"): emails.append(line.value)
        case UInt8(ascii: "p"): phones.append(line.value)
        case UInt8(ascii: "c"): connection = try Connection(line)
        case UInt8(ascii: "b"): bandwidths.append(line.value)
        case UInt8(ascii: "t"): times.append(Time(line.value))
        case UInt8(ascii: "r"):
            guard !times.isEmpty else { throw SDPParseError(.time, at: line.offset) }
            times[times.count - 1].repetitions.append(line.value)
        case UInt8(ascii: "z"): zones = line.value
        case UInt8(ascii: "k"): key = line.value
        case UInt8(ascii: "a"): attributes.append(try line.attribute(after: attributes.count, limits))
        default: throw SDPParseError(.type, at: line.offset)
        }
    }
}

extension MediaDescription {
    init(_ line: SDPLine) throws(SDPParseError) {
        var words = line.words
        guard words.count >= 4 else { throw SDPParseError(.media, at: line.offset) }
        let (type, ports, transport) = (words[0], words[1], words[2])
        words.removeFirst(3)
        let slash = ports.firstIndex(of: UInt8(ascii: "/"))
        guard let port = ports[0..<(slash ?? ports.count)].decimal(upTo: 65_535) else {
            throw SDPParseError(.port, at: line.offset)
        }
        var writer = ByteWriter(capacity: line.value.count)
        for (index, word) in words.enumerated() {
            if index > 0 { writer.append(UInt8(ascii: " ")) }
            writer.append(word)
        }
        self.init(
            type: type,
            port: UInt16(truncatingIfNeeded: port),
            transport: transport,
            formats: writer.string
        )
        guard let slash else { return }
        guard let count = ports[(slash + 1)...].decimal(upTo: 65_535) else {
            throw SDPParseError(.port, at: line.offset)
        }
        portCount = UInt16(truncatingIfNeeded: count)
    }

    fileprivate mutating func take(_ line: SDPLine, _ limits: SDPLimits) throws(SDPParseError) {
        switch line.type {
        case UInt8(ascii: "i"): information = line.value
        case UInt8(ascii: "c"): connections.append(try Connection(line))
        case UInt8(ascii: "b"): bandwidths.append(line.value)
        case UInt8(ascii: "k"): key = line.value
        case UInt8(ascii: "a"): attributes.append(try line.attribute(after: attributes.count, limits))
        default: throw SDPParseError(.type, at: line.offset)
        }
    }
}

extension Origin {
    fileprivate init(_ line: SDPLine) throws(SDPParseError) {
        var words = line.words
        if words.count == 5 { words.insert("-", at: 0) }
        guard words.count == 6, words[1].decimalDigitsOnly, let version = words[2].decimal(upTo: .max) else {
            throw SDPParseError(.origin, at: line.offset)
        }
        let address = Connection(network: words[3], type: words[4], address: words[5])
        self.init(words[0], words[1], version, address)
    }
}

extension Connection {
    fileprivate init(_ line: SDPLine) throws(SDPParseError) {
        let words = line.words
        guard words.count == 3 else { throw SDPParseError(.connection, at: line.offset) }
        self.init(network: words[0], type: words[1], address: words[2])
    }
}

/// One line of a description: `<type>=<value>`.
struct SDPLine {
    var type: UInt8
    var value: ByteString
    /// Where it begins in the description.
    var offset: Int

    /// The words of the value, whatever the number of spaces between them.
    var words: [ByteString] { value.words }

    func attribute(after count: Int, _ limits: SDPLimits) throws(SDPParseError) -> Attribute {
        guard count < limits.attributes else { throw SDPParseError(.attributeCount, at: offset) }
        guard let colon = value.firstIndex(of: UInt8(ascii: ":")) else {
            guard !value.isEmpty else { throw SDPParseError(.attribute, at: offset) }
            return Attribute(value)
        }
        guard colon > 0 else { throw SDPParseError(.attribute, at: offset) }
        return Attribute(value[0..<colon], value[(colon + 1)...])
    }
}

/// Cuts a description into its lines.
struct SDPLineReader {
    private let text: ByteString
    private let limits: SDPLimits
    private var position = 0
    private var count = 0

    init(_ text: ByteString, limits: SDPLimits) { (self.text, self.limits) = (text, limits) }

    /// Reads a line; `nil` at the end, before which empty lines may stand.
    mutating func next() throws(SDPParseError) -> SDPLine? {
        let start = position
        guard start < text.count else { return nil }
        let end = text.firstIndex(of: .lineFeed, from: start) ?? text.count
        position = end + 1
        var line = text[start..<end]
        if !line.isEmpty, line[line.count - 1] == .carriageReturn { line = line[0..<line.count - 1] }
        guard !line.isEmpty else {
            let rest = text[min(position, text.count)...]
            position = text.count
            guard rest.firstBeyondLineBreaks == nil else { throw SDPParseError(.line, at: start) }
            return nil
        }
        count += 1
        guard count <= limits.lines else { throw SDPParseError(.lineCount, at: start) }
        guard line.count >= 2, line[1] == UInt8(ascii: "="), !line.containsFieldBreak else {
            throw SDPParseError(.line, at: start)
        }
        return SDPLine(type: line[0], value: line[2...], offset: start)
    }
}

extension ByteString {
    /// The pieces between spaces and tabs.
    var words: [ByteString] {
        var words: [ByteString] = []
        var start: Int?
        let span = span
        for index in span.indices {
            if span[index].isLinearSpace {
                if let first = start { words.append(self[first..<index]) }
                start = nil
            } else if start == nil {
                start = index
            }
        }
        if let start { words.append(self[start...]) }
        return words
    }

    /// The first byte that is neither CR nor LF.
    fileprivate var firstBeyondLineBreaks: UInt8? {
        var scanner = ByteScanner(span)
        _ = scanner.run { $0 == .carriageReturn || $0 == .lineFeed }
        return scanner.next
    }

    fileprivate var decimalDigitsOnly: Bool {
        var scanner = ByteScanner(span)
        return !scanner.run(of: .digit).isEmpty && scanner.isAtEnd
    }
}
