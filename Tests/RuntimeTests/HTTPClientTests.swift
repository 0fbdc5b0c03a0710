import TestSupport
import Testing
import Wire

@testable import Runtime

@Suite("HTTP client", .timeLimit(.minutes(1)))
struct HTTPClientTests {
    private typealias Server = HTTPServerBench

    private func url(_ server: HTTPServerBench, _ target: String, scheme: String = "http") throws -> HTTPURL {
        try #require(HTTPURL("\(scheme)://127.0.0.1:\(server.port)\(target)"))
    }

    @Test func `method, target, fields and body arrive, and so does the answer`() async throws {
        try await withEventLoop { loop in
            let server = try Server(on: loop) { _ in
                Server.Answer(201, ["ETag: \"x1\"", "X-Two: a", "X-Two:  b "], body: "made").bytes
            }
            let client = HTTPClient(on: loop, resolver: Resolver(on: loop))
            var request = HTTPRequest("PUT", try url(server, "/a%5B1%5D?x=../y"))
            request.headers = [("Content-Type", "text/xml"), ("If-Match", "\"x0\"")]
            request.body = Array("<a/>".utf8)
            let response = try await client.perform(request).get()
            #expect(response.status == 201)
            #expect(response.values("etag") == ["\"x1\""])
            #expect(response.values("x-two") == ["a", "b"])
            #expect(response.body == Array("made".utf8))
            let received = try #require(server.requests.first)
            #expect(received.method == "PUT")
            #expect(received.target == "/a%5B1%5D?x=../y")
            #expect(received.headers["content-type"] == "text/xml")
            #expect(received.headers["if-match"] == "\"x0\"")
            #expect(received.headers["expect"] == nil)
            #expect(received.body == "<a/>")
            client.close()
            server.close()
        }
    }

    @Test func `many requests run at once, and none follows a redirection`() async throws {
        try await withEventLoop { loop in
            let server = try Server(on: loop) { request in
                Server.Answer(302, ["Location: /elsewhere"], body: request.target).bytes
            }
            let client = HTTPClient(on: loop, resolver: Resolver(on: loop))
            let requests = try (0..<20).map { HTTPRequest("GET", try url(server, "/\($0)")) }
            let answers = await withTaskGroup(of: String?.self) { group in
                for request in requests {
                    group.addTask(executorPreference: loop) {
                        (try? await client.perform(request).get()).map {
                            "\($0.status) \(String(decoding: $0.body, as: UTF8.self))"
                        }
                    }
                }
                return await group.reduce(into: Set<String>()) { $0.insert($1 ?? "") }
            }
            #expect(answers == Set((0..<20).map { "302 /\($0)" }))
            #expect(server.requests.count == 20)
            client.close()
            server.close()
        }
    }

    @Test func `a body or a head beyond the limit ends the transfer`() async throws {
        try await withEventLoop { loop in
            let server = try Server(on: loop) { request in
                request.target == "/body"
                    ? Server.Answer(200, body: String(repeating: "x", count: 2000)).bytes
                    : Server.Answer(
                        200,
                        [String](repeating: "X: " + String(repeating: "y", count: 1000), count: 80)
                    )
                    .bytes
            }
            let client = HTTPClient(on: loop, resolver: Resolver(on: loop))
            var request = HTTPRequest("GET", try url(server, "/body"))
            request.bodyLimit = 1999
            #expect(await client.failure(request) == .tooLarge(limit: 1999))
            request.bodyLimit = 2000
            #expect(await client.failure(request) == nil)
            let long = await client.failure(HTTPRequest("GET", try url(server, "/head")))
            #expect(long == .tooLarge(limit: RuntimeLimits.httpBody))
            client.close()
            server.close()
        }
    }

