import Engine
import Pictures
import Runtime

/// What a person at a prompt sees of offered files.
extension Session {
    /// What tells which graphics a terminal has.
    private static let terminalVariables = [
        "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "COLORTERM", "LC_TERMINAL", "KITTY_WINDOW_ID",
        "KITTY_PID", "KONSOLE_VERSION", "VTE_VERSION", "WEZTERM_EXECUTABLE", "MLTERM", "CONTOUR_PROFILE",
        "TMUX", "STY",
    ]

    /// Draws the small picture that came with an offer; nothing where it cannot be shown or is none.
    func showIcon(of transfer: FileTransfer) {
        guard setup.isTerminal, !setup.options.isJSON, let icon = transfer.icon else { return }
        let environment = Self.terminalVariables.compactMap { name in
            environmentVariable(name).map { "\(name)=\($0)" }
        }
        let columns = min(terminalColumns(1) ?? .max, TerminalPicture.largest.columns)
        let drawn = try? TerminalPicture(of: icon.bytes, columns: columns, environment: environment)
        guard let picture = drawn else { return }
        output.text(picture.text.hasSuffix("\n") ? picture.text : picture.text + "\n")
    }
}
