package import Engine

/// How much is told on standard error.
package enum Verbosity: Int, Comparable, Sendable {
    /// Errors alone (`-q`).
    case quiet
    case normal
    /// Every step (`-v`).
    case verbose

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }

    /// The lines of the log that are told.
    package var logLevel: LogLine.Level {
        switch self {
        case .quiet, .normal: .warning
        case .verbose: .detail
        }
    }
}
