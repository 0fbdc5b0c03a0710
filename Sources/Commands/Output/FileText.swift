import Engine

/// The words for files that are offered, sent and received.
enum FileText {
    static func line(_ kind: Event.Kind) -> String? {
        switch kind {
        case .fileOffered(let transfer):
            "\(peer(of: transfer)) offers \(description(of: transfer))"
                + (transfer.isAsked
                    ? "\ntype accept \(transfer.id.label) or reject \(transfer.id.label)" : "")
        case .fileStarted(let transfer, let progress) where progress.resumed > 0:
            "\(name(of: transfer)): going on behind the first \(size(progress.resumed))"
        case .fileEnded(let transfer, .complete(nil, _)) where transfer.isOutgoing:
            "sent \(description(of: transfer)) to \(Display.safe(transfer.peer))"
        case .fileEnded(let transfer, .complete(let path, let isVerified)):
            "received \(Display.safe(path ?? transfer.name)) from \(peer(of: transfer))"
                + (isVerified ? "" : " [its bytes could not be checked: no hash was given]")
        case .fileEnded(_, .byUser): nil
        // A command that waits for its transfer fails with the same reason, and tells it; one that goes on does not.
        case .fileEnded(let transfer, let end) where !transfer.isInvited && !end.isWorthRepeating: nil
        case .fileEnded(let transfer, let end): "\(name(of: transfer)): \(wording(end))"
        default: nil
        }
    }

    /// A transfer in the list of those that are not over.
    static func entry(_ transfer: FileTransfer, isOffered: Bool) -> String {
        let what = isOffered ? "offered:" : transfer.isOutgoing ? "sending" : "receiving"
        let who = (transfer.isOutgoing ? "to " : "from ") + peer(of: transfer)
        return "\(transfer.id.label) \(what) \(description(of: transfer)) \(who)"
    }

    static func name(of transfer: FileTransfer) -> String {
        transfer.name.isEmpty ? "the file" : Display.safe(transfer.name)
    }

    /// `photo.png (image/png, 78.2 kB)`.
    static func description(of transfer: FileTransfer) -> String {
        let facts = [Display.safe(transfer.type), transfer.size.map(size)].compactMap(\.self).filter {
            !$0.isEmpty
        }
        return name(of: transfer) + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
    }

    /// The other side, and how far that is to be believed, in the form of `EventText.sender`.
    static func peer(of transfer: FileTransfer) -> String {
        let name = transfer.displayName.map(Display.safeName)?.trimmedName ?? ""
        let peer = Display.safe(transfer.peer)
        guard let claim = transfer.claimed.map(Display.safe) else {
            return name.isEmpty ? peer : "\(name) (\(peer))"
        }
        if claim == peer { return (name.isEmpty ? claim : "\(name) (\(claim))") + " [not verified]" }
        return peer + " [claims \(name.isEmpty ? claim : "\(name), \(claim)")]"
    }

    /// A number of bytes as people say it: `512 B`, `78.2 kB`, `1.4 GB`.
    static func size(_ bytes: UInt64) -> String {
        var (value, unit) = (bytes, 0)
        let units = ["B", "kB", "MB", "GB", "TB"]
        guard bytes >= 1000 else { return "\(bytes) B" }
        var rest: UInt64 = 0
        while value >= 1000, unit < units.count - 1 {
            (value, rest, unit) = (value / 1000, value % 1000, unit + 1)
        }
        return "\(value).\(rest / 100) \(units[unit])"
    }

