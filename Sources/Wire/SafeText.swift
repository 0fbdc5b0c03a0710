extension String {
    /// The text made safe to show on a terminal, whoever wrote it.
    ///
    /// Control characters, the escape among them, and the invisible characters that reorder a line or hide a piece of
    /// it are shown as `\u{…}` with their number, so that nothing vanishes and nothing is obeyed. A tab becomes a
    /// space. The zero-width joiners stay, because scripts and emoji are written with them.
    ///
    /// - Parameter multiline: Whether a line feed stays one; a CR before it is dropped. Otherwise both are shown as
    ///   numbers.
    /// - Returns: Text that holds none of these characters.
    package func safeForDisplay(multiline: Bool = false) -> String {
        guard unicodeScalars.contains(where: { $0 == "\t" || $0.isUnsafeForDisplay }) else { return self }
        var result = String.UnicodeScalarView()
        var scalars = Array(unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            if scalar == "\t" {
                result.append(" ")
            } else if multiline, scalar == "\n" {
                result.append(scalar)
            } else if multiline, scalar == "\r", scalars.first == "\n" {
                continue
            } else if scalar.isUnsafeForDisplay {
                result.append(
                    contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars
                )
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

extension Unicode.Scalar {
    /// Whether a terminal may obey the character, or hide or move others because of it.
    var isUnsafeForDisplay: Bool {
        switch value {
        // C0, DEL and C1.
        case 0x00...0x1F, 0x7F...0x9F: true
        // Invisible: soft hyphen, zero-width space, word joiner and its kin, byte order mark.
        case 0x00AD, 0x200B, 0x2060...0x2064, 0xFEFF: true
        // Direction: marks, embeddings, overrides and isolates.
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        // Line and paragraph separators.
        case 0x2028, 0x2029: true
        // Deprecated format characters, interlinear annotation, tags.
        case 0x206A...0x206F, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
        default: false
        }
    }
}
