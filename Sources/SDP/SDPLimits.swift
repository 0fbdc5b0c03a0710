/// What bounds the description a peer can make this program hold.
package struct SDPLimits: Hashable, Sendable {
    /// The bytes of a whole description; a SIP message is hardly larger.
    package var size = 65_536
    /// The lines of a whole description.
    package var lines = 2048
    /// The media sections; each costs an answer.
    package var media = 32
    /// The attributes of the session, and of each of its media.
    package var attributes = 512

    package init() {}

    package static let standard = SDPLimits()
}
