/// Changes to a document, as another document describes them (RFC 5261).
package struct XMLPatch: Hashable, Sendable {
    /// One change; where it is to be made is a path to exactly one node.
    enum Operation: Hashable, Sendable {
        case add(XMLSelector, Position, elements: [XMLElement], text: String)
        case addAttribute(XMLSelector, XMLAttribute)
        case replace(XMLSelector, element: XMLElement?, text: String)
        case remove(XMLSelector)
    }

    /// Where new elements go: into the one that is selected, or beside it.
    enum Position: Hashable, Sendable { case append, prepend, before, after }

    private(set) var operations: [Operation] = []

    /// Why a patch cannot be read, or does not fit the document it is for: its sender and we do not hold the same.
    package enum Failure: Error, Hashable, Sendable {
        case malformed
        /// The number of the operation that finds nothing to change, from 0.
        case noMatch(Int)
        case tooLarge
    }

    /// What a peer can make us do with one patch, and hold after any number of them.
    enum Limits {
        static let operations = 256
        static let nodes = 5000
        static let textBytes = 256 * 1024
        static let depth = 24
    }

    /// Reads the operations in an element of another document.
    ///
    /// - Parameters:
    ///   - element: The element whose children `add`, `replace` and `remove` they are.
    ///   - inherited: The namespaces in force outside of it.
    /// - Throws: `Failure` for what is malformed, not understood or too much.
    package init(_ element: XMLElement, inheriting inherited: [String: String] = [:]) throws(Failure) {
        let outer = inherited.merging(element.namespaces) { $1 }
        for child in element.children where child.name.namespace == element.name.namespace {
            guard operations.count < Limits.operations else { throw .tooLarge }
            let namespaces = outer.merging(child.namespaces) { $1 }
            guard let operation = Operation(child, namespaces) else { throw .malformed }
            operations.append(operation)
        }
    }
}

extension XMLPatch.Operation {
    fileprivate init?(_ element: XMLElement, _ namespaces: [String: String]) {
        guard let text = element.attribute("sel"),
            let selector = XMLSelector(text, namespaces: namespaces)
        else { return nil }
        switch element.name.local {
        case "add":
            if let type = element.attribute("type") {
                guard type.hasPrefix("@"), type.count > 1 else { return nil }
                let parts = type.dropFirst().split(separator: ":").map(String.init)
                let namespace = parts.count == 2 ? namespaces[parts[0]] : nil
                guard let name = parts.last, parts.count == 1 || namespace != nil else { return nil }
                let attribute = XMLAttribute(name: XMLName(name, in: namespace), value: element.text)
                self = .addAttribute(selector, attribute)
                return
            }
            let position: XMLPatch.Position
            switch element.attribute("pos") {
            case nil: position = .append
            case "prepend": position = .prepend
            case "before": position = .before
            case "after": position = .after
            default: return nil
            }
            self = .add(selector, position, elements: element.children, text: element.text)
        case "replace":
            guard element.children.count <= 1 else { return nil }
            self = .replace(selector, element: element.children.first, text: element.text)
        case "remove": self = .remove(selector)
        default: return nil
        }
    }
}

// MARK: - Applying

extension XMLPatch {
    /// Makes the changes, all of them or none.
    package func apply(to root: inout XMLElement) throws(Failure) {
        var changed = root
        for (number, operation) in operations.enumerated() {
            guard Self.apply(operation, to: &changed) else { throw .noMatch(number) }
        }
        // Patches that only add would make the document grow for ever.
        var size = (nodes: 0, bytes: 0, depth: 0)
        changed.measure(&size, depth: 1)
        guard size.nodes <= Limits.nodes, size.bytes <= Limits.textBytes, size.depth <= Limits.depth else {
            throw .tooLarge
        }
        root = changed
    }

    /// Makes one change.
    ///
    /// - Returns: Whether there was something to change.
    private static func apply(_ operation: Operation, to root: inout XMLElement) -> Bool {
        switch operation {
        case .add(let selector, let position, let elements, let text):
            guard selector.target == .element, let path = selector.path(in: root) else { return false }
            return add(elements, text, at: path, position, to: &root)
        case .addAttribute(let selector, let attribute):
            guard selector.target == .element, let path = selector.path(in: root) else { return false }
            return root.change(at: path[...]) { element in
                guard !element.attributes.contains(where: { $0.name == attribute.name }) else { return false }
                element.attributes.append(attribute)
                return true
            }
        case .replace(let selector, let replacement, let text):
            guard let path = selector.path(in: root) else { return false }
            return root.change(at: path[...]) { element in
                switch selector.target {
                case .element:
                    guard let replacement else { return false }
                    element = replacement
                case .attribute(let name):
                    guard let index = element.attributes.firstIndex(where: { $0.name == name }) else {
                        return false
                    }
                    element.attributes[index].value = text
                case .text: element.text = text
                }
                return true
            }
        case .remove(let selector):
            guard let path = selector.path(in: root) else { return false }
            return remove(selector.target, at: path, from: &root)
        }
    }

    private static func add(
        _ elements: [XMLElement],
        _ text: String,
        at path: [Int],
        _ position: Position,
        to root: inout XMLElement
    ) -> Bool {
        switch position {
        case .append, .prepend:
            return root.change(at: path[...]) { element in
                element.children.insert(
                    contentsOf: elements,
                    at: position == .append ? element.children.count : 0
                )
                if elements.isEmpty {
                    element.text = position == .append ? element.text + text : text + element.text
                }
                return true
            }
        case .before, .after:
            guard let index = path.last else { return false }
            return root.change(at: path.dropLast()) { parent in
                parent.children.insert(contentsOf: elements, at: position == .before ? index : index + 1)
                return true
            }
        }
    }

    private static func remove(
        _ target: XMLSelector.Target,
        at path: [Int],
        from root: inout XMLElement
    ) -> Bool {
        switch target {
        case .element:
            guard let index = path.last else { return false }
            return root.change(at: path.dropLast()) { parent in
                parent.children.remove(at: index)
                return true
            }
        case .attribute(let name):
            return root.change(at: path[...]) { element in
                guard let index = element.attributes.firstIndex(where: { $0.name == name }) else {
                    return false
                }
                element.attributes.remove(at: index)
                return true
            }
        case .text:
            return root.change(at: path[...]) { element in
                element.text = ""
                return true
            }
        }
    }
}

extension XMLElement {
    /// Changes the element that the numbers of children lead to.
    fileprivate mutating func change(at path: ArraySlice<Int>, _ body: (inout XMLElement) -> Bool) -> Bool {
        guard let index = path.first else { return body(&self) }
        return children[index].change(at: path.dropFirst(), body)
    }

    fileprivate func measure(_ size: inout (nodes: Int, bytes: Int, depth: Int), depth: Int) {
        size.depth = max(size.depth, depth)
        size.nodes += 1 + attributes.count
        size.bytes += text.utf8.count + attributes.reduce(0) { $0 + $1.value.utf8.count }
        for child in children { child.measure(&size, depth: depth + 1) }
    }
}
