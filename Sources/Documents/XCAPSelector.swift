import Wire

/// Where a document of an XCAP server is, below the server's root (RFC 4825 §6.2).
package struct XCAPDocumentSelector: Hashable, Sendable {
    /// The application usage the document belongs to: `resource-lists`, `pres-rules`, ….
    package var usage: String
    /// Whose document it is; `nil` for one of everybody's, below `global`.
    package var user: String?
    /// The path of the document in that tree, mostly one name.
    package var name: String

    package init(usage: String, user: String?, name: String = "index") {
        (self.usage, self.user, self.name) = (usage, user, name)
    }

    /// Reads a path such as `resource-lists/users/sip:alice@ims.test/index`, escaped or not.
    package init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map {
            ByteString(String($0)).percentDecoded.text
        }
        guard parts.count >= 3, !parts.contains(where: \.isDotOrEmpty), !parts.contains("~~") else {
            return nil
        }
        let isGlobal = parts[1] == "global"
        guard isGlobal || (parts[1] == "users" && parts.count >= 4) else { return nil }
        let rest = parts.dropFirst(isGlobal ? 2 : 3).joined(separator: "/")
        self.init(usage: parts[0], user: isGlobal ? nil : parts[2], name: rest)
    }

    /// The path as it stands in a URI, without a slash in front.
    package var path: String {
        let tree = user.map { ["users", $0] } ?? ["global"]
        let segments = [usage] + tree + name.split(separator: "/").map(String.init)
        return segments.map(XCAPNodeSelector.escaped).joined(separator: "/")
    }
}

/// A path to one element of a document, or to one of its attributes (RFC 4825 §6.3).
///
/// It is built of names and values and never of text that somebody else wrote, so that no value can reach another
/// node than the one that is meant.
package struct XCAPNodeSelector: Hashable, Sendable {
    /// The namespaces of the names, by their prefix; a name without one is in the usage's default namespace.
    package private(set) var namespaces: [String: String] = [:]
    /// The steps and, last, the attribute, as the grammar has them before they are escaped.
    private var steps: [String] = []

    /// Begins at the root element of the document.
    package init(root: String) { steps = [root] }

    /// Reads a selector that the user wrote, such as `resource-lists/list[@name="friends"]`, escaped or not.
    ///
    /// - Returns: `nil` if a step has no name or a bracket or quote is not closed.
    package init?(text: String) {
        // What holds a bracket or quote as it is was not escaped for a URI.
        let decoded = text.contains(where: "[\"".contains) ? text : ByteString(text).percentDecoded.text
        var (quote, depth): (Character?, Int) = (nil, 0)
        var step = ""
        for character in decoded {
            if quote != nil {
                if character == quote { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "[" || character == "]" {
                depth += character == "[" ? 1 : -1
            } else if character == "/", depth == 0 {
                steps.append(step)
                step = ""
                continue
            }
            guard depth == 0 || depth == 1 else { return nil }
            step.append(character)
        }
        steps.append(step)
        guard quote == nil, depth == 0, !steps.contains(where: { $0.isEmpty || $0.first == "[" }) else {
            return nil
        }
    }

    /// The child element of that name; with `attribute`, the one whose attribute has that value.
    package func child(_ name: String, where attribute: (name: String, value: String)? = nil) -> Self {
        var result = self
        let test = attribute.map { "[@\($0.name)=\(Self.quoted($0.value))]" } ?? ""
        result.steps.append(name + test)
        return result
    }

    /// The child element of that name at `position`, counted from 1.
    package func child(_ name: String, at position: Int) -> Self {
        var result = self
        result.steps.append("\(name)[\(position)]")
        return result
    }

    package func attribute(_ name: String) -> Self {
        var result = self
        result.steps.append("@\(name)")
        return result
    }

    /// The same selector with a prefix that its names may use (RFC 4825 §6.4).
    package func binding(_ prefix: String, to namespace: String) -> Self {
        var result = self
        result.namespaces[prefix] = namespace
        return result
    }

    package var isAttribute: Bool { steps.last?.first == "@" }

    /// What comes in a URI behind the path of the document: the separator, the steps, and the query that binds prefixes.
    package var uriPart: String {
        let query = namespaces.sorted { $0.key < $1.key }.map { prefix, namespace in
            // In the xpointer scheme a circumflex escapes a parenthesis and itself.
            let value = namespace.flatMap { "()^".contains($0) ? "^\($0)" : "\($0)" }
            return "xmlns(\(prefix)=\(Self.escaped(String(value))))"
        }
        return "/~~/" + steps.map(Self.escaped).joined(separator: "/")
            + (query.isEmpty ? "" : "?" + query.joined())
    }

    /// The steps as a person reads them.
    package var description: String { steps.joined(separator: "/") }

    /// An attribute's value in quotes, as XML writes one (AttValue, XML 1.0 §2.3).
    private static func quoted(_ value: String) -> String {
        let mark: Character = value.contains("\"") && !value.contains("'") ? "'" : "\""
        var text = ""
        for character in value {
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case "\"" where mark == "\"": text += "&quot;"
            default: text.append(character)
            }
        }
        return "\(mark)\(text)\(mark)"
    }

    /// A path segment with every byte escaped that `pchar` does not have (RFC 3986 §3.3), and the slash.
    static func escaped(_ segment: String) -> String {
        segment.utf8.map { byte in
            punctuation.contains(byte)
                ? String(Unicode.Scalar(byte)) : ByteString([byte]).percentEncoded(except: .hostName).text
        }.joined()
    }

    private static let punctuation = Set("~!$&'()*+,;=:@".utf8)
}

extension String {
    /// Whether a path may not have such a segment: empty, or one that means another folder.
    fileprivate var isDotOrEmpty: Bool { isEmpty || self == "." || self == ".." }
}
