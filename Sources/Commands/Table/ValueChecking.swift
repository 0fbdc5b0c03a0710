import Engine
import SIP

extension ValueKind {
    /// What a value must look like, or `nil` if any text will do.
    var expectation: String? {
        switch self {
        case .text, .contact, .file, .account, .command: nil
        case .identity: "a URI such as sip:alice@ims.test"
        case .choice(let choices): choices.joined(separator: ", ")
        case .count: "a whole number from 1"
        case .seconds: "a number of seconds such as 10 or 0.5"
        case .port: ConfigurationValue.Expectation.port
        }
    }

    func accepts(_ text: String) -> Bool {
        switch self {
        case .text, .contact, .command: true
        case .file, .account: !text.isEmpty
        case .identity: isIdentity(text)
        case .choice(let choices): choices.contains(text)
        case .count: Self.count(in: text) != nil
        case .seconds: Self.seconds(in: text) != nil
        case .port: ConfigurationValue.port(text) != nil
        }
    }

    private func isIdentity(_ text: String) -> Bool {
        switch try? URI(text) {
        case .sip(let address): address.user != nil
        case .tel: true
        case .other, nil: false
        }
    }

    static func count(in text: String) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text).flatMap { $0 > 0 ? $0 : nil } : nil
    }

    /// Reads seconds with at most three decimals.
    static func seconds(in text: String) -> Duration? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : "0"
        guard (1...6).contains(parts[0].utf8.count), (1...3).contains(fraction.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let whole = Int64(parts[0]),
            let milliseconds = Int64(fraction + String(repeating: "0", count: 3 - fraction.utf8.count)),
            whole > 0 || milliseconds > 0
        else { return nil }
        return .milliseconds(whole * 1000 + milliseconds)
    }
}