    /// What became of a transfer, as the end of a sentence.
    static func wording(_ end: FileTransferEnd) -> String {
        switch end {
        case .complete: "complete"
        case .byUser: "you cancelled it"
        case .byPeer: "the other side cancelled it"
        case .refused(let refusal): "the other side does not take it: \(refusal.wording)"
        case .cancelled: "the other side gave up before there was an answer"
        case .unanswered: "nobody answered"
        case .stopped(let status): "the receiver stopped it (\(status))"
        case .connection(let detail): "the connection failed (\(Display.safe(detail)))"
        case .certificate(let detail): "the other side is not who it should be (\(Display.safe(detail)))"
        case .lost: "the session was lost"
        case .stalled: "nothing has come or gone for too long"
        case .wrongHash(let part):
            "the bytes are not those that were announced (wrong hash); they stay in \(Display.safe(part))"
        case .wrongSize(let announced, let received, let part):
            "\(announced) bytes were announced and \(received) came; they stay in \(Display.safe(part))"
        case .storage(let detail): "it cannot be kept here (\(Display.safe(detail)))"
        case .source(let detail): "it could not be read to its end (\(Display.safe(detail)))"
        case .tooLarge(let limit): "it is larger than max-receive-size (\(size(limit)))"
        case .notAvailable: "there is no such file"
        case .unvouched: "the network does not vouch for who sends it, and nobody is here to be asked"
        }
    }
}

/// A bar for the file that is on its way: how much of it, how fast, and how long it will take.
struct ProgressBar {
    private var transfer: TransferID?
    private var startTime: Int64 = 0
    private var startBytes: UInt64 = 0

    private static let width = 24
    private static let leastWidth = 6
    private static let nameWidth = 24

    /// The bar after an event.
    ///
    /// - Parameters:
    ///   - kind: The event.
    ///   - time: When it happened, in microseconds.
    ///   - columns: How many of them the terminal has; the bar is as narrow as it must be.
    /// - Returns: The line to show; `nil` if there is none, or none any more.
    mutating func line(_ kind: Event.Kind, at time: Int64, columns: Int? = nil) -> String? {
        guard var words = words(kind, at: time) else { return nil }
        guard let columns else { return words.line(width: Self.width) }
        // What has no room is left out, and not cut in the middle.
        while !words.rest.isEmpty, words.line(width: 0).count >= columns { words.rest.removeLast() }
        // In the last column a cursor would wrap, on some terminals.
        let room = columns - 1 - words.line(width: 0).count - 3
        let line = words.line(width: max(0, min(Self.width, room)))
        return String((room < Self.leastWidth ? words.line(width: 0) : line).prefix(columns - 1))
    }

    private mutating func words(_ kind: Event.Kind, at time: Int64) -> Words? {
        switch kind {
        case .fileHashing(let name, let progress): return Self.words("hashing " + name, progress, rate: nil)
        case .fileStarted(let file, let progress):
            (transfer, startTime, startBytes) = (file.id, time, progress.done)
            return Self.words(file.name, progress, rate: nil)
        case .fileProgress(let file, let progress) where file.id == transfer || transfer == nil:
            let seconds = Double(max(1, time - startTime)) / 1_000_000
            let rate = Double(progress.done - min(startBytes, progress.done)) / seconds
            return Self.words(file.name, progress, rate: rate)
        default:
            transfer = nil
            return nil
        }
    }

    /// What a line says, beside the bar.
    private struct Words {
        var name: String
        /// How much of it is there, from 0 to 1; `nil` if nobody knows.
        var share: Double?
        var rest: [String]

        func line(width: Int) -> String {
            guard let share else { return ([name] + rest).joined(separator: "  ") }
            let filled = Int(share * Double(width))
            let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
            let head = width > 0 ? "\(name)  [\(bar)] " : name + "  "
            return ([head + "\(Int(share * 100)) %"] + rest).joined(separator: "  ")
        }
    }

    private static func words(_ name: String, _ progress: FileProgress, rate: Double?) -> Words {
        var words = Words(name: String(Display.safe(name).prefix(nameWidth)), share: nil, rest: [])
        if let size = progress.size, size > 0 {
            words.share = min(1, Double(progress.done) / Double(size))
        } else {
            words.rest.append(FileText.size(progress.done))
        }
        if let rate, rate >= 1 {
            words.rest.append("\(FileText.size(UInt64(rate)))/s")
            if let size = progress.size, size > progress.done {
                words.rest.append(clock(Double(size - progress.done) / rate))
            }
        }
        return words
    }

    private static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds.rounded(), 359_999))
        let minutes = whole / 60
        let text = String(whole % 60)
        return "\(minutes):\(text.count < 2 ? "0" + text : text) left"
    }
}
