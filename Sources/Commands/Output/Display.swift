import Wire

/// Makes what others wrote fit for a terminal.
enum Display {
    /// One line: control characters, line ends, escapes and bidirectional overrides do not get through.
    static func safe(_ text: String) -> String { text.safeForDisplay() }

    /// Several lines: every line after the first is set in, so that none can be taken for a line of the program.
    static func safeLines(_ text: String) -> String {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { safe(String($0)) }
            .joined(separator: "\n    ")
    }

    /// A name without the marks that could make it look like an address or like a remark of the program.
    static func safeName(_ text: String) -> String {
        safe(text.filter { !"()[]<>:\"".contains($0) })
    }

    /// Minutes and hours as people say them: `90 s`, `54 min`, `7 h`, `6.9 days`.
    static func duration(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return switch seconds {
        case ..<120: "\(max(0, seconds)) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}
