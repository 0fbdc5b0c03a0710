/// A `message/cpim` object: a message with its end-to-end envelope (RFC 3862 §2).
///
/// Namespace declarations are no headers here: names carry their namespace, and the writer declares what it needs.
package struct CPIMMessage: Hashable, Sendable {
    /// The message headers, in their order.
    package var headers: [CPIMHeader]
    /// The MIME headers of the content, in their order.
    package var contentHeaders: [ContentHeader]
    /// The content, in the transfer encoding the MIME headers name.
    package var body: ByteString

    package init(headers: [CPIMHeader] = [], contentHeaders: [ContentHeader], body: ByteString) {
        (self.headers, self.contentHeaders, self.body) = (headers, contentHeaders, body)
    }

    package static let mediaType = "message/cpim"

    /// A MIME header of the content; its name is compared without regard to case (RFC 2045 §2.1).
    package struct ContentHeader: Hashable, Sendable {
        package var name: String
        package var value: ByteString

        package init(_ name: String, _ value: ByteString) { (self.name, self.value) = (name, value) }
    }
}

/// What a peer can make us hold with the headers of one CPIM message; the content is the transport's to limit.
package struct CPIMLimits: Hashable, Sendable {
    /// Headers of the message and of its content together.
    package var headerCount = 128
    /// The bytes of all these headers; RFC 3862 §2.2 wants no limit for a single line.
    package var headerByteCount = 64 * 1024

    package init() {}
}

/// Why bytes from the network are no CPIM message.
package enum CPIMParseError: Error, Hashable, Sendable {
    /// The line that begins at the offset is no header.
    case malformedHeader(offset: Int)
    case tooManyHeaders
    case headersTooLarge
    /// The headers end the message: no blank line and no content follows.
    case noContent
}

// MARK: - What the headers say

extension CPIMMessage {
    /// The values of the headers called `name`, in their order.
    package func all(_ name: CPIMName) -> [CPIMHeader] { headers.filter { $0.name == name } }

    package func first(_ name: CPIMName) -> CPIMHeader? { headers.first { $0.name == name } }

    /// Who the envelope says has sent the message; nobody vouches for it.
    package var sender: CPIMAddress? { first(.from).flatMap { CPIMAddress(parsing: $0.value) } }

    package var recipients: [CPIMAddress] { all(.to).compactMap { CPIMAddress(parsing: $0.value) } }

    package var copyRecipients: [CPIMAddress] { all(.cc).compactMap { CPIMAddress(parsing: $0.value) } }

    /// When the sender says it was sent.
    package var dateTime: Timestamp? { first(.dateTime).flatMap { Timestamp(parsing: $0.text) } }

    /// The names a recipient must understand to understand the message (RFC 3862 §3.5).
    package var requiredNames: [CPIMName] { headers.flatMap(\.requiredNames) }

    /// The value of the first MIME header called `name`.
    package func contentHeader(_ name: String) -> ByteString? {
        let name = ByteString(name)
        return contentHeaders.first { ByteString($0.name).equalsIgnoringCase(name) }?.value
    }

    /// The type of the content; text where nothing is said (RFC 2045 §5.2), `nil` for a value that is no type.
    package var contentType: MediaType? {
        guard let value = contentHeader("Content-Type") else { return MediaType("text", "plain") }
        return MediaType(parsing: value)
    }

    /// The content without its transfer encoding; as it is when the encoding is unknown or broken.
    package var decodedBody: ByteString {
        guard let encoding = contentHeader("Content-Transfer-Encoding"),
            encoding.equalsIgnoringCase("base64")
        else { return body }
        // Lines of a coded body end anywhere (RFC 2045 §6.8).
        let text = body.bytes.filter { !$0.isLinearSpace && !$0.breaksField }
        return Base64.decode(String(decoding: text, as: UTF8.self)).map { ByteString($0) } ?? body
    }
}
