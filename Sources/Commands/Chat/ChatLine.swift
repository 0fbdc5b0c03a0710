/// What a line means that is typed while the prompt is in a chat.
package enum ChatLine: Hashable, Sendable {
    /// It is said in the chat.
    case text(String)
    /// It is a line of the prompt: what follows the slash.
    case command(String)
    /// It holds nothing.
    case blank

    /// Reads a line: one that begins with a slash is never sent, unless the slash is doubled.
    package init(_ line: String) {
        if line.allSatisfy(\.isWhitespace) {
            self = .blank
        } else if line.hasPrefix("//") {
            self = .text(String(line.dropFirst()))
        } else if line.hasPrefix("/") {
            self = .command(String(line.dropFirst()))
        } else {
            self = .text(line)
        }
    }
}
