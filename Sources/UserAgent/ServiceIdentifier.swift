/// An identifier of a communication service or application (3GPP TS 24.229 §7.2A.8, §7.2A.9): an ICSI or IARI.
package struct ServiceIdentifier: Hashable, Sendable {
    /// The URN as the standard writes it, in small letters.
    package let text: String

    /// Image share as GSMA IR.79 names it.
    package static let imageShare = ServiceIdentifier(known: "urn:urn-7:3gpp-application.ims.iari.gsma-is")
    /// Multimedia telephony.
    package static let telephony = ServiceIdentifier(known: "urn:urn-7:3gpp-service.ims.icsi.mmtel")

    private init(known: String) { text = known }

    /// Reads an identifier in any of the spellings that are in use: `urn:urn-7:…` of the standard, and the
    /// `urn:urn-xxx:…` and `urn:urnxxx:…` that clients wrote before the number was assigned.
    ///
    /// - Parameter text: The URN, escapes undone.
    package init?(_ text: String) {
        let small = text.lowercased()
        guard let prefix = Self.prefixes.first(where: small.hasPrefix) else { return nil }
        let name = small.dropFirst(prefix.count)
        self.text = Self.namespace + (name == "3gpp-application.ims.iari.gsmais" ? Self.imageShareName : name)
    }

    private static let namespace = "urn:urn-7:"
    private static let prefixes = [namespace, "urn:urn-xxx:", "urn:urnxxx:"]
    private static let imageShareName: Substring = "3gpp-application.ims.iari.gsma-is"

    /// How an identifier is written into a feature tag.
    package enum Form: Hashable, Sendable, CaseIterable {
        case standard
        /// That of the Mercuro client and its time, which knows no other.
        case mercuro
    }

    /// The feature tag that names this application (3GPP TS 24.229 §7.2A.9.2): its colons are escaped.
    package func applicationTag(_ form: Form = .standard) -> Registration.FeatureTag {
        switch form {
        case .standard: .init("+g.3gpp.iari-ref", Self.escaped(text))
        case .mercuro:
            .init("+g.3gpp.app%5fref", Self.escaped("urn:urn-xxx:" + text.dropFirst(Self.namespace.count)))
        }
    }

    private static func escaped(_ urn: String) -> String {
        urn.split(separator: ":", omittingEmptySubsequences: false).joined(separator: "%3A")
    }
}
