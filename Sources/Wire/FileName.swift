/// The name under which a file that somebody else named may be stored here.
///
/// Whatever was offered, the result is one path component that says nothing but a name (RFC 5547 §10): no folder, no
/// character a terminal obeys or hides, no leading dot that hides the file and no leading hyphen that a command would
/// take for an option.
package struct FileName: Hashable, Sendable {
    package let text: String

    /// How long a name may be, in bytes of UTF-8: 255 that file systems take, less what is added to it meanwhile.
    package static let limit = 200
    /// The longest ending that is kept when a name is cut.
    private static let endingLimit = 20
    /// The name of what has no usable one.
    private static let fallback = "file"

    /// Makes the offered name safe.
    ///
    /// - Parameter offered: The name as the other side wrote it, escapes undone; may be a path of any system.
    package init(offered: String) {
        // By scalars: a slash with a combining mark is another character, but a slash to the system all the same.
        let component = offered.unicodeScalars.split { $0 == "/" || $0 == "\\" }.last ?? []
        var scalars = component.filter { !$0.isUnsafeForDisplay }[...]
        scalars = scalars.drop { $0 == "." || $0.properties.isWhitespace }
        while let last = scalars.last, last == "." || last.properties.isWhitespace { scalars.removeLast() }
        var name = String(String.UnicodeScalarView(scalars))
        if scalars.first == "-" { name = "_" + String(String.UnicodeScalarView(scalars.dropFirst())) }
        text = name.isEmpty ? Self.fallback : Self.cut(name)
    }

    /// The name of a second file that would have the same one: `photo (2).png`.
    package func numbered(_ number: Int) -> String {
        let (stem, ending) = Self.parts(text)
        return "\(stem) (\(number))\(ending)"
    }

    private static func cut(_ name: String) -> String {
        guard name.utf8.count > limit else { return name }
        var (stem, ending) = parts(name)
        if ending.utf8.count > endingLimit { (stem, ending) = (name, "") }
        var room = limit - ending.utf8.count
        let kept = stem.prefix { character in
            room -= character.utf8.count
            return room >= 0
        }
        // One character may be longer than all the room there is.
        return kept.isEmpty ? fallback + ending : kept + ending
    }

    /// What stands before the last dot, and the dot with the rest.
    private static func parts(_ name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return (name, "") }
        return (String(name[..<dot]), String(name[dot...]))
    }
}
