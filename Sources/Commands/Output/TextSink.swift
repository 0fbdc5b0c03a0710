import Glibc
import Synchronization

/// Where text goes in the end: standard output and standard error, a line editor, or a test.
package protocol TextSink: AnyObject {
    /// Writes data.
    func standardOutput(_ bytes: [UInt8])
    /// Writes everything else.
    func standardError(_ text: String)
    /// Shows a line below everything else until the next one replaces it; `nil` for none.
    func status(_ line: String?)
}

extension TextSink {
    package func status(_ line: String?) {}

    func standardOutput(_ text: String) { standardOutput(Array(text.utf8)) }
}

/// The standard descriptors, unbuffered: a line is out when the call returns.
package final class StandardSink: TextSink {
    package init() {}

    package func standardOutput(_ bytes: [UInt8]) { _ = Self.writeOutput(bytes) }
    package func standardError(_ text: String) { Self.write(text, to: 2) }

    /// Why standard output could not be written, as an error number; a reader that went away is no error.
    static let outputError = Atomic<Int32>(0)

    /// Writes data.
    ///
    /// - Returns: Whether it went out.
    static func writeOutput(_ bytes: [UInt8]) -> Bool {
        if FileSink.write(bytes, to: 1) { return true }
        if errno != EPIPE { outputError.store(errno, ordering: .relaxed) }
        return false
    }

    static func write(_ text: String, to descriptor: Int32) {
        FileSink.write(Array(text.utf8), to: descriptor)
    }
}
