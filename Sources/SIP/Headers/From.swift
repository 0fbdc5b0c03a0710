package import Wire

/// The `From` header field: who began the dialog or sent the request (RFC 3261 §20.20).
package struct From: NameAddressField {
    package static let name = HeaderName.from
    package static let element = SIPParseError.Element.from

    package var address: NameAddress

    package init(_ address: NameAddress) { self.address = address }

    /// The tag, one half of what names a dialog (RFC 3261 §19.3).
    package var tag: ByteString? {
        get { parameters["tag"] }
        set {
            if let newValue { parameters.set("tag", newValue) } else { parameters.remove("tag") }
        }
    }
}
