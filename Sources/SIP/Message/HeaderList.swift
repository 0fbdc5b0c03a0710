package import Wire

/// One header field as it stands in a message: its name and its raw value, folded lines joined.
package struct Header: Hashable, Sendable, CustomStringConvertible {
    package let name: HeaderName
    package let value: ByteString
    /// How many bytes of its line stand before the value, where the field was received as one whole line that ends
    /// right behind the value; zero for any other field.
    private let leadingCount: UInt32

    /// Makes a field to be sent; a CR, LF or NUL in the value becomes a space, so that it cannot end the field.
    package init(_ name: HeaderName, _ value: ByteString) {
        self.name = name
        self.value = value.fieldSafe
        leadingCount = 0
    }

    /// Takes a field out of a message: the parser has seen that no line ends within it.
    ///
    /// `leadingCount` is the number of bytes in its line before the value, if CRLF follows the value at once;
    /// otherwise zero.
    init(received name: HeaderName, _ value: ByteString, leadingCount: Int) {
        self.name = name
        self.value = value
        self.leadingCount = UInt32(truncatingIfNeeded: leadingCount)
    }

    /// Writes the line of the field; one that was received goes out as it came in, with the name as it was spelled.
    func write(to writer: inout ByteWriter) {
        if leadingCount > 0 {
            writer.append(value, before: Int(leadingCount), after: 2)
        } else {
            writer.append(name.text)
            writer.append(": ")
            writer.append(value)
            writer.append("\r\n")
        }
    }

    /// The size of the line or a little more.
    var estimatedSize: Int { leadingCount > 0 ? Int(leadingCount) + value.count + 2 : value.count + 40 }

    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.name == rhs.name && lhs.value == rhs.value }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(value)
    }

    package var description: String { "\(name): \(value)" }
}

/// The header fields of a message in their order; raw text is kept, values are typed when somebody asks.
///
/// Nothing that is appended, prepended or set can end its field or begin another: see `Header.init(_:_:)`.
package struct HeaderList: Hashable, Sendable {
    private var headers: [Header] = []

    package init() {}

    package init(_ headers: some Sequence<Header>) { self.headers = Array(headers) }

    package mutating func reserveCapacity(_ count: Int) { headers.reserveCapacity(count) }

    /// Writes every field, and in place of the first `Content-Length` one that says `length`.
    ///
    /// - Returns: Whether there is a `Content-Length`.
    func write(to writer: inout ByteWriter, length: Int) -> Bool {
        var hasLength = false
        for index in headers.indices {
            if headers[index].name != .contentLength {
                headers[index].write(to: &writer)
            } else if !hasLength {
                writer.appendContentLength(length)
                hasLength = true
            }
        }
        return hasLength
    }

    /// The size of all lines or a little more.
    var estimatedSize: Int { headers.indices.reduce(0) { $0 &+ headers[$1].estimatedSize } }

    package mutating func append(_ header: Header) { headers.append(header) }

    package mutating func append(_ name: HeaderName, _ value: ByteString) { append(Header(name, value)) }

    package mutating func append(_ name: HeaderName, _ value: String) { append(name, ByteString(value)) }

    /// Puts a field before every other of its name, as a proxy or the transport does with `Via`.
    package mutating func prepend(_ name: HeaderName, _ value: ByteString) {
        let index = headers.firstIndex { $0.name == name } ?? 0
        headers.insert(Header(name, value), at: index)
    }

    /// Replaces all fields of that name by one, which takes the place of the first.
    package mutating func set(_ name: HeaderName, _ value: ByteString) {
        guard let index = headers.firstIndex(where: { $0.name == name }) else { return append(name, value) }
        headers[index] = Header(name, value)
        for other in headers.indices.dropFirst(index + 1).reversed() where headers[other].name == name {
            headers.remove(at: other)
        }
    }

    package mutating func set(_ name: HeaderName, _ value: String) { set(name, ByteString(value)) }

    package mutating func remove(_ name: HeaderName) { headers.removeAll { $0.name == name } }

    /// Removes the first field of that name.
    package mutating func removeFirst(_ name: HeaderName) {
        if let index = headers.firstIndex(where: { $0.name == name }) { headers.remove(at: index) }
    }

    /// Replaces the first field of that name, or appends one.
    package mutating func replaceFirst(_ name: HeaderName, _ value: ByteString) {
        guard let index = headers.firstIndex(where: { $0.name == name }) else { return append(name, value) }
        headers[index] = Header(name, value)
    }

    package func contains(_ name: HeaderName) -> Bool { headers.contains { $0.name == name } }

    /// The raw value of the first field of that name.
    package func first(_ name: HeaderName) -> ByteString? { headers.first { $0.name == name }?.value }

    /// The raw values of all fields of that name, not split at commas.
    package func all(_ name: HeaderName) -> [ByteString] {
        headers.compactMap { $0.name == name ? $0.value : nil }
    }

    package func count(of name: HeaderName) -> Int { headers.count { $0.name == name } }

    /// The fields of those names in storage of their own: kept, they do not keep the message alive they were cut from.
    func copied(_ names: [HeaderName]) -> HeaderList {
        let kept = headers.filter { names.contains($0.name) }
        var writer = ByteWriter(capacity: kept.reduce(0) { $0 + $1.value.count })
        for header in kept { writer.append(header.value) }
        let values = writer.string
        var place = 0
        return HeaderList(
            kept.map { header in
                defer { place += header.value.count }
                return Header(header.name, values[place..<place + header.value.count])
            }
        )
    }
}

