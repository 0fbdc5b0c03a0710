import Documents
import Testing
import Wire

@Suite("XCAP (RFC 4825)")
struct XCAPTests {
    @Test("a document's path, and what is none")
    func documents() {
        let selector = XCAPDocumentSelector(usage: "resource-lists", user: "sip:alice@ims.test")
        #expect(selector.path == "resource-lists/users/sip:alice@ims.test/index")
        #expect(XCAPDocumentSelector(path: selector.path) == selector)
        #expect(XCAPCapabilities.selector.path == "xcap-caps/global/index")
        #expect(XCAPDocumentSelector(path: "xcap-caps/global/index") == XCAPCapabilities.selector)
        let odd = XCAPDocumentSelector(usage: "a", user: "sip:%61 /?#ä@b", name: "c/d")
        #expect(odd.path == "a/users/sip:%2561%20%2F%3F%23%C3%A4@b/c/d")
        #expect(XCAPDocumentSelector(path: odd.path) == odd)
        for path in [
            "", "a", "a/users/b", "a/users/b/..", "a/users//c", "a/elsewhere/b/c", "a/users/b/~~/c",
            "a/global/./b",
        ] {
            #expect(XCAPDocumentSelector(path: path) == nil, "\(path)")
        }
    }

    @Test("the selectors of §6.3 and §6.4, escaped for a URI")
    func nodes() {
        let entry = XCAPNodeSelector(root: "resource-lists")
            .child("list", where: ("name", "friends"))
            .child("entry", where: ("uri", "sip:bob@ims.test"))
        #expect(
            entry.uriPart
                == "/~~/resource-lists/list%5B@name=%22friends%22%5D/entry%5B@uri=%22sip:bob@ims.test%22%5D"
        )
        #expect(
            entry.description == "resource-lists/list[@name=\"friends\"]/entry[@uri=\"sip:bob@ims.test\"]"
        )
        #expect(entry.attribute("uri").isAttribute)
        #expect(!entry.isAttribute)
        #expect(
            XCAPNodeSelector(root: "foo").child("a:bar", at: 2).binding("a", to: "urn:x(1)^").uriPart
                == "/~~/foo/a:bar%5B2%5D?xmlns(a=urn:x%5E(1%5E)%5E%5E)"
        )
    }

    @Test(
        "no value reaches another node than the one that is meant",
        arguments: [
            ("a\"]/entry[1", "list%5B@name='a%22%5D%2Fentry%5B1'%5D"),
            ("it's \"x\"", "list%5B@name=%22it's%20&amp;quot;x&amp;quot;%22%5D"),
            ("a&b<c", "list%5B@name=%22a&amp;amp;b&amp;lt;c%22%5D"),
            ("../..?x#y%20", "list%5B@name=%22..%2F..%3Fx%23y%2520%22%5D"),
            ("Käthe", "list%5B@name=%22K%C3%A4the%22%5D"),
        ]
    )
    func injection(_ value: String, _ expected: String) {
        let selector = XCAPNodeSelector(root: "r").child("list", where: ("name", value))
        #expect(selector.uriPart == "/~~/r/" + expected.replacing("&amp;", with: "&"))
        #expect(XCAPNodeSelector(text: selector.description)?.uriPart == selector.uriPart)
    }

    @Test("a selector that a person writes is read, one that is not whole is not")
    func reading() {
        let text = "resource-lists/list[@name=\"a/b\"]/entry[1]"
        #expect(XCAPNodeSelector(text: text)?.description == text)
        #expect(
            XCAPNodeSelector(text: "resource-lists/list%5b@name=%22a%22%5d")?.description
                == "resource-lists/list[@name=\"a\"]"
        )
        for text in ["", "/a", "a//b", "a/", "a[", "a]", "a[@b=\"c]", "a/[1]", "a[[1]]"] {
            #expect(XCAPNodeSelector(text: text) == nil, "\(text)")
        }
    }

    @Test("what a server can do")
    func capabilities() throws {
        let text = """
            <xcap-caps xmlns="urn:ietf:params:xml:ns:xcap-caps"><auids><auid>pres-rules</auid>
            <auid> resource-lists </auid></auids><extensions/><namespaces><namespace>urn:x</namespace></namespaces>
            <v:more xmlns:v="urn:v"/></xcap-caps>
            """
        let capabilities = try XCAPCapabilities(parsing: ByteString(text))
        #expect(
            capabilities == XCAPCapabilities(usages: ["pres-rules", "resource-lists"], namespaces: ["urn:x"])
        )
    }

    @Test("the conflict report of §11.1, and each of its reasons")
    func errors() throws {
        let report = try XCAPErrorDocument(parsing: documentFixture("rfc4825-xcap-error-1.xml"))
        #expect(report.reason == .notUnique)
        #expect(
            report.conflicts == [
                .init(field: "rls-services/service/@uri", alternatives: ["sip:mybuddies@example.com"])
            ]
        )
        for reason in XCAPErrorDocument.Reason.allCases {
            let text = """
                <xcap-error xmlns="urn:ietf:params:xml:ns:xcap-error"><\(reason.rawValue) phrase="so it is"/></xcap-error>
                """
            let report = try XCAPErrorDocument(parsing: ByteString(text))
            #expect(report.reason == reason)
            #expect(report.phrase == "so it is")
        }
        #expect(throws: DocumentError.self) {
            try XCAPErrorDocument(
                parsing: ByteString("<xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\"/>")
            )
        }
    }
}
