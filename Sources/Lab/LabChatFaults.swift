import MSRP

/// What a pocket core does wrong with the chats that pass its switch.
struct LabChatFaults: Sendable {
    /// What can get lost.
    enum Loss: String, Sendable, CaseIterable { case messages, responses, reports }

    /// Whether chats pass the switch at all: those that begin while it is so.
    var isInPath = false
    /// After how many bytes of a message its connection breaks, once.
    var cut: Int?
    /// How chunks are answered in place of being sent on, and how often still; for ever if `nil`.
    var refusal: (code: ResponseCode, count: Int?)?
    /// How many of each get lost.
    var losses: [Loss: Int] = [:]
    /// How long each response takes.
    var delay = Duration.zero
    /// What reports tell in place of what is, and how many still; all if `nil`.
    var reportStatus: (code: ResponseCode, count: Int?)?
    /// What the automatic buddy tells of the messages that came.
    var notification = LabNotification.delivered
    /// Whether the next client that asks for the relay again gets another path.
    var movesPath = false

    /// Counts bytes that pass.
    ///
    /// - Returns: After how many of them the connection breaks, if it does.
    mutating func takeCut(_ count: Int) -> Int? {
        guard let left = cut else { return nil }
        cut = left < count ? nil : left - count
        return left < count ? left : nil
    }

    mutating func takeRefusal() -> ResponseCode? {
        Self.take(&refusal)
    }

    mutating func takeReportStatus() -> ResponseCode? { Self.take(&reportStatus) }

    private static func take(_ fault: inout (code: ResponseCode, count: Int?)?) -> ResponseCode? {
        guard let (code, count) = fault else { return nil }
        if let count { fault = count > 1 ? (code, count - 1) : nil }
        return code
    }

    mutating func takeMove() -> Bool {
        defer { movesPath = false }
        return movesPath
    }

    mutating func takeLost(_ loss: Loss) -> Bool {
        guard let count = losses[loss] else { return false }
        if count < .max { losses[loss] = count > 1 ? count - 1 : nil }
        return true
    }
}

extension LabChatFaults {
    /// Sets what a line says behind `msrp`.
    mutating func set(_ words: [String]) throws(LabFaultError) {
        let argument = words.dropFirst().first
        switch (words[0], words.count) {
        case ("off", 1):
            self = LabChatFaults()
            return
        case ("move", 1):
            movesPath = true
            return
        case ("on", 1): break
        case ("drop", 1...2):
            cut = try argument.map { word throws(LabFaultError) in Int(try LabFaults.number(word)) } ?? 1
        case ("delay", 2): delay = argument == "off" ? .zero : try LabFaults.time(words[1])
        case ("lose", 2...3): try lose(words[1], words.dropFirst(2).first)
        case ("report", 2...3): reportStatus = try Self.status(words.dropFirst())
        case (_, 1...2): refusal = try Self.status(words[...])
        default: throw .unknown(words.joined(separator: " "))
        }
        isInPath = true
    }

    /// Reads a status that tells of a failure, and how often it is told.
    private static func status(
        _ words: ArraySlice<String>
    ) throws(LabFaultError) -> (code: ResponseCode, count: Int?) {
        let word = words.first ?? ""
        guard let value = UInt16(word), 400..<600 ~= value else { throw .unknown(word) }
        let count = try words.dropFirst().first.map(LabFaults.number)
        return (ResponseCode(rawValue: value), count.map { Int($0) })
    }

    private mutating func lose(_ name: String, _ count: String?) throws(LabFaultError) {
        guard let loss = Loss(rawValue: name) else { throw .unknown(name) }
        losses[loss] = count == "all" ? .max : Int(try count.map(LabFaults.number) ?? 1)
    }
}

extension LabChatFaults: CustomStringConvertible {
    var description: String {
        var words: [String] = []
        if let cut { words.append("an MSRP connection breaks after \(cut) bytes") }
        if let (code, count) = refusal {
            words.append("chunks answered \(code.rawValue)" + (count.map { " \($0) times" } ?? ""))
        }
        if let (code, count) = reportStatus {
            words.append("MSRP reports tell \(code.rawValue)" + (count.map { " \($0) times" } ?? ""))
        }
        if notification != .delivered { words.append("notifications tell \(notification.rawValue)") }
        for loss in Loss.allCases {
            guard let count = losses[loss] else { continue }
            words.append("\(count == .max ? "all" : "\(count)") MSRP \(loss.rawValue) lost")
        }
        if delay > .zero { words.append("MSRP responses delayed by \(delay)") }
        if movesPath { words.append("the next renewal gives another path") }
        if words.isEmpty, isInPath { words.append("chats pass the switch") }
        return words.joined(separator: ", ")
    }
}
