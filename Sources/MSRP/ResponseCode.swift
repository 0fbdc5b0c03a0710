package import Wire

/// The status code of a response or a report (RFC 4975 §10).
package struct ResponseCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let ok = Self(rawValue: 200)
    package static let badRequest = Self(rawValue: 400)
    package static let unauthorized = Self(rawValue: 401)
    package static let forbidden = Self(rawValue: 403)
    package static let timedOut = Self(rawValue: 408)
    package static let stopSending = Self(rawValue: 413)
    package static let unsupportedMediaType = Self(rawValue: 415)
    package static let outOfBounds = Self(rawValue: 423)
    package static let sessionDoesNotExist = Self(rawValue: 481)
    package static let unknownMethod = Self(rawValue: 501)
    package static let boundElsewhere = Self(rawValue: 506)

    package var isSuccess: Bool { rawValue / 100 == 2 }

    /// The comment that this program writes behind the code.
    package var comment: String {
        switch self {
        case .ok: "OK"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .timedOut: "Timeout"
        case .stopSending: "Stop Sending"
        case .unsupportedMediaType: "Unsupported Media Type"
        case .outOfBounds: "Parameter Out of Bounds"
        case .sessionDoesNotExist: "No Such Session"
        case .unknownMethod: "Unknown Method"
        case .boundElsewhere: "Session In Use"
        default: ""
        }
    }

    /// Reads three digits.
    init?(parsing text: ByteString) {
        guard text.count == 3, let value = text.decimal(upTo: 999) else { return nil }
        self.init(rawValue: UInt16(truncatingIfNeeded: value))
    }
}

/// The `Status` of a report (RFC 4975 §7.1.2).
package struct DeliveryStatus: Hashable, Sendable {
    /// What the code means; `0` for the codes of responses.
    package var namespace: UInt16
    package var code: ResponseCode
    package var comment: ByteString

    package init(_ code: ResponseCode, comment: ByteString? = nil) {
        (namespace, self.code, self.comment) = (0, code, comment ?? ByteString(code.comment))
    }

    /// Reads `000 200 comment`.
    ///
    /// - Throws: `MSRPParseError` if it is anything else.
    package init(parsing value: ByteString) throws(MSRPParseError) {
        let text = value
        guard text.count >= 7, let namespace = text[0..<3].decimal(upTo: 999), text[3].isLinearSpace,
            let code = ResponseCode(parsing: text[4..<7]), text.count == 7 || text[7].isLinearSpace
        else { throw MSRPParseError(.status, at: 0) }
        self.namespace = UInt16(truncatingIfNeeded: namespace)
        self.code = code
        comment = text[7...].trimmed
    }
}
