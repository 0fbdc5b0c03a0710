import Documents
import Testing
import Wire

@Suite("XML patches (RFC 5261) and partial presence (RFC 5262)")
struct XMLPatchTests {
    @Test(
        "the examples of RFC 5261 appendix A",
        arguments: [(1, 1), (3, 2), (9, 5), (11, 6), (13, 7), (21, 11), (23, 12), (25, 13)]
    )
    func examples(document: Int, patch: Int) throws {
        var root = try tree("rfc5261-doc-\(document).xml")
        try XMLPatch(tree("rfc5261-diff-\(patch).xml")).apply(to: &root)
        #expect(try isSame(root, tree("rfc5261-doc-\(document + 1).xml")))
    }

    @Test("the change of RFC 5262 §4.3 leads from the first document to the second")
    func partialPresence() throws {
        guard case .full(567, var root) = try partial("rfc5262-pidf-full-1.xml"),
            case .difference(568, "pres:someone@example.com", let patch) = try partial(
                "rfc5262-pidf-diff-1.xml"
            ),
            case .full(568, let wanted) = try partial("rfc5262-pidf-full-2.xml")
        else {
            Issue.record("the documents are read as something else")
            return
        }
        try patch.apply(to: &root)
        let (changed, expected) = (try PresenceDocument(root), try PresenceDocument(wanted))
        #expect(changed.tuples.map(\.id) == ["sg89ae", "cg231jcr", "r1230d", "ert4773"])
        #expect(changed.tuples[2].basic == .open)
        #expect(changed.tuples[1].priority == 700)
        #expect(changed.persons == expected.persons)
        #expect(changed.tuples.map(\.basic) == expected.tuples.map(\.basic))
    }

    @Test("every partial document of the RFCs is read", arguments: documentNames(holding: "-pidf-"))
    func partialSamples(name: String) throws { _ = try partial(name) }

    @Test("a patch that finds nothing, or more than one, changes nothing")
    func mismatch() throws {
        let original = try tree("<a><b/><b/><c>1</c></a>", isName: false)
        for (number, selector) in ["a/d", "a/b", "d", "a/c[.='2']", "a/b[3]", "a/c/@x"].enumerated() {
            var root = original
            let patch = try XMLPatch(
                tree("<diff><remove sel=\"a/b[1]\"/><remove sel=\"\(selector)\"/></diff>", isName: false)
            )
            // Once one of the two is gone, the other is the only one.
            guard number != 1 else { continue }
            #expect(throws: XMLPatch.Failure.noMatch(1)) { try patch.apply(to: &root) }
            #expect(root == original)
        }
    }

    @Test(
        "what is not understood is refused",
        arguments: [
            "<add sel='a/comment()'/>", "<add sel=''/>", "<add sel=\"id('x')\"/>", "<add/>",
            "<move sel='a'/>",
            "<add sel='a' pos='beside'/>", "<add sel='a/b['/>", "<add sel='a//b'/>", "<add sel='p:a'/>",
            "<replace sel='a/b'><c/><d/></replace>", "<add sel='a' type='namespace::p'>u</add>",
        ]
    )
    func malformed(operation: String) throws {
        #expect(throws: XMLPatch.Failure.malformed) {
            try XMLPatch(tree("<diff>\(operation)</diff>", isName: false))
        }
    }

    @Test("patches that only add cannot make a document grow for ever, nor deeper than can be read")
    func growth() throws {
        var root = try tree("<a><b/></a>", isName: false)
        let much = String(repeating: "x", count: 100_000)
        let patch = try XMLPatch(tree("<diff><add sel='a'><c>\(much)</c></add></diff>", isName: false))
        #expect(throws: XMLPatch.Failure.tooLarge) {
            for _ in 0..<10 { try patch.apply(to: &root) }
        }
        var deep = try tree("<a/>", isName: false)
        #expect(throws: XMLPatch.Failure.self) {
            for depth in 0..<100 {
                let selector = (["a"] + Array(repeating: "b", count: depth)).joined(separator: "/")
                try XMLPatch(tree("<diff><add sel='\(selector)'><b/></add></diff>", isName: false))
                    .apply(to: &deep)
            }
        }
    }

    private func partial(_ name: String) throws -> PartialPresence {
        try PartialPresence(parsing: documentFixture(name))
    }

    private func tree(_ text: String, isName: Bool = true) throws -> XMLElement {
        try XMLReader.read(isName ? documentFixture(text).bytes : Array(text.utf8))
    }

    /// Whether two documents say the same, whatever the white space between their elements.
    private func isSame(_ left: XMLElement, _ right: XMLElement) -> Bool {
        left.name == right.name && left.attributes == right.attributes
            && left.trimmedText == right.trimmedText
            && left.children.count == right.children.count
            && zip(left.children, right.children).allSatisfy(isSame)
    }
}
