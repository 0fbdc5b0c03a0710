import Engine
import Store

/// The body of a message as text, where it is text.
enum MessageText {
    /// The text, or `nil` if the type is not `text/…` or the bytes are not UTF-8.
    static func text(of body: [UInt8], contentType: String) -> String? {
        contentType.lowercased().hasPrefix("text/") ? String(validating: body, as: UTF8.self) : nil
    }

    /// What a person reads: the text, made safe, or a note about what cannot be read.
    static func shown(_ body: [UInt8], contentType: String) -> String {
        if let text = text(of: body, contentType: contentType) { return Display.safeLines(text) }
        return "[\(Display.safe(contentType)), \(body.count) bytes; ims history --json has them]"
    }
}
