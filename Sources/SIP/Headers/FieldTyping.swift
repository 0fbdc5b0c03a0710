internal import Wire

extension Message {
    /// Types every field there is a type for: what a caller that trusts nothing runs over a message.
    ///
    /// Fields without a type of their own are any text.
    ///
    /// - Throws: The error of the first field that is not what its grammar says.
    package func typeEveryField() throws(SIPParseError) {
        for header in headers {
            if let field = header.name.wellKnown { try field.check(header.value) }
        }
    }
}

/// Reads a value for the sake of its errors.
@inline(__always)
private func check<Field: HeaderField>(_ type: Field.Type, _ value: ByteString) throws(SIPParseError) {
    _ = try Field(parsing: value)
}

/// Reads every value of a list for the sake of their errors.
@inline(__always)
private func check<Field: ListedHeaderField>(_ type: Field.Type, _ value: ByteString) throws(SIPParseError) {
    var position = 0
    repeat {
        _ = try Field(parsing: value, at: &position)
    } while try Field.nextElement(of: value, at: &position)
}

extension WellKnownHeader {
    /// Holds the raw value of a field against its grammar.
    fileprivate func check(_ value: ByteString) throws(SIPParseError) {
        switch self {
        case .accept where !value.isEmpty: try SIP.check(Accept.self, value)
        case .acceptContact: try SIP.check(AcceptContact.self, value)
        case .acceptEncoding where !value.isEmpty: try SIP.check(AcceptEncoding.self, value)
        case .allow: try SIP.check(Allow.self, value)
        case .allowEvents: try SIP.check(AllowEvents.self, value)
        case .authenticationInfo: try SIP.check(AuthenticationInfo.self, value)
        case .authorization: try SIP.check(Authorization.self, value)
        case .callID: try SIP.check(CallID.self, value)
        case .contact: try SIP.check(Contact.self, value)
        case .contentDisposition: try SIP.check(ContentDisposition.self, value)
        case .contentEncoding: try SIP.check(ContentEncoding.self, value)
        case .contentType: try SIP.check(ContentType.self, value)
        case .cseq: try SIP.check(CSeq.self, value)
        case .date: try SIP.check(SIPDate.self, value)
        case .event: try SIP.check(Event.self, value)
        case .expires: try SIP.check(Expires.self, value)
        case .flowTimer: try SIP.check(FlowTimer.self, value)
        case .from: try SIP.check(From.self, value)
        case .maxForwards: try SIP.check(MaxForwards.self, value)
        case .minExpires: try SIP.check(MinExpires.self, value)
        case .minSE: try SIP.check(MinSE.self, value)
        case .pAccessNetworkInfo: try SIP.check(PAccessNetworkInfo.self, value)
        case .pAssertedIdentity: try SIP.check(PAssertedIdentity.self, value)
        case .pAssertedService: try SIP.check(PAssertedService.self, value)
        case .pAssociatedURI: try SIP.check(PAssociatedURI.self, value)
        case .pCalledPartyID: try SIP.check(PCalledPartyID.self, value)
        case .pChargingFunctionAddresses: try SIP.check(PChargingFunctionAddresses.self, value)
        case .pChargingVector: try SIP.check(PChargingVector.self, value)
        case .pPreferredIdentity: try SIP.check(PPreferredIdentity.self, value)
        case .pPreferredService: try SIP.check(PPreferredService.self, value)
        case .pVisitedNetworkID: try SIP.check(PVisitedNetworkID.self, value)
        case .path: try SIP.check(Path.self, value)
        case .privacy: try SIP.check(Privacy.self, value)
        case .proxyAuthenticate: try SIP.check(ProxyAuthenticate.self, value)
        case .proxyAuthenticationInfo: try SIP.check(ProxyAuthenticationInfo.self, value)
        case .proxyAuthorization: try SIP.check(ProxyAuthorization.self, value)
        case .proxyRequire: try SIP.check(ProxyRequire.self, value)
        case .rack: try SIP.check(RAck.self, value)
        case .reason: try SIP.check(Reason.self, value)
        case .recordRoute: try SIP.check(RecordRoute.self, value)
        case .referTo: try SIP.check(ReferTo.self, value)
        case .referredBy: try SIP.check(ReferredBy.self, value)
        case .rejectContact: try SIP.check(RejectContact.self, value)
        case .replaces: try SIP.check(Replaces.self, value)
        case .replyTo: try SIP.check(ReplyTo.self, value)
        case .require: try SIP.check(Require.self, value)
        case .retryAfter: try SIP.check(RetryAfter.self, value)
        case .route: try SIP.check(Route.self, value)
        case .serviceRoute: try SIP.check(ServiceRoute.self, value)
        case .sessionExpires: try SIP.check(SessionExpires.self, value)
        case .sipETag: try SIP.check(SIPETag.self, value)
        case .sipIfMatch: try SIP.check(SIPIfMatch.self, value)
        case .subscriptionState: try SIP.check(SubscriptionState.self, value)
        case .supported: try SIP.check(Supported.self, value)
        case .to: try SIP.check(To.self, value)
        case .unsupported: try SIP.check(Unsupported.self, value)
        case .via: try SIP.check(Via.self, value)
        case .warning: try SIP.check(Warning.self, value)
        case .wwwAuthenticate: try SIP.check(WWWAuthenticate.self, value)
        default: break
        }
    }
}
