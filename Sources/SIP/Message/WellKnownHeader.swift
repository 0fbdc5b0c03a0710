internal import Wire

/// The header fields this program has a number for.
package enum WellKnownHeader: UInt8, CaseIterable, Sendable {
    case accept, acceptContact, acceptEncoding, acceptLanguage, alertInfo, allow, allowEvents
    case authenticationInfo, authorization, callID, callInfo, contact, contentDisposition
    case contentEncoding, contentID, contentLanguage, contentLength, contentType, cseq, date
    case errorInfo, event, expires, featureCaps, flowTimer, from, geolocation, historyInfo
    case identity, infoPackage, inReplyTo, join, maxForwards, mimeVersion, minExpires, minSE
    case organization, pAccessNetworkInfo, pAnswerState, pAssertedIdentity, pAssertedService
    case pAssociatedURI, pCalledPartyID, pChargingFunctionAddresses, pChargingVector
    case pPreferredIdentity, pPreferredService, pProfileKey, pVisitedNetworkID, path, priority
    case privacy, proxyAuthenticate, proxyAuthenticationInfo, proxyAuthorization, proxyRequire
    case rack, reason, recordRoute, referSub, referTo, referredBy, rejectContact, replaces
    case replyTo, requestDisposition, require, retryAfter, route, rseq, securityClient
    case securityServer, securityVerify, server, serviceRoute, sessionExpires, sessionID, sipETag
    case sipIfMatch, subject, subscriptionState, supported, suppressIfMatch, timestamp, to, unsupported,
        userAgent
    case via, warning, wwwAuthenticate

    private static let texts = allCases.map { ByteString($0.name) }

    /// The name as the standard writes it.
    var text: ByteString { Self.texts[Int(rawValue)] }

    /// The name as the standard writes it.
    package var name: String {
        switch self {
        case .accept: "Accept"
        case .acceptContact: "Accept-Contact"
        case .acceptEncoding: "Accept-Encoding"
        case .acceptLanguage: "Accept-Language"
        case .alertInfo: "Alert-Info"
        case .allow: "Allow"
        case .allowEvents: "Allow-Events"
        case .authenticationInfo: "Authentication-Info"
        case .authorization: "Authorization"
        case .callID: "Call-ID"
        case .callInfo: "Call-Info"
        case .contact: "Contact"
        case .contentDisposition: "Content-Disposition"
        case .contentEncoding: "Content-Encoding"
        case .contentID: "Content-ID"
        case .contentLanguage: "Content-Language"
        case .contentLength: "Content-Length"
        case .contentType: "Content-Type"
        case .cseq: "CSeq"
        case .date: "Date"
        case .errorInfo: "Error-Info"
        case .event: "Event"
        case .expires: "Expires"
        case .featureCaps: "Feature-Caps"
        case .flowTimer: "Flow-Timer"
        case .from: "From"
        case .geolocation: "Geolocation"
        case .historyInfo: "History-Info"
        case .identity: "Identity"
        case .infoPackage: "Info-Package"
        case .inReplyTo: "In-Reply-To"
        case .join: "Join"
        case .maxForwards: "Max-Forwards"
        case .mimeVersion: "MIME-Version"
        case .minExpires: "Min-Expires"
        case .minSE: "Min-SE"
        case .organization: "Organization"
        case .pAccessNetworkInfo: "P-Access-Network-Info"
        case .pAnswerState: "P-Answer-State"
        case .pAssertedIdentity: "P-Asserted-Identity"
        case .pAssertedService: "P-Asserted-Service"
        case .pAssociatedURI: "P-Associated-URI"
        case .pCalledPartyID: "P-Called-Party-ID"
        case .pChargingFunctionAddresses: "P-Charging-Function-Addresses"
        case .pChargingVector: "P-Charging-Vector"
        case .pPreferredIdentity: "P-Preferred-Identity"
        case .pPreferredService: "P-Preferred-Service"
        case .pProfileKey: "P-Profile-Key"
        case .pVisitedNetworkID: "P-Visited-Network-ID"
        case .path: "Path"
        case .priority: "Priority"
        case .privacy: "Privacy"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .proxyAuthenticationInfo: "Proxy-Authentication-Info"
        case .proxyAuthorization: "Proxy-Authorization"
        case .proxyRequire: "Proxy-Require"
        case .rack: "RAck"
        case .reason: "Reason"
        case .recordRoute: "Record-Route"
        case .referSub: "Refer-Sub"
        case .referTo: "Refer-To"
        case .referredBy: "Referred-By"
        case .rejectContact: "Reject-Contact"
        case .replaces: "Replaces"
        case .replyTo: "Reply-To"
        case .requestDisposition: "Request-Disposition"
        case .require: "Require"
        case .retryAfter: "Retry-After"
        case .route: "Route"
        case .rseq: "RSeq"
        case .securityClient: "Security-Client"
        case .securityServer: "Security-Server"
        case .securityVerify: "Security-Verify"
        case .server: "Server"
        case .serviceRoute: "Service-Route"
        case .sessionExpires: "Session-Expires"
        case .sessionID: "Session-ID"
        case .sipETag: "SIP-ETag"
        case .sipIfMatch: "SIP-If-Match"
        case .subject: "Subject"
        case .subscriptionState: "Subscription-State"
        case .supported: "Supported"
        case .suppressIfMatch: "Suppress-If-Match"
        case .timestamp: "Timestamp"
        case .to: "To"
        case .unsupported: "Unsupported"
        case .userAgent: "User-Agent"
        case .via: "Via"
        case .warning: "Warning"
        case .wwwAuthenticate: "WWW-Authenticate"
        }
    }

    /// The one letter that stands for the name where messages must be short (RFC 3261 §7.3.3).
    var compactForm: String? {
        switch self {
        case .acceptContact: "a"
        case .allowEvents: "u"
        case .callID: "i"
        case .contact: "m"
        case .contentEncoding: "e"
        case .contentLength: "l"
        case .contentType: "c"
        case .event: "o"
        case .from: "f"
        case .identity: "y"
        case .referTo: "r"
        case .referredBy: "b"
        case .rejectContact: "j"
        case .requestDisposition: "d"
        case .sessionExpires: "x"
        case .subject: "s"
        case .supported: "k"
        case .to: "t"
        case .via: "v"
        default: nil
        }
    }
}
