/// A media type with its parameters, as `Content-Type` carries it (RFC 3261 §20.15, RFC 2045 §5.1).
package struct MediaType: Hashable, Sendable {
    package struct Parameter: Hashable, Sendable {
        package var name: String
        /// The value without quotes.
        package var value: String

        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    /// The type and subtype as written: `text`, `plain`.
    package var type: String
    package var subtype: String
    package var parameters: [Parameter]

    package init(_ type: String, _ subtype: String, parameters: [Parameter] = []) {
        (self.type, self.subtype, self.parameters) = (type, subtype, parameters)
    }

    /// Reads `type/subtype` with parameters; spaces may stand around every separator.
    ///
    /// - Returns: `nil` if the text is anything else.
    package init?(parsing value: ByteString) {
        var scanner = ByteScanner(value.span)
        scanner.skipSpaces()
        let type = scanner.run(of: .token)
        scanner.skipSpaces()
        let slash = scanner.skip(UInt8(ascii: "/"))
        scanner.skipSpaces()
        let subtype = scanner.run(of: .token)
        guard slash, !type.isEmpty, !subtype.isEmpty else { return nil }
        self.init(value[type].text, value[subtype].text)
        scanner.skipSpaces()
        while scanner.skip(UInt8(ascii: ";")) {
            scanner.skipSpaces()
            let name = scanner.run(of: .token)
            scanner.skipSpaces()
            guard !name.isEmpty, scanner.skip(UInt8(ascii: "=")) else { return nil }
            scanner.skipSpaces()
            guard let range = scanner.quotedString() ?? scanner.run(of: .genericValue).nonEmpty else {
                return nil
            }
            parameters.append(Parameter(name: value[name].text, value: value[range].unquoted.text))
            scanner.skipSpaces()
        }
        guard scanner.isAtEnd else { return nil }
    }

    package init?(_ text: String) { self.init(parsing: ByteString(text)) }

    /// The value of the parameter `name`, which is compared without regard to case.
    package subscript(name: String) -> String? {
        let name = ByteString(name)
        return parameters.first { ByteString($0.name).equalsIgnoringCase(name) }?.value
    }

    /// Whether type and subtype are those of `other`; parameters do not count, nor does case (RFC 2045 §5.1).
    package func matches(_ other: MediaType) -> Bool {
        ByteString(type).equalsIgnoringCase(other.type)
            && ByteString(subtype).equalsIgnoringCase(other.subtype)
    }

    package func matches(_ type: String, _ subtype: String) -> Bool { matches(MediaType(type, subtype)) }
}

extension MediaType: CustomStringConvertible {
    package var description: String {
        var writer = ByteWriter()
        writer.append("\(type)/\(subtype)")
        for parameter in parameters {
            writer.append(";\(parameter.name)=")
            let value = ByteString(parameter.value)
            let isToken = !value.isEmpty && value.bytes.allSatisfy(\.isTokenCharacter)
            if isToken { writer.append(value) } else { writer.appendQuoted(value) }
        }
        return writer.string.text
    }
}

extension Range<Int> {
    /// The range, or `nil` if it is empty.
    @inlinable
    package var nonEmpty: Range<Int>? { isEmpty ? nil : self }
}

extension MediaType {
    /// Whether a program sends it by itself: it tells of a conversation, and is not said in it (RFC 3994, RFC 5438).
    package var isAutomatic: Bool {
        matches("application", "im-iscomposing+xml") || matches("message", "imdn+xml")
    }
}
