/// Writes an XML document in UTF-8.
///
/// Names come from the program and are written as they are; values are escaped, and what XML 1.0 cannot say at all
/// becomes U+FFFD.
package struct XMLWriter {
    var output = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

    package init() {}

    package var bytes: [UInt8] { Array(output.utf8) }

    /// Writes an element; an attribute whose value is `nil` is left out.
    package mutating func element(
        _ name: String,
        _ attributes: KeyValuePairs<String, String?> = [:],
        content: (inout Self) -> Void = { _ in }
    ) {
        output += "<\(name)"
        for (name, value) in attributes {
            guard let value else { continue }
            output += " \(name)=\""
            append(value, isAttribute: true)
            output += "\""
        }
        output += ">"
        let start = output.utf8.count
        content(&self)
        guard output.utf8.count > start else {
            output.removeLast()
            output += "/>"
            return
        }
        output += "</\(name)>"
    }

    /// Writes character data.
    package mutating func text(_ text: String) { append(text, isAttribute: false) }

    mutating func append(_ text: String, isAttribute: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"" where isAttribute: output += "&quot;"
            case "\r": output += "&#13;"
            // An attribute's line breaks and tabs are read back as spaces unless they are written so.
            case "\t" where isAttribute: output += "&#9;"
            case "\n" where isAttribute: output += "&#10;"
            case "\t", "\n": output.unicodeScalars.append(scalar)
            case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
    }
}
