/// A `message/cpim` object: a message with its end-to-end envelope (RFC 3862 §2).
///
/// Namespace declarations are no headers here: names carry their namespace, and the writer declares what it needs.
package struct CPIMMessage: Hashable, Sendable {
    /// The message headers, in their order.
    package var headers: [CPIMHeader]
    package var content: MIMEEntity

    package init(headers: [CPIMHeader] = [], content: MIMEEntity) {
        (self.headers, self.content) = (headers, content)
    }

    package static let mediaType = "message/cpim"
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
}
