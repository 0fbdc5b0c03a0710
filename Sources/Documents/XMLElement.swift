/// An element of an XML document with all that is in it.
///
/// Comments and processing instructions are left out, and names carry their namespace instead of a prefix.
package struct XMLElement: Hashable, Sendable {
    package var name: XMLName
    package var attributes: [XMLAttribute]
    /// The namespaces declared here, by their prefix; the empty one is the default.
    package var namespaces: [String: String] = [:]
    package var children: [XMLElement] = []
    /// The character data before the first child; what follows a child is its `tail`.
    package var text = ""
    /// The character data between this element and the next one, or the end of its parent.
    package var tail = ""

    package init(name: XMLName, attributes: [XMLAttribute] = []) {
        (self.name, self.attributes) = (name, attributes)
    }

    /// The value of the attribute without a namespace that is called `name`.
    package func attribute(_ name: String) -> String? {
        attributes.first { $0.name.local == name && $0.name.namespace == nil }?.value
    }

    package func firstChild(_ name: XMLName) -> XMLElement? { children.first { $0.name == name } }

    package func children(_ name: XMLName) -> [XMLElement] { children.filter { $0.name == name } }

    /// The text without the white space that layout puts around it.
    package var trimmedText: String {
        // Most texts have none, which two bytes tell.
        if let first = text.utf8.first, let last = text.utf8.last, first.isVisibleASCII, last.isVisibleASCII {
            return text
        }
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        let head = text.drop(while: isSpace)
        guard let last = head.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(head[...last])
    }
}

extension String {
    /// Whether white space of any kind is in it.
    var hasWhiteSpace: Bool {
        utf8.contains { !$0.isVisibleASCII } && contains(where: \.isWhitespace)
    }
}

extension UInt8 {
    fileprivate var isVisibleASCII: Bool { self > 0x20 && self < 0x7F }
}

/// A name and the namespace it belongs to (Namespaces in XML 1.0 §2.1).
package struct XMLName: Hashable, Sendable {
    package var namespace: String?
    package var local: String

    package init(_ local: String, in namespace: String?) { (self.namespace, self.local) = (namespace, local) }
}

package struct XMLAttribute: Hashable, Sendable {
    package var name: XMLName
    package var value: String

    package init(name: XMLName, value: String) { (self.name, self.value) = (name, value) }
}

/// Why bytes from the network are not a document we read.
package enum XMLError: Error, Hashable, Sendable {
    case notWellFormed(line: Int)
    /// A DOCTYPE, or a reference to an entity that one would have to declare: nothing we read needs them.
    case documentTypeRefused
    case tooLarge
    case tooDeep
    case tooManyNodes
    /// libxml2 is not installed.
    case noLibrary
}

/// What a peer can make us hold with one document.
package struct XMLLimits: Hashable, Sendable {
    /// More than a SIP message can carry, so that it is the message's limit that counts for a body.
    package var byteCount = 1 << 20
    /// The deepest document we read, RLMI with PIDF inside, has less than half of it.
    package var depth = 24
    /// Elements, attributes and pieces of text together.
    package var nodeCount = 20_000

    package init() {}
}
