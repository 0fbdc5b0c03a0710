package import Wire

/// What an `m=` section says of the file it carries (RFC 5547 §6).
package struct FileAttributes: Hashable, Sendable {
    /// What the receiver is to do with the file; any other word means `attachment` (RFC 2183 §2.8).
    package enum Disposition: String, Hashable, Sendable {
        /// Show it at once: what the absence of the attribute says (RFC 5547 §7).
        case render
        case attachment
    }

    package var selector: FileSelector
    /// `a=file-transfer-id`: tells a new transfer from a repetition (RFC 5547 §8.1).
    package var transferID: ByteString?
    package var disposition: Disposition?
    package var dates = FileDates()
    /// `a=file-icon`: the Content-ID of the body that holds the icon, without `cid:` (RFC 5547 §8.8).
    package var icon: ByteString?
    /// `nil` for the whole file.
    package var range: FileRange?

    package init(selector: FileSelector, transferID: ByteString?) {
        (self.selector, self.transferID) = (selector, transferID)
    }

    static let names: Set<String> = [
        "file-selector", "file-transfer-id", "file-disposition", "file-date", "file-icon", "file-range",
    ]

    /// Reads what attributes say; `nil` if no file is selected, not even none.
    ///
    /// A range that cannot be read is none: then the whole file comes, and the size will tell.
    package init?(in attributes: AttributeList) {
        guard let selector = attributes.first("file-selector") else { return nil }
        self.init(
            selector: FileSelector(parsing: selector.value ?? .empty),
            transferID: attributes.value("file-transfer-id").flatMap { $0.isEmpty ? nil : $0 }
        )
        disposition = attributes.value("file-disposition").map {
            Disposition(rawValue: $0.lowercased.text) ?? .attachment
        }
        dates = attributes.value("file-date").map { FileDates(parsing: $0) } ?? FileDates()
        icon = attributes.value("file-icon").flatMap(Self.contentID)
        range = attributes.value("file-range").flatMap { FileRange(parsing: $0) }
    }

    /// The Content-ID a `cid:` URL names (RFC 2392 §2).
    private static func contentID(_ url: ByteString) -> ByteString? {
        guard url.hasPrefixIgnoringCase("cid:"), url.count > 4 else { return nil }
        return url[4...].percentDecoded
    }

    /// The attributes, as they are sent.
    package var attributes: [Attribute] {
        var attributes = [Attribute("file-selector", selector.value)]
        if let transferID { attributes.append(Attribute("file-transfer-id", transferID)) }
        if let disposition { attributes.append(Attribute("file-disposition", disposition.rawValue)) }
        if let dates = dates.value { attributes.append(Attribute("file-date", dates)) }
        if let icon { attributes.append(Attribute("file-icon", "cid:" + icon.text)) }
        if let range { attributes.append(Attribute("file-range", range.value)) }
        return attributes
    }
}

extension Attribute {
    fileprivate init(_ name: String, _ value: ByteString?) { self.init(ByteString(name), value) }
}

extension MSRPMedia {
    /// What the section says of the file it carries; `nil` if it carries messages.
    package var file: FileAttributes? {
        get { FileAttributes(in: others) }
        set {
            others.removeAll { FileAttributes.names.contains($0.name.text) }
            for attribute in newValue?.attributes ?? [] { others.append(attribute) }
        }
    }
}

extension MediaDescription {
    /// The same line with port zero: the medium is refused (RFC 3264 §6).
    ///
    /// Nothing that only a medium in use needs stays; but a file keeps its name and that of its transfer, so that the
    /// other side knows what is refused (RFC 5547 §8.3).
    package var refused: MediaDescription {
        var refused = MediaDescription(type: type, port: 0, transport: transport, formats: formats)
        for name in ["file-selector", "file-transfer-id"] {
            if let attribute = attributes.first(name) { refused.attributes.append(attribute) }
        }
        return refused
    }
}
