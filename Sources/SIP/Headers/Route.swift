/// A value of `Route`: a proxy the request must visit (RFC 3261 §20.34).
package struct Route: NameAddressField {
    package static let name = HeaderName.route
    package static let element = SIPParseError.Element.route

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// A value of `Record-Route`: a proxy that stays in the dialog (RFC 3261 §20.30).
package struct RecordRoute: NameAddressField {
    package static let name = HeaderName.recordRoute
    package static let element = SIPParseError.Element.recordRoute

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// A value of `Service-Route`: a proxy through which the home network wants its user's requests (RFC 3608).
package struct ServiceRoute: NameAddressField {
    package static let name = HeaderName.serviceRoute
    package static let element = SIPParseError.Element.serviceRoute

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}

/// A value of `Path`: a proxy between registrar and user agent (RFC 3327).
package struct Path: NameAddressField {
    package static let name = HeaderName.path
    package static let element = SIPParseError.Element.path

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }
}
