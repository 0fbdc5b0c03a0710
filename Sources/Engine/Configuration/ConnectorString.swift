/// The connector string of the JSR 281 IMS API: `imscore://AppId[;key=value]…`.
///
/// The target names the account by its `app-id`; each parameter is a key of ims.conf(5) and replaces its value.
package struct ConnectorString: Hashable, Sendable {
    static let scheme = "imscore:"

    package var applicationID: String
    /// The keys to replace, in the order given.
    package var parameters: [(key: AccountKey, value: String)]

    package init(_ text: String) throws(AccountSelectionError) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard let target = parts.first, target.lowercased().hasPrefix(Self.scheme + "//"),
            let applicationID = ConfigurationValue.applicationID(target.dropFirst(Self.scheme.utf8.count + 2))
        else { throw .malformedConnector(text) }
        self.applicationID = applicationID
        parameters = []
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "="), equals != part.startIndex else {
                throw .malformedConnector(text)
            }
            let name = String(part[..<equals])
            guard let key = AccountKey(rawValue: name) else {
                let known = AccountKey.allCases.filter { !$0.isSecret }.map(\.rawValue)
                throw .unknownConnectorKey(name, suggestion: Spelling.nearest(to: name, among: known))
            }
            guard !key.isSecret else { throw .secretInConnector(name) }
            guard let value = Self.decoded(part[part.index(after: equals)...]) else {
                throw .malformedConnector(text)
            }
            parameters.append((key, value))
        }
    }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.applicationID == rhs.applicationID && lhs.parameters.elementsEqual(rhs.parameters, by: ==)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(applicationID)
        for (key, value) in parameters {
            hasher.combine(key)
            hasher.combine(value)
        }
    }

    /// Undoes percent-encoding, which a value that holds a semicolon needs.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.first?.isHexDigit == true,
                let value = UInt8(digits, radix: 16)
            else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self).flatMap { text in
            text.unicodeScalars.contains { $0.properties.generalCategory == .control } ? nil : text
        }
    }
}
