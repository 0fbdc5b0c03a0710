internal import CLibXML2

/// Reads XML by libxml2's text reader; all that is not Swift's to check about it is in this file.
///
/// No network, no DTD, no entities beyond the five that XML itself has.
package enum XMLReader {
    /// Reads a whole document, which must be UTF-8 as every document of SIP is.
    package static func read(
        _ bytes: [UInt8],
        limits: XMLLimits = XMLLimits()
    ) throws(XMLError) -> XMLElement {
        guard bytes.count <= limits.byteCount, let count = Int32(exactly: bytes.count) else {
            throw .tooLarge
        }
        guard let library else { throw .noLibrary }
        // The reader does not copy the bytes: it lives and ends inside this closure.
        let result = unsafe bytes.withUnsafeBytes { buffer -> Result<XMLElement, XMLError> in
            let start = unsafe buffer.assumingMemoryBound(to: CChar.self).baseAddress
            guard let reader = unsafe library.readerForMemory(start, count, nil, "UTF-8", clibxml2_options)
            else { return .failure(.notWellFormed(line: 0)) }
            defer { unsafe library.freeReader(reader) }
            let document = unsafe OpenDocument(library: library, reader: reader)
            return Result { () throws(XMLError) in try document.tree(limits: limits) }
        }
        return try result.get()
    }

    /// libxml2, or `nil` if it cannot be loaded.
    private static let library: clibxml2? = {
        guard let library = unsafe clibxml2_load() else { return nil }
        unsafe library.pointee.initialise()
        return unsafe library.pointee
    }()
}

/// A document that is being read, valid as long as its reader.
@safe private struct OpenDocument {
    let library: clibxml2
    let reader: OpaquePointer

    /// Builds the tree without recursion, so that no document can exhaust the stack.
    func tree(limits: XMLLimits) throws(XMLError) -> XMLElement {
        var open: [XMLElement] = []
        var root: XMLElement?
        var nodeCount = 0
        while true {
            let state = unsafe library.read(reader)
            guard state >= 0 else {
                throw .notWellFormed(line: Int(unsafe library.lineNumber(reader)))
            }
            if state == 0 { break }
            nodeCount += 1
            switch unsafe library.nodeType(reader) {
            case clibxml2_element:
                guard open.count < limits.depth else { throw .tooDeep }
                // Moving to the attributes leaves the element, so this is asked first.
                let isEmpty = unsafe library.isEmptyElement(reader) == 1
                let element = try currentElement()
                nodeCount += element.attributes.count + element.namespaces.count
                open.append(element)
                if isEmpty { close(&open, &root) }
            case clibxml2_end_element:
                close(&open, &root)
            case clibxml2_text, clibxml2_cdata, clibxml2_significant_whitespace:
                let text = unsafe string(library.value(reader)) ?? ""
                append(text, &open)
            case clibxml2_document_type, clibxml2_entity_reference:
                throw .documentTypeRefused
            default:
                break
            }
            guard nodeCount <= limits.nodeCount else { throw .tooManyNodes }
        }
        guard let root else { throw .notWellFormed(line: 0) }
        return root
    }

    /// Ends the innermost element: it joins its parent, or is the document.
    private func close(_ open: inout [XMLElement], _ root: inout XMLElement?) {
        guard let element = open.popLast() else { return }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    /// Adds text to the innermost element, or behind its last child.
    private func append(_ text: String, _ open: inout [XMLElement]) {
        guard let parent = open.indices.last else { return }
        if let last = open[parent].children.indices.last {
            open[parent].children[last].tail += text
        } else {
            open[parent].text += text
        }
    }

    private func currentElement() throws(XMLError) -> XMLElement {
        var element = XMLElement(name: currentName())
        while unsafe library.moveToNextAttribute(reader) == 1 {
            let value = unsafe string(library.value(reader)) ?? ""
            guard unsafe library.isNamespaceDeclaration(reader) != 1 else {
                let name = unsafe string(library.localName(reader)) ?? ""
                // What is no URI names nothing (Namespaces in XML 1.0 §2.2); the library lets it pass.
                guard !value.contains(where: \.isWhitespace) else {
                    throw .notWellFormed(line: Int(unsafe library.lineNumber(reader)))
                }
                element.namespaces[name == "xmlns" ? "" : name] = value
                continue
            }
            element.attributes.append(XMLAttribute(name: currentName(), value: value))
        }
        return element
    }

    private func currentName() -> XMLName {
        let local = unsafe string(library.localName(reader)) ?? ""
        return XMLName(local, in: unsafe string(library.namespaceURI(reader)))
    }

    private func string(_ text: UnsafePointer<UInt8>?) -> String? {
        guard let text = unsafe text else { return nil }
        return unsafe String(cString: text)
    }
}
