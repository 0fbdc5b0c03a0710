/// A path to one node of a document, in the part of XPath that XML patches and XCAP use (RFC 5261 §4.1).
///
/// Names without a prefix are in the default namespace of the patch, unlike in XPath itself (RFC 5261 §4.2.2). What
/// cannot be said of `XMLElement`, a comment or one of several pieces of text, is not selected.
package struct XMLSelector: Hashable, Sendable {
    /// What of the element that the path leads to is meant.
    enum Target: Hashable, Sendable {
        case element
        case attribute(XMLName)
        case text
    }

    struct Step: Hashable, Sendable {
        /// `nil` for any name.
        var name: XMLName?
        var conditions: [Condition] = []
    }

    enum Condition: Hashable, Sendable {
        /// The number among those that match so far, from 1.
        case position(Int)
        case attribute(XMLName, String)
        case child(XMLName, String)
        case text(String)
    }

    private(set) var steps: [Step] = []
    private(set) var target = Target.element

    /// Reads a selector, or gives `nil` for one that is malformed or beyond what is understood.
    ///
    /// - Parameters:
    ///   - text: The value of `sel`.
    ///   - namespaces: The namespaces in force where it stands, by prefix.
    package init?(_ text: String, namespaces: [String: String]) {
        guard let pieces = Self.pieces(of: text), !pieces.isEmpty, pieces.count <= Self.stepLimit else {
            return nil
        }
        for (index, piece) in pieces.enumerated() {
            let isLast = index == pieces.count - 1
            if piece == "text()" || piece == "text()[1]", isLast {
                target = .text
            } else if piece.hasPrefix("@"), isLast {
                guard let name = Self.attributeName(piece.dropFirst(), namespaces) else { return nil }
                target = .attribute(name)
            } else {
                guard let step = Self.step(piece, namespaces) else { return nil }
                steps.append(step)
            }
        }
        if steps.isEmpty { return nil }
    }

    /// The attribute that is meant, if it is one.
    package var attribute: XMLName? {
        if case .attribute(let name) = target { name } else { nil }
    }

    /// The path to the parent of the element; `nil` for the root.
    package var parent: XMLSelector? {
        guard steps.count > 1 else { return nil }
        var parent = self
        parent.steps.removeLast()
        return parent
    }

    /// More than the deepest document that is read has.
    private static let stepLimit = 32

    /// Cuts the path at the slashes that are in no condition.
    private static func pieces(of text: String) -> [Substring]? {
        let text = text.drop { $0.isWhitespace }
        var pieces: [Substring] = []
        var (start, depth) = (text.startIndex, 0)
        var quote: Character?
        for index in text.indices {
            let character = text[index]
            switch character {
            case "'", "\"":
                if quote == nil { quote = character } else if quote == character { quote = nil }
            case "[" where quote == nil: depth += 1
            case "]" where quote == nil: depth -= 1
            case "/" where quote == nil && depth == 0:
                pieces.append(text[start..<index])
                start = text.index(after: index)
            default: continue
            }
        }
        guard quote == nil, depth == 0 else { return nil }
        pieces.append(text[start...])
        // A path may begin at the document itself, `/presence`.
        if pieces.first?.isEmpty == true { pieces.removeFirst() }
        return pieces.contains(where: \.isEmpty) ? nil : pieces
    }

    private static func step(_ piece: Substring, _ namespaces: [String: String]) -> Step? {
        let name = piece.prefix { $0 != "[" }
        var step = Step()
        if name != "*" {
            guard let known = elementName(name, namespaces) else { return nil }
            step.name = known
        }
        var rest = piece.dropFirst(name.count)
        while !rest.isEmpty {
            guard let (condition, length) = condition(rest, namespaces) else { return nil }
            step.conditions.append(condition)
            rest = rest.dropFirst(length)
        }
        return step
    }

    /// Reads one `[…]` at the beginning of the text, and says how long it is.
    private static func condition(
        _ text: Substring,
        _ namespaces: [String: String]
    ) -> (Condition, length: Int)? {
        var quote: Character?
        guard text.first == "[",
            let end = text.firstIndex(where: { character in
                if character == quote {
                    quote = nil
                } else if quote == nil, character == "'" || character == "\"" {
                    quote = character
                }
                return quote == nil && character == "]"
            })
        else { return nil }
        let inner = text[..<end].dropFirst()
        let length = inner.count + 2
        if let number = Int(inner), number > 0 { return (.position(number), length) }
        let parts = inner.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[1].count >= 2, let mark = parts[1].first, mark == parts[1].last,
            mark == "'" || mark == "\""
        else { return nil }
        let value = String(parts[1].dropFirst().dropLast())
        if parts[0] == "." { return (.text(value), length) }
        if parts[0].hasPrefix("@") {
            return attributeName(parts[0].dropFirst(), namespaces).map { (.attribute($0, value), length) }
        }
        return elementName(parts[0], namespaces).map { (.child($0, value), length) }
    }

    private static func elementName(_ text: Substring, _ namespaces: [String: String]) -> XMLName? {
        name(text, namespaces, default: namespaces[""])
    }

    private static func attributeName(_ text: Substring, _ namespaces: [String: String]) -> XMLName? {
        name(text, namespaces, default: nil)
    }

    private static func name(
        _ text: Substring,
        _ namespaces: [String: String],
        default namespace: String?
    ) -> XMLName? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isName = { (part: Substring) in
            !part.isEmpty && part.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        }
        guard parts.allSatisfy(isName) else { return nil }
        switch parts.count {
        case 1: return XMLName(String(parts[0]), in: namespace?.isEmpty == true ? nil : namespace)
        case 2: return namespaces[String(parts[0])].map { XMLName(String(parts[1]), in: $0) }
        default: return nil
        }
    }
}

extension XMLSelector {
    /// Finds the one element the path leads to.
    ///
    /// - Parameter root: The root of the document, which the first step is about.
    /// - Returns: The numbers of the children on the way from the root; `nil` unless exactly one element matches.
    package func path(in root: XMLElement) -> [Int]? {
        guard let first = steps.first, Self.matches([root], first) == [0] else { return nil }
        var path: [Int] = []
        var element = root
        for step in steps.dropFirst() {
            let found = Self.matches(element.children, step)
            guard found.count == 1, let index = found.first else { return nil }
            path.append(index)
            element = element.children[index]
        }
        return path
    }

    private static func matches(_ elements: [XMLElement], _ step: Step) -> [Int] {
        var found = elements.indices.filter { step.name == nil || elements[$0].name == step.name }
        for condition in step.conditions {
            switch condition {
            case .position(let number): found = number <= found.count ? [found[number - 1]] : []
            case .attribute(let name, let value):
                found.removeAll { index in
                    !elements[index].attributes.contains { $0.name == name && $0.value == value }
                }
            case .child(let name, let value):
                found.removeAll { index in
                    !elements[index].children.contains { $0.name == name && $0.text == value }
                }
            case .text(let value): found.removeAll { elements[$0].text != value }
            }
        }
        return found
    }
}
