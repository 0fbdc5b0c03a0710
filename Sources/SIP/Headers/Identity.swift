/// A value of `P-Asserted-Identity`: who the sender is, as a trusted network says (RFC 3325 §9.1).
package struct PAssertedIdentity: NameAddressField {
    package static let name = HeaderName.pAssertedIdentity
    package static let element = SIPParseError.Element.assertedIdentity

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// A value of `P-Preferred-Identity`: who the sender wants to be known as (RFC 3325 §9.2).
package struct PPreferredIdentity: NameAddressField {
    package static let name = HeaderName.pPreferredIdentity
    package static let element = SIPParseError.Element.preferredIdentity

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// A value of `P-Associated-URI`: an identity registered along with the one asked for (RFC 7315 §4.1).
package struct PAssociatedURI: NameAddressField {
    package static let name = HeaderName.pAssociatedURI
    package static let element = SIPParseError.Element.associatedURI

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// `P-Called-Party-ID`: the identity that was dialled, before the Request-URI was changed (RFC 7315 §4.2).
package struct PCalledPartyID: NameAddressField {
    package static let name = HeaderName.pCalledPartyID
    package static let element = SIPParseError.Element.calledPartyID

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// `Refer-To`: what the recipient of a REFER shall contact (RFC 3515 §2.1).
package struct ReferTo: NameAddressField {
    package static let name = HeaderName.referTo
    package static let element = SIPParseError.Element.referTo

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// `Referred-By`: who asked for the request (RFC 3892 §3).
package struct ReferredBy: NameAddressField {
    package static let name = HeaderName.referredBy
    package static let element = SIPParseError.Element.referredBy

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// `Reply-To`: where an answer of the user should go (RFC 3261 §20.31).
package struct ReplyTo: NameAddressField {
    package static let name = HeaderName.replyTo
    package static let element = SIPParseError.Element.replyTo

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}
