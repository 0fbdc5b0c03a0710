@unsafe @preconcurrency import CReadline
@unsafe @preconcurrency import Glibc

/// The line that is being typed: GNU readline behind its callback interface.
///
/// The library keeps its state in globals, so there is one editor at most. Everything runs on the loop's thread: the
/// owner calls `readCharacter` when the terminal has something to read.
final class LineEditor {
    /// What came of the characters typed so far.
    enum Input {
        case line(String)
        /// Ctrl-D on an empty line, or the terminal is gone.
        case end
    }

    private var prompt: String
    private let isColoured: Bool
    private let historyFile: String?
    private var isInstalled = false
    /// Whether the line is away, since something is being written in its place.
    private var isHidden = false
    /// The terminal, opened once more so that writing to it never waits; `nil` where it has no name.
    private var terminal: Int32?
    fileprivate var input: [Input] = []
    fileprivate let complete: (_ before: String) -> LineCompletion.Offer

    /// Starts to edit.
    ///
    /// - Parameters:
    ///   - prompt: What stands before the line.
    ///   - isColoured: Whether the prompt may have a colour.
    ///   - historyFile: Where lines are kept from one run to the next; `nil` keeps them in memory.
    ///   - complete: Gives the candidates for the word that begins after the text before it.
    init(
        prompt: String,
        isColoured: Bool,
        historyFile: String?,
        complete: @escaping (_ before: String) -> LineCompletion.Offer
    ) {
        self.prompt = Self.shown(prompt, isColoured: isColoured)
        self.isColoured = isColoured
        self.historyFile = historyFile
        self.complete = complete
        openTerminal()
        unsafe setlocale(LC_CTYPE, "")
        unsafe rl_readline_name = UnsafePointer(strdup("ims"))
        rl_catch_signals = 0
        rl_catch_sigwinch = 0
        // A question whether to list many candidates would be waited for, and the loop with it.
        rl_completion_query_items = 0
        unsafe rl_variable_bind("page-completions", "off")
        unsafe rl_attempted_completion_function = completeWord
        unsafe rl_completer_word_break_characters = unsafe UnsafePointer(strdup(" \t"))
        unsafe rl_completer_quote_characters = unsafe UnsafePointer(strdup("\"'"))
        unsafe editor = self
        using_history()
        stifle_history(Self.historyLimit)
        loadHistory()
        resume()
    }

    private static let historyLimit: Int32 = 1000

    /// The descriptor behind standard output belongs to the shell as well: it must not be made non-blocking.
    private func openTerminal() {
        guard let name = unsafe ttyname(1) else { return }
        let descriptor = unsafe open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0, let stream = unsafe fdopen(descriptor, "w") else { return }
        unsafe rl_outstream = stream
        terminal = descriptor
    }

    /// Where what is shown above the line is written.
    var descriptor: Int32 { terminal ?? 1 }

    /// U+0001 and U+0002 tell readline that what is between them has no width.
    private static func shown(_ prompt: String, isColoured: Bool) -> String {
        isColoured ? "\u{1}\u{1B}[1;32m\u{2}\(prompt)\u{1}\u{1B}[0m\u{2}" : prompt
    }

    /// Puts another prompt before the line, which stays as it is.
    func setPrompt(_ text: String) {
        let shown = Self.shown(text, isColoured: isColoured)
        guard shown != prompt else { return }
        prompt = shown
        guard isInstalled else { return }
        let wasHidden = isHidden
        hide()
        unsafe rl_set_prompt(shown)
        if !wasHidden { show() }
    }

    /// Takes back the terminal after `suspend`.
    func resume() {
        guard !isInstalled else { return }
        isInstalled = true
        unsafe rl_callback_handler_install(prompt, takeLine)
    }

    /// Gives the terminal back as it was.
    func suspend() {
        guard isInstalled else { return }
        isInstalled = false
        rl_callback_handler_remove()
    }

    /// Gives the terminal back while `body` runs, such as a stop of the process; the line stays as it is.
    func standAside(_ body: () -> Void) {
        guard isInstalled else { return body() }
        rl_deprep_terminal()
        body()
        rl_prep_terminal(1)
        rl_forced_update_display()
    }

