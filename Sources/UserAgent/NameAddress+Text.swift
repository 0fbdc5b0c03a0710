import SIP
import Wire

extension NameAddress {
    /// A URI in angle brackets behind its display name, if it has one, as a header field carries it.
    static func text(_ uri: String, _ displayName: String?) -> String {
        guard let displayName else { return "<\(uri)>" }
        return "\(ByteString(displayName).quoted) <\(uri)>"
    }
}
