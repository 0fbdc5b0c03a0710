/// What a peer may make this program hold or look at in one message; every number it controls has its cap here.
package struct MessageLimits: Hashable, Sendable {
    /// The largest message, start line to body: the size a datagram cannot exceed either.
    package var messageSize = 65_536
    /// The most header fields in one message; a request that crossed seventy proxies needs about 150.
    package var headerCount = 512
    /// The longest header line, folded lines joined; long identities and tokens stay below 8 KiB.
    package var headerLineLength = 16_384
    /// The most bytes before the body.
    package var headerSize = 49_152
    /// The most values taken out of comma-joined fields of one name.
    package var valueCount = 1024

    package init() {}

    package static let standard = MessageLimits()
}
