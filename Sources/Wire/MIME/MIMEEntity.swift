/// Content with its MIME headers: what a CPIM envelope holds, or one part of a multipart (RFC 2045 §2.4).
package struct MIMEEntity: Hashable, Sendable {
    /// The headers, in their order.
    package var headers: [Header]
    /// The content, in the transfer encoding the headers name.
    package var body: ByteString

    package init(headers: [Header], body: ByteString) { (self.headers, self.body) = (headers, body) }

    package init(type: String, body: ByteString) {
        self.init(headers: [Header("Content-Type", ByteString(type))], body: body)
    }

    /// A header; its name is compared without regard to case.
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: ByteString

        package init(_ name: String, _ value: ByteString) { (self.name, self.value) = (name, value) }
    }

    /// The value of the first header called `name`.
    package func header(_ name: String) -> ByteString? {
        let name = ByteString(name)
        return headers.first { ByteString($0.name).equalsIgnoringCase(name) }?.value
    }

    /// The type of the content; text where nothing is said (RFC 2045 §5.2), `nil` for a value that is no type.
    package var type: MediaType? {
        guard let value = header("Content-Type") else { return MediaType("text", "plain") }
        return MediaType(parsing: value)
    }

    /// The content without its transfer encoding; as it is when the encoding is unknown or broken.
    package var decodedBody: ByteString {
        guard let encoding = header("Content-Transfer-Encoding"), encoding.equalsIgnoringCase("base64") else {
            return body
        }
        // Lines of a coded body end anywhere (RFC 2045 §6.8).
        let text = body.bytes.filter { !$0.isLinearSpace && !$0.breaksField }
        return Base64.decode(String(decoding: text, as: UTF8.self)).map { ByteString($0) } ?? body
    }
}

/// What a peer can make us hold with the headers of one message; the content is the transport's to limit.
package struct MIMELimits: Hashable, Sendable {
    /// The headers of a CPIM message and of its content together, or of one part of a multipart.
    package var headerCount = 128
    /// Where these headers must end; RFC 3862 §2.2 wants no limit for a single line.
    package var headerByteCount = 64 * 1024
    /// The parts of a multipart.
    package var partCount = 256

    package init() {}
}

/// Why bytes from the network are no CPIM message, or no multipart.
package enum MIMEError: Error, Hashable, Sendable {
    /// The line that begins at the offset is no header.
    case malformedHeader(offset: Int)
    case tooManyHeaders
    case headersTooLarge
    /// The headers end the message: no blank line and no content follows.
    case noContent
    case tooManyParts
}
