package import Wire

/// An `a=` line: a property such as `sendonly`, or a name with a value (RFC 4566 §5.13).
package struct Attribute: Hashable, Sendable {
    package var name: ByteString
    /// What stands behind the colon; `nil` for a property.
    package var value: ByteString?

    package init(_ name: ByteString, _ value: ByteString? = nil) { (self.name, self.value) = (name, value) }

    package init(_ name: String, _ value: String? = nil) {
        self.init(ByteString(name), value.map { ByteString($0) })
    }
}

/// The attributes of a session or of one of its media, in their order; those nobody knows are carried.
package struct AttributeList: Hashable, Sendable {
    private var attributes: [Attribute] = []

    package init(_ attributes: some Sequence<Attribute> = []) { self.attributes = Array(attributes) }

    package mutating func append(_ attribute: Attribute) { attributes.append(attribute) }

    /// The first attribute of that name; names are compared with regard to case (RFC 4566 §9).
    package func first(_ name: String) -> Attribute? { attributes.first { $0.name == name } }

    /// The value of the first attribute of that name, without the spaces around it.
    package func value(_ name: String) -> ByteString? { first(name)?.value?.trimmed }

    package func contains(_ name: String) -> Bool { first(name) != nil }

    /// Every attribute of that name.
    package func all(_ name: String) -> [Attribute] { attributes.filter { $0.name == name } }

    package mutating func removeAll(where isUnwanted: (Attribute) -> Bool) {
        attributes.removeAll(where: isUnwanted)
    }
}

extension AttributeList: RandomAccessCollection, ExpressibleByArrayLiteral {
    package var startIndex: Int { 0 }
    package var endIndex: Int { attributes.count }
    package subscript(index: Int) -> Attribute { attributes[index] }
    package init(arrayLiteral attributes: Attribute...) { self.init(attributes) }
}
