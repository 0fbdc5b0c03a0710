internal import Wire

/// What an INVITE says of the service it is for (RFC 3840, RFC 3841, TS 24.229 §7.2A.9).
package struct ServiceTags: Hashable, Sendable {
    /// The feature tags behind the URI in `Contact`.
    package var contact: [String]
    /// The values of `Accept-Contact`; none to be sent wherever the user is (RFC 3841 §9.2).
    package var acceptContact: [String]
    /// The value of `P-Preferred-Service` (RFC 6050 §4.2).
    package var preferredService: String?

    package init(contact: [String], acceptContact: [String], preferredService: String? = nil) {
        (self.contact, self.acceptContact) = (contact, acceptContact)
        self.preferredService = preferredService
    }

    /// Messages and files of the IM service (OMA SIMPLE IM TS §6.1.3.1).
    package static let messaging = ServiceTags(
        contact: ["+g.oma.sip-im"],
        acceptContact: [PagerMessage.acceptContact]
    )

    /// Image share (IR.79); whoever does not know it gets an INVITE with a file, and may know that.
    package static func imageShare(_ form: ServiceIdentifier.Form) -> ServiceTags {
        let named = ServiceIdentifier.imageShare.applicationTag(form)
        let tag = named.value.map { "\(named.name)=\"\($0)\"" } ?? named.name
        return ServiceTags(
            contact: [tag, "+g.oma.sip-im"],
            acceptContact: ["*;\(tag);explicit", "*;+g.oma.sip-im"],
            preferredService: form == .mercuro ? "urn:urn-xxx:3gpp-service.ims.icsi.mmtel" : nil
        )
    }
}

extension ServiceIdentifier.Form {
    /// The form in which feature tags, those of a `Contact` or an `Accept-Contact`, name image share; `nil` if they do
    /// not.
    package init?(imageShareIn value: String) {
        let parts = ByteString(value).percentDecoded.lowercased.text.split { ";\"=".contains($0) }
        guard parts.contains(where: { ServiceIdentifier(String($0)) == .imageShare }) else { return nil }
        let isStandard = parts.contains("+g.3gpp.iari-ref") && parts.contains { $0.hasPrefix("urn:urn-7:") }
        self = isStandard ? .standard : .mercuro
    }
}
