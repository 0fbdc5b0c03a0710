package import SDP
package import Wire

/// How the bytes of a file go into an MSRP message: as they are, or in a CPIM envelope (RFC 5547 §8.7).
package struct FileEnvelope: Hashable, Sendable {
    /// The `Content-Type` of the message.
    package var contentType: String
    /// The value of `Content-Disposition`.
    package var disposition: String
    /// What stands before the first byte of the file.
    package var prefix: ByteString

    /// Chooses by what the receiver says it takes.
    ///
    /// Some clients list only text and CPIM and mean any file: they get an envelope, and whoever lists nothing that
    /// fits gets the file as it is, since it has taken the offer.
    ///
    /// - Parameters:
    ///   - file: What is said of the file.
    ///   - agreement: What was agreed.
    ///   - from: Who sends it.
    ///   - to: Who receives it.
    ///   - time: When it is sent.
    package init(
        for file: FileAttributes,
        _ agreement: MSRPAgreement,
        from: String,
        to: String,
        at time: Timestamp
    ) {
        let type = file.selector.type ?? MediaType("application", "octet-stream")
        let disposition = Self.disposition(of: file)
        let envelope = MediaType("message", "cpim")
        guard !agreement.allows(type), agreement.remote.acceptTypes.lists(envelope) else {
            (contentType, prefix) = (type.description, .empty)
            self.disposition = disposition
            return
        }
        let content = MIMEEntity(
            headers: [
                .init("Content-Type", ByteString(type.description)),
                .init("Content-Disposition", ByteString(disposition)),
            ],
            body: .empty
        )
        let headers = [
            CPIMHeader(.from, CPIMAddress(uri: from)), CPIMHeader(.to, CPIMAddress(uri: to)),
            CPIMHeader(.dateTime, text: time.description),
        ]
        contentType = CPIMMessage.mediaType
        prefix = CPIMMessage(headers: headers, content: content).serialized()
        self.disposition = disposition
    }

    /// The value of `Content-Disposition`, which says the same as the attributes (RFC 5547 §6, RFC 2183 §2).
    private static func disposition(of file: FileAttributes) -> String {
        var writer = ByteWriter()
        writer.append((file.disposition ?? .render).rawValue)
        if let name = file.selector.name {
            writer.append("; filename=")
            writer.appendQuoted(ByteString(name))
        }
        if let creation = file.dates.creation { writer.append("; creation-date=\"\(creation.mailText)\"") }
        if let modification = file.dates.modification {
            writer.append("; modification-date=\"\(modification.mailText)\"")
        }
        if let size = file.selector.size { writer.append("; size=\(size)") }
        return writer.string.text
    }
}