    @Test func `no answer, no server, no name and no HTTP are told apart`() async throws {
        try await withEventLoop { loop in
            let server = try Server(on: loop) { request in
                request.target == "/silent" ? [] : Array("SIP/2.0 200 OK\r\n\r\n".utf8)
            }
            let client = HTTPClient(on: loop, resolver: Resolver(on: loop))
            var request = HTTPRequest("GET", try url(server, "/silent"))
            request.timeout = .milliseconds(50)
            #expect(await client.failure(request) == .timedOut)
            guard case .broken = await client.failure(HTTPRequest("GET", try url(server, "/sip"))) else {
                Issue.record("taken for HTTP")
                return
            }
            server.close()
            // Port 1, where nobody listens: a port that was just closed may be somebody else's by now.
            let dead = try #require(HTTPURL("http://127.0.0.1:1/"))
            guard case .notConnected = await client.failure(HTTPRequest("GET", dead)) else {
                Issue.record("connected to nobody")
                return
            }
            var resolving = Resolver.Configuration()
            resolving.servers = [try #require(SocketAddress(host: "127.0.0.1", port: 1))]
            resolving.timeout = .milliseconds(50)
            let nameless = HTTPClient(on: loop, resolver: Resolver(on: loop, configuration: resolving))
            let somewhere = HTTPRequest("GET", try #require(HTTPURL("http://xcap.ims.test/")))
            #expect(await nameless.failure(somewhere) == .nameNotFound)
            client.close()
        }
    }

    @Test func `a field that would begin another one is not sent`() async throws {
        try await withEventLoop { loop in
            let server = try Server(on: loop) { _ in Server.Answer(200).bytes }
            let client = HTTPClient(on: loop, resolver: Resolver(on: loop))
            var request = HTTPRequest("GET", try url(server, "/"))
            request.headers = [("If-Match", "a\r\nEvil: yes")]
            #expect(await client.failure(request) == .malformedRequest)
            #expect(server.requests.isEmpty)
            client.close()
            server.close()
        }
    }

    @Test func `a certificate is checked against its authority and its name, unless nobody wants that`()
        async throws
    {
        let authority = CertificateBench()
        try await withEventLoop { loop in
            let server = try Server(tls: authority.server(), on: loop) { _ in Server.Answer(204).bytes }
            let client = HTTPClient(on: loop, resolver: Resolver(on: loop))
            var request = HTTPRequest("GET", try url(server, "/", scheme: "https"))
            guard case .certificate = await client.failure(request) else {
                Issue.record("an unknown authority was trusted")
                return
            }
            request.trust = .init(authorities: authority.authority)
            #expect(try await client.perform(request).get().status == 204)
            request.trust = .init(isVerified: false)
            #expect(try await client.perform(request).get().status == 204)
            request.trust = .init(authorities: "/nowhere.pem")
            guard case .trustStore = await client.failure(request) else {
                Issue.record("a store that is not there was used")
                return
            }
            let other = try Server(tls: authority.server(), at: "127.0.0.2", on: loop) { _ in
                Server.Answer(204).bytes
            }
            request.url = try #require(HTTPURL("https://127.0.0.2:\(other.port)/"))
            request.trust = .init(authorities: authority.authority)
            guard case .certificate = await client.failure(request) else {
                Issue.record("a certificate for another address was taken")
                return
            }
            for server in [server, other] { server.close() }
            client.close()
        }
    }

    @Test func `closing ends what is under way`() async throws {
        try await withEventLoop { loop in
            let server = try Server(on: loop) { _ in [] }
            let client = HTTPClient(on: loop, resolver: Resolver(on: loop))
            let request = HTTPRequest("GET", try url(server, "/"))
            async let failure = client.failure(request)
            loop.schedule(at: .now + .milliseconds(20)) { client.close() }
            #expect(await failure == .broken("closed"))
            server.close()
        }
    }

    @Test(
        "an HTTP URL is taken apart, and one that says more than a place is none",
        arguments: [
            ("http://127.0.0.1:8080/xcap-root", "http://127.0.0.1:8080/xcap-root"),
            ("HTTPS://xcap.ims.test", "https://xcap.ims.test:443/"),
            ("http://[::1]:80/a?b", "http://[::1]:80/a?b"),
            ("http://a?b", "http://a:80/?b"),
            ("ftp://a/", nil), ("http://", nil), ("http://u@a/", nil), ("http://a:0/", nil),
            ("http://a b/", nil),
            ("http://a/#f", nil), ("http://[::1/", nil), ("http://a/\"", nil), ("http://ä/", nil),
        ]
    )
    func urls(_ text: String, _ expected: String?) { #expect(HTTPURL(text)?.description == expected) }
}

extension HTTPClient {
    func perform(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPFailure> {
        await withCheckedContinuation { continuation in
            perform(request) { continuation.resume(returning: $0) }
        }
    }

    func failure(_ request: HTTPRequest) async -> HTTPFailure? {
        if case .failure(let failure) = await perform(request) { failure } else { nil }
    }
}
