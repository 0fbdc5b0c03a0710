/// The name of a CPIM header and the namespace it belongs to (RFC 3862 §3.4); case counts (§2.2).
package struct CPIMName: Hashable, Sendable {
    package var namespace: String
    package var local: String

    package init(_ local: String, in namespace: String = Self.coreNamespace) {
        (self.local, self.namespace) = (local, namespace)
    }

    /// The namespace of the names that have no prefix, unless the message says otherwise (RFC 3862 §4).
    package static let coreNamespace = "urn:ietf:params:cpim-headers:"
    /// The namespace of the disposition notification headers (RFC 5438 §6.1).
    package static let notificationNamespace = "urn:ietf:params:imdn"

    package static let from = CPIMName("From")
    package static let to = CPIMName("To")
    package static let cc = CPIMName("cc")
    package static let dateTime = CPIMName("DateTime")
    package static let subject = CPIMName("Subject")
    package static let require = CPIMName("Require")

    package static let messageID = CPIMName("Message-ID", in: notificationNamespace)
    package static let dispositionNotification = CPIMName(
        "Disposition-Notification",
        in: notificationNamespace
    )
    package static let originalTo = CPIMName("Original-To", in: notificationNamespace)
    package static let recordRoute = CPIMName("IMDN-Record-Route", in: notificationNamespace)
    package static let route = CPIMName("IMDN-Route", in: notificationNamespace)
}

/// One header of a CPIM message (RFC 3862 §3).
package struct CPIMHeader: Hashable, Sendable {
    package var name: CPIMName
    /// The language of the value, `;lang=` (RFC 3862 §3.3).
    package var language: String?
    /// The value as it is on the wire, escape sequences included.
    package var value: ByteString
    /// What a `Require` header names; empty for every other header.
    package var requiredNames: [CPIMName] = []

    /// A header whose value is already in the form of the wire.
    package init(_ name: CPIMName, _ value: ByteString, language: String? = nil) {
        (self.name, self.value, self.language) = (name, value, language)
    }

    /// A header whose value is text for people.
    package init(_ name: CPIMName, text: String, language: String? = nil) {
        self.init(name, ByteString(CPIMEscape.escaped(text)), language: language)
    }

    /// A header that names a person or a service.
    package init(_ name: CPIMName, _ address: CPIMAddress) {
        self.init(name, ByteString(address.description))
    }

    /// A `Require` header: the recipient must understand `names` (RFC 3862 §4.7).
    package init(requiring names: [CPIMName]) {
        self.init(.require, .empty)
        requiredNames = names
    }

    /// The value with its escape sequences replaced by what they stand for.
    package var text: String { CPIMEscape.unescaped(value) }
}

/// A URI and the name of who is behind it, as `From`, `To` and `cc` carry them (RFC 3862 §4.1).
package struct CPIMAddress: Hashable, Sendable {
    package var displayName: String?
    package var uri: String

    package init(displayName: String? = nil, uri: String) {
        (self.displayName, self.uri) = (displayName, uri)
    }

    /// Reads `[ Formal-name ] "<" URI ">"`; a URI without its brackets is taken too.
    package init?(parsing value: ByteString) {
        let value = value.trimmed
        var scanner = ByteScanner(value.span)
        let name: Range<Int>
        if scanner.next == UInt8(ascii: "\"") {
            guard let quoted = scanner.quotedString() else { return nil }
            name = quoted.lowerBound + 1..<quoted.upperBound - 1
            scanner.skipSpaces()
        } else {
            name = scanner.run { $0 != UInt8(ascii: "<") }
        }
        guard scanner.skip(UInt8(ascii: "<")) else {
            let isBare = value.firstIndex(of: UInt8(ascii: " ")) == nil && name.upperBound == value.count
            guard isBare, value.firstIndex(of: UInt8(ascii: ":")) != nil else { return nil }
            self.init(uri: CPIMEscape.unescaped(value))
            return
        }
        let uri = scanner.run { $0 != UInt8(ascii: ">") }
        guard !uri.isEmpty, scanner.skip(UInt8(ascii: ">")) else { return nil }
        let text = CPIMEscape.unescaped(value[name].trimmed)
        self.init(displayName: text.isEmpty ? nil : text, uri: CPIMEscape.unescaped(value[uri]))
    }
}

extension CPIMAddress: CustomStringConvertible {
    /// The address as a header carries it; what no URI may hold is percent-encoded.
    package var description: String {
        let uri = "<\(ByteString(self.uri).percentEncoded(keeping: .uri).text)>"
        guard let displayName, !displayName.isEmpty else { return uri }
        let words = displayName.split(separator: " ", omittingEmptySubsequences: false)
        let areTokens = words.allSatisfy { word in !word.isEmpty && word.utf8.allSatisfy(CPIMName.isInToken) }
        let name = areTokens ? displayName : "\"\(CPIMEscape.escaped(displayName, within: "\""))\""
        return "\(name) \(uri)"
    }
}

extension ByteString {
    /// The string with every byte outside `set` written as `%HH`; percent signs stay, as those of escapes.
    fileprivate func percentEncoded(keeping set: ByteSet) -> ByteString {
        guard !slice.allSatisfy(set.contains) else { return self }
        var writer = ByteWriter(capacity: count)
        for byte in slice {
            if set.contains(byte) {
                writer.append(byte)
            } else {
                writer.append(UInt8(ascii: "%"))
                writer.append(UInt8.hexadecimalDigit(byte >> 4, uppercase: true))
                writer.append(UInt8.hexadecimalDigit(byte & 15, uppercase: true))
            }
        }
        return writer.string
    }
}

extension CPIMName {
    /// Whether the name can be written: both parts are made of `NAMECHAR` (RFC 3862 §3.6).
    var isWritable: Bool {
        !local.isEmpty && local.utf8.allSatisfy(Self.isInName)
            && !namespace.isEmpty
            && namespace.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ">") }
    }

    /// `NAMECHAR` of RFC 3862 §3.6.
    static func isInName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."): false
        case UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "^"), UInt8(ascii: "|"):
            true
        default: byte.isTokenCharacter
        }
    }

    /// `TOKENCHAR` of RFC 3862 §3.6.
    static func isInToken(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte > 127 || isInName(byte) }
}
