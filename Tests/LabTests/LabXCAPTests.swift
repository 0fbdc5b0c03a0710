import Crypto
import Documents
import SIP
import Testing
import Wire

@testable import Lab

/// The document server of a pocket core, and a client that knows a password.
struct XCAPBench {
    var bench = LabBench()
    private var count: UInt32 = 0
    private var nonce: String?

    static let lists = "resource-lists/users/sip:alice@ims.test/index"

    static func list(_ name: String) -> ByteString {
        ByteString(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list name="\(name)"/></resource-lists>
            """
        )
    }

    /// Asks for a document, as `user` with `password`; a challenge is answered.
    mutating func ask(
        _ method: String,
        _ path: String,
        _ headers: [(String, String)] = [],
        body: ByteString = .empty,
        type: String? = "application/resource-lists+xml",
        as user: String = "alice",
        password: String? = nil
    ) throws -> LabHTTPResponse {
        var request = LabHTTPRequest(method: method, target: "/xcap-root/\(path)")
        request.headers = headers.map { (ByteString($0.0), ByteString($0.1)) }
        if !body.isEmpty, let type { request.headers.append(("Content-Type", ByteString(type))) }
        request.body = body
        if nonce == nil {
            let challenge = try answer(request)
            #expect(challenge.status == 401)
            let value = try #require(challenge.headers.first { $0.name == "WWW-Authenticate" }?.value)
            nonce = try WWWAuthenticate(parsing: ByteString(value)).challenge.parameters["nonce"]?.text
        }
        count += 1
        let computation = DigestComputation(
            algorithm: DigestAlgorithm(hashFunction: .sha256),
            username: user,
            realm: "ims.test",
            password: Secret(password ?? user),
            nonce: nonce ?? "",
            uri: request.target,
            qop: .authentication,
            nonceCount: count,
            cnonce: "c"
        )
        let fields = [
            "Digest username=\"\(user)\"", "realm=\"ims.test\"", "nonce=\"\(computation.nonce)\"",
            "uri=\"\(request.target)\"", "algorithm=SHA-256", "qop=auth", "cnonce=\"c\"",
            "nc=\(computation.nonceCountText)",
            "response=\"\(computation.response(method: method, body: body.bytes))\"",
        ]
        request.headers.append(("Authorization", ByteString(fields.joined(separator: ", "))))
        return try answer(request)
    }

    private mutating func answer(_ request: LabHTTPRequest) throws -> LabHTTPResponse {
        var effects: [LabCore.Effect] = []
        let response = bench.core.answer(request, at: bench.now, into: &effects)
        try bench.take(effects)
        return response
    }
}

extension LabHTTPResponse {
    var entityTag: String? { headers.first { $0.name == "ETag" }?.value }
}

@Suite("Pocket core: documents")
struct LabXCAPTests {
    @Test func `a document is put, fetched, changed and deleted, each under its conditions`() throws {
        var server = XCAPBench()
        let path = XCAPBench.lists
        #expect(try server.ask("GET", path).status == 404)
        let created = try server.ask("PUT", path, [("If-None-Match", "*")], body: XCAPBench.list("one"))
        #expect(created.status == 201)
        let first = try #require(created.entityTag)
        #expect(
            try server.ask("PUT", path, [("If-None-Match", "*")], body: XCAPBench.list("x")).status == 412
        )

        let fetched = try server.ask("GET", path)
        #expect(fetched.status == 200)
        #expect(fetched.body == XCAPBench.list("one"))
        #expect(fetched.entityTag == first)
        #expect(fetched.headers.contains { $0 == ("Content-Type", "application/resource-lists+xml") })
        #expect(try server.ask("GET", path, [("If-None-Match", first)]).status == 304)

        let changed = try server.ask("PUT", path, [("If-Match", first)], body: XCAPBench.list("two"))
        #expect(changed.status == 200)
        #expect(changed.entityTag != first)
        #expect(try server.ask("PUT", path, [("If-Match", first)], body: XCAPBench.list("x")).status == 412)
        #expect(try server.ask("DELETE", path, [("If-Match", first)]).status == 412)
        #expect(try server.ask("GET", path).body == XCAPBench.list("two"))
        #expect(try server.ask("DELETE", path).status == 200)
        #expect(try server.ask("DELETE", path).status == 404)
    }

    @Test func `nobody reads or writes what is not theirs`() throws {
        var server = XCAPBench()
        #expect(try server.ask("GET", XCAPBench.lists, password: "wrong").status == 401)
        #expect(try server.ask("GET", XCAPBench.lists, as: "nobody").status == 401)
        #expect(try server.ask("PUT", XCAPBench.lists, body: XCAPBench.list("x"), as: "bob").status == 403)
        #expect(try server.ask("GET", "resource-lists/users/sip:nobody@ims.test/index").status == 404)
    }

    @Test(
        arguments: [
            ("<resource-lists", "application/resource-lists+xml", 409, "not-well-formed"),
            ("<other/>", "application/resource-lists+xml", 409, "schema-validation-error"),
            ("<!DOCTYPE a><a/>", "application/resource-lists+xml", 409, "not-well-formed"),
            ("<resource-lists/>", "text/xml", 415, nil),
        ] as [(String, String, Int, String?)]
    )
    func `what is no document is refused with what is wrong with it`(
        _ text: String,
        _ type: String,
        _ status: Int,
        _ reason: String?
    ) throws {
        var server = XCAPBench()
        let refused = try server.ask("PUT", XCAPBench.lists, body: ByteString(text), type: type)
        #expect(refused.status == status)
        guard let reason else { return }
        let error = try XMLReader.read(refused.body.bytes)
        #expect(error.name == XMLName("xcap-error", in: "urn:ietf:params:xml:ns:xcap-error"))
        #expect(error.children.map(\.name.local) == [reason])
        #expect(try server.ask("GET", XCAPBench.lists).status == 404)
    }

    @Test func `the server tells what it can, and which documents there are`() throws {
        var server = XCAPBench()
        let capabilities = try server.ask("GET", "xcap-caps/global/index")
        #expect(capabilities.status == 200)
        #expect(capabilities.body.text.contains("<auid>pres-rules</auid>"))
        #expect(try server.ask("PUT", "xcap-caps/global/index", body: "x").status == 403)
        let tag = try server.ask("PUT", XCAPBench.lists, body: XCAPBench.list("one")).entityTag
        let path = "org.openmobilealliance.xcap-directory/users/sip:alice@ims.test/directory.xml"
        let directory = try XMLReader.read(try server.ask("GET", path).body.bytes)
        let entry = try #require(directory.children.first?.children.first)
        #expect(entry.attribute("uri") == "/xcap-root/\(XCAPBench.lists)")
        #expect("\"\(entry.attribute("etag") ?? "")\"" == tag)
    }

    @Test func `there is room for as many documents as the limit says`() throws {
        var server = XCAPBench()
        for number in 0..<LabLimits.documents {
            let path = "resource-lists/users/sip:alice@ims.test/\(number)"
            #expect(try server.ask("PUT", path, body: XCAPBench.list("x")).status == 201)
        }
        #expect(try server.ask("PUT", XCAPBench.lists, body: XCAPBench.list("x")).status == 507)
    }

    @Test func `who watches their documents is told of each change with both entity tags`() throws {
        var server = XCAPBench()
        var alice = LabPhone("alice", port: 6001)
        try server.bench.register(&alice)
        let before = try server.ask("PUT", XCAPBench.lists, body: XCAPBench.list("one")).entityTag
        var subscribe = alice.makeRequest(.subscribe, to: "sip:alice@ims.test")
        subscribe.headers.append(.event, "xcap-diff")
        subscribe.headers.append(.contact, alice.contact)
        #expect(try server.bench.exchange(subscribe, alice).status == .ok)
        let first = try server.bench.next(over: alice.flow)
        #expect(first.contentType?.matches("application", "xcap-diff+xml") == true)
        try server.bench.respond(.ok, to: first, alice)
        let list = try XCAPDifference(parsing: first.body).documents
        #expect(list.map(\.selector) == [XCAPBench.lists])
        #expect(list.map { "\"\($0.newETag ?? "")\"" } == [before])

        let after = try server.ask("PUT", XCAPBench.lists, body: XCAPBench.list("two")).entityTag
        let changed = try XCAPDifference(parsing: try server.bench.next(over: alice.flow).body).documents
        #expect(changed.map { "\"\($0.previousETag ?? "")\"" } == [before])
        #expect(changed.map { "\"\($0.newETag ?? "")\"" } == [after])
        _ = try server.ask("DELETE", XCAPBench.lists)
        let deleted = try XCAPDifference(parsing: try server.bench.next(over: alice.flow).body).documents
        #expect(deleted.map(\.newETag) == [nil])
    }
}
