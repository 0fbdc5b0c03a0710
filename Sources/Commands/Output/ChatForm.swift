/// How a message that came in a chat is written as text.
package enum ChatForm: Hashable, Sendable {
    /// As in a conversation: with the time and the peer.
    case conversation
    /// The text alone, one line a message, for the next program of a pipe.
    case lines
    /// The bytes as they came.
    case blocks
    /// Not at all: another program gets them.
    case none

    /// Whether a person follows the conversation.
    var isConversation: Bool { self == .conversation }

    /// A message as a line for another program: without the line end at its end, those within it as blanks.
    package static func line(of body: [UInt8]) -> [UInt8] {
        let (newline, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        var line = body
        if line.last == newline { line.removeLast() }
        if line.last == carriageReturn { line.removeLast() }
        guard line.contains(newline) || line.contains(carriageReturn) else { return line + [newline] }
        line = line.map { $0 == newline || $0 == carriageReturn ? UInt8(ascii: " ") : $0 }
        return line + [newline]
    }
}
