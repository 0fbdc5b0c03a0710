/// The three digits that say how a request fared (RFC 3261 §7.2, §21).
package struct StatusCode: Hashable, Sendable, Comparable {
    package let value: UInt16

    /// Makes the code `value`, or `nil` if it is not among 100 to 699.
    package init?(_ value: Int) {
        guard 100...699 ~= value else { return nil }
        self.value = UInt16(truncatingIfNeeded: value)
    }

    private init(constant value: UInt16) { self.value = value }

    package var isProvisional: Bool { value < 200 }
    package var isSuccess: Bool { 200..<300 ~= value }
    package var isRedirection: Bool { 300..<400 ~= value }
    package var isFailure: Bool { value >= 400 }
    package var isFinal: Bool { value >= 200 }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.value < rhs.value }

    package static let trying = StatusCode(constant: 100)
    package static let ringing = StatusCode(constant: 180)
    package static let forwarded = StatusCode(constant: 181)
    package static let queued = StatusCode(constant: 182)
    package static let sessionProgress = StatusCode(constant: 183)
    package static let ok = StatusCode(constant: 200)
    package static let accepted = StatusCode(constant: 202)
    package static let noNotification = StatusCode(constant: 204)
    package static let multipleChoices = StatusCode(constant: 300)
    package static let movedPermanently = StatusCode(constant: 301)
    package static let movedTemporarily = StatusCode(constant: 302)
    package static let useProxy = StatusCode(constant: 305)
    package static let alternativeService = StatusCode(constant: 380)
    package static let badRequest = StatusCode(constant: 400)
    package static let unauthorized = StatusCode(constant: 401)
    package static let forbidden = StatusCode(constant: 403)
    package static let notFound = StatusCode(constant: 404)
    package static let methodNotAllowed = StatusCode(constant: 405)
    package static let notAcceptable = StatusCode(constant: 406)
    package static let proxyAuthenticationRequired = StatusCode(constant: 407)
    package static let requestTimeout = StatusCode(constant: 408)
    package static let gone = StatusCode(constant: 410)
    package static let conditionalRequestFailed = StatusCode(constant: 412)
    package static let requestEntityTooLarge = StatusCode(constant: 413)
    package static let requestURITooLong = StatusCode(constant: 414)
    package static let unsupportedMediaType = StatusCode(constant: 415)
    package static let unsupportedURIScheme = StatusCode(constant: 416)
    package static let badExtension = StatusCode(constant: 420)
    package static let extensionRequired = StatusCode(constant: 421)
    package static let intervalTooSmall = StatusCode(constant: 422)
    package static let intervalTooBrief = StatusCode(constant: 423)
    package static let badEvent = StatusCode(constant: 489)
    package static let flowFailed = StatusCode(constant: 430)
    package static let firstHopLacksOutboundSupport = StatusCode(constant: 439)
    package static let maxBreadthExceeded = StatusCode(constant: 440)
    package static let temporarilyUnavailable = StatusCode(constant: 480)
    package static let callDoesNotExist = StatusCode(constant: 481)
    package static let loopDetected = StatusCode(constant: 482)
    package static let tooManyHops = StatusCode(constant: 483)
    package static let addressIncomplete = StatusCode(constant: 484)
    package static let ambiguous = StatusCode(constant: 485)
    package static let busyHere = StatusCode(constant: 486)
    package static let requestTerminated = StatusCode(constant: 487)
    package static let notAcceptableHere = StatusCode(constant: 488)
    package static let requestPending = StatusCode(constant: 491)
    package static let undecipherable = StatusCode(constant: 493)
    package static let securityAgreementRequired = StatusCode(constant: 494)
    package static let serverInternalError = StatusCode(constant: 500)
    package static let notImplemented = StatusCode(constant: 501)
    package static let badGateway = StatusCode(constant: 502)
    package static let serviceUnavailable = StatusCode(constant: 503)
    package static let serverTimeout = StatusCode(constant: 504)
    package static let versionNotSupported = StatusCode(constant: 505)
    package static let messageTooLarge = StatusCode(constant: 513)
    package static let preconditionFailure = StatusCode(constant: 580)
    package static let busyEverywhere = StatusCode(constant: 600)
    package static let decline = StatusCode(constant: 603)
    package static let doesNotExistAnywhere = StatusCode(constant: 604)
    package static let notAcceptableAnywhere = StatusCode(constant: 606)
}

extension StatusCode: CustomStringConvertible {
    package var description: String { String(value) }

    /// The phrase that RFC 3261 §21 and its extensions print beside the code; the name of the class for other codes.
    package var reasonPhrase: String { Self.phrases[value] ?? Self.classPhrases[Int(value) / 100 - 1] }

    private static let classPhrases = [
        "Provisional", "Success", "Redirection", "Client Error", "Server Error", "Global Failure",
    ]

    private static let phrases: [UInt16: String] = [
        100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
        199: "Early Dialog Terminated", 200: "OK", 202: "Accepted", 204: "No Notification",
        300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
        380: "Alternative Service", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required",
        403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
        407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
        412: "Conditional Request Failed", 413: "Request Entity Too Large", 414: "Request-URI Too Long",
        415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 417: "Unknown Resource-Priority",
        420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small",
        423: "Interval Too Brief", 424: "Bad Location Information", 428: "Use Identity Header",
        429: "Provide Referrer Identity", 430: "Flow Failed", 433: "Anonymity Disallowed",
        436: "Bad Identity-Info", 437: "Unsupported Certificate", 438: "Invalid Identity Header",
        439: "First Hop Lacks Outbound Support", 440: "Max-Breadth Exceeded", 469: "Bad Info Package",
        470: "Consent Needed", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
        482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous",
        486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event",
        491: "Request Pending", 493: "Undecipherable", 494: "Security Agreement Required",
        500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
        555: "Push Notification Service Not Supported", 580: "Precondition Failure", 600: "Busy Everywhere",
        603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable", 607: "Unwanted",
        608: "Rejected",
    ]
}
