package import Wire

/// A SIP request or response (RFC 3261 §7).
package struct Message: Hashable, Sendable {
    /// The first line, which tells requests and responses apart.
    package enum StartLine: Hashable, Sendable {
        case request(Method, uri: ByteString)
        case response(StatusCode, reason: ByteString)
    }

    package var startLine: StartLine
    package var headers: HeaderList
    package var body: ByteString

    package init(startLine: StartLine, headers: HeaderList = HeaderList(), body: ByteString = .empty) {
        (self.startLine, self.headers, self.body) = (startLine, headers, body)
    }

    /// Begins a request.
    package init(method: Method, uri: ByteString) { self.init(startLine: .request(method, uri: uri)) }

    package init(method: Method, uri: URI) { self.init(method: method, uri: uri.text) }

    /// Begins a response; without `reason` it says what the standard prints beside the code.
    package init(status: StatusCode, reason: String? = nil) {
        self.init(startLine: .response(status, reason: ByteString(reason ?? status.reasonPhrase)))
    }

    package var isRequest: Bool {
        if case .request = startLine { true } else { false }
    }

    /// The method of a request; `nil` for a response, whose method stands in `CSeq`.
    package var method: Method? {
        if case .request(let method, _) = startLine { method } else { nil }
    }

    /// The raw Request-URI.
    package var requestURI: ByteString? {
        if case .request(_, let uri) = startLine { uri } else { nil }
    }

    package var status: StatusCode? {
        if case .response(let status, _) = startLine { status } else { nil }
    }

    package var reason: ByteString? {
        if case .response(_, let reason) = startLine { reason } else { nil }
    }

    /// The media type of the body, or `nil` if the message does not say or says nonsense.
    package var contentType: MediaType? {
        headers.first(.contentType).flatMap { MediaType(parsing: $0) }
    }

    /// Gives the message a body and the field that says what it is.
    package mutating func setBody(_ body: ByteString, type: MediaType) {
        self.body = body
        headers.set(.contentType, type.description)
    }
}

extension Message: CustomStringConvertible {
    package var description: String { String(decoding: serialized(), as: UTF8.self) }
}
