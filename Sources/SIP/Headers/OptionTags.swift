internal import Wire

/// `Require`: the extensions the server must understand (RFC 3261 §20.32).
package struct Require: TokenListField {
    package static let name = HeaderName.require
    package static let element = SIPParseError.Element.optionTags

    package var tokens: TokenList

    package init(_ tokens: TokenList) { self.tokens = tokens }
}

/// `Proxy-Require`: the extensions every proxy must understand (RFC 3261 §20.29).
package struct ProxyRequire: TokenListField {
    package static let name = HeaderName.proxyRequire
    package static let element = SIPParseError.Element.optionTags

    package var tokens: TokenList

    package init(_ tokens: TokenList) { self.tokens = tokens }
}

/// `Supported`: the extensions the sender understands (RFC 3261 §20.37).
package struct Supported: TokenListField {
    package static let name = HeaderName.supported
    package static let element = SIPParseError.Element.optionTags

    package var tokens: TokenList

    package init(_ tokens: TokenList) { self.tokens = tokens }
}

/// `Unsupported`: the extensions the server lacks, beside a 420 (RFC 3261 §20.40).
package struct Unsupported: TokenListField {
    package static let name = HeaderName.unsupported
    package static let element = SIPParseError.Element.optionTags

    package var tokens: TokenList

    package init(_ tokens: TokenList) { self.tokens = tokens }
}

/// `Allow-Events`: the event packages the sender knows (RFC 6665 §8.2.2).
package struct AllowEvents: TokenListField {
    package static let name = HeaderName.allowEvents
    package static let element = SIPParseError.Element.event

    package var tokens: TokenList

    package init(_ tokens: TokenList) { self.tokens = tokens }
}

/// `Allow`: the methods the sender serves (RFC 3261 §20.5).
package struct Allow: TokenListField {
    package static let name = HeaderName.allow
    package static let element = SIPParseError.Element.allow

    package var tokens: TokenList

    package init(_ tokens: TokenList) { self.tokens = tokens }

    package init(_ methods: [Method]) { tokens = TokenList(methods.map(\.rawValue)) }

    package var methods: [Method] { tokens.map { Method($0, at: 0..<$0.count) } }

    /// Whether the method is in the list; case counts (RFC 3261 §7.1).
    package func contains(_ method: Method) -> Bool { tokens.contains { $0 == method.text } }
}
