package import Wire

/// The name of a header field (RFC 3261 §7.3.1).
///
/// Names are compared without regard to case. A well-known name is a number, its compact form too; any other name carries its text as it was written.
package struct HeaderName: Sendable {
    private enum Storage: Sendable {
        case known(WellKnownHeader)
        case other(ByteString)
    }

    private let storage: Storage

    @inline(__always)
    init(_ known: WellKnownHeader) { storage = .known(known) }

    /// The well-known names and their compact forms; who looks up many takes it once.
    static let table = TokenTable(
        WellKnownHeader.allCases.flatMap { header in
            [header.name, header.compactForm].compactMap(\.self).map { ($0, header.rawValue) }
        },
        isCaseSensitive: false
    )

    /// The well-known name at `range` of `bytes`, if it is one.
    @inline(__always)
    static func known(
        _ bytes: Span<UInt8>,
        at range: Range<Int>,
        in table: TokenTable = HeaderName.table
    ) -> HeaderName? {
        table.value(of: bytes, at: range).flatMap(WellKnownHeader.init(rawValue:)).map { HeaderName($0) }
    }

    /// Takes a name from anywhere.
    ///
    /// - Returns: `nil` if the text is no token.
    package init?(_ text: ByteString) {
        if let known = Self.known(text.span, at: 0..<text.count) {
            self = known
        } else {
            var scanner = ByteScanner(text.span)
            guard !scanner.run(of: .token).isEmpty, scanner.isAtEnd else { return nil }
            storage = .other(text)
        }
    }

    package init?(_ text: String) { self.init(ByteString(text)) }

    /// The number of a well-known name, what a switch over names looks at.
    package var wellKnown: WellKnownHeader? {
        if case .known(let header) = storage { header } else { nil }
    }

    /// The name in full, as the standard or the sender writes it.
    package var text: ByteString {
        switch storage {
        case .known(let header): header.text
        case .other(let text): text
        }
    }
}

