import SIP
import Wire

/// Whom a message is for, as the user named them.
struct Recipient {
    /// A SIP, SIPS or tel URI.
    let uri: String

    /// Reads what the user wrote: a URI, `user@domain`, a telephone number, or the name of a user of one's own domain.
    init(_ text: String, realm: String) throws(EngineError) {
        let candidate = Self.completed(text, realm: realm)
        guard let uri = try? URI(candidate) else { throw .invalidRecipient(text) }
        switch uri {
        case .sip, .tel: self.uri = candidate
        case .other: throw .invalidRecipient(text)
        }
    }

    private static func completed(_ text: String, realm: String) -> String {
        if let colon = text.firstIndex(of: ":") {
            let scheme = text[..<colon].lowercased()
            if ["sip", "sips", "tel"].contains(scheme) || !text.contains("@") { return text }
        }
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
