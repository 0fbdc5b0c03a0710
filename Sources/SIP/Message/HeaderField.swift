package import Wire

/// A header field as a value of its own type: what the raw text of the field means.
package protocol HeaderField: Hashable, Sendable, CustomStringConvertible {
    static var name: HeaderName { get }

    /// Reads one field value, from its first byte that is no space to the last.
    init(parsing value: ByteString) throws(SIPParseError)

    /// Reads every value that `value` joins with commas, if the field may be so joined (RFC 3261 §7.3.1).
    static func parseAll(_ value: ByteString, into fields: inout [Self], limit: Int) throws(SIPParseError)

    /// Reads the first of the values that `value` joins with commas.
    static func parseFirst(_ value: ByteString) throws(SIPParseError) -> Self

    /// Writes the value as it stands after the colon.
    func write(to writer: inout ByteWriter)
}

extension HeaderField {
    package static func parseAll(
        _ value: ByteString,
        into fields: inout [Self],
        limit: Int
    ) throws(SIPParseError) {
        guard fields.count < limit else { throw SIPParseError(.headerCount, at: limit) }
        fields.append(try Self(parsing: value))
    }

    package static func parseFirst(_ value: ByteString) throws(SIPParseError) -> Self {
        try Self(parsing: value)
    }

    /// The value as it stands after the colon.
    package var fieldValue: ByteString {
        var writer = ByteWriter(capacity: 64)
        write(to: &writer)
        return writer.string
    }

    package var description: String { fieldValue.text }
}

/// A header field whose values may stand in one line, with commas between them (RFC 3261 §7.3.1).
package protocol ListedHeaderField: HeaderField {
    /// Reads one value that begins at `position`, and moves `position` to the comma behind it or to the end.
    init(parsing value: ByteString, at position: inout Int) throws(SIPParseError)

    /// The element that an error about the list itself names.
    static var element: SIPParseError.Element { get }
}

extension ListedHeaderField {
    package init(parsing value: ByteString) throws(SIPParseError) {
        var position = 0
        try self.init(parsing: value, at: &position)
        guard position == value.count else { throw SIPParseError(Self.element, at: position) }
    }

    package static func parseAll(
        _ value: ByteString,
        into fields: inout [Self],
        limit: Int
    ) throws(SIPParseError) {
        var position = 0
        while true {
            guard fields.count < limit else { throw SIPParseError(.headerCount, at: limit) }
            fields.append(try Self(parsing: value, at: &position))
            guard try Self.nextElement(of: value, at: &position) else { return }
        }
    }

    package static func parseFirst(_ value: ByteString) throws(SIPParseError) -> Self {
        var position = 0
        let field = try Self(parsing: value, at: &position)
        _ = try nextElement(of: value, at: &position)
        return field
    }

    /// Steps over the comma at `position`.
    ///
    /// - Returns: Whether there is one; otherwise the value ends here.
    static func nextElement(of value: ByteString, at position: inout Int) throws(SIPParseError) -> Bool {
        guard position < value.count else { return false }
        guard value[position] == UInt8(ascii: ",") else { throw SIPParseError(element, at: position) }
        position += 1
        return true
    }
}
