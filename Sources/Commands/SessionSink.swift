import Glibc
import Runtime

/// The sink of a session: the standard descriptors, above the line that is being typed while there is one.
///
/// Nothing that is shown is lost because its reader is slow, nor does anything else wait for it: what is shown waits,
/// and whoever makes it is told to slow down.
final class SessionSink: TextSink {
    /// How long the end waits for a terminal that is not read, in milliseconds.
    private static let terminalPatience: Int32 = 2_000

    /// The editor whose line must not be torn.
    weak var editor: LineEditor? {
        didSet {
            terminal?.finish(within: Self.terminalPatience)
            terminal = editor.map { editor in
                OutputWriter(editor.descriptor, on: loop) { [becameFull] isFull in
                    becameFull(isFull)
                    if !isFull { LineEditor.showLine() }
                }
            }
        }
    }
    /// Whether the reader of standard output went away, as `head` does.
    private(set) var isOutputClosed = false
    private let loop: EventLoop
    private let becameFull: @Sendable (Bool) -> Void
    private let writer: OutputWriter
    /// The terminal that the line is typed on.
    private var terminal: OutputWriter?
    private let isErrorTerminal = isatty(2) != 0

    /// - Parameters:
    ///   - loop: The loop that waits for the reader.
    ///   - becameFull: Told when the reader is slower than what is shown, and when it has caught up.
    init(on loop: EventLoop, becameFull: @escaping @Sendable (Bool) -> Void) {
        (self.loop, self.becameFull) = (loop, becameFull)
        writer = OutputWriter(1, on: loop, becameFull: becameFull)
    }

    /// Whether the reader of standard output takes something now.
    var isReady: Bool { terminal != nil || writer.isReady }

    func standardOutput(_ bytes: [UInt8]) {
        guard terminal == nil else { return writeAboveLine(bytes) }
        write { if !writer.write(bytes) { isOutputClosed = true } }
    }

    func standardError(_ text: String) {
        guard terminal == nil || !isErrorTerminal else { return writeAboveLine(Array(text.utf8)) }
        write { StandardSink.write(text, to: 2) }
    }

    private func writeAboveLine(_ bytes: [UInt8]) {
        guard let editor, let terminal else { return }
        editor.hide()
        if !terminal.write(bytes) { isOutputClosed = true }
        // What the terminal does not take now comes before the line.
        if terminal.queuedBytes == 0 { editor.show() }
    }

    /// The line that stands below everything else.
    private var statusLine: String?

    func status(_ line: String?) {
        guard editor == nil, line != nil || statusLine != nil else { return }
        statusLine = line
        StandardSink.write("\r\u{1B}[K" + (line ?? ""), to: 2)
    }

    private func write(_ body: () -> Void) {
        guard let statusLine else { return body() }
        StandardSink.write("\r\u{1B}[K", to: 2)
        body()
        StandardSink.write(statusLine, to: 2)
    }

    /// Writes what still waits.
    func finish() { writer.finish() }
}
