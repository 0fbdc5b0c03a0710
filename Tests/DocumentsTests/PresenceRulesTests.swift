import Documents
import Testing
import Wire

@Suite("Presence rules (RFC 5025, RFC 4745)")
struct PresenceRulesTests {
    private func outline(_ rules: PresenceRules) -> [String] {
        rules.decisions.map { "\($0.uri) \($0.handling.rawValue)" }
    }

    private func read(_ rules: String) throws -> PresenceRules {
        try PresenceRules(
            parsing: ByteString(
                """
                <ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"
                  xmlns:ocp="urn:oma:xml:xdm:common-policy" xmlns:v="urn:vendor">\(rules)</ruleset>
                """
            )
        )
    }

    private func rule(_ id: String, _ conditions: String, _ handling: String) -> String {
        """
        <rule id="\(id)"><conditions>\(conditions)</conditions><actions><pr:sub-handling>\(handling)\
        </pr:sub-handling></actions><transformations/></rule>
        """
    }

    private func about(_ names: String...) -> String {
        "<identity>" + names.map { "<one id=\"sip:\($0)@ims.test\"/>" }.joined() + "</identity>"
    }

    @Test("the example of §3.4 lets one watcher in")
    func example() throws {
        let rules = try PresenceRules(parsing: documentFixture("rfc5025-ruleset-1.xml"))
        #expect(rules.rules.map(\.id) == ["a"])
        #expect(outline(rules) == ["sip:user@example.com allow"])
    }

    @Test("every example of RFC 4745 is read and written back to the same rules", arguments: 1...7)
    func commonPolicy(_ number: Int) throws {
        let rules = try PresenceRules(parsing: documentFixture("rfc4745-ruleset-\(number).xml"))
        #expect(try PresenceRules(parsing: ByteString(rules.serialized())) == rules)
        #expect(!rules.rules.isEmpty)
        #expect(rules.decisions.isEmpty)
    }

    @Test("the most generous of several rules counts, and one with further conditions says nothing certain")
    func combination() throws {
        let rules = try read(
            rule("a", about("bob"), "polite-block")
                + rule(
                    "b",
                    about("bob", "eve"),
                    "confirm"
                )
                + rule(
                    "c",
                    "<identity><one id=\"sip:eve@ims.test\"/></identity><sphere value=\"work\"/>",
                    "allow"
                )
                + rule("d", "<identity><one id=\"sip:eve@ims.test\"/></identity><v:moon/>", "allow")
        )
        #expect(outline(rules) == ["sip:bob@ims.test polite-block", "sip:eve@ims.test confirm"])
    }

    @Test("the conditions of OMA are understood")
    func oma() throws {
        let rules = try read(
            rule(
                "wp_prs_grantedcontacts",
                "<ocp:external-list><ocp:entry anc=\"http://x/l\"/></ocp:external-list>",
                "allow"
            )
                + rule("wp_prs_block_anonymous", "<ocp:anonymous-request/>", "block")
                + rule("wp_prs_unlisted", "<ocp:other-identity/>", "confirm")
        )
        #expect(rules.rules.map(\.identities) == [[.list("http://x/l")], [.anonymous], [.others]])
        #expect(rules.rules.allSatisfy { !$0.isConditional })
    }

    @Test("a decision begins a document that is valid, and is changed and taken back")
    func deciding() throws {
        var rules = PresenceRules()
        rules.decide(.allow, about: "sip:bob@ims.test")
        rules.decide(.allow, about: "sip:carol@ims.test")
        rules.decide(.block, about: "sip:eve@ims.test")
        try expectValid(rules.serialized(), against: "pres-rules.xsd")
        rules.decide(.block, about: "sip:carol@ims.test")
        try expectValid(rules.serialized(), against: "pres-rules.xsd")
        #expect(
            outline(rules) == [
                "sip:bob@ims.test allow", "sip:eve@ims.test block", "sip:carol@ims.test block",
            ]
        )
        rules.decide(nil, about: "sip:bob@ims.test")
        try expectValid(rules.serialized(), against: "pres-rules.xsd")
        #expect(rules.rules.map(\.id) == ["ims-block"])
        #expect(try PresenceRules(parsing: ByteString(rules.serialized())) == rules)
    }

    @Test(
        "a block takes the address out of the rules of others, and makes it an exception of those about everybody"
    )
    func outvoting() throws {
        var rules = try read(
            rule(
                "a",
                about("bob", "eve"),
                "allow"
            )
                + rule("b", about("eve"), "confirm")
                + rule("c", "<identity><many domain=\"ims.test\"/></identity>", "allow")
                + rule("d", "<identity><many domain=\"example.com\"/></identity>", "allow")
                + rule("e", about("eve"), "v:unknown")
        )
        rules.decide(.block, about: "sip:eve@ims.test")
        #expect(outline(rules) == ["sip:bob@ims.test allow", "sip:eve@ims.test block"])
        #expect(rules.rules.map(\.id) == ["a", "c", "d", "e", "ims-block"])
        #expect(rules.rules[1].identities == [.many(domain: "ims.test", except: ["sip:eve@ims.test"])])
        #expect(rules.rules[2].identities == [.many(domain: "example.com", except: [])])
        rules.decide(.allow, about: "sip:eve@ims.test")
        #expect(rules.rules[1].identities == [.many(domain: "ims.test", except: [])])
        #expect(outline(rules) == ["sip:bob@ims.test allow", "sip:eve@ims.test allow"])
    }

    @Test("unknown conditions, actions and transformations survive a decision")
    func survival() throws {
        var rules = try read(
            "<v:before/>"
                + rule(
                    "a",
                    "<identity><one id=\"sip:bob@ims.test\"><v:x/></one><v:y/></identity><v:z>1</v:z>",
                    "allow"
                )
        )
        rules.decide(.block, about: "sip:eve@ims.test")
        let text = String(decoding: rules.serialized(), as: UTF8.self)
        for piece in ["<v:before/>", "<v:x/>", "<v:y/>", "<v:z>1</v:z>"] { #expect(text.contains(piece)) }
    }

    @Test("a rule without an id is no rule")
    func refused() {
        #expect(throws: DocumentError.invalid(element: "rule")) { try read("<rule/>") }
    }
}
