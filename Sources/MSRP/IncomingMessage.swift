package import Wire

/// What is known of a message from its chunks.
package struct IncomingMessage: Sendable {
    package let messageID: ByteString
    package let contentType: ByteString?
    /// The size the sender claims; `nil` if it does not say.
    package let claimedSize: UInt64?
    /// The path back to the sender, relays included.
    package let fromPath: ByteString
    /// The other fields of the first chunk that came, `Content-Disposition` among them.
    package let otherFields: [ChunkHead.Field]

    /// Copies what is kept, so that no received buffer stays alive for it.
    init(_ head: ChunkHead, messageID: ByteString) {
        self.messageID = messageID
        contentType = head.contentType.map { ByteString($0.bytes) }
        claimedSize = head.byteRange?.total
        fromPath = ByteString((head.fromPath ?? .empty).bytes)
        otherFields = head.otherFields.map { .init(ByteString($0.name.bytes), ByteString($0.value.bytes)) }
    }

    /// The media type as sent, or `nil` if it is none.
    package var mediaType: MediaType? { contentType.flatMap { MediaType(parsing: $0) } }
}

/// Why an incoming message ends before it is complete.
package enum IncomingFailure: Hashable, Sendable {
    /// The sender gave it up: `#`.
    case abandoned
    /// It was refused with this code.
    case refused(ResponseCode)
    /// Others took its place: too many were begun.
    case displaced
}

/// How the bytes of messages are handed to the owner.
package enum Delivery: Hashable, Sendable {
    /// A message at a time, refused with 413 above so many bytes: chat.
    case whole(limit: Int)
    /// In order as they come, refused with 413 above so many bytes: files.
    case streamed(limit: UInt64)

    var limit: UInt64 {
        switch self {
        case .whole(let limit): UInt64(max(0, limit))
        case .streamed(let limit): limit
        }
    }
}