    /// Ends editing; the line begun is dropped.
    func close() {
        show()
        suspend()
        unsafe editor = nil
        guard terminal != nil else { return }
        terminal = nil
        unsafe fclose(rl_outstream)
        unsafe rl_outstream = stdout
    }

    /// Reads what was typed.
    ///
    /// - Returns: The lines it completed, mostly none.
    func readCharacter() -> [Input] {
        // Without a handler the library would abort the process.
        guard isInstalled else { return [] }
        rl_callback_read_char()
        defer { input = [] }
        return input
    }

    /// What is typed so far.
    var text: String { unsafe rl_line_buffer.map { unsafe String(cString: $0) } ?? "" }

    /// Drops the line, as Ctrl-C does.
    func clearLine() {
        guard isInstalled else { return }
        rl_free_line_state()
        rl_callback_sigcleanup()
        unsafe rl_replace_line("", 1)
        rl_crlf()
        rl_on_new_line()
        rl_redisplay()
    }

    func resize() {
        if isInstalled { rl_resize_terminal() }
    }

    /// Takes the line away, so that whole lines can be written in its place; what is typed meanwhile is kept.
    func hide() {
        guard isInstalled, !isHidden else { return }
        isHidden = true
        rl_clear_visible_line()
        unsafe fflush(rl_outstream)
        rl_redisplay_function = {}
    }

    /// Shows the line again, below what was written.
    func show() {
        guard isHidden else { return }
        isHidden = false
        rl_redisplay_function = rl_redisplay
        guard isInstalled else { return }
        rl_on_new_line()
        rl_redisplay()
    }

    /// Shows the line of the editor that there is.
    static func showLine() { unsafe editor?.show() }

    /// Keeps a line for the arrow keys, here and, if it is a command, in the next run.
    func remember(_ line: String, isCommand: Bool = true) {
        unsafe add_history(line)
        if let historyFile, isCommand { unsafe append_history(1, historyFile) }
    }

    private func loadHistory() {
        guard let historyFile else { return }
        // The library would make the file readable by everyone.
        let descriptor = unsafe open(historyFile, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor >= 0 { Glibc.close(descriptor) }
        unsafe history_truncate_file(historyFile, Self.historyLimit)
        unsafe read_history(historyFile)
    }
}

/// The one editor: readline's callbacks carry no context.
private nonisolated(unsafe) weak var editor: LineEditor?

private func takeLine(_ line: UnsafeMutablePointer<CChar>?) {
    guard let line = unsafe line else {
        // The prompt is not to come back.
        unsafe editor?.suspend()
        unsafe editor?.input.append(.end)
        return
    }
    let text = unsafe String(cString: line)
    unsafe free(line)
    unsafe editor?.input.append(.line(text))
}

private nonisolated(unsafe) var matches: ArraySlice<String> = []

private func nextMatch(_ text: UnsafePointer<CChar>?, _ state: Int32) -> UnsafeMutablePointer<CChar>? {
    guard let match = unsafe matches.popFirst() else { return nil }
    return unsafe strdup(match)
}

private func completeWord(
    _ text: UnsafePointer<CChar>?,
    _ start: Int32,
    _ end: Int32
) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    // Without this readline would offer files wherever nothing else fits.
    rl_attempted_completion_over = 1
    guard let editor = unsafe editor, let text = unsafe text, let buffer = unsafe rl_line_buffer else {
        return nil
    }
    let line = unsafe String(cString: buffer)
    let before = String(decoding: line.utf8.prefix(Int(start)), as: UTF8.self)
    let word = unsafe String(cString: text)
    let candidates = editor.complete(before)
    unsafe matches = candidates.words.filter { $0.hasPrefix(word) }[...]
    if unsafe !matches.isEmpty { return unsafe rl_completion_matches(text, nextMatch) }
    guard candidates.includesFiles else { return nil }
    return unsafe rl_completion_matches(text, rl_filename_completion_function)
}
