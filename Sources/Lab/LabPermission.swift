/// What becomes of the wish to see somebody's presence (RFC 5025 §3.2.1), the strictest first.
package enum LabPermission: String, Sendable, CaseIterable {
    /// The subscription is refused.
    case block
    /// It waits for the user's word.
    case confirm
    /// It is accepted, and shows somebody who is not there.
    case politeBlock = "polite-block"
    case allow
}
