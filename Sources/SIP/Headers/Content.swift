package import Wire

/// `Content-Type`: what the body is (RFC 3261 §20.15).
package struct ContentType: HeaderField {
    package static let name = HeaderName.contentType

    package var range: MediaRange

    package init(_ type: String, _ subtype: String, parameters: Parameters = Parameters()) {
        range = MediaRange(type, subtype, parameters: parameters)
    }

    package init(parsing value: ByteString) throws(SIPParseError) {
        var scanner = ByteScanner(value.span)
        range = try MediaRange(value, &scanner, element: .mediaType)
        guard scanner.isAtEnd else { throw SIPParseError(.mediaType, at: scanner.position) }
    }

    package func write(to writer: inout ByteWriter) { range.write(to: &writer) }

    package func matches(_ type: String, _ subtype: String) -> Bool {
        range.type.equalsIgnoringCase(type) && range.subtype.equalsIgnoringCase(subtype)
    }
}

/// A value of `Accept`: a media type the sender takes (RFC 3261 §20.1).
package struct Accept: ListedHeaderField {
    package static let name = HeaderName.accept
    package static let element = SIPParseError.Element.mediaRange

    package var range: MediaRange

    package init(_ type: String, _ subtype: String) { range = MediaRange(type, subtype) }

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: position)
        scanner.skipSpaces()
        range = try MediaRange(value, &scanner, element: .mediaRange)
        position = scanner.position
    }

    /// An empty field says that nothing at all is taken (RFC 3261 §20.1).
    package static func parseAll(
        _ value: ByteString,
        into fields: inout [Accept],
        limit: Int
    ) throws(SIPParseError) {
        guard !value.isEmpty else { return }
        var position = 0
        repeat {
            guard fields.count < limit else { throw SIPParseError(.headerCount, at: limit) }
            fields.append(try Accept(parsing: value, at: &position))
        } while try nextElement(of: value, at: &position)
    }

    package func write(to writer: inout ByteWriter) { range.write(to: &writer) }

    /// Whether the type is among those meant; a star means any (RFC 3261 §20.1).
    package func accepts(_ mediaType: MediaType) -> Bool {
        guard parameters["q"].flatMap(QualityValue.init(parsing:))?.thousandths != 0 else { return false }
        guard range.type != "*" else { return true }
        return range.type.equalsIgnoringCase(mediaType.type)
            && (range.subtype == "*" || range.subtype.equalsIgnoringCase(mediaType.subtype))
    }

    package var parameters: Parameters { range.parameters }
}

/// A media type, or all of a kind, as a piece of a header field.
package struct MediaRange: Hashable, Sendable {
    package var type: ByteString
    package var subtype: ByteString
    package var parameters: Parameters

    package init(_ type: String, _ subtype: String, parameters: Parameters = Parameters()) {
        (self.type, self.subtype, self.parameters) = (ByteString(type), ByteString(subtype), parameters)
    }

    init(
        _ value: ByteString,
        _ scanner: inout ByteScanner,
        element: SIPParseError.Element
    ) throws(SIPParseError) {
        let type = scanner.run(of: .token)
        scanner.skipSpaces()
        guard !type.isEmpty, scanner.skip(UInt8(ascii: "/")) else {
            throw SIPParseError(element, at: scanner.position)
        }
        scanner.skipSpaces()
        let subtype = scanner.run(of: .token)
        guard !subtype.isEmpty else { throw SIPParseError(element, at: scanner.position) }
        self.type = value[type]
        self.subtype = value[subtype]
        parameters = Parameters(validated: value[try scanner.headerParameters()])
    }

    func write(to writer: inout ByteWriter) {
        writer.append(type)
        writer.append(UInt8(ascii: "/"))
        writer.append(subtype)
        writer.append(parameters.text)
    }
}

/// `Content-Disposition`: how the body is meant (RFC 3261 §20.11).
package struct ContentDisposition: TokenWithParametersField {
    package static let name = HeaderName.contentDisposition
    package static let element = SIPParseError.Element.contentDisposition

    package var token: ByteString
    package var parameters: Parameters

    package init(token: ByteString, parameters: Parameters) {
        (self.token, self.parameters) = (token, parameters)
    }
}

/// A value of `Accept-Encoding` (RFC 3261 §20.2).
package struct AcceptEncoding: TokenWithParametersField {
    package static let name = HeaderName.acceptEncoding
    package static let element = SIPParseError.Element.acceptEncoding

    package var token: ByteString
    package var parameters: Parameters

    package init(token: ByteString, parameters: Parameters) {
        (self.token, self.parameters) = (token, parameters)
    }

    /// An empty field means that only `identity` is taken.
    package static func parseAll(
        _ value: ByteString,
        into fields: inout [AcceptEncoding],
        limit: Int
    ) throws(SIPParseError) {
        guard !value.isEmpty else { return }
        var position = 0
        repeat {
            guard fields.count < limit else { throw SIPParseError(.headerCount, at: limit) }
            fields.append(try AcceptEncoding(parsing: value, at: &position))
        } while try nextElement(of: value, at: &position)
    }
}
