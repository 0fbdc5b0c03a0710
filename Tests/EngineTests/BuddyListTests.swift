import Documents
import Runtime
import Store
import TestSupport
import Testing
import Wire

@testable import Engine

@Suite("Buddies and documents of the engine", .timeLimit(.minutes(1)))
struct BuddyListTests {
    private static let lists = "resource-lists/users/sip:alice@ims.test/index"
    private static let rules = "pres-rules/users/sip:alice@ims.test/index"

    private struct Failed: Error {}

    /// What an operation fails with, or `nil`.
    private func failure(_ body: () async throws(XDMError) -> Void) async -> XDMError? {
        do throws(XDMError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    private func document(_ entries: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:v="urn:vendor"><list name="buddies">\
        \(entries)<v:kept/></list></resource-lists>
        """
    }

    /// Runs `body` with an engine of alice and a document server.
    private func run(
        _ body: @escaping @Sendable (EngineBench, XCAPServerBench, Engine) async throws -> Void
    ) async throws {
        try await EngineBench.run { bench in
            let server = try XCAPServerBench(on: bench.loop)
            let engine = try bench.engine(of: "alice") { $0.xcapRoot = server.root }
            try await body(bench, server, engine)
            await engine.shutDown(keepRegistration: false)
            server.close()
        }
    }

    @Test("without a server the list lives here, survives the run, and says where it is")
    func local() async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice")
            try await engine.setBuddy(Buddy(uri: "sip:bob@ims.test", nickname: "Bobby", group: "work"))
            try await engine.decide(.block, about: "sip:eve@ims.test")
            #expect(await engine.refreshBuddies() == .local)
            await engine.shutDown(keepRegistration: false)
            let later = try bench.engine(of: "alice")
            #expect(await later.buddies == [Buddy(uri: "sip:bob@ims.test", nickname: "Bobby", group: "work")])
            #expect(await later.watcherPolicy(of: "sip:eve@ims.test") == .block)
            #expect(await later.isBuddy("sip:bob@IMS.test"))
            #expect(await !later.isBuddy("sip:eve@ims.test"))
            #expect(try await later.address(of: "bobby") == "sip:bob@ims.test")
            #expect(try await later.address(of: "carol") == "sip:carol@ims.test")
            try await later.removeBuddy("sip:bob@ims.test")
            #expect(await later.buddies.isEmpty)
            await later.shutDown(keepRegistration: false)
        }
    }

    @Test("a nickname belongs to one buddy, and what a buddy calls itself is no nickname")
    func nicknames() async throws {
        try await EngineBench.run { bench in
            let engine = try bench.engine(of: "alice")
            try await engine.setBuddy(Buddy(uri: "sip:bob@ims.test", nickname: "Bob"))
            let taken = await failure { () throws(XDMError) in
                try await engine.setBuddy(Buddy(uri: "sip:eve@ims.test", nickname: "bob"))
            }
            #expect(taken == .nicknameTaken("bob", by: "sip:bob@ims.test"))
            try await engine.setBuddy(Buddy(uri: "sip:mallory@ims.test", alias: "carol"))
            #expect(try await engine.address(of: "carol") == "sip:carol@ims.test")
            #expect(await engine.contacts(limit: 5) == ["Bob", "sip:bob@ims.test", "sip:mallory@ims.test"])
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("the list is kept on the server, each change based on the version it was made to")
    func server() async throws {
        try await run { _, server, engine in
            #expect(await engine.refreshBuddies() == .server)
            try await engine.setBuddy(Buddy(uri: "sip:bob@ims.test", nickname: "Bob"))
            #expect(server.documents[Self.lists]?.body.contains("sip:bob@ims.test") == true)
            try await engine.setBuddy(Buddy(uri: "sip:carol@ims.test", group: "work"))
            let puts = server.requests.filter { $0.method == "PUT" }
            #expect(puts.map { $0.headers["if-none-match"] } == ["*", nil])
            #expect(puts.last?.headers["if-match"] == "\"v1\"")
            #expect(puts.allSatisfy { $0.headers["content-type"] == ResourceLists.mediaType })
            #expect(puts.allSatisfy { $0.headers["x-3gpp-asserted-identity"] == nil })
            server.put(document("<entry uri=\"sip:dave@ims.test\"/>"), at: Self.lists)
            #expect(await engine.refreshBuddies() == .server)
            #expect(await engine.buddies.map(\.uri) == ["sip:dave@ims.test"])
            let before = server.requests.count
            #expect(await engine.refreshBuddies() == .server)
            #expect(server.requests.last?.headers["if-none-match"] == server.documents[Self.lists]?.etag)
            #expect(server.requests.count == before + 1)
        }
    }

    @Test("when another client is faster both changes are kept, and what neither knows too")
    func conflict() async throws {
        try await run { _, server, engine in
            server.put(document("<entry uri=\"sip:bob@ims.test\"/>"), at: Self.lists)
            server.beforePut = { server in
                server.put(
                    document("<entry uri=\"sip:bob@ims.test\"/><entry uri=\"sip:dave@ims.test\"/>"),
                    at: Self.lists
                )
            }
            try await engine.setBuddy(Buddy(uri: "sip:carol@ims.test"))
            let expected = ["sip:bob@ims.test", "sip:carol@ims.test", "sip:dave@ims.test"]
            #expect(await engine.buddies.map(\.uri) == expected)
            #expect(server.documents[Self.lists]?.body.contains("<v:kept/>") == true)
        }
    }

    @Test("buddies of the time before the server come onto it once, beside whoever is there")
    func adoption() async throws {
        try await EngineBench.run { bench in
            let before = try bench.engine(of: "alice")
            try await before.setBuddy(Buddy(uri: "sip:bob@ims.test", nickname: "Bob"))
            await before.shutDown(keepRegistration: false)
            let server = try XCAPServerBench(on: bench.loop)
            server.put(document("<entry uri=\"sip:dave@ims.test\"/>"), at: Self.lists)
            let engine = try bench.engine(of: "alice") { $0.xcapRoot = server.root }
            #expect(await engine.refreshBuddies() == .server)
            #expect(await Set(engine.buddies.map(\.uri)) == ["sip:bob@ims.test", "sip:dave@ims.test"])
            #expect(server.documents[Self.lists]?.body.contains("sip:bob@ims.test") == true)
            server.put(nil, at: Self.lists)
            #expect(await engine.refreshBuddies() == .server)
            #expect(await engine.buddies.isEmpty)
            await engine.shutDown(keepRegistration: false)
            server.close()
        }
    }

    @Test("decisions go into the rules, under the name the server has for them")
    func decisions() async throws {
        try await run { _, server, engine in
            try await engine.decide(.allow, about: "sip:bob@ims.test")
            try await engine.decide(.block, about: "sip:eve@ims.test")
            let text = try #require(server.documents[Self.rules]?.body)
            let rules = try PresenceRules(parsing: ByteString(text))
            #expect(rules.decisions.map(\.uri) == ["sip:bob@ims.test", "sip:eve@ims.test"])
            #expect(rules.decisions.map(\.handling) == [.allow, .block])
            server.put(text.replacing("sip:eve@ims.test", with: "sip:mallory@ims.test"), at: Self.rules)
            try await engine.refreshDecisions()
            #expect(await engine.watcherPolicy(of: "sip:mallory@ims.test") == .block)
            #expect(await engine.watcherPolicy(of: "sip:eve@ims.test") == nil)
        }
        try await run { _, server, engine in
            server.put(
                """
                <xcap-caps xmlns="urn:ietf:params:xml:ns:xcap-caps"><auids><auid>org.openmobilealliance.pres-rules\
                </auid></auids><namespaces/></xcap-caps>
                """,
                at: "xcap-caps/global/index"
            )
            try await engine.decide(.allow, about: "sip:bob@ims.test")
            let path = "org.openmobilealliance.pres-rules/users/sip:alice@ims.test/pres-rules"
            #expect(server.documents[path] != nil)
        }
    }

    @Test("a document is written only over the version it is based on, and 412 is told as a conflict")
    func conditions() async throws {
        try await run { _, server, engine in
            let selector = try #require(XDMUsage.document("resource-lists", of: "sip:alice@ims.test"))
            let mine = Array(document("").utf8)
            let missing = await failure { () throws(XDMError) in _ = try await engine.document(selector) }
            #expect(missing == .notFound(Self.lists))
            try await engine.put(mine, at: selector, base: .nothing)
            let seen = try await engine.document(selector)
            #expect(seen.etag == "\"v1\"")
            server.put(document("<entry uri=\"sip:bob@ims.test\"/>"), at: Self.lists)
            for base in [XDMBase.nothing, .version("\"v1\"")] {
                let told = await failure { () throws(XDMError) in
                    try await engine.put(mine, at: selector, base: base)
                }
                #expect(told == .changedElsewhere(document: Self.lists))
            }
            let gone = await failure { () throws(XDMError) in
                try await engine.delete(selector, base: .version("\"v1\""))
            }
            #expect(gone == .changedElsewhere(document: Self.lists))
            try await engine.delete(selector, base: .anything)
            #expect(server.documents[Self.lists] == nil)
            let wrong = await failure { () throws(XDMError) in
                try await engine.put(Array("<a/>".utf8), at: selector, base: .anything)
            }
            guard case .malformed = wrong else { throw Failed() }
            #expect(server.requests.last?.method == "DELETE")
        }
    }

    @Test("a refusal is told with what the server says of it")
    func refusals() async throws {
        try await run { _, server, engine in
            let selector = try #require(XDMUsage.document("resource-lists", of: "sip:alice@ims.test"))
            let body = Array(document("").utf8)
            func told() async -> XDMError? {
                await failure { () throws(XDMError) in
                    try await engine.put(body, at: selector, base: .anything)
                }
            }
            server.fault = .init(
                409,
                body: """
                    <xcap-error xmlns="urn:ietf:params:xml:ns:xcap-error"><constraint-failure phrase="too many"/></xcap-error>
                    """
            )
            guard case .conflict(_, let report?) = await told() else { throw Failed() }
            #expect(report.reason == .constraint && report.phrase == "too many")
            server.fault = .init(409, body: "no XML")
            #expect(await told() == .conflict(document: Self.lists, nil))
            server.fault = .init(500)
            #expect(await told() == .refused(document: Self.lists, status: 500))
            server.fault = .init(200, body: String(repeating: "x", count: XDMLimits.documentSize + 1))
            let large = await failure { () throws(XDMError) in _ = try await engine.document(selector) }
            #expect(large == .tooLarge(document: Self.lists, limit: XDMLimits.documentSize))
            server.fault = .init(200, body: "<a/>")
            guard case .copy(.malformed) = await engine.refreshBuddies() else { throw Failed() }
        }
    }

    @Test("a list that cannot be asked for is shown as it was, and a change to it fails")
    func unreachable() async throws {
        try await run { _, server, engine in
            try await engine.setBuddy(Buddy(uri: "sip:bob@ims.test"))
            server.fault = .init(503)
            #expect(await engine.refreshBuddies() == .copy(.refused(document: Self.lists, status: 503)))
            #expect(await engine.buddies.map(\.uri) == ["sip:bob@ims.test"])
            let told = await failure { () throws(XDMError) in try await engine.removeBuddy("sip:bob@ims.test")
            }
            #expect(told == .refused(document: Self.lists, status: 503))
            #expect(await engine.buddies.map(\.uri) == ["sip:bob@ims.test"])
        }
    }

    @Test("the identity is asserted where the account says so, and a wrong name is refused as such")
    func identity() async throws {
        try await EngineBench.run { bench in
            let server = try XCAPServerBench(on: bench.loop)
            let engine = try bench.engine(of: "alice") {
                $0.xcapRoot = server.root
                $0.assertsXCAPIdentity = true
            }
            #expect(await engine.refreshBuddies() == .server)
            #expect(server.requests.last?.headers["x-3gpp-asserted-identity"] == "\"sip:alice@ims.test\"")
            let stranger = try bench.engine(of: "alice") {
                $0.xcapRoot = server.root
                $0.xcapUser = "mallory"
            }
            let expected = AuthenticationFailure.credentialsRefused(privateIdentity: "mallory", status: 401)
            #expect(await stranger.refreshBuddies() == .copy(.authentication(expected)))
            for engine in [engine, stranger] { await engine.shutDown(keepRegistration: false) }
            server.close()
        }
    }

    @Test(
        "a trace shows each request to the document server and its answer, and nothing that proves who asks"
    )
    func trace() async throws {
        try await EngineBench.run { bench in
            let server = try XCAPServerBench(on: bench.loop)
            var configuration = try bench.configuration(of: "alice") { $0.xcapRoot = server.root }
            let (records, continuation) = AsyncStream<TraceRecord>.makeStream()
            configuration.trace = { continuation.yield($0) }
            let engine = Engine(configuration, on: bench.loop)
            try await engine.setBuddy(Buddy(uri: "sip:bob@ims.test"))
            await engine.shutDown(keepRegistration: false)
            continuation.finish()
            var texts: [String] = []
            for await record in records {
                guard case .http(let host, isSecure: false) = record.way else { continue }
                #expect(host == server.root?.authority)
                texts.append(record.text)
            }
            server.close()
            let heads = texts.compactMap { $0.split(separator: "\n").first.map(String.init) }
            let path = "/xcap-root/\(Self.lists)"
            #expect(heads.first == "GET \(path) HTTP")
            #expect(heads.dropFirst().first == "HTTP 401")
            #expect(heads.suffix(2) == ["PUT \(path) HTTP", "HTTP 201"])
            let put = try #require(texts.dropLast().last)
            #expect(put.contains("If-None-Match: *") && put.contains("sip:bob@ims.test"))
            #expect(texts.last?.contains("ETag: \"v1\"") == true)
            let secret = ["authorization", "authenticate", "nonce", "response=", "Digest"]
            for word in secret { #expect(!texts.joined().lowercased().contains(word.lowercased())) }
        }
    }

    @Test(
        "a document is named by its usage, with a name of its own, or by its path",
        arguments: [
            ("resource-lists", "resource-lists/users/sip:a@b/index"),
            ("resource-lists/work", "resource-lists/users/sip:a@b/work"),
            (
                "org.openmobilealliance.pres-rules",
                "org.openmobilealliance.pres-rules/users/sip:a@b/pres-rules"
            ),
            ("xcap-caps", "xcap-caps/global/index"),
            ("x/users/sip:c@d/e", "x/users/sip:c@d/e"),
            ("", nil), ("..", nil), ("a/..", nil), ("a/b/c", nil), ("a/users/b", nil),
        ]
    )
    func naming(_ text: String, _ expected: String?) {
        #expect(XDMUsage.document(text, of: "sip:a@b")?.path == expected)
    }
}
