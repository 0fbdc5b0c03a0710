import Runtime
import TestSupport

@testable import Engine

/// A document server that keeps what is put there, with entity tags, and wants a digest.
final class XCAPServerBench: @unchecked Sendable {
    private(set) var documents: [String: (body: String, etag: String)] = [:]
    /// What happens before each PUT is looked at: somebody else may be faster.
    var beforePut: (XCAPServerBench) -> Void = { _ in }
    /// What every request is answered with, if not as it should be.
    var fault: HTTPServerBench.Answer?
    private var version = 0
    private var server: HTTPServerBench?

    init(on loop: EventLoop) throws {
        server = try HTTPServerBench(on: loop) { [weak self] request in
            self.map { $0.answer(request).bytes } ?? []
        }
    }

    var root: HTTPURL? { server.flatMap { HTTPURL("http://127.0.0.1:\($0.port)/xcap-root") } }
    var requests: [HTTPServerBench.Request] { server?.requests ?? [] }

    func close() { server?.close() }

    /// Puts a document there as another client would.
    func put(_ body: String?, at path: String) {
        version += 1
        documents[path] = body.map { ($0, "\"v\(version)\"") }
    }

    private func answer(_ request: HTTPServerBench.Request) -> HTTPServerBench.Answer {
        guard request.headers["authorization"]?.contains("username=\"alice@ims.test\"") == true else {
            return .init(401, ["WWW-Authenticate: Digest realm=\"ims.test\", nonce=\"n\", qop=\"auth\""])
        }
        if let fault { return fault }
        let path = String(request.target.dropFirst("/xcap-root/".count))
        if request.method == "PUT" {
            let act = beforePut
            beforePut = { _ in }
            act(self)
        }
        let known = documents[path]
        if let wanted = request.headers["if-match"], wanted != known?.etag { return .init(412) }
        switch request.method {
        case "GET":
            guard let known else { return .init(404) }
            if request.headers["if-none-match"] == known.etag { return .init(304) }
            return .init(200, ["ETag: \(known.etag)"], body: known.body)
        case "PUT":
            if request.headers["if-none-match"] == "*", known != nil { return .init(412) }
            put(request.body, at: path)
            return .init(known == nil ? 201 : 200, ["ETag: \(documents[path]?.etag ?? "")"])
        default:
            put(nil, at: path)
            return .init(known == nil ? 404 : 200)
        }
    }
}
