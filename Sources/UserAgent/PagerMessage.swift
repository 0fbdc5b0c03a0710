package import SIP
package import Wire

/// A message of its own, outside any session (RFC 3428), as its sender wants it.
package struct PagerMessage: Hashable, Sendable {
    /// Names a message that was given to the core, until its outcome is known.
    package struct ID: Hashable, Sendable {
        package let number: UInt64
    }

    /// Where it goes: a SIP, SIPS or tel URI.
    package var recipient: String
    package var contentType: String
    package var body: ByteString
    /// The public identity to send as; `nil` for the default one of the registration.
    package var identity: String?
    /// Whether the network is to withhold the sender's identity from the recipient (RFC 3323 §4.2).
    package var isPrivate: Bool
    /// Whether the network is to queue it for a recipient who is not there, `queue` or `no-queue` (RFC 3841 §9.1).
    package var requestDisposition: String?
    package var callID: String

    package init(
        recipient: String,
        contentType: String,
        body: ByteString,
        identity: String? = nil,
        isPrivate: Bool = false,
        requestDisposition: String? = nil,
        callID: String
    ) {
        self.recipient = recipient
        self.contentType = contentType
        self.body = body
        self.identity = identity
        self.isPrivate = isPrivate
        self.requestDisposition = requestDisposition
        self.callID = callID
    }

    /// What became of a message.
    package enum Outcome: Sendable {
        /// A 2xx: delivered, or with 202 stored (OMA SIMPLE IM TS §7.3.1.3).
        case succeeded(Message)
        /// Another final response.
        case refused(Message)
        /// No final response came, so that nobody knows whether it was delivered.
        case noAnswer
        /// It was not sent: the flow is gone and no registration came about.
        case notSent(RegistrationFailure)
        /// A challenge could not be answered.
        case notAuthenticated(AuthenticationError, status: StatusCode)
    }

    /// The largest MESSAGE that may go over UDP; a larger request goes over TCP (RFC 3261 §18.1.1).
    package static let datagramLimit = 1300

    /// The feature tag that leads to the IM service, asked for explicitly (OMA SIMPLE IM TS §6.1.3.1).
    package static let acceptContact = "*;+g.oma.sip-im;require;explicit"

    /// Makes the request, without what the core adds: route, credentials, network information and `Via`.
    func request(from sender: String, displayName: String?, tag: String) -> Message {
        var request = Message(method: .message, uri: ByteString(recipient))
        // An anonymous From says nothing; the network still learns the sender from P-Preferred-Identity
        // (RFC 3323 §4.1.1.3).
        let anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>"
        let claimed = isPrivate ? anonymous : NameAddress.text(sender, displayName)
        request.headers.append(.maxForwards, "70")
        request.headers.append(.from, "\(claimed);tag=\(tag)")
        request.headers.append(.to, "<\(recipient)>")
        request.headers.append(.callID, callID)
        request.headers.append(.cseq, "1 MESSAGE")
        request.headers.append(.acceptContact, Self.acceptContact)
        request.headers.append(.pPreferredIdentity, NameAddress.text(sender, displayName))
        if isPrivate { request.headers.append(.privacy, "id") }
        if let requestDisposition { request.headers.append(.requestDisposition, requestDisposition) }
        request.headers.append(.contentType, contentType)
        request.body = body
        return request
    }
}

/// A pager message from the network that waits to be accepted.
package struct ReceivedPagerMessage: Hashable, Sendable {
    /// Names the request; hand it to `Core.accept` once the message is safe.
    package let request: ServerTransactionID
    /// The `From` URI: what the sender claims.
    package var from: String
    package var fromDisplayName: String?
    /// The identity the P-CSCF vouches for (RFC 3325 §9.1), if it did.
    package var asserted: String?
    package var to: String
    package var contentType: String
    package var body: ByteString
    package var callID: String

    /// Reads a MESSAGE that has passed the screening.
    init?(_ message: Message, request: ServerTransactionID) {
        guard let from = try? message.headers.first(From.self), let to = try? message.headers.first(To.self),
            let callID = message.headers.first(.callID)
        else { return nil }
        self.request = request
        self.from = from.uri.description
        fromDisplayName = from.displayName
        let asserted = (try? message.headers.all(PAssertedIdentity.self)) ?? []
        // A SIP URI and a tel URI may both be asserted; the SIP URI says more (RFC 3325 §9.1).
        let preferred = asserted.first { $0.uri.sip != nil } ?? asserted.first
        self.asserted = preferred?.uri.description
        self.to = to.uri.description
        contentType = message.headers.first(.contentType)?.text ?? "text/plain"
        body = message.body
        self.callID = callID.text
    }
}
