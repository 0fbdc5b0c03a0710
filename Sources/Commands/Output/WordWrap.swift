extension String {
    /// The text in lines that are no longer than `width`, if no word is; those it has already stay apart.
    ///
    /// - Parameters:
    ///   - width: How many characters a line has at most; `nil` for as many as there are.
    ///   - indent: What the rest of a line that was broken begins with.
    /// - Returns: The lines, without a line feed at the end.
    func wrapped(width: Int?, indent: String = "") -> String {
        guard let width else { return self }
        let lines = split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { Self.wrapped($0, width: width, indent: indent) }.joined(separator: "\n")
    }

    private static func wrapped(_ text: Substring, width: Int, indent: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(indent + word)
            }
        }
        return lines.joined(separator: "\n")
    }
}
