/// Why bytes from the network are not the MSRP grammar they claim to be.
///
/// Thrown by the parser of a stream it means that nothing after it can be understood: the connection must be closed.
package struct MSRPParseError: Error, Hashable, Sendable {
    /// The piece of the grammar that was being read (RFC 4975 §9).
    package enum Element: String, Hashable, Sendable {
        case startLine, transactionID, method, statusCode
        case headSize, headLine, fieldCount, fieldName, duplicateField, endLine
        case uri, uriLength, host, port, transport, path, pathLength
        case messageID, byteRange, successReport, failureReport, status
    }

    package var element: Element
    /// The offset of the first byte that does not fit, from the start of the element.
    package var offset: Int

    package init(_ element: Element, at offset: Int) { (self.element, self.offset) = (element, offset) }
}
