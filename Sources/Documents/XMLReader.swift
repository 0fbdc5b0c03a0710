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
        _ = isInitialised
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
        // The reader does not copy the bytes: it lives and ends inside this closure.
        let result = unsafe bytes.withUnsafeBytes { buffer -> Result<XMLElement, XMLError> in
            let start = unsafe buffer.assumingMemoryBound(to: CChar.self).baseAddress
            guard let reader = unsafe xmlReaderForMemory(start, count, nil, "UTF-8", Int32(options)) else {
                return .failure(.notWellFormed(line: 0))
            }
            defer { unsafe xmlFreeTextReader(reader) }
            return Result { () throws(XMLError) in try unsafe tree(from: reader, limits: limits) }
        }
        return try result.get()
    }

    private static let isInitialised: Bool = {
        xmlInitParser()
        return true
    }()

    /// Builds the tree without recursion, so that no document can exhaust the stack.
    private static func tree(from reader: xmlTextReaderPtr, limits: XMLLimits) throws(XMLError) -> XMLElement
    {
        var open: [XMLElement] = []
        var root: XMLElement?
        var nodeCount = 0
        while true {
            let state = unsafe xmlTextReaderRead(reader)
            guard state >= 0 else {
                throw .notWellFormed(line: Int(unsafe xmlTextReaderGetParserLineNumber(reader)))
            }
            if state == 0 { break }
            nodeCount += 1
            switch UInt32(bitPattern: unsafe xmlTextReaderNodeType(reader)) {
            case XML_READER_TYPE_ELEMENT.rawValue:
                guard open.count < limits.depth else { throw .tooDeep }
                // Moving to the attributes leaves the element, so this is asked first.
                let isEmpty = unsafe xmlTextReaderIsEmptyElement(reader) == 1
                let element = unsafe element(from: reader)
                nodeCount += element.attributes.count
                open.append(element)
                if isEmpty { close(&open, &root) }
            case XML_READER_TYPE_END_ELEMENT.rawValue:
                close(&open, &root)
            case XML_READER_TYPE_TEXT.rawValue, XML_READER_TYPE_CDATA.rawValue,
                XML_READER_TYPE_SIGNIFICANT_WHITESPACE.rawValue:
                let text = unsafe string(xmlTextReaderConstValue(reader)) ?? ""
                if !open.isEmpty { open[open.count - 1].text += text }
            case XML_READER_TYPE_DOCUMENT_TYPE.rawValue, XML_READER_TYPE_ENTITY_REFERENCE.rawValue:
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
    private static func close(_ open: inout [XMLElement], _ root: inout XMLElement?) {
        guard let element = open.popLast() else { return }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    private static func element(from reader: xmlTextReaderPtr) -> XMLElement {
        var element = XMLElement(name: unsafe name(at: reader))
        while unsafe xmlTextReaderMoveToNextAttribute(reader) == 1 {
            guard unsafe xmlTextReaderIsNamespaceDecl(reader) != 1 else { continue }
            let value = unsafe string(xmlTextReaderConstValue(reader)) ?? ""
            element.attributes.append(XMLAttribute(name: unsafe name(at: reader), value: value))
        }
        return element
    }

    private static func name(at reader: xmlTextReaderPtr) -> XMLName {
        let local = unsafe string(xmlTextReaderConstLocalName(reader)) ?? ""
        return XMLName(local, in: unsafe string(xmlTextReaderConstNamespaceUri(reader)))
    }

    private static func string(_ text: UnsafePointer<xmlChar>?) -> String? {
        guard let text = unsafe text else { return nil }
        return unsafe String(cString: text)
    }
}
