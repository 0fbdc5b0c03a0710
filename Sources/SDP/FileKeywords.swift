import Wire

// The lists of `keyword:value` in which selectors and dates stand (RFC 5547 §6).
extension ByteScanner {
    /// Reads the next keyword with its colon; words that have none are passed over.
    ///
    /// - Parameter value: What is scanned.
    /// - Returns: The keyword in small letters; `nil` at the end.
    mutating func keyword(in value: ByteString) -> String? {
        while true {
            skipSpaces()
            let keyword = run { $0 != UInt8(ascii: ":") && !$0.isLinearSpace }
            guard !keyword.isEmpty else { return nil }
            if skip(UInt8(ascii: ":")) { return value[keyword].lowercased.text }
        }
    }

    /// Reads `"…"`, in which a backslash is a character like others; without quotes up to the next space.
    mutating func quotable(in value: ByteString) -> ByteString {
        guard skip(UInt8(ascii: "\"")) else { return value[run { !$0.isLinearSpace }] }
        let text = run { $0 != UInt8(ascii: "\"") }
        _ = skip(UInt8(ascii: "\""))
        return value[text]
    }
}