extension HeaderName: Hashable, CustomStringConvertible {
    @inline(__always)
    package static func == (lhs: Self, rhs: Self) -> Bool {
        switch (lhs.storage, rhs.storage) {
        case (.known(let left), .known(let right)): left == right
        case (.other(let left), .other(let right)): left.equalsIgnoringCase(right)
        case (.known, .other), (.other, .known): false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch storage {
        case .known(let header): hasher.combine(header)
        case .other(let text): hasher.combine(text.lowercased)
        }
    }

    package var description: String { text.text }
}

extension HeaderName {
    package static var accept: HeaderName { HeaderName(.accept) }
    package static var acceptContact: HeaderName { HeaderName(.acceptContact) }
    package static var acceptEncoding: HeaderName { HeaderName(.acceptEncoding) }
    package static var acceptLanguage: HeaderName { HeaderName(.acceptLanguage) }
    package static var alertInfo: HeaderName { HeaderName(.alertInfo) }
    package static var allow: HeaderName { HeaderName(.allow) }
    package static var allowEvents: HeaderName { HeaderName(.allowEvents) }
    package static var authenticationInfo: HeaderName { HeaderName(.authenticationInfo) }
    package static var authorization: HeaderName { HeaderName(.authorization) }
    package static var callID: HeaderName { HeaderName(.callID) }
    package static var callInfo: HeaderName { HeaderName(.callInfo) }
    package static var contact: HeaderName { HeaderName(.contact) }
    package static var contentDisposition: HeaderName { HeaderName(.contentDisposition) }
    package static var contentEncoding: HeaderName { HeaderName(.contentEncoding) }
    package static var contentID: HeaderName { HeaderName(.contentID) }
    package static var contentLanguage: HeaderName { HeaderName(.contentLanguage) }
    package static var contentLength: HeaderName { HeaderName(.contentLength) }
    package static var contentType: HeaderName { HeaderName(.contentType) }
    package static var cseq: HeaderName { HeaderName(.cseq) }
    package static var date: HeaderName { HeaderName(.date) }
    package static var errorInfo: HeaderName { HeaderName(.errorInfo) }
    package static var event: HeaderName { HeaderName(.event) }
    package static var expires: HeaderName { HeaderName(.expires) }
    package static var featureCaps: HeaderName { HeaderName(.featureCaps) }
    package static var flowTimer: HeaderName { HeaderName(.flowTimer) }
    package static var from: HeaderName { HeaderName(.from) }
    package static var geolocation: HeaderName { HeaderName(.geolocation) }
    package static var historyInfo: HeaderName { HeaderName(.historyInfo) }
    package static var identity: HeaderName { HeaderName(.identity) }
    package static var infoPackage: HeaderName { HeaderName(.infoPackage) }
    package static var inReplyTo: HeaderName { HeaderName(.inReplyTo) }
    package static var join: HeaderName { HeaderName(.join) }
    package static var maxForwards: HeaderName { HeaderName(.maxForwards) }
    package static var mimeVersion: HeaderName { HeaderName(.mimeVersion) }
    package static var minExpires: HeaderName { HeaderName(.minExpires) }
    package static var minSE: HeaderName { HeaderName(.minSE) }
    package static var organization: HeaderName { HeaderName(.organization) }
    package static var pAccessNetworkInfo: HeaderName { HeaderName(.pAccessNetworkInfo) }
    package static var pAnswerState: HeaderName { HeaderName(.pAnswerState) }
    package static var pAssertedIdentity: HeaderName { HeaderName(.pAssertedIdentity) }
    package static var pAssertedService: HeaderName { HeaderName(.pAssertedService) }
    package static var pAssociatedURI: HeaderName { HeaderName(.pAssociatedURI) }
    package static var pCalledPartyID: HeaderName { HeaderName(.pCalledPartyID) }
    package static var pChargingFunctionAddresses: HeaderName { HeaderName(.pChargingFunctionAddresses) }
    package static var pChargingVector: HeaderName { HeaderName(.pChargingVector) }
    package static var pPreferredIdentity: HeaderName { HeaderName(.pPreferredIdentity) }
    package static var pPreferredService: HeaderName { HeaderName(.pPreferredService) }
    package static var pProfileKey: HeaderName { HeaderName(.pProfileKey) }
    package static var pVisitedNetworkID: HeaderName { HeaderName(.pVisitedNetworkID) }
    package static var path: HeaderName { HeaderName(.path) }
    package static var priority: HeaderName { HeaderName(.priority) }
    package static var privacy: HeaderName { HeaderName(.privacy) }
    package static var proxyAuthenticate: HeaderName { HeaderName(.proxyAuthenticate) }
    package static var proxyAuthenticationInfo: HeaderName { HeaderName(.proxyAuthenticationInfo) }
    package static var proxyAuthorization: HeaderName { HeaderName(.proxyAuthorization) }
    package static var proxyRequire: HeaderName { HeaderName(.proxyRequire) }
    package static var rack: HeaderName { HeaderName(.rack) }
    package static var reason: HeaderName { HeaderName(.reason) }
    package static var recordRoute: HeaderName { HeaderName(.recordRoute) }
    package static var referSub: HeaderName { HeaderName(.referSub) }
    package static var referTo: HeaderName { HeaderName(.referTo) }
    package static var referredBy: HeaderName { HeaderName(.referredBy) }
    package static var rejectContact: HeaderName { HeaderName(.rejectContact) }
    package static var replaces: HeaderName { HeaderName(.replaces) }
    package static var replyTo: HeaderName { HeaderName(.replyTo) }
    package static var requestDisposition: HeaderName { HeaderName(.requestDisposition) }
    package static var require: HeaderName { HeaderName(.require) }
    package static var retryAfter: HeaderName { HeaderName(.retryAfter) }
    package static var route: HeaderName { HeaderName(.route) }
    package static var rseq: HeaderName { HeaderName(.rseq) }
    package static var securityClient: HeaderName { HeaderName(.securityClient) }
    package static var securityServer: HeaderName { HeaderName(.securityServer) }
    package static var securityVerify: HeaderName { HeaderName(.securityVerify) }
    package static var server: HeaderName { HeaderName(.server) }
    package static var serviceRoute: HeaderName { HeaderName(.serviceRoute) }
    package static var sessionExpires: HeaderName { HeaderName(.sessionExpires) }
    package static var sessionID: HeaderName { HeaderName(.sessionID) }
    package static var sipETag: HeaderName { HeaderName(.sipETag) }
    package static var sipIfMatch: HeaderName { HeaderName(.sipIfMatch) }
    package static var subject: HeaderName { HeaderName(.subject) }
    package static var subscriptionState: HeaderName { HeaderName(.subscriptionState) }
    package static var supported: HeaderName { HeaderName(.supported) }
    package static var suppressIfMatch: HeaderName { HeaderName(.suppressIfMatch) }
    package static var timestamp: HeaderName { HeaderName(.timestamp) }
    package static var to: HeaderName { HeaderName(.to) }
    package static var unsupported: HeaderName { HeaderName(.unsupported) }
    package static var userAgent: HeaderName { HeaderName(.userAgent) }
    package static var via: HeaderName { HeaderName(.via) }
    package static var warning: HeaderName { HeaderName(.warning) }
    package static var wwwAuthenticate: HeaderName { HeaderName(.wwwAuthenticate) }
}
