package import Wire

/// A value of `P-Access-Network-Info`: the access the user agent uses (RFC 7315 §4.4).
package struct PAccessNetworkInfo: TokenWithParametersField {
    package static let name = HeaderName.pAccessNetworkInfo
    package static let element = SIPParseError.Element.accessNetwork

    package var token: ByteString
    package var parameters: Parameters

    package init(token: ByteString, parameters: Parameters) {
        (self.token, self.parameters) = (token, parameters)
    }
}

/// A value of `P-Visited-Network-ID`: a network the user roams in (RFC 7315 §4.3).
package struct PVisitedNetworkID: ListedHeaderField {
    package static let name = HeaderName.pVisitedNetworkID
    package static let element = SIPParseError.Element.visitedNetwork

    /// A token or a quoted string, as written.
    package var rawNetwork: ByteString
    package var parameters: Parameters

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: position)
        scanner.skipSpaces()
        guard let range = scanner.quotedString() ?? scanner.run(of: .token).nonEmpty else {
            throw SIPParseError(.visitedNetwork, at: scanner.position)
        }
        rawNetwork = value[range]
        parameters = Parameters(validated: value[try scanner.headerParameters()])
        position = scanner.position
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(rawNetwork)
        writer.append(parameters.text)
    }
}

/// A header field that is a list of `name=value` with semicolons between them and none before the first.
package protocol ParameterListField: HeaderField {
    var parameters: Parameters { get set }
    init(_ parameters: Parameters)
}

extension ParameterListField {
    package init(parsing value: ByteString) throws(SIPParseError) {
        var writer = ByteWriter(capacity: value.count + 1)
        writer.append(UInt8(ascii: ";"))
        writer.append(value)
        let text = writer.string
        var scanner = ByteScanner(text.span)
        let range = try scanner.headerParameters()
        guard scanner.isAtEnd else { throw SIPParseError(.parameters, at: scanner.position - 1) }
        self.init(Parameters(validated: text[range]))
    }

    package func write(to writer: inout ByteWriter) {
        if !parameters.isEmpty { writer.append(parameters.text[1...]) }
    }
}

/// `P-Charging-Vector`: what names a session in charging records (RFC 7315 §4.6).
package struct PChargingVector: ParameterListField {
    package static let name = HeaderName.pChargingVector

    package var parameters: Parameters

    package init(_ parameters: Parameters) { self.parameters = parameters }

    package var icid: ByteString? { parameters["icid-value"] }
}

/// `P-Charging-Function-Addresses`: where charging records go (RFC 7315 §4.5).
package struct PChargingFunctionAddresses: ParameterListField {
    package static let name = HeaderName.pChargingFunctionAddresses

    package var parameters: Parameters

    package init(_ parameters: Parameters) { self.parameters = parameters }
}

/// A value of `P-Preferred-Service`: the service the sender means to use (RFC 6050 §4.2).
package struct PPreferredService: ListedHeaderField {
    package static let name = HeaderName.pPreferredService
    package static let element = SIPParseError.Element.service

    /// A URN: `urn:urn-7:3gpp-service.ims.icsi.mmtel`.
    package var identifier: ByteString

    package init(_ identifier: String) { self.identifier = ByteString(identifier) }

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: position)
        identifier = value[try scanner.serviceIdentifier()]
        position = scanner.position
    }

    package func write(to writer: inout ByteWriter) { writer.append(identifier) }
}

/// A value of `P-Asserted-Service`: the service a trusted network has found (RFC 6050 §4.1).
package struct PAssertedService: ListedHeaderField {
    package static let name = HeaderName.pAssertedService
    package static let element = SIPParseError.Element.service

    /// A URN: `urn:urn-7:3gpp-service.ims.icsi.mmtel`.
    package var identifier: ByteString

    package init(_ identifier: String) { self.identifier = ByteString(identifier) }

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: position)
        identifier = value[try scanner.serviceIdentifier()]
        position = scanner.position
    }

    package func write(to writer: inout ByteWriter) { writer.append(identifier) }
}

extension ByteScanner {
    /// Reads a URI up to a comma.
    fileprivate mutating func serviceIdentifier() throws(SIPParseError) -> Range<Int> {
        skipSpaces()
        let range = run { ByteSet.uri.contains($0) && $0 != UInt8(ascii: ",") }
        guard bytes(range).firstIndex(of: UInt8(ascii: ":"), from: 0) < range.count else {
            throw SIPParseError(.service, at: position)
        }
        skipSpaces()
        return range
    }
}

/// `Privacy`: what the network shall hide (RFC 3323 §4.2).
package struct Privacy: HeaderField {
    package static let name = HeaderName.privacy

    /// `id`, `header`, `session`, `user`, `none`, `critical`; in small letters.
    package var values: [String]

    package init(_ values: String...) { self.values = values }

    package init(parsing value: ByteString) throws(SIPParseError) {
        values = []
        var scanner = ByteScanner(value.span)
        repeat {
            scanner.skipSpaces()
            let token = scanner.run(of: .token)
            guard !token.isEmpty else { throw SIPParseError(.privacy, at: scanner.position) }
            values.append(value[token].lowercased.text)
            scanner.skipSpaces()
        } while scanner.skip(UInt8(ascii: ";"))
        guard scanner.isAtEnd else { throw SIPParseError(.privacy, at: scanner.position) }
    }

    package func contains(_ value: String) -> Bool { values.contains(value) }

    package func write(to writer: inout ByteWriter) { writer.append(values.joined(separator: ";")) }
}
