package import Engine

/// Why a chat command could not do its own part.
package enum ChatFailure: Error, Hashable, Sendable {
    /// An option that only the command line can have.
    case notAtPrompt(option: String)
    /// Somebody is to be asked, and there is no prompt.
    case nobodyToAsk
    /// No chat goes by that name or number; `nil` when none was named and there is none.
    case unknown(String?)
    /// More than one chat is meant.
    case several
    /// A line was typed in a chat that is over; it was not sent.
    case over(peer: String)
    /// A chat ended before everything was sent; `unconfirmed` is the first line that may not have arrived.
    case broken(peer: String, ChatEnd, unconfirmed: Int?)
    /// A line of a chat did not arrive, and is the first; `nil` is the one message of `--bytes`.
    case notConfirmed(Int?, ChatDelivery)
    /// The command of a chat could not be started, or does not read.
    case command(String)
    /// The command of a chat ended with this status.
    case commandFailed(status: Int32)
}
