package import Wire

/// A value of `Accept-Contact`: features the contact to be reached should have (RFC 3841 §9.2).
package struct AcceptContact: TokenWithParametersField {
    package static let name = HeaderName.acceptContact
    package static let element = SIPParseError.Element.acceptContact

    package var token: ByteString
    package var parameters: Parameters

    package init(token: ByteString, parameters: Parameters) {
        (self.token, self.parameters) = (token, parameters)
    }

    /// Whether a contact without these features must not be reached.
    package var isRequired: Bool { parameters.contains("require") }

    /// Whether a contact that says nothing of these features is passed over.
    package var isExplicit: Bool { parameters.contains("explicit") }
}

/// A value of `Reject-Contact`: features the contact to be reached must not have (RFC 3841 §9.2).
package struct RejectContact: TokenWithParametersField {
    package static let name = HeaderName.rejectContact
    package static let element = SIPParseError.Element.acceptContact

    package var token: ByteString
    package var parameters: Parameters

    package init(token: ByteString, parameters: Parameters) {
        (self.token, self.parameters) = (token, parameters)
    }
}

/// A value of `Reason`: why a request was sent (RFC 3326 §2).
package struct Reason: TokenWithParametersField {
    package static let name = HeaderName.reason
    package static let element = SIPParseError.Element.token

    package var token: ByteString
    package var parameters: Parameters

    package init(token: ByteString, parameters: Parameters) {
        (self.token, self.parameters) = (token, parameters)
    }

    /// The code of the protocol that `token` names.
    package var cause: Int? { parameters["cause"]?.decimal(upTo: 1_000_000).map { Int($0) } }

    package var text: String? { parameters["text"]?.text }
}
