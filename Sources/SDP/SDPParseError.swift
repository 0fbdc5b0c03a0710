/// Why bytes are not the session description they claim to be.
package struct SDPParseError: Error, Hashable, Sendable {
    /// The piece of the grammar that was being read.
    package enum Element: String, Hashable, Sendable {
        case size, lineCount, mediaCount, attributeCount
        case line, type, version, origin, name, connection, time, media, port, attribute
    }

    package var element: Element
    /// The offset of the line that does not fit, from the start of the description.
    package var offset: Int

    package init(_ element: Element, at offset: Int) { (self.element, self.offset) = (element, offset) }
}
