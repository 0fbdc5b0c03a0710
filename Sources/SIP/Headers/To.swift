package import Wire

/// The `To` header field: the logical recipient (RFC 3261 §20.39).
package struct To: NameAddressField {
    package static let name = HeaderName.to
    package static let element = SIPParseError.Element.to

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
