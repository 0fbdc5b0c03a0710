import SIP
internal import Wire

/// Why words name no fault.
package enum LabFaultError: Error, Hashable, Sendable {
    case unknown(String)
    case notNumber
    case notCount
    case notTime

    package var wording: String {
        switch self {
        case .unknown(let name): "no such fault: \(name.safeForDisplay()); try help"
        case .notNumber: "a number greater than 0 is expected"
        case .notCount: "a number, all or off is expected"
        case .notTime: "a time like 500ms or 2s is expected"
        }
    }
}

extension LabFaults {
    /// Reads faults between commas: `420, drop 1`.
    package init(parsing list: String) throws(LabFaultError) {
        self.init()
        for fault in list.split(separator: ",") {
            let words = fault.split(whereSeparator: \.isWhitespace).map(String.init)
            let isVerb = words.first.map(Self.verbs.contains) ?? false
            try set(isVerb ? words : ["fault"] + words)
        }
    }

    private static let verbs: Set<String> = ["drop", "delay", "msrp", "imdn"]

    /// Sets what a line says that begins with `fault` or one of the other verbs.
    mutating func set(_ words: [String]) throws(LabFaultError) {
        guard words.count > 1 else { throw .unknown(words.joined()) }
        switch words[0] {
        case "drop": try setDropped(words[1])
        case "msrp": try chats.set(Array(words.dropFirst()))
        case "imdn":
            guard let told = LabNotification(rawValue: words[1]) else { throw .unknown(words[1]) }
            chats.notification = told
        case "delay": delay = words[1] == "off" ? .zero : try Self.time(words[1])
        default:
            let method = Method(rawValue: words[1])
            if method.isKnown {
                try setStatus(of: method, Array(words.dropFirst(2)))
            } else {
                try setFault(words[1], Array(words.dropFirst(2)))
            }
        }
    }

    private mutating func setFault(_ name: String, _ arguments: [String]) throws(LabFaultError) {
        guard arguments.count <= 1 else { throw .unknown(arguments[1]) }
        let number = try arguments.first.map(Self.number)
        switch name {
        case "off": self = LabFaults()
        case "420": refusesPreferences = true
        // Above the 600 000 s that TS 24.229 §5.1.1.2.1 makes a client ask for.
        case "423": minimumExpires = number ?? 700_000
        case "503": retryAfter = number ?? 5
        case "stale": staleNonces = Int(number ?? 1)
        default: try setStatus(of: .message, [name] + arguments)
        }
    }

    private mutating func setStatus(of method: Method, _ words: [String]) throws(LabFaultError) {
        guard (1...2).contains(words.count), let value = Int(words[0]), value == 202 || 300..<700 ~= value,
            let status = StatusCode(value)
        else { throw .unknown(words.first ?? method.rawValue) }
        let count = try words.dropFirst().first.map(Self.number)
        statuses[method] = (status, count.map { Int($0) })
    }

    private mutating func setDropped(_ word: String) throws(LabFaultError) {
        switch word {
        case "off": dropped = 0
        case "all": dropped = .max
        default:
            guard let count = UInt32(word) else { throw .notCount }
            dropped = Int(count)
        }
    }

    static func number(_ word: String) throws(LabFaultError) -> UInt32 {
        guard let number = UInt32(word), number > 0 else { throw .notNumber }
        return number
    }

    static func time(_ word: String) throws(LabFaultError) -> Duration {
        if word.hasSuffix("ms"), let number = UInt32(word.dropLast(2)) { return .milliseconds(number) }
        guard word.hasSuffix("s"), let number = UInt32(word.dropLast()) else { throw .notTime }
        return .seconds(number)
    }
}
