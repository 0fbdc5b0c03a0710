package import SIP
internal import Wire

/// A question what somebody's user agent can do: OPTIONS outside a dialog (RFC 3261 §11).
package struct CapabilityQuery: Hashable, Sendable {
    /// Names a question until its outcome is known.
    package struct ID: Hashable, Sendable {
        package let number: UInt64
    }

    /// Who is asked: a SIP, SIPS or tel URI.
    package var recipient: String
    /// The public identity to ask as; `nil` for the default one of the registration.
    package var identity: String?
    package var callID: String

    package init(recipient: String, identity: String? = nil, callID: String) {
        (self.recipient, self.identity, self.callID) = (recipient, identity, callID)
    }

    /// What came of a question.
    package enum Outcome: Hashable, Sendable {
        /// A 2xx: what `PeerCapabilities` reads.
        case answered(Message)
        case refused(Message)
        case noAnswer
        case unreachable
    }

    /// Adds what every such question says, in a dialog and outside.
    static func complete(_ request: inout Message, contact: Contact?) {
        request.headers.append(.accept, "application/sdp")
        if let contact { request.headers.set(contact) }
    }

    /// Makes the request, without what the core adds (RFC 3261 §11.1): it shows what this side can do as well.
    func request(from sender: String, displayName: String?, contact: Contact?, tag: String) -> Message {
        var request = Message(method: .options, uri: ByteString(recipient))
        request.headers.append(.maxForwards, "70")
        request.headers.append(.from, "\(NameAddress.text(sender, displayName));tag=\(tag)")
        request.headers.append(.to, "<\(recipient)>")
        request.headers.append(.callID, callID)
        request.headers.append(.cseq, "1 OPTIONS")
        // No `require`: a device without the IM service may answer too, and that says something.
        request.headers.append(.acceptContact, "*;+g.oma.sip-im")
        request.headers.append(.pPreferredIdentity, NameAddress.text(sender, displayName))
        Self.complete(&request, contact: contact)
        return request
    }
}

/// What a user agent said it can do.
package struct PeerCapabilities: Hashable, Sendable {
    /// The Contact of the answer, without its parameters; `nil` if it has none.
    package var contact: String?
    package var features: FeatureSet
    package var methods: [String]
    package var accepted: [String]
    package var extensions: [String]
    package var userAgent: String?
    /// The identities the network vouches for, of whoever answered (RFC 3325 §9.1).
    package var identities: [String]

    /// Whether it takes part in the IM service (OMA SIMPLE IM TS §6.1.1.1).
    package var hasMessaging: Bool { features.contains("+g.oma.sip-im") }
    /// Whether it shares images (GSMA IR.79), in whatever spelling it says so.
    package var hasImageShare: Bool {
        features.contains("+g.3gpp.iari-ref", ServiceIdentifier.imageShare.text)
    }

    /// Reads a 2xx to OPTIONS.
    package init(_ response: Message) {
        let contact = try? response.headers.first(Contact.self)
        self.contact = contact.map { $0.uri.description }
        features = FeatureSet(contact?.parameters ?? Parameters())
        methods = Self.tokens(response, .allow)
        accepted = Self.tokens(response, .accept)
        extensions = Self.tokens(response, .supported)
        userAgent = (response.headers.first(.userAgent) ?? response.headers.first(.server))?.text
        let asserted = (try? response.headers.all(PAssertedIdentity.self)) ?? []
        identities = asserted.map { $0.uri.description }
    }

    /// The most values of one field that are kept.
    private static let limit = 64

    private static func tokens(_ response: Message, _ name: HeaderName) -> [String] {
        let values = response.headers.all(name).flatMap { $0.text.split(separator: ",") }
        return values.prefix(limit).map { ByteString(String($0)).trimmed.text }.filter { !$0.isEmpty }
    }
}
