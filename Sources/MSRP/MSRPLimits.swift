/// What a peer may make this program hold or look at; every number it controls has its cap here.
package struct MSRPLimits: Hashable, Sendable {
    /// The most bytes of a chunk before its body: paths over ten relays and credentials stay below 8 KiB.
    package var headSize = 16_384
    /// The longest line of a head.
    package var headLineLength = 8_192
    /// The most header fields of one chunk.
    package var fieldCount = 64
    /// The most URIs in one path.
    package var pathLength = 32
    /// The longest URI.
    package var uriLength = 1_024

    /// The most messages of one session that have begun and are not complete.
    package var openMessages = 16
    /// The most bytes that wait, over all messages of a session, for a part that has not come yet.
    package var outOfOrderBytes = 1_048_576
    /// The most pieces that wait so; many small ones cost more than their bytes.
    package var outOfOrderPieces = 256
    /// The Message-IDs of complete messages that are kept, to know one that comes again (RFC 4975 §5.4).
    package var rememberedMessages = 4_096
    /// The longest message, whatever it claims; what an owner accepts may be less.
    package var messageSize: UInt64 = 1 << 40

    /// The most requests that wait for their response before no more are sent.
    package var unansweredRequests = 1_024
    /// The most messages that were sent and not confirmed before no more are begun.
    package var unconfirmedMessages = 1_024
    /// The most responses and reports that wait to be sent; a peer that reads none of them gets no more.
    package var queuedAnswers = 4_096

    /// The most bytes that go through a relay before the far end was heard, and how long to wait for it then: half of
    /// what some hold for a next hop that they still connect to.
    package var unheardBytes = 16_384
    package var unheardTime = Duration.seconds(1)

    package init() {}

    package static let standard = MSRPLimits()

    /// The most places of a number of a `Byte-Range`: what is larger is a malformed field.
    static let largestOffset: UInt64 = 1 << 53
    /// The longest `transact-id` and `Message-ID` (RFC 4975 §9: `ident`), with room for peers that count generously.
    static let identifierLength = 128
    /// The largest chunk body that need not be interruptible (RFC 4975 §7.1.1).
    package static let plainChunkSize = 2_048
    /// The chunk sizes there may be without a relay: small ones cost time, large ones hold others up.
    package static let chunkSizes = plainChunkSize...262_144
    /// The largest body of a chunk that goes to the other side without a relay, where nothing else is configured.
    ///
    /// What was measured as fastest: without TLS a chunk is still in the processor's cache when it is sent.
    package static func directChunkSize(isSecure: Bool) -> Int { isSecure ? 262_144 : 131_072 }
    /// The largest body of a chunk that goes through a relay: some in the field drop what is above 10,800 bytes.
    package static let relayedChunkSize = 8_192
    /// The most requests that wait for the response of a relay: some hold 32 KiB for a next hop that they still connect
    /// to, and lose what is above after they have answered it with 200.
    package static let relayedRequests = 2
}
