import Engine
import Store

/// The body of a message as text, where it is text.
enum MessageText {
    /// The text, or `nil` if the type is not `text/…` or the bytes are not UTF-8.
    static func text(of body: [UInt8], contentType: String) -> String? {
        contentType.lowercased().hasPrefix("text/") ? String(validating: body, as: UTF8.self) : nil
    }

    /// What a person reads of the beginning of a message, which may be cut within a character.
    static func beginning(of body: [UInt8], contentType: String) -> String {
        for cut in 0...min(3, body.count) {
            let part = Array(body.dropLast(cut))
            if text(of: part, contentType: contentType) != nil {
                return shown(part, contentType: contentType)
            }
        }
        return shown(body, contentType: contentType)
    }

    /// What a person reads: the text, made safe, or a note about what cannot be read.
    static func shown(_ body: [UInt8], contentType: String) -> String {
        if let text = text(of: body, contentType: contentType) { return Display.safeLines(text) }
        return "[\(Display.safe(contentType)), \(body.count) bytes; ims history --json has them]"
    }
}
