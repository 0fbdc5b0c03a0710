package import Runtime

/// A small HTTP server on loopback: reads requests and answers as the test says.
package final class HTTPServerBench: @unchecked Sendable {
    package struct Request: Sendable {
        package var method: String
        package var target: String
        package var headers: [String: String]
        package var body: String
    }

    package struct Answer: Sendable {
        package var status: Int
        package var headers: [String]
        package var body: String

        package init(_ status: Int, _ headers: [String] = [], body: String = "") {
            (self.status, self.headers, self.body) = (status, headers, body)
        }

        /// What goes over the wire.
        package var bytes: [UInt8] {
            let head = ["HTTP/1.1 \(status) Whatever", "Content-Length: \(body.utf8.count)"] + headers
            return Array((head + ["", body]).joined(separator: "\r\n").utf8)
        }
    }

    /// Makes the bytes that answer a request; none leaves it unanswered.
    package typealias Respond = @Sendable (Request) -> [UInt8]

    package private(set) var requests: [Request] = []
    private var listener: Listener?
    private let respond: Respond

    package init(
        tls: TLSContext? = nil,
        at host: String = "127.0.0.1",
        on loop: EventLoop,
        _ respond: @escaping Respond
    ) throws {
        self.respond = respond
        guard let address = SocketAddress(host: host, port: 0) else { throw CancellationError() }
        listener = try Listener(at: address, tls: tls, on: loop) { [weak self] connection in
            let reader = RequestReader()
            return { [weak self] event in
                guard case .received(let bytes) = event else { return }
                for request in reader.append(bytes) {
                    self?.requests.append(request)
                    let answer = self?.respond(request) ?? []
                    if !answer.isEmpty { try? connection.send(answer) }
                }
            }
        }
    }

    package var port: UInt16 { listener?.local.port ?? 0 }

    package func close() { listener?.close() }
}

/// Cuts what a client sends into requests.
private final class RequestReader: @unchecked Sendable {
    private var bytes: [UInt8] = []

    func append(_ more: [UInt8]) -> [HTTPServerBench.Request] {
        bytes += more
        var requests: [HTTPServerBench.Request] = []
        while let request = next() { requests.append(request) }
        return requests
    }

    private func next() -> HTTPServerBench.Request? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= mark.count,
            let end = bytes.indices.dropLast(3).first(where: { bytes[$0...].starts(with: mark) })
        else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            headers[parts[0].lowercased()] = String((parts.last ?? "").drop { $0 == " " })
        }
        let count = headers["content-length"].flatMap { Int($0) } ?? 0
        let body = bytes[(end + 4)...]
        guard body.count >= count, words.count == 3 else { return nil }
        let request = HTTPServerBench.Request(
            method: words[0],
            target: words[1],
            headers: headers,
            body: String(decoding: body.prefix(count), as: UTF8.self)
        )
        bytes = Array(body.dropFirst(count))
        return request
    }
}
