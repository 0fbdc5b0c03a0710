import Runtime

/// The sink of a session: the standard descriptors, above the line that is being typed while there is one.
///
/// Nothing that is shown is lost because its reader is slow: it waits, and whoever makes it is told to slow down.
final class SessionSink: TextSink {
    /// The editor whose line must not be torn.
    weak var editor: LineEditor?
    /// Whether the reader of standard output went away, as `head` does.
    private(set) var isOutputClosed = false
    private let writer: OutputWriter

    /// - Parameters:
    ///   - loop: The loop that waits for the reader.
    ///   - becameFull: Told when the reader is slower than what is shown, and when it has caught up.
    init(on loop: EventLoop, becameFull: @escaping @Sendable (Bool) -> Void) {
        writer = OutputWriter(1, on: loop, becameFull: becameFull)
    }

    func standardOutput(_ bytes: [UInt8]) {
        if let editor {
            editor.above { if !StandardSink.writeOutput(bytes) { isOutputClosed = true } }
        } else {
            write { if !writer.write(bytes) { isOutputClosed = true } }
        }
    }

    func standardError(_ text: String) { write { StandardSink.write(text, to: 2) } }

    /// The line that stands below everything else.
    private var statusLine: String?

    func status(_ line: String?) {
        guard editor == nil, line != nil || statusLine != nil else { return }
        statusLine = line
        StandardSink.write("\r\u{1B}[K" + (line ?? ""), to: 2)
    }

    private func write(_ body: () -> Void) {
        if let editor { return editor.above(body) }
        guard let statusLine else { return body() }
        StandardSink.write("\r\u{1B}[K", to: 2)
        body()
        StandardSink.write(statusLine, to: 2)
    }

    /// Writes what still waits.
    func finish() { writer.finish() }
}
