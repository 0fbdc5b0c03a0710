package import Wire

/// Where the bytes of one large message come from, piece by piece, as its connection takes them.
///
/// The engine owns it while the message is on its way and calls it on its own thread only, never from two places at
/// once. It is asked when few bytes wait to be sent, so no more than a few slices of a message are ever in memory.
package protocol MessageSource: AnyObject, Sendable {
    /// How many bytes there will be; `nil` if that is known at the end only (`Byte-Range: 1-*/*`, RFC 4975 §7.1).
    var size: UInt64? { get }

    /// Is told, before anything else, what to call when there is more after `MessageSupply.later`.
    func begin(_ wake: @escaping @Sendable () -> Void)

    /// Hands over the next bytes; it must not block.
    ///
    /// - Parameter limit: How many at most.
    /// - Returns: What there is.
    func next(upTo limit: Int) -> MessageSupply

    /// Goes back to a place, since what lies behind it must be sent again over a new connection.
    ///
    /// - Parameter place: How many bytes the other side has confirmed.
    /// - Returns: Whether it can: what came out of a pipe is gone.
    func rewind(to place: UInt64) -> Bool

    /// Is told that nothing more will be asked: the message is confirmed, has failed or was given up.
    func close()
}

/// What a source has at hand.
package enum MessageSupply: Sendable {
    /// The next bytes, never none.
    case bytes(ByteString)
    /// The last bytes; there may be none.
    case last(ByteString)
    /// Nothing now; the source calls when that changes.
    case later
    /// The rest cannot be had: the message is given up. The text says why, for people.
    case failed(String)
}

/// How far a message that is sent from a source has come.
package struct MessageProgress: Hashable, Sendable {
    /// How many bytes, from the first on, the next hop has confirmed.
    package var acceptedBytes: UInt64
    /// How many bytes there are, if that is known.
    package var size: UInt64?

    package init(acceptedBytes: UInt64, size: UInt64?) {
        (self.acceptedBytes, self.size) = (acceptedBytes, size)
    }
}
