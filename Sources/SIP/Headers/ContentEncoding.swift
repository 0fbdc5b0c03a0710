/// `Content-Encoding`: how the body was coded; a user agent that cannot undo it answers 415 (RFC 3261 §20.12).
package struct ContentEncoding: TokenListField {
    package static let name = HeaderName.contentEncoding
    package static let element = SIPParseError.Element.contentEncoding

    package var tokens: TokenList

    package init(_ tokens: TokenList) { self.tokens = tokens }
}
