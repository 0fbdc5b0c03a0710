// Changes to a document that others wrote: what is not touched stays as it is, its layout too.
extension XMLElement {
    /// Makes an element in the same namespace as this one.
    package func sibling(_ local: String, _ attributes: KeyValuePairs<String, String> = [:]) -> XMLElement {
        XMLElement(
            name: XMLName(local, in: name.namespace),
            attributes: attributes.map { XMLAttribute(name: XMLName($0, in: nil), value: $1) }
        )
    }

    /// Puts a child behind the others, indented as they are.
    package mutating func append(_ child: XMLElement) { insert(child, at: children.count) }

    /// Puts a child before the one at `index`, indented as its neighbours are.
    package mutating func insert(_ child: XMLElement, at index: Int) {
        var child = child
        if index > 0 {
            child.tail = children[index - 1].tail
            let indent = index < children.count ? child.tail : text
            if Self.isLayout(indent) { children[index - 1].tail = indent }
        } else if !children.isEmpty {
            child.tail = Self.isLayout(text) ? text : ""
        } else if Self.isLayout(text) {
            child.tail = text
        }
        children.insert(child, at: index)
    }

    /// Takes out the child at `index` with the white space that belongs to it.
    package mutating func removeChild(at index: Int) {
        let child = children.remove(at: index)
        let isLast = index == children.count
        if !Self.isLayout(child.tail) {
            if index > 0 { children[index - 1].tail += child.tail } else { text += child.tail }
        } else if isLast, index > 0, Self.isLayout(children[index - 1].tail) {
            children[index - 1].tail = child.tail
        } else if isLast, index == 0, Self.isLayout(text) {
            text = ""
        }
    }

    package mutating func removeChildren(where isUnwanted: (XMLElement) -> Bool) {
        for index in children.indices.reversed() where isUnwanted(children[index]) { removeChild(at: index) }
    }

    /// Lets `body` change every child of that name.
    package mutating func changeChildren(_ name: XMLName, _ body: (inout XMLElement) -> Void) {
        for index in children.indices where children[index].name == name { body(&children[index]) }
    }

    /// Sets or, with `nil`, takes away the attribute without a namespace that is called `name`.
    package mutating func setAttribute(_ name: String, _ value: String?) {
        let index = attributes.firstIndex { $0.name.local == name && $0.name.namespace == nil }
        switch (index, value) {
        case (let index?, let value?): attributes[index].value = value
        case (let index?, nil): attributes.remove(at: index)
        case (nil, let value?):
            attributes.append(XMLAttribute(name: XMLName(name, in: nil), value: value))
        case (nil, nil): break
        }
    }

    private static func isLayout(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
}

extension XMLWriter {
    /// Writes an element with all that is in it, under the prefixes it was read with.
    package mutating func element(_ element: XMLElement) {
        self.element(element, scope: ["xml": Self.xmlNamespace])
    }

    private static let xmlNamespace = "http://www.w3.org/XML/1998/namespace"

    private mutating func element(_ element: XMLElement, scope: [String: String]) {
        var scope = scope
        var declarations = element.namespaces.sorted { $0.key < $1.key }
        for (prefix, namespace) in declarations { scope[prefix] = namespace }
        let name = Self.qualified(element.name, isAttribute: false, &scope, &declarations)
        let attributes = element.attributes.map { attribute in
            (Self.qualified(attribute.name, isAttribute: true, &scope, &declarations), attribute.value)
        }
        output += "<\(name)"
        for (prefix, namespace) in declarations {
            write(prefix.isEmpty ? "xmlns" : "xmlns:\(prefix)", namespace)
        }
        for (name, value) in attributes { write(name, value) }
        if element.text.isEmpty, element.children.isEmpty {
            output += "/>"
            return
        }
        output += ">"
        text(element.text)
        for child in element.children {
            self.element(child, scope: scope)
            text(child.tail)
        }
        output += "</\(name)>"
    }

    private mutating func write(_ name: String, _ value: String) {
        output += " \(name)=\""
        append(value, isAttribute: true)
        output += "\""
    }

    /// The name with a prefix that stands for its namespace here, which is declared if none does.
    private static func qualified(
        _ name: XMLName,
        isAttribute: Bool,
        _ scope: inout [String: String],
        _ declarations: inout [(key: String, value: String)]
    ) -> String {
        guard let namespace = name.namespace else {
            // Without a prefix an element would be in the default namespace, an attribute is in none.
            if !isAttribute, scope[""]?.isEmpty == false {
                declare("", "", &scope, &declarations)
            }
            return name.local
        }
        if !isAttribute, scope[""] == namespace { return name.local }
        let known = scope.filter { !$0.key.isEmpty && $0.value == namespace }.keys.min()
        if let known { return "\(known):\(name.local)" }
        var prefix = ""
        if isAttribute || scope[""] != nil {
            var number = 1
            while scope["ns\(number)"] != nil { number += 1 }
            prefix = "ns\(number)"
        }
        declare(prefix, namespace, &scope, &declarations)
        return prefix.isEmpty ? name.local : "\(prefix):\(name.local)"
    }

    private static func declare(
        _ prefix: String,
        _ namespace: String,
        _ scope: inout [String: String],
        _ declarations: inout [(key: String, value: String)]
    ) {
        scope[prefix] = namespace
        declarations.removeAll { $0.key == prefix }
        declarations.append((prefix, namespace))
    }
}
