import Documents
import Testing

@Suite("XML reader")
struct XMLReaderTests {
    private func read(_ text: String, limits: XMLLimits = XMLLimits()) throws(XMLError) -> XMLElement {
        try XMLReader.read(Array(text.utf8), limits: limits)
    }

    @Test("names carry their namespace, whatever the prefix")
    func namespaces() throws {
        let root = try read(#"<a xmlns="urn:x" xmlns:p="urn:y" k="1" p:k="2"><p:b/><b xmlns="urn:z"/></a>"#)
        #expect(root.name == XMLName("a", in: "urn:x"))
        #expect(root.attribute("k") == "1")
        #expect(root.attributes.count == 2)
        #expect(root.children.map(\.name) == [XMLName("b", in: "urn:y"), XMLName("b", in: "urn:z")])
    }

    @Test("text is in one piece across comments, CDATA and character references")
    func text() throws {
        let root = try read("<a> one<!-- no --> &amp;<![CDATA[ <two>]]> &#x41;<?pi no?>\n</a>")
        #expect(root.text == " one & <two> A\n")
        #expect(root.trimmedText == "one & <two> A")
    }

    @Test(
        "what is not well-formed is refused",
        arguments: [
            "", "  ", "text", "<a>", "<a></b>", "<a/><b/>", "<a b=1/>", "<a>&lt</a>", "<a>\u{1}</a>",
            "<a b='1' b='2'/>",
        ]
    )
    func malformed(_ text: String) {
        #expect {
            try read(text)
        } throws: { error in
            if case XMLError.notWellFormed = error { true } else { false }
        }
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        #expect(throws: XMLError.self) {
            try XMLReader.read(Array("<a>".utf8) + [0xff, 0xfe] + Array("</a>".utf8))
        }
    }

    @Test("a document type is refused, with it entity bombs and external entities")
    func documentType() {
        let bomb = """
            <!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">
            <!ENTITY z "&y;&y;&y;&y;&y;&y;&y;&y;">]><a>&z;&z;&z;</a>
            """
        let external = #"<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>"#
        let parameter = #"<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>"#
        for text in [external, parameter, "<!DOCTYPE a><a/>"] {
            #expect(throws: XMLError.documentTypeRefused) { try read(text) }
        }
        #expect(throws: XMLError.self) { try read(bomb) }
        #expect(throws: XMLError.self) { try read("<a>&undeclared;</a>") }
    }

    @Test("depth, size and the number of nodes have a limit each")
    func limits() throws {
        var limits = XMLLimits()
        (limits.depth, limits.nodeCount, limits.byteCount) = (3, 10, 100)
        #expect(try read("<a><a><a/></a></a>", limits: limits).children.count == 1)
        #expect(throws: XMLError.tooDeep) { try read("<a><a><a><a/></a></a></a>", limits: limits) }
        #expect(throws: XMLError.tooManyNodes) {
            try read("<a><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/></a>", limits: limits)
        }
        #expect(throws: XMLError.tooManyNodes) {
            try read(#"<a b="1" c="1" d="1" e="1" f="1" g="1" h="1" i="1" j="1" k="1"/>"#, limits: limits)
        }
        #expect(throws: XMLError.tooLarge) {
            try read("<a>" + String(repeating: "x", count: 100) + "</a>", limits: limits)
        }
        let deep = String(repeating: "<a>", count: 10_000)
        #expect(throws: XMLError.tooDeep) { try read(deep) }
    }

    @Test("text that the library tells in pieces is one node")
    func longText() throws {
        var limits = XMLLimits()
        (limits.nodeCount, limits.byteCount) = (2, 1 << 20)
        let text = String(repeating: "é&amp;\r\n", count: 10_000)
        let root = try read("<a>\(text)</a>", limits: limits)
        #expect(root.text == String(repeating: "é&\n", count: 10_000))
        #expect(throws: XMLError.tooManyNodes) { try read("<a>x<b/></a>", limits: limits) }
    }

    @Test("a prefix that is declared nowhere stays with its name, in no namespace")
    func undeclared() throws {
        let root = try read(#"<p:a p:k="1" xml:lang="de"><q:b/></p:a>"#)
        #expect(root.name == XMLName("p:a", in: nil))
        #expect(root.attribute("p:k") == "1")
        #expect(root.attributes[1].name == XMLName("lang", in: "http://www.w3.org/XML/1998/namespace"))
        #expect(root.children.map(\.name) == [XMLName("q:b", in: nil)])
    }

    @Test("a prefix names what the innermost declaration says, and a declaration ends with its element")
    func scopes() throws {
        let root = try read(
            #"<a xmlns:p="urn:x"><p:b xmlns:p="urn:y"><p:c/></p:b><p:c/><d xmlns="urn:z"><e xmlns=""/></d></a>"#
        )
        #expect(root.namespaces == ["p": "urn:x"])
        #expect(root.children.map(\.name.namespace) == ["urn:y", "urn:x", "urn:z"])
        #expect(root.children[0].children.map(\.name.namespace) == ["urn:y"])
        #expect(root.children[2].children.map(\.name) == [XMLName("e", in: nil)])
    }

    @Test("an ampersand in an attribute is one, however it is written, and is expanded once")
    func ampersands() throws {
        let root = try read("<a b='&amp;&#38;&#x26;&amp;amp;&amp;#38;&lt;' c='&amp;'>&amp;&#38;&amp;#38;</a>")
        #expect(root.attribute("b") == "&&&&amp;&#38;<")
        #expect(root.attribute("c") == "&")
        #expect(root.text == "&&&#38;")
    }

    @Test("as many names as there may be are told apart, at whatever address the library has them")
    func manyNames() throws {
        let names = (0..<2000).map { "n\($0)" }
        let text = names.map { #"<\#($0) \#($0)="\#($0)" xmlns="urn:ietf:params:xml:ns:\#($0)"/>"# }.joined()
        let root = try read("<a>\(text)\(text)</a>")
        #expect(root.children.map(\.name.local) == names + names)
        #expect(root.children.allSatisfy { $0.name.namespace == "urn:ietf:params:xml:ns:" + $0.name.local })
        #expect(root.children.allSatisfy { $0.attribute($0.name.local) == $0.name.local })
    }

    @Test(
        "what a document says of its encoding does not make it another than UTF-8",
        arguments: ["UTF-8", "ISO-8859-1", "UTF-16", "no-such-encoding"]
    )
    func declaredEncoding(_ name: String) throws {
        let root = try read("<?xml version=\"1.0\" encoding=\"\(name)\"?><a b=\"é\">ü</a>")
        #expect(root.text == "ü")
        #expect(root.attribute("b") == "é")
    }

    @Test(
        "a document in UTF-16 or with a byte that is no UTF-8 is refused, one with a byte order mark is read"
    )
    func otherEncodings() throws {
        let text = "<?xml version=\"1.0\"?><a/>"
        let wide: [UInt8] = text.utf8.flatMap { byte -> [UInt8] in [byte, 0] }
        let marks: [[UInt8]] = [[], [0xFF, 0xFE], [0], [0x4C, 0x6F, 0xA7, 0x94]]
        for bytes in marks.map({ $0 + wide }) {
            #expect(throws: XMLError.notWellFormed(line: 1)) { try XMLReader.read(bytes) }
        }
        #expect(throws: XMLError.self) {
            try XMLReader.read(Array("<a b='".utf8) + [0xE9] + Array("'/>".utf8))
        }
        #expect(try XMLReader.read([0xEF, 0xBB, 0xBF] + Array(text.utf8)).name.local == "a")
    }

    @Test("the line of an error is told")
    func line() {
        #expect(throws: XMLError.notWellFormed(line: 3)) { try read("<a>\n\n</b>\n") }
    }

    @Test("random damage to a document never traps")
    func damage() {
        let original = Array(#"<a xmlns="urn:x"><b c="&lt;">text</b><!-- x --><![CDATA[y]]></a>"#.utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var damaged = original
            for _ in 0..<3 {
                let index = Int.random(in: damaged.indices, using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? XMLReader.read(damaged)
        }
    }
}

@Suite("XML writer")
struct XMLWriterTests {
    @Test("what is written is read back, whatever the text")
    func roundTrip() throws {
        let text = "<&>\"' \t\r\n\u{E9}\u{1F600}]]>"
        var writer = XMLWriter()
        writer.element("a", ["b": text, "c": nil]) { writer in
            writer.text(text)
            writer.element("d")
        }
        let root = try XMLReader.read(writer.bytes)
        #expect(root.attribute("b") == text)
        #expect(root.attribute("c") == nil)
        #expect(root.text == text)
        #expect(root.children.count == 1)
    }

    @Test("what XML cannot say becomes the replacement character")
    func unspeakable() throws {
        var writer = XMLWriter()
        writer.element("a") { $0.text("x\0\u{1B}\u{FFFF}y") }
        #expect(try XMLReader.read(writer.bytes).text == "x\u{FFFD}\u{FFFD}\u{FFFD}y")
    }
}
