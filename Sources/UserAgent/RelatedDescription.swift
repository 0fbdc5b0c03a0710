package import SDP
internal import SIP
package import Wire

/// A session description with the bodies it points to by `cid:`: alone, or the root of a `multipart/related`
/// (RFC 2387, RFC 5547 §8.8).
package struct RelatedDescription: Hashable, Sendable {
    package var description: SessionDescription
    /// The other parts, each with its Content-ID.
    package var related: [MIMEEntity]

    package init(_ description: SessionDescription, related: [MIMEEntity] = []) {
        (self.description, self.related) = (description, related)
    }

    /// Reads the body of an offer or an answer; `nil` if no description can be found in it.
    package init?(_ body: SessionBody) {
        guard let type = MediaType(body.contentType) else { return nil }
        if type.matches("application", "sdp") {
            guard let description = try? SessionDescription(parsing: body.content) else { return nil }
            self.init(description)
            return
        }
        guard ByteString(type.type).equalsIgnoringCase("multipart"), let boundary = type["boundary"],
            let parts = try? Multipart(parsing: body.content, boundary: boundary).parts
        else { return nil }
        // The root is named, or else it is the first part; some put the icon first and name nothing.
        let start = type["start"].map { Self.contentID($0) }
        let root =
            parts.firstIndex { start != nil && $0.contentID == start }
            ?? parts.firstIndex { $0.type?.matches("application", "sdp") == true }
        guard let root, let description = try? SessionDescription(parsing: parts[root].decodedBody) else {
            return nil
        }
        self.init(description, related: parts.indices.filter { $0 != root }.map { parts[$0] })
    }

    /// The part a `cid:` URL names.
    package func part(_ contentID: String) -> MIMEEntity? {
        related.first { $0.contentID == contentID }
    }

    /// The body as it is sent: plain SDP, or a multipart where there is anything else.
    package func body(boundary: String) -> SessionBody {
        guard !related.isEmpty else { return SessionBody(description.text) }
        let root = MIMEEntity(type: "application/sdp", body: description.text)
        let type = MediaType(
            "multipart",
            "related",
            parameters: [
                .init(name: "type", value: "application/sdp"), .init(name: "boundary", value: boundary),
            ]
        )
        let content = Multipart(parts: [root] + related).serialized(boundary: boundary)
        return SessionBody(content, contentType: type.description)
    }

    /// A Content-ID without its brackets.
    static func contentID(_ text: String) -> String {
        text.hasPrefix("<") && text.hasSuffix(">") ? String(text.dropFirst().dropLast()) : text
    }
}

extension MIMEEntity {
    /// What `cid:` URLs name the part by (RFC 2392 §2).
    package var contentID: String? {
        header("Content-ID").map { RelatedDescription.contentID($0.trimmed.text) }
    }

    /// An icon of a file, in the base64 that clients of the drafts know alone (RFC 5547 §8.8).
    package init(icon bytes: [UInt8], type: String, contentID: String) {
        let text = Base64.encode(bytes)
        var lines = ByteWriter(capacity: text.utf8.count + text.utf8.count / 38)
        for (index, byte) in text.utf8.enumerated() {
            if index > 0, index % 76 == 0 { lines.append("\r\n") }
            lines.append(byte)
        }
        self.init(
            headers: [
                Header("Content-Type", ByteString(type)), Header("Content-Transfer-Encoding", "base64"),
                Header("Content-ID", ByteString("<\(contentID)>")), Header("Content-Disposition", "icon"),
            ],
            body: lines.string
        )
    }
}
