import Documents
import Wire

extension LabXCAP {
    /// Reads, changes or deletes an element or an attribute of a document (RFC 4825 §7.4 to §7.9).
    mutating func answer(_ request: LabHTTPRequest, about node: String, in target: Target) -> LabHTTPResponse
    {
        guard let document = document(at: target.path), var root = try? XMLReader.read(document.body.bytes)
        else {
            return request.method == "PUT" ? Self.conflict("no-parent") : LabHTTPResponse(404)
        }
        guard let selector = Self.selector(node, target) else { return LabHTTPResponse(400) }
        let (element, attribute) = ("application/xcap-el+xml", "application/xcap-att+xml")
        switch (request.method, selector.attribute) {
        case ("GET", let name), ("HEAD", let name):
            if let failure = Self.reading(request, document) { return failure }
            guard let path = selector.path(in: root) else { return LabHTTPResponse(404) }
            let found = root.descendant(at: path)
            let tag = [("ETag", document.quotedTag)]
            guard let name else { return LabHTTPResponse(200, tag, type: element, body: found.fragment) }
            guard let value = found.attributes.first(where: { $0.name == name })?.value else {
                return LabHTTPResponse(404)
            }
            return LabHTTPResponse(200, tag, type: attribute, body: ByteString(value))
        case ("PUT", let name):
            if let failure = Self.refusal(of: request, document) { return failure }
            guard request.header("Content-Type")?.text == (name == nil ? element : attribute) else {
                return LabHTTPResponse(415)
            }
            switch Self.put(request.body, at: selector, in: &root) {
            case .failed(let reason): return Self.conflict(reason)
            case .done(let isNew): return keep(root, target, document, isNew ? 201 : 200)
            }
        case ("DELETE", _):
            if let failure = Self.refusal(of: request, document) { return failure }
            guard let isDeleted = Self.delete(selector, in: &root) else { return LabHTTPResponse(404) }
            return isDeleted ? keep(root, target, document, 200) : Self.conflict("cannot-delete")
        default: return LabHTTPResponse(405, [("Allow", "GET, HEAD, PUT, DELETE")])
        }
    }

    private mutating func keep(
        _ root: XMLElement,
        _ target: Target,
        _ old: Document,
        _ status: Int
    ) -> LabHTTPResponse {
        var writer = XMLWriter()
        writer.element(root)
        let body = ByteString(writer.bytes)
        if let conflict = conflict(in: body, of: target.usage) { return Self.conflict(conflict) }
        let document = replace(old, at: target, with: body)
        return LabHTTPResponse(status, [("ETag", document.quotedTag)])
    }

    /// Reads a node selector with the prefixes that its query binds (RFC 4825 §6.3, §6.4).
    private static func selector(_ node: String, _ target: Target) -> XMLSelector? {
        var namespaces = ["": target.usage.root.namespace ?? ""]
        let query = ByteString(target.query ?? "").percentDecoded.text
        for binding in query.split(separator: ")") where binding.hasPrefix("xmlns(") {
            let parts = binding.dropFirst("xmlns(".count).split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            namespaces[String(parts[0])] = String(parts[1])
        }
        return XMLSelector(ByteString(node).percentDecoded.text, namespaces: namespaces)
    }

    /// The element that a selector leads to.
    static func node(_ node: String, _ target: Target, in root: XMLElement) -> XMLElement? {
        selector(node, target)?.path(in: root).map { root.descendant(at: $0) }
    }

    private enum Outcome {
        case done(isNew: Bool)
        case failed(String)
    }

    /// Puts a node where the selector says, which must lead to it afterwards (RFC 4825 §8.2.3).
    private static func put(
        _ body: ByteString,
        at selector: XMLSelector,
        in root: inout XMLElement
    ) -> Outcome {
        if let name = selector.attribute {
            guard let path = selector.path(in: root) else { return .failed("no-parent") }
            guard let value = body.validatedText else { return .failed("not-utf-8") }
            var isNew = true
            root.change(at: path) { element in
                isNew = !element.attributes.contains { $0.name == name }
                element.attributes.removeAll { $0.name == name }
                element.attributes.append(XMLAttribute(name: name, value: value))
            }
            // A test of the attribute itself must still hold.
            return selector.path(in: root) == path ? .done(isNew: isNew) : .failed("cannot-insert")
        }
        guard var element = try? XMLReader.read(body.bytes) else { return .failed("not-xml-frag") }
        element.tail = ""
        if let path = selector.path(in: root) {
            root.change(at: path) { old in
                element.tail = old.tail
                old = element
            }
            return selector.path(in: root) == path ? .done(isNew: false) : .failed("cannot-insert")
        }
        guard let parent = selector.parent?.path(in: root) else { return .failed("no-parent") }
        var count = 0
        root.change(at: parent) { parent in
            parent.append(element)
            count = parent.children.count
        }
        return selector.path(in: root) == parent + [count - 1] ? .done(isNew: true) : .failed("cannot-insert")
    }

    /// Takes a node away, after which the selector must lead nowhere (RFC 4825 §8.2.6).
    ///
    /// - Returns: Whether it could be; `nil` if there is none.
    private static func delete(_ selector: XMLSelector, in root: inout XMLElement) -> Bool? {
        guard let path = selector.path(in: root) else { return nil }
        if let name = selector.attribute {
            guard root.descendant(at: path).attributes.contains(where: { $0.name == name }) else {
                return nil
            }
            root.change(at: path) { element in element.attributes.removeAll { $0.name == name } }
            return true
        }
        guard let last = path.last else { return false }
        root.change(at: path.dropLast()) { $0.removeChild(at: last) }
        return selector.path(in: root) == nil
    }
}

extension XMLElement {
    /// The element with the children of these numbers on the way to it.
    fileprivate func descendant(at path: [Int]) -> XMLElement {
        path.reduce(self) { $0.children[$1] }
    }

    fileprivate mutating func change(at path: some Collection<Int>, _ body: (inout XMLElement) -> Void) {
        guard let first = path.first else { return body(&self) }
        children[first].change(at: Array(path.dropFirst()), body)
    }

    /// The element by itself, without an XML declaration (RFC 4825 §7.4).
    fileprivate var fragment: ByteString {
        var (writer, element) = (XMLWriter(), self)
        element.tail = ""
        writer.element(element)
        let text = ByteString(writer.bytes)
        return text[(text.firstIndex(of: .lineFeed) ?? -1) + 1..<text.count]
    }
}
