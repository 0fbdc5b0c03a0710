internal import CLibXML2

/// Reads XML by libxml2's parser; all that is not Swift's to check about it is in this file.
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
        guard isLibraryLoaded else { throw .noLibrary }
        guard isUTF8(bytes) else { throw .notWellFormed(line: 1) }
        var builder = TreeBuilder(limits: limits)
        var line: Int32 = 0
        // The parser does not keep the bytes: it lives and ends inside this closure.
        let result = unsafe bytes.withUnsafeBytes { buffer -> clibxml2_result in
            guard let start = unsafe buffer.assumingMemoryBound(to: CChar.self).baseAddress else {
                return clibxml2_not_well_formed
            }
            return unsafe withUnsafeMutablePointer(to: &builder) { builder in
                unsafe withUnsafePointer(to: handler) { handler in
                    unsafe clibxml2_parse(start, count, handler, builder, &line)
                }
            }
        }
        switch result {
        case clibxml2_well_formed: break
        case clibxml2_document_type: throw .documentTypeRefused
        case clibxml2_stopped: throw builder.failure ?? .notWellFormed(line: 0)
        default: throw .notWellFormed(line: Int(line))
        }
        guard let root = builder.root else { throw .notWellFormed(line: 0) }
        return root
    }

    private static let isLibraryLoaded = clibxml2_load() == 1

    /// Whether the document begins as one in UTF-8 can; the parser would find out for itself about the others.
    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, !bytes.prefix(4).contains(0) else { return false }
        return first < 0x80 ? first != UInt8(ascii: "L") : bytes.starts(with: [0xEF, 0xBB, 0xBF])
    }

    private static let handler = unsafe clibxml2_handler(
        start: { context, name, prefix, uri, namespaceCount, namespaces, attributeCount, attributes in
            let builder = unsafe context.assumingMemoryBound(to: TreeBuilder.self)
            return unsafe builder.pointee.start(
                name,
                prefix,
                uri,
                UnsafeBufferPointer(start: namespaces, count: Int(namespaceCount) * 2),
                UnsafeBufferPointer(start: attributes, count: Int(attributeCount) * 5)
            )
        },
        end: { context in unsafe context.assumingMemoryBound(to: TreeBuilder.self).pointee.end() },
        text: { context, bytes, count in
            let text = unsafe UnsafeBufferPointer(start: bytes, count: Int(count))
            return unsafe context.assumingMemoryBound(to: TreeBuilder.self).pointee.text(text)
        }
    )
}

/// Builds the tree without recursion, so that no document can exhaust the stack; each step says whether to go on.
private struct TreeBuilder {
    typealias Text = UnsafePointer<UInt8>

    let limits: XMLLimits
    private var open: [XMLElement] = []
    private(set) var root: XMLElement?
    private(set) var failure: XMLError?
    private var nodeCount = 0
    private var isInText = false
    private var names = NameTable()

    init(limits: XMLLimits) {
        self.limits = limits
        open.reserveCapacity(8)
    }

    @unsafe mutating func start(
        _ name: Text,
        _ prefix: Text?,
        _ uri: Text?,
        _ namespaces: UnsafeBufferPointer<Text?>,
        _ attributes: UnsafeBufferPointer<Text?>
    ) -> Int32 {
        guard open.count < limits.depth else { return stop(.tooDeep) }
        nodeCount += 1 + namespaces.count / 2 + attributes.count / 5
        guard nodeCount <= limits.nodeCount else { return stop(.tooManyNodes) }
        isInText = false
        var element = XMLElement(name: unsafe names.name(name, prefix, uri))
        if !namespaces.isEmpty { element.namespaces.reserveCapacity(namespaces.count / 2) }
        for index in stride(from: 0, to: namespaces.count, by: 2) {
            let value = unsafe names.text(namespaces[index + 1])
            // What is no URI names nothing (Namespaces in XML 1.0 §2.2); the library lets it pass.
            guard !value.hasWhiteSpace else { return stop(.notWellFormed(line: 0)) }
            unsafe element.namespaces[names.text(namespaces[index])] = value
        }
        if !attributes.isEmpty { element.attributes.reserveCapacity(attributes.count / 5) }
        for index in stride(from: 0, to: attributes.count, by: 5) {
            guard let name = unsafe attributes[index], let start = unsafe attributes[index + 3],
                let end = unsafe attributes[index + 4]
            else { continue }
            let attribute = XMLAttribute(
                name: unsafe names.name(name, attributes[index + 1], attributes[index + 2]),
                value: unsafe Self.value(UnsafeBufferPointer(start: start, count: end - start))
            )
            element.attributes.append(attribute)
        }
        open.append(consume element)
        return 1
    }

    /// Ends the innermost element: it joins its parent, or is the document.
    mutating func end() -> Int32 {
        isInText = false
        guard let element = open.popLast() else { return 1 }
        guard let parent = open.indices.last else {
            root = consume element
            return 1
        }
        // Who has one child mostly has more, and to make room one by one costs more than the room.
        if open[parent].children.isEmpty { open[parent].children.reserveCapacity(4) }
        open[parent].children.append(consume element)
        return 1
    }

    /// Adds text to the innermost element, or behind its last child; it may come in pieces.
    @unsafe mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
        guard let parent = open.indices.last else { return 1 }
        if !isInText { nodeCount += 1 }
        isInText = true
        guard nodeCount <= limits.nodeCount else { return stop(.tooManyNodes) }
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        if let last = open[parent].children.indices.last {
            open[parent].children[last].tail += text
        } else {
            open[parent].text += text
        }
        return 1
    }

    /// The value of an attribute; the parser leaves each of its ampersands as a reference to itself.
    @unsafe private static func value(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let ampersand = UInt8(ascii: "&")
        guard unsafe bytes.contains(ampersand) else { return unsafe String(decoding: bytes, as: UTF8.self) }
        var value: [UInt8] = []
        var rest = unsafe bytes[...]
        while let byte = unsafe rest.first {
            value.append(byte)
            unsafe rest = rest.dropFirst(rest.starts(with: "&#38;".utf8) ? 5 : 1)
        }
        return String(decoding: value, as: UTF8.self)
    }

    private mutating func stop(_ error: XMLError) -> Int32 {
        failure = error
        return 0
    }
}

/// The names of a document that were met before: the parser has each at one address, and each is made once.
private struct NameTable {
    private var slots: [(address: Int, text: String)] = Array(repeating: (0, ""), count: 32)

    /// A name, which has its prefix still if that is declared nowhere.
    @unsafe mutating func name(
        _ local: TreeBuilder.Text,
        _ prefix: TreeBuilder.Text?,
        _ uri: TreeBuilder.Text?
    )
        -> XMLName
    {
        let local = unsafe text(local)
        guard let uri = unsafe uri else {
            guard let prefix = unsafe prefix else { return XMLName(local, in: nil) }
            return XMLName(unsafe text(prefix) + ":" + local, in: nil)
        }
        return XMLName(local, in: unsafe text(uri))
    }

    /// The text at an address, empty without one.
    ///
    /// Two that fall on the same slot take turns in it.
    @unsafe mutating func text(_ address: TreeBuilder.Text?) -> String {
        guard let pointer = unsafe address else { return "" }
        let address = Int(bitPattern: pointer)
        let slot = (address ^ address >> 5) & (slots.count - 1)
        if slots[slot].address == address { return slots[slot].text }
        let text = unsafe String(cString: pointer)
        slots[slot] = (address, text)
        return text
    }
}
