/// The sink of a session: the standard descriptors, above the line that is being typed while there is one.
final class SessionSink: TextSink {
    /// The editor whose line must not be torn.
    weak var editor: LineEditor?
    /// Whether the reader of standard output went away, as `head` does.
    private(set) var isOutputClosed = false

    func standardOutput(_ bytes: [UInt8]) {
        write { if !StandardSink.writeOutput(bytes) { isOutputClosed = true } }
    }

    func standardError(_ text: String) { write { StandardSink.write(text, to: 2) } }

    private func write(_ body: () -> Void) {
        if let editor { editor.above(body) } else { body() }
    }
}
