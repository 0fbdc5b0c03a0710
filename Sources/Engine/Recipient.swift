import SIP
import Wire

/// Whom a message is for, as the user named them.
struct Recipient {
    /// A SIP, SIPS or tel URI.
    let uri: String

    /// Reads what the user wrote: a URI, `user@domain`, a telephone number, or the name of a user of one's own domain.
    init(_ text: String, realm: String) throws(EngineError) {
        let candidate = Self.completed(text, realm: realm)
        guard candidate.utf8.count <= Self.limit, let uri = try? URI(candidate) else {
            throw .invalidRecipient(text)
        }
        switch uri {
        // What would make another request of it has no place in a Request-URI (RFC 3261 §19.1.1, table 1).
        case .sip(let address) where address.headers == nil && !address.parameters.contains("method"):
            self.uri = candidate
        // A local number means something within a domain only: here the home network's (RFC 3966 §5.1.5).
        case .tel(let number) where !number.isGlobal && !number.parameters.contains("phone-context"):
            self.uri = "\(candidate);phone-context=\(realm)"
        case .tel: self.uri = candidate
        case .sip, .other: throw .invalidRecipient(text)
        }
    }

    /// The longest address there is room for in a request beside its message.
    private static let limit = 1024

    private static func completed(_ text: String, realm: String) -> String {
        let hasScheme = text.prefix { $0 != "@" }.contains(":")
        if hasScheme { return text }
        if text.contains("@") { return "sip:" + text }
        let isNumber =
            text.first == "+"
            && text.dropFirst().allSatisfy { $0.isASCII && ($0.isNumber || "-.()".contains($0)) }
        return isNumber ? "tel:" + text : "sip:\(text)@\(realm)"
    }

    /// Whether two URIs name the same user; text that is no URI names nobody.
    static func isSame(_ left: String, _ right: String) -> Bool {
        guard let left = try? URI(left), let right = try? URI(right) else { return false }
        return left.isEquivalent(to: right)
    }
}
