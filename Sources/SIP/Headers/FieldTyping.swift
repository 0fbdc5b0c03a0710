internal import Wire

extension Message {
    /// Types every field there is a type for, and hands each value over.
    ///
    /// What a caller that trusts nothing runs over a message: fields without a type of their own are any text.
    ///
    /// - Throws: The error of the first field that is not what its grammar says.
    package func typeEveryField(_ visit: (any HeaderField) -> Void = { _ in }) throws(SIPParseError) {
        for header in headers {
            guard let field = header.name.wellKnown, let type = field.type else { continue }
            try Self.type(header.value, as: type, visit)
        }
    }

    private static func type<Field: HeaderField>(
        _ value: ByteString,
        as type: Field.Type,
        _ visit: (any HeaderField) -> Void
    ) throws(SIPParseError) {
        var fields: [Field] = []
        try Field.parseAll(value, into: &fields, limit: MessageLimits.standard.valueCount)
        for field in fields { visit(field) }
    }
}

extension WellKnownHeader {
    /// The type of the field's values; `nil` if they are text, or nothing this program looks into.
    var type: (any HeaderField.Type)? {
        switch self {
        case .accept: Accept.self
        case .acceptContact: AcceptContact.self
        case .acceptEncoding: AcceptEncoding.self
        case .allow: Allow.self
        case .allowEvents: AllowEvents.self
        case .authenticationInfo: AuthenticationInfo.self
        case .authorization: Authorization.self
        case .callID: CallID.self
        case .contact: Contact.self
        case .contentDisposition: ContentDisposition.self
        case .contentEncoding: ContentEncoding.self
        case .contentType: ContentType.self
        case .cseq: CSeq.self
        case .date: SIPDate.self
        case .event: Event.self
        case .expires: Expires.self
        case .flowTimer: FlowTimer.self
        case .from: From.self
        case .maxForwards: MaxForwards.self
        case .minExpires: MinExpires.self
        case .minSE: MinSE.self
        case .pAccessNetworkInfo: PAccessNetworkInfo.self
        case .pAssertedIdentity: PAssertedIdentity.self
        case .pAssertedService: PAssertedService.self
        case .pAssociatedURI: PAssociatedURI.self
        case .pCalledPartyID: PCalledPartyID.self
        case .pChargingFunctionAddresses: PChargingFunctionAddresses.self
        case .pChargingVector: PChargingVector.self
        case .pPreferredIdentity: PPreferredIdentity.self
        case .pPreferredService: PPreferredService.self
        case .pVisitedNetworkID: PVisitedNetworkID.self
        case .path: Path.self
        case .privacy: Privacy.self
        case .proxyAuthenticate: ProxyAuthenticate.self
        case .proxyAuthenticationInfo: ProxyAuthenticationInfo.self
        case .proxyAuthorization: ProxyAuthorization.self
        case .proxyRequire: ProxyRequire.self
        case .rack: RAck.self
        case .reason: Reason.self
        case .recordRoute: RecordRoute.self
        case .referTo: ReferTo.self
        case .referredBy: ReferredBy.self
        case .rejectContact: RejectContact.self
        case .replaces: Replaces.self
        case .replyTo: ReplyTo.self
        case .require: Require.self
        case .retryAfter: RetryAfter.self
        case .route: Route.self
        case .serviceRoute: ServiceRoute.self
        case .sessionExpires: SessionExpires.self
        case .sipETag: SIPETag.self
        case .sipIfMatch: SIPIfMatch.self
        case .subscriptionState: SubscriptionState.self
        case .supported: Supported.self
        case .to: To.self
        case .unsupported: Unsupported.self
        case .via: Via.self
        case .warning: Warning.self
        case .wwwAuthenticate: WWWAuthenticate.self
        default: nil
        }
    }
}
