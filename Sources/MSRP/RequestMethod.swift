package import Wire

/// The method of a request: `SEND` and `REPORT` (RFC 4975 §7.1), `AUTH` (RFC 4976 §4.1), and those of extensions.
package struct RequestMethod: Hashable, Sendable {
    package let text: ByteString

    package static let send = Self(text: "SEND")
    package static let report = Self(text: "REPORT")
    package static let auth = Self(text: "AUTH")
}

/// Which failures of a message its sender wants to hear of (RFC 4975 §7.1.1).
package enum FailureReport: Sendable {
    /// All, time-outs among them: every chunk is answered.
    case yes
    /// No failure, and no response at all.
    case no
    /// Errors but no success: a chunk is answered only when it failed.
    case partial

    var text: String {
        switch self {
        case .yes: "yes"
        case .no: "no"
        case .partial: "partial"
        }
    }
}

/// The last character of an end-line: whether the message goes on (RFC 4975 §7.1).
package enum ContinuationFlag: Sendable {
    /// `$`: the end of the message.
    case complete
    /// `+`: more chunks follow.
    case continued
    /// `#`: the sender gives the message up.
    case aborted

    init?(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "$"): self = .complete
        case UInt8(ascii: "+"): self = .continued
        case UInt8(ascii: "#"): self = .aborted
        default: return nil
        }
    }

    var byte: UInt8 {
        switch self {
        case .complete: UInt8(ascii: "$")
        case .continued: UInt8(ascii: "+")
        case .aborted: UInt8(ascii: "#")
        }
    }
}
