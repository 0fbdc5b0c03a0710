import Documents
import SIP
import Testing
import Wire

@testable import Lab

@Suite("Pocket core: elements of documents, and presence rules")
struct LabXCAPNodeTests {
    private static let list = "\(XCAPBench.lists)/~~/resource-lists/list%5b@name=%22friends%22%5d"
    private static let bob = "\(list)/entry%5b@uri=%22sip:bob@ims.test%22%5d"

    private let document: ByteString = """
        <?xml version="1.0" encoding="UTF-8"?>
        <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:x="urn:x">
          <list name="friends"><entry uri="sip:bob@ims.test" x:note="kept"/></list>
        </resource-lists>
        """

    private func server() throws -> XCAPBench {
        var server = XCAPBench()
        #expect(try server.ask("PUT", XCAPBench.lists, body: document).status == 201)
        return server
    }

    @Test func `an element is fetched, put in place of another or behind the others, and deleted`() throws {
        var server = try server()
        let fetched = try server.ask("GET", Self.bob)
        #expect(fetched.status == 200)
        #expect(fetched.headers.contains { $0 == ("Content-Type", "application/xcap-el+xml") })
        let element = try XMLReader.read(fetched.body.bytes)
        #expect(element.name == XMLName("entry", in: "urn:ietf:params:xml:ns:resource-lists"))
        #expect(!fetched.body.text.contains("<?xml"))

        let carol = Self.bob.replacing("bob", with: "carol")
        let entry: ByteString = """
            <entry xmlns="urn:ietf:params:xml:ns:resource-lists" uri="sip:carol@ims.test"/>
            """
        let before = try server.ask("GET", XCAPBench.lists).entityTag ?? ""
        func put(_ conditions: [(String, String)]) throws -> LabHTTPResponse {
            try server.ask("PUT", carol, conditions, body: entry, type: "application/xcap-el+xml")
        }
        let made = try put([("If-Match", before)])
        #expect(made.status == 201)
        #expect(made.entityTag != before)
        #expect(try put([]).status == 200)
        #expect(try put([("If-Match", before)]).status == 412)

        #expect(try server.ask("DELETE", carol).status == 200)
        #expect(try server.ask("GET", carol).status == 404)
        let left = try server.ask("GET", XCAPBench.lists).body.text
        #expect(left.contains("x:note=\"kept\""))
        #expect(!left.contains("carol"))
    }

    @Test func `an attribute is fetched, changed and deleted by itself`() throws {
        var server = try server()
        let name = "\(XCAPBench.lists)/~~/resource-lists/list%5b1%5d/@name"
        #expect(try server.ask("GET", name).body == "friends")
        #expect(try server.ask("PUT", name, body: "mates", type: "application/xcap-att+xml").status == 200)
        #expect(try server.ask("GET", Self.list).status == 404)
        let note = "\(XCAPBench.lists)/~~/resource-lists/list/entry/@x:note?xmlns(x=urn:x)"
        #expect(try server.ask("GET", note).body == "kept")
        #expect(try server.ask("DELETE", note).status == 200)
        #expect(try server.ask("GET", note).status == 404)
    }

    @Test(
        arguments: [
            (
                "resource-lists/list%5b@name=%22x%22%5d/entry%5b@uri=%22a%22%5d", "<entry uri=\"a\"/>",
                "no-parent"
            ),
            ("resource-lists/list%5b@name=%22x%22%5d", "<list name=\"y\"/>", "cannot-insert"),
            ("resource-lists/list%5b@name=%22x%22%5d", "<list", "not-xml-frag"),
        ]
    )
    func `a node that cannot be put is refused with the reason`(
        _ node: String,
        _ body: String,
        _ reason: String
    ) throws {
        var server = try server()
        let body = body.replacing("<list ", with: "<list xmlns=\"urn:ietf:params:xml:ns:resource-lists\" ")
        let refused = try server.ask(
            "PUT",
            "\(XCAPBench.lists)/~~/\(node)",
            body: ByteString(body),
            type: "application/xcap-el+xml"
        )
        #expect(refused.status == 409)
        #expect(try XMLReader.read(refused.body.bytes).children.map(\.name.local) == [reason])
        #expect(try server.ask("GET", XCAPBench.lists).body == document)
    }

