import Engine
import Glibc
import Store
import Wire

/// A record of messages for the files of whoever keeps them: who wrote what to whom, when, in which session
/// (OMA SIMPLE IM TS §7.4.5.3).
struct Transcript {
    /// Whether it is one JSON object a line; text for people else.
    let isJSON: Bool

    /// One message.
    func record(of entry: HistoryEntry) -> String { isJSON ? object(entry) : block(entry) }

    private func object(_ entry: HistoryEntry) -> String {
        var members = JSONMembers()
        members.add("originator", originator(of: entry))
        members.add("destination", entry.to)
        members.add("time", entry.time.description)
        members.add("session_id", entry.sessionID ?? entry.callID)
        members.add("content_type", entry.contentType)
        members.add(body: entry.body, contentType: entry.contentType)
        members.add("claimed_originator", claim(of: entry))
        members.add("direction", entry.direction.rawValue)
        members.add("state", entry.state.rawValue)
        members.add("delivery", entry.delivery?.rawValue)
        members.add("message_id", entry.messageID)
        return JSONValue.object(members.members).description + "\n"
    }

    /// A head of fields, a blank line, and the body set in, so that no line of it can be taken for a head.
    private func block(_ entry: HistoryEntry) -> String {
        var head = [
            "From: \(Display.safe(originator(of: entry)))", "To: \(Display.safe(entry.to))",
            "Time: \(entry.time)", "Session: \(Display.safe(entry.sessionID ?? entry.callID))",
            "Content-Type: \(Display.safe(entry.contentType))",
        ]
        if let claim = claim(of: entry) { head.insert("Claims-From: \(Display.safe(claim))", at: 1) }
        let state = entry.delivery?.rawValue ?? entry.state.rawValue
        head.append("State: \(state)")
        let lines: [String]
        if let text = MessageText.text(of: entry.body, contentType: entry.contentType) {
            lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
                .map { Display.safe(String($0)) }
        } else {
            head.append("Content-Transfer-Encoding: base64")
            lines = Self.lines(ofBase64: Base64.encode(entry.body))
        }
        return head.joined(separator: "\n") + "\n\n" + lines.map { "    \($0)\n" }.joined() + "\n"
    }

    /// Whom the network vouches for, else who the message says it is from.
    private func originator(of entry: HistoryEntry) -> String { entry.asserted ?? entry.from }

    /// Who the message says it is from, where the network knows better.
    private func claim(of entry: HistoryEntry) -> String? {
        guard let asserted = entry.asserted, asserted.lowercased() != entry.from.lowercased() else {
            return nil
        }
        return entry.from
    }

    private static func lines(ofBase64 text: String) -> [String] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count, by: 76).map { start in
            String(decoding: digits[start..<min(start + 76, digits.count)], as: UTF8.self)
        }
    }
}
