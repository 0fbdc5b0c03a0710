package import Wire

/// Why an XCAP server refuses a change with 409, `application/xcap-error+xml` (RFC 4825 §11).
package struct XCAPErrorDocument: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case schemaValidation = "schema-validation-error"
        case notAFragment = "not-xml-frag"
        case noParent = "no-parent"
        case cannotInsert = "cannot-insert"
        case notAnAttributeValue = "not-xml-att-value"
        case notUnique = "uniqueness-failure"
        case notWellFormed = "not-well-formed"
        case constraint = "constraint-failure"
        case cannotDelete = "cannot-delete"
        case notUTF8 = "not-utf-8"
        /// An error that an application usage defines itself, or one this program does not know.
        case `extension`
    }

    package var reason: Reason
    /// What the server says of it, for people.
    package var phrase: String?
    /// With `noParent`: the nearest ancestor that there is.
    package var ancestor: String?
    /// With `notUnique`: what there is already, each with values the server would take instead.
    package var conflicts: [Conflict] = []

    package struct Conflict: Hashable, Sendable {
        /// The node whose value another one has too, as a selector.
        package var field: String
        package var alternatives: [String]

        package init(field: String, alternatives: [String]) {
            (self.field, self.alternatives) = (field, alternatives)
        }
    }

    package static let mediaType = "application/xcap-error+xml"
    package static let namespace = "urn:ietf:params:xml:ns:xcap-error"

    /// Reads a document.
    package init(parsing body: ByteString) throws(DocumentError) {
        let name = XMLName("xcap-error", in: Self.namespace)
        let root = try XMLReader.document(body, root: name, byteLimit: XDMLimits.documentSize)
        guard let error = root.children.first else { throw .invalid(element: name.local) }
        reason = Reason(rawValue: error.name.local) ?? .extension
        phrase = error.attribute("phrase")
        ancestor = error.firstChild(XMLName("ancestor", in: Self.namespace))?.trimmedText
        conflicts = error.children(XMLName("exists", in: Self.namespace)).map { exists in
            Conflict(
                field: exists.attribute("field") ?? "",
                alternatives: exists.children(XMLName("alt-value", in: Self.namespace)).map(\.trimmedText)
            )
        }
    }
}
