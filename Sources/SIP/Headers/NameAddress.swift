package import Wire

/// A URI with the name people know it by and the parameters of the header field: `name-addr` or `addr-spec` with what
/// follows (RFC 3261 §20.10, §25.1).
package struct NameAddress: Hashable, Sendable {
    /// The display name as written, with its quotes if it has some; `nil` if there is none.
    package private(set) var rawDisplayName: ByteString?
    package var uri: URI
    /// The parameters of the header field, not those of the URI.
    package var parameters: Parameters

    package init(_ uri: URI, displayName: String? = nil, parameters: Parameters = Parameters()) {
        self.uri = uri
        self.parameters = parameters
        rawDisplayName = displayName.map { ByteString($0).quoted }
    }

    /// The display name without quotes and escapes; `nil` if there is none or it says nothing.
    package var displayName: String? {
        guard let name = rawDisplayName?.unquoted, !name.isEmpty else { return nil }
        return name.text
    }

    /// Reads one address that begins at `position`, and moves `position` behind its parameters.
    ///
    /// A display name of tokens may touch the `<` (RFC 4475 §3.1.1.6) and may hold UTF-8.
    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: position)
        scanner.skipSpaces()
        let start = scanner.position
        var isEnclosed = scanner.skip(UInt8(ascii: "<"))
        var name: Range<Int>?
        if !isEnclosed {
            name = try scanner.displayName()
            isEnclosed = name != nil
            if !isEnclosed { scanner.rewind(to: start) }
        }
        let uri = try URI.read(value, &scanner, isEnclosed: isEnclosed)
        if isEnclosed {
            guard scanner.skip(UInt8(ascii: ">")) else {
                throw SIPParseError(.nameAddress, at: scanner.position)
            }
        }
        let parameters = try scanner.headerParameters()
        position = scanner.position
        rawDisplayName = name.map { value[$0] }
        self.uri = uri
        self.parameters = Parameters(validated: value[parameters])
    }

    package init(parsing value: ByteString) throws(SIPParseError) {
        var position = 0
        try self.init(parsing: value, at: &position)
        guard position == value.count else { throw SIPParseError(.nameAddress, at: position) }
    }

    package func write(to writer: inout ByteWriter) {
        if let rawDisplayName, !rawDisplayName.isEmpty {
            writer.append(rawDisplayName)
            writer.append(UInt8(ascii: " "))
        }
        writer.append(UInt8(ascii: "<"))
        writer.append(uri.text)
        writer.append(UInt8(ascii: ">"))
        writer.append(parameters.text)
    }
}

extension NameAddress: CustomStringConvertible {
    package var description: String {
        var writer = ByteWriter()
        write(to: &writer)
        return writer.string.text
    }
}

extension ByteScanner {
    /// Reads a display name and the `<` behind it.
    ///
    /// - Returns: The offsets of the name, or `nil` if what stands here is a URI without brackets.
    fileprivate mutating func displayName() throws(SIPParseError) -> Range<Int>? {
        let start = position
        if next == UInt8(ascii: "\"") {
            guard let name = quotedString() else { throw SIPParseError(.displayName, at: position) }
            skipSpaces()
            guard skip(UInt8(ascii: "<")) else { throw SIPParseError(.displayName, at: position) }
            return name
        }
        var end = start
        while !run(of: [.token, .nonASCII]).isEmpty {
            end = position
            skipSpaces()
        }
        if skip(UInt8(ascii: "<")) { return start..<end }
        guard next == UInt8(ascii: ":") else { throw SIPParseError(.displayName, at: position) }
        return nil
    }
}

/// A header field that is a `NameAddress` and nothing more.
package protocol NameAddressField: ListedHeaderField {
    var address: NameAddress { get set }
    init(_ address: NameAddress)
}

extension NameAddressField {
    package init(_ uri: URI, displayName: String? = nil, parameters: Parameters = Parameters()) {
        self.init(NameAddress(uri, displayName: displayName, parameters: parameters))
    }

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        self.init(try NameAddress(parsing: value, at: &position))
    }

    package func write(to writer: inout ByteWriter) { address.write(to: &writer) }

    package var uri: URI {
        get { address.uri }
        set { address.uri = newValue }
    }

    package var displayName: String? { address.displayName }

    package var parameters: Parameters {
        get { address.parameters }
        set { address.parameters = newValue }
    }
}