extension HeaderList {
    /// The first value of the field, typed.
    package func first<Field: HeaderField>(_ type: Field.Type) throws(SIPParseError) -> Field? {
        let name = Field.name
        for header in headers where header.name == name { return try Field.parseFirst(header.value) }
        return nil
    }

    /// Every value of the field, typed: of all lines, and of all that commas join in one line (RFC 3261 §7.3.1).
    package func all<Field: HeaderField>(_ type: Field.Type) throws(SIPParseError) -> [Field] {
        let name = Field.name
        var fields: [Field] = []
        for header in headers where header.name == name {
            try Field.parseAll(header.value, into: &fields, limit: MessageLimits.standard.valueCount)
        }
        return fields
    }

    package mutating func append(_ field: some HeaderField) { append(type(of: field).name, field.fieldValue) }

    package mutating func prepend(_ field: some HeaderField) {
        prepend(type(of: field).name, field.fieldValue)
    }

    /// Replaces all fields of that name by this one.
    package mutating func set(_ field: some HeaderField) { set(type(of: field).name, field.fieldValue) }

    /// Replaces all fields of that name by one line for each of `fields`.
    package mutating func set<Field: HeaderField>(all fields: [Field]) {
        remove(Field.name)
        for field in fields { append(field) }
    }

    /// Replaces the first value of the field, also where it shares its line with others.
    package mutating func replaceFirst<Field: ListedHeaderField>(_ field: Field) throws(SIPParseError) {
        guard let old = first(Field.name) else { return append(field) }
        var position = 0
        _ = try Field(parsing: old, at: &position)
        var writer = ByteWriter(capacity: old.count + 32)
        field.write(to: &writer)
        writer.append(old[position...])
        replaceFirst(Field.name, writer.string)
    }

    /// Removes the first value of the field, and its line if it was alone there.
    package mutating func removeFirst<Field: ListedHeaderField>(_ type: Field.Type) throws(SIPParseError) {
        guard let old = first(Field.name) else { return }
        var position = 0
        _ = try Field(parsing: old, at: &position)
        guard try Field.nextElement(of: old, at: &position) else { return removeFirst(Field.name) }
        replaceFirst(Field.name, old[position...].trimmed)
    }
}

extension HeaderList: RandomAccessCollection, ExpressibleByArrayLiteral {
    package var startIndex: Int { 0 }
    package var endIndex: Int { headers.count }
    package subscript(index: Int) -> Header { headers[index] }
    package func makeIterator() -> [Header].Iterator { headers.makeIterator() }
    package init(arrayLiteral headers: Header...) { self.init(headers) }
}
