extension XMLElement {
    /// The element in lines, one for each tag or text, whatever its layout and prefixes: what says the same has the same
    /// lines.
    package var outline: [String] {
        var lines: [String] = []
        describe(in: nil, depth: 0, into: &lines)
        return lines
    }

    private func describe(in outer: String?, depth: Int, into lines: inout [String]) {
        let indent = String(repeating: "  ", count: depth)
        var tag = "<\(name.local)"
        if name.namespace != outer { tag += " xmlns=\"\(name.namespace ?? "")\"" }
        for attribute in attributes.sorted(by: { $0.name.local < $1.name.local }) {
            let namespace = attribute.name.namespace.map { "{\($0)}" } ?? ""
            tag += " \(namespace)\(attribute.name.local)=\"\(attribute.value)\""
        }
        let content = trimmedText
        guard !children.isEmpty else {
            lines.append(indent + (content.isEmpty ? tag + "/>" : tag + ">\(content)</\(name.local)>"))
            return
        }
        lines.append(indent + tag + ">")
        if !content.isEmpty { lines.append(indent + "  " + content) }
        for child in children {
            child.describe(in: name.namespace, depth: depth + 1, into: &lines)
            let tail = child.tail.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            if !tail.isEmpty { lines.append(indent + "  " + tail) }
        }
        lines.append(indent + "</\(name.local)>")
    }
}
