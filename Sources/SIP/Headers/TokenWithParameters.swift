package import Wire

/// A header field whose values are a token with parameters behind it.
package protocol TokenWithParametersField: ListedHeaderField {
    var token: ByteString { get set }
    var parameters: Parameters { get set }
    init(token: ByteString, parameters: Parameters)
}

extension TokenWithParametersField {
    package init(_ token: String, parameters: Parameters = Parameters()) {
        self.init(token: ByteString(token), parameters: parameters)
    }

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        var scanner = ByteScanner(value.span, at: position)
        scanner.skipSpaces()
        let token = scanner.run(of: .token)
        guard !token.isEmpty else { throw SIPParseError(Self.element, at: scanner.position) }
        let parameters = try scanner.headerParameters()
        position = scanner.position
        self.init(token: value[token], parameters: Parameters(validated: value[parameters]))
    }

    package func write(to writer: inout ByteWriter) {
        writer.append(token)
        writer.append(parameters.text)
    }
}
