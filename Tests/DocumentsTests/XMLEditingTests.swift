import Documents
import Testing
import Wire

@Suite("Documents that are changed and written back")
struct XMLEditingTests {
    private func rewritten(_ text: String, _ change: (inout XMLElement) -> Void = { _ in }) throws -> String {
        var root = try XMLReader.read(Array(text.utf8))
        change(&root)
        var writer = XMLWriter()
        writer.element(root)
        let written = String(decoding: writer.bytes, as: UTF8.self)
        return String(written.drop { $0 != "\n" }.dropFirst())
    }

    @Test(
        "what is not touched comes out as it went in",
        arguments: [
            "<a/>",
            "<a>text</a>",
            "<a xmlns=\"urn:a\" xmlns:b=\"urn:b\"><b:c b:d=\"1\" e=\"&lt;&quot;\"/> and <f xmlns=\"urn:f\">&amp;</f> more</a>",
            "<p:a xmlns:p=\"urn:a\">\n  <p:b type=\"p:name\"/>\n  <c>mixed <i>text</i> stays <i>in</i> order</c>\n</p:a>",
            "<a xmlns=\"urn:a\"><b xmlns=\"\" xml:lang=\"de\"/></a>",
        ]
    )
    func identity(_ text: String) throws { #expect(try rewritten(text) == text) }

    @Test("two prefixes of one namespace may change places, the names do not")
    func prefixes() throws {
        let text = "<x:a xmlns=\"urn:a\" xmlns:x=\"urn:a\" xmlns:y=\"urn:a\"><y:b y:c=\"1\"/></x:a>"
        let written = try rewritten(text)
        #expect(try XMLReader.read(Array(written.utf8)) == XMLReader.read(Array(text.utf8)))
    }

    @Test("a namespace that nobody has declared is declared where it is used")
    func declarations() throws {
        let text = "<a xmlns=\"urn:a\"><b/></a>"
        let written = try rewritten(text) { root in
            var child = XMLElement(name: XMLName("c", in: "urn:c"))
            child.attributes = [XMLAttribute(name: XMLName("d", in: "urn:d"), value: "1")]
            root.append(child)
            root.append(XMLElement(name: XMLName("e", in: nil)))
        }
        #expect(
            written == """
                <a xmlns="urn:a"><b/><ns1:c xmlns:ns1="urn:c" xmlns:ns2="urn:d" ns2:d="1"/><e xmlns=""/></a>
                """
        )
    }

    @Test("an attribute is in the namespace of a prefix, never in the default one")
    func attributes() throws {
        var root = XMLElement(name: XMLName("a", in: "urn:a"))
        root.attributes = [XMLAttribute(name: XMLName("b", in: "urn:a"), value: "1")]
        var writer = XMLWriter()
        writer.element(root)
        #expect(try XMLReader.read(writer.bytes).attributes == root.attributes)
    }

    @Test("new elements are indented as their neighbours are, and gone ones leave no hole")
    func layout() throws {
        let text = "<a>\n  <b/>\n  <c/>\n</a>"
        func inserted(at index: Int) throws -> String {
            try rewritten(text) { root in root.insert(root.sibling("d"), at: index) }
        }
        let (first, second, last) = (try inserted(at: 0), try inserted(at: 1), try inserted(at: 2))
        #expect(first == "<a>\n  <d/>\n  <b/>\n  <c/>\n</a>")
        #expect(second == "<a>\n  <b/>\n  <d/>\n  <c/>\n</a>")
        #expect(last == "<a>\n  <b/>\n  <c/>\n  <d/>\n</a>")
        let (withoutFirst, withoutLast) = (
            try rewritten(text) { root in root.removeChild(at: 0) },
            try rewritten(text) { root in root.removeChild(at: 1) }
        )
        #expect(withoutFirst == "<a>\n  <c/>\n</a>")
        #expect(withoutLast == "<a>\n  <b/>\n</a>")
        let empty = try rewritten(text) { root in root.removeChildren { _ in true } }
        #expect(empty == "<a/>")
        let mixed = try rewritten("<a>one<b/>two<c/>three</a>") { root in root.removeChild(at: 0) }
        #expect(mixed == "<a>onetwo<c/>three</a>")
    }
}
