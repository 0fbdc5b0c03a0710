package import Wire

/// A value of `Contact`: where a user can be reached directly, or `*` for all of them (RFC 3261 §20.10).
package struct Contact: NameAddressField {
    package static let name = HeaderName.contact
    package static let element = SIPParseError.Element.contact

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }

    /// The `*` of a REGISTER that removes every binding (RFC 3261 §10.2.2).
    package static var wildcard: Contact { Contact(NameAddress(.other("*"))) }

    package var isWildcard: Bool {
        if case .other(let text) = address.uri { text == "*" } else { false }
    }

    package init(parsing value: ByteString, at position: inout Int) throws(SIPParseError) {
        if value[position...].trimmed == "*" {
            self = .wildcard
            position = value.count
        } else {
            address = try NameAddress(parsing: value, at: &position)
        }
    }

    package func write(to writer: inout ByteWriter) {
        if isWildcard { writer.append(UInt8(ascii: "*")) } else { address.write(to: &writer) }
    }

    /// The preference among contacts in thousandths, from 0 to 1000; `nil` if there is none or it is none.
    package var preference: Int? { parameters["q"].flatMap { QualityValue(parsing: $0)?.thousandths } }

    /// The lifetime of this binding; `nil` if the parameter is missing or no number (RFC 3261 §10.3 step 7).
    package var expires: Duration? {
        parameters["expires"]?.decimal(upTo: UInt64(UInt32.max)).map { .seconds($0) }
    }

    /// The instance the contact belongs to, without the quotes (RFC 5626 §4.1).
    package var instance: ByteString? { parameters["+sip.instance"] }

    /// The registrar's public GRUU for this contact (RFC 5627 §5.2).
    package var publicGRUU: ByteString? { parameters["pub-gruu"] }

    /// The registrar's temporary GRUU for this contact (RFC 5627 §5.2).
    package var temporaryGRUU: ByteString? { parameters["temp-gruu"] }
}

/// A `qvalue`: 0 to 1 with up to three digits behind the point (RFC 3261 §25.1).
package struct QualityValue: Hashable, Sendable {
    package let thousandths: Int

    package init?(parsing text: ByteString) {
        var scanner = ByteScanner(text.span)
        guard let whole = scanner.decimal(upTo: 1) else { return nil }
        var value = Int(whole) * 1000
        if scanner.skip(UInt8(ascii: ".")) {
            let digits = scanner.run(of: .digit)
            guard digits.count <= 3 else { return nil }
            for (digit, weight) in zip(digits, [100, 10, 1]) { value += Int(text[digit] - 0x30) * weight }
        }
        guard scanner.isAtEnd, value <= 1000 else { return nil }
        thousandths = value
    }
}
