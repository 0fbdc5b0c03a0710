package import MSRP
package import Wire

/// Where the bytes of one incoming message go, piece by piece and in order.
///
/// The engine owns it until `end` and calls it on its own thread only. While it takes no more, its connection is not
/// read and nothing of its session is answered: the sender slows down, and what was answered is where it belongs.
package protocol MessageSink: AnyObject, Sendable {
    /// Is told, before anything else, what to call when it can take bytes again after `MessageIntake.full`.
    func begin(_ wake: @escaping @Sendable () -> Void)

    /// Takes the next bytes, whatever it answers; it must not block.
    func receive(_ bytes: ByteString) -> MessageIntake

    /// Brings what was taken where it belongs, as far as that goes now: it is about to be answered.
    func flush()

    /// Whether something that was taken is still on its way to where it belongs.
    var isFull: Bool { get }

    /// Is told that no more bytes come.
    ///
    /// It is called before the last bytes are answered; one that is still `full` keeps the answer back.
    func end(_ end: MessageSinkEnd)
}

extension MessageSink {
    package func flush() {}
}

/// What a sink says to the bytes it was given.
package enum MessageIntake: Hashable, Sendable {
    case ready
    /// It has the bytes, but no more are to come until it calls.
    case full
    /// The message is of no use any more: its sender hears this code at once.
    case refused(ResponseCode)
}

/// Why no more bytes come.
package enum MessageSinkEnd: Hashable, Sendable {
    case complete(size: UInt64)
    /// The sender gave it up, it was refused, or another took its place.
    case failed(IncomingFailure)
    /// The session has ended in the middle of it.
    case cut
}

/// Says where a message goes of which the first bytes have come; `nil` refuses it with 413.
package typealias SinkMaker = @Sendable (MSRP.IncomingMessage) -> (any MessageSink)?
