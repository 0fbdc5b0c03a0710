/// Why bytes from the network are not the SIP grammar they claim to be.
package struct SIPParseError: Error, Hashable, Sendable {
    /// The piece of the grammar that was being read.
    package enum Element: String, Hashable, Sendable {
        case startLine, version, method, requestURI, statusCode
        case headerName, headerLine, headerCount, endOfHeaders, messageSize, contentLength
        case uri, host, port, parameters, displayName, nameAddress, token, number
        case via, from, to, contact, route, recordRoute, serviceRoute, path, referTo, referredBy, replyTo
        case cseq, callID, maxForwards, expires, minExpires, sessionExpires, minSessionExpires, event
        case subscriptionState, warning, retryAfter, date, timestamp, mediaType, mediaRange, optionTags, allow
        case challenge, credentials, authenticationInfo, acceptContact, privacy, contentDisposition
        case associatedURI, assertedIdentity, preferredIdentity, calledPartyID, visitedNetwork, accessNetwork
        case chargingVector, chargingFunctions, service, replaces, rack, infoPackage
        case acceptEncoding, acceptLanguage, contentEncoding, contentLanguage, mimeVersion, alertInfo
        case entityTag, errorInfo, text, inReplyTo
    }

    package var element: Element
    /// The offset of the first byte that does not fit, from the start of the element.
    package var offset: Int

    package init(_ element: Element, at offset: Int) { (self.element, self.offset) = (element, offset) }

    /// The status that tells the sender of a request what is wrong with it (RFC 3261 §21.4.1, §21.5.6, §21.5.7).
    package var status: StatusCode {
        switch element {
        case .version: .versionNotSupported
        case .messageSize: .messageTooLarge
        default: .badRequest
        }
    }
}

extension SIPParseError: CustomStringConvertible {
    /// For the log.
    package var description: String { "\(element.rawValue), at offset \(offset)" }
}
