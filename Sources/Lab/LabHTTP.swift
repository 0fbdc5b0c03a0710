import Wire

/// A request of HTTP (RFC 9110 §9), as much of it as a small server of documents looks at.
struct LabHTTPRequest: Sendable {
    var method: String
    /// The target as written.
    var target: String
    var headers: [(name: ByteString, value: ByteString)] = []
    var body = ByteString.empty
    /// Whether the connection ends behind the answer.
    var closes = false

    /// The value of the first field of this name.
    func header(_ name: String) -> ByteString? {
        headers.first { $0.name.equalsIgnoringCase(name) }?.value
    }
}

struct LabHTTPResponse: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body = ByteString.empty

    init(
        _ status: Int,
        _ headers: [(name: String, value: String)] = [],
        type: String? = nil,
        body: ByteString = .empty
    ) {
        (self.status, self.headers, self.body) = (status, headers, body)
        if let type { self.headers.append(("Content-Type", type)) }
    }

    private static let phrases = [
        200: "OK", 201: "Created", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized",
        403: "Forbidden",
        404: "Not Found", 405: "Method Not Allowed", 409: "Conflict", 411: "Length Required",
        412: "Precondition Failed", 413: "Content Too Large", 415: "Unsupported Media Type",
        501: "Not Implemented", 507: "Insufficient Storage",
    ]

    func serialized(closing: Bool, isHead: Bool) -> [UInt8] {
        var writer = ByteWriter(capacity: 256 + body.count)
        writer.append("HTTP/1.1 \(status) \(Self.phrases[status] ?? "")\r\n")
        for (name, value) in headers {
            writer.append("\(name): ")
            writer.appendField(ByteString(value))
            writer.append("\r\n")
        }
        if status != 304 { writer.append("Content-Length: \(body.count)\r\n") }
        if closing { writer.append("Connection: close\r\n") }
        writer.append("\r\n")
        if status != 304, !isHead { writer.append(body) }
        return writer.bytes
    }
}

/// Why a connection cannot go on: what has come is no request, or none that is taken.
enum LabHTTPError: Error, Hashable, Sendable {
    case malformed
    case tooLarge
    /// A body whose length is not said (RFC 9112 §6.2); a small server need not take one.
    case lengthRequired

    var status: Int {
        switch self {
        case .malformed: 400
        case .tooLarge: 413
        case .lengthRequired: 411
        }
    }
}

/// Cuts the bytes of a connection into requests (RFC 9112 §2).
struct LabHTTPReader: Sendable {
    enum Item: Sendable {
        case request(LabHTTPRequest)
        /// The client waits for leave to send its body (RFC 9110 §10.1.1).
        case expectation
    }

    private var pending: [UInt8] = []
    private var head: (request: LabHTTPRequest, length: Int)?
    private var isExpectationMet = false

    mutating func append(_ bytes: [UInt8]) { pending += bytes }

    /// Takes the next request, or returns `nil` if it is not all there.
    mutating func next() throws(LabHTTPError) -> Item? {
        if head == nil {
            guard let read = try readHead() else { return nil }
            head = read
        }
        guard case (var request, let length)? = head else { return nil }
        guard pending.count >= length else {
            guard !isExpectationMet, request.header("Expect")?.equalsIgnoringCase("100-continue") == true
            else { return nil }
            isExpectationMet = true
            return .expectation
        }
        request.body = ByteString(Array(pending[..<length]))
        pending.removeFirst(length)
        (head, isExpectationMet) = (nil, false)
        return .request(request)
    }

    private mutating func readHead() throws(LabHTTPError) -> (LabHTTPRequest, Int)? {
        // An empty line before a request is ignored (RFC 9112 §2.2).
        while pending.starts(with: [13, 10]) { pending.removeFirst(2) }
        var end = 0
        while end + 4 <= pending.count, pending[end..<end + 4] != [13, 10, 13, 10] { end += 1 }
        guard end + 4 <= pending.count else {
            guard pending.count <= LabLimits.httpHead else { throw .tooLarge }
            return nil
        }
        let text = ByteString(Array(pending[..<end]))
        pending.removeFirst(end + 4)
        var lines = text.text.split(separator: "\r\n", omittingEmptySubsequences: false).makeIterator()
        let words = lines.next()?.split(separator: " ") ?? []
        guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else { throw .malformed }
        var request = LabHTTPRequest(method: String(words[0]), target: String(words[1]))
        while let line = lines.next() {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
                line.first?.isWhitespace == false
            else { throw .malformed }
            let value = ByteString(String(line[line.index(after: colon)...])).trimmed
            request.headers.append((ByteString(String(line[..<colon])), value))
        }
        let connection = request.header("Connection")
        request.closes =
            connection?.equalsIgnoringCase("close") == true
            || (words[2] == "HTTP/1.0" && connection?.equalsIgnoringCase("keep-alive") != true)
        return (request, try Self.length(of: request))
    }

    private static func length(of request: LabHTTPRequest) throws(LabHTTPError) -> Int {
        guard request.header("Transfer-Encoding") == nil else { throw .lengthRequired }
        let lengths = request.headers.filter { $0.name.equalsIgnoringCase("Content-Length") }
        guard let first = lengths.first else {
            guard request.method != "PUT" else { throw .lengthRequired }
            return 0
        }
        // Two lengths are a way to smuggle a request (RFC 9112 §6.3).
        guard lengths.count == 1, let length = first.value.decimal(upTo: UInt64(UInt32.max)) else {
            throw .malformed
        }
        guard length <= LabLimits.document else { throw .tooLarge }
        return Int(length)
    }
}