    @Test func `what would leave no document, or another node in its place, is not deleted`() throws {
        var server = XCAPBench()
        let twins: ByteString = """
            <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list name="a"/><list name="b"/></resource-lists>
            """
        _ = try server.ask("PUT", XCAPBench.lists, body: twins)
        for node in ["resource-lists", "resource-lists/list%5b1%5d"] {
            #expect(try server.ask("DELETE", "\(XCAPBench.lists)/~~/\(node)").status == 409)
        }
        #expect(try server.ask("DELETE", "\(XCAPBench.lists)/~~/resource-lists/list").status == 404)
        #expect(try server.ask("DELETE", "\(XCAPBench.lists)/~~/%5b").status == 400)
        #expect(try server.ask("GET", XCAPBench.lists).body == twins)
    }

    @Test func `a change of the presence rules counts at once, for those who watch already too`() throws {
        var server = XCAPBench()
        var (alice, bob) = (LabPhone("alice", port: 6001), LabPhone("bob", port: 6002))
        try server.bench.register(&alice)
        try server.bench.register(&bob)
        func state() throws -> SubscriptionState {
            let notify = try server.bench.next(over: bob.flow)
            try server.bench.respond(.ok, to: notify, bob)
            return try #require(try notify.headers.first(SubscriptionState.self))
        }
        func put(_ handling: PresenceRules.Handling?) throws {
            var rules = PresenceRules()
            rules.decide(handling, about: "sip:bob@ims.test")
            let path = "pres-rules/users/sip:alice@ims.test/index"
            let body = ByteString(rules.serialized())
            let answer = try server.ask("PUT", path, body: body, type: PresenceRules.mediaType)
            #expect(answer.status < 300)
        }
        // Rules that do not speak of somebody let them wait.
        try put(nil)
        var subscribe = bob.makeRequest(.subscribe, to: "sip:alice@ims.test")
        subscribe.headers.append(.event, "presence")
        subscribe.headers.append(.contact, bob.contact)
        #expect(try server.bench.exchange(subscribe, bob).status == .ok)
        #expect(try state().state == .pending)
        try put(.allow)
        #expect(try state().state == .active)
        try put(.block)
        #expect(try state().reason == .rejected)
        subscribe.headers.set(CSeq(number: bob.nextSequence(), method: .subscribe))
        subscribe.headers.set(.callID, "another")
        #expect(try server.bench.exchange(subscribe, bob).status == .forbidden)
    }

    @Test func `rules speak of domains with exceptions, of lists, and of everybody else`() throws {
        var server = try server()
        func rules(_ conditions: String, _ handling: String) -> String {
            """
            <rule id="r\(handling)"><conditions>\(conditions)</conditions><actions>\
            <p:sub-handling>\(handling)</p:sub-handling></actions></rule>
            """
        }
        func permissions(_ rules: String...) throws -> [LabPermission?] {
            let body = """
                <ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:p="urn:ietf:params:xml:ns:pres-rules" \
                xmlns:o="urn:oma:xml:xdm:common-policy">\(rules.joined())</ruleset>
                """
            let path = "pres-rules/users/sip:alice@ims.test/index"
            _ = try server.ask("PUT", path, body: ByteString(body), type: PresenceRules.mediaType)
            return ["bob", "carol"].map { name in
                server.bench.core.documents.permission(of: ["sip:\(name)@ims.test"], for: "alice")
            }
        }
        let everybody =
            "<identity><many domain=\"ims.test\"><except id=\"sip:bob@ims.test\"/></many></identity>"
        #expect(try permissions(rules(everybody, "allow")) == [.confirm, .allow])
        #expect(
            try permissions(rules(everybody, "allow"), rules("<o:other-identity/>", "polite-block"))
                == [.politeBlock, .allow]
        )
        let list = "http://127.0.0.1:8080/xcap-root/\(Self.list)"
        #expect(
            try permissions(rules("<o:external-list><o:entry anc=\"\(list)\"/></o:external-list>", "block"))
                == [.block, .confirm]
        )
        #expect(try permissions(rules("<sphere value=\"work\"/>", "allow")) == [.confirm, .confirm])
    }
}
