import Documents
import Testing
import Wire

@Suite("Resource lists (RFC 4826)")
struct ResourceListsTests {
    @Test("the example of §3.3: entries, a list in a list, and what is elsewhere")
    func example() throws {
        let document = try ResourceLists(parsing: documentFixture("rfc4826-resource-lists-1.xml"))
        let friends = try #require(document.lists.first)
        #expect(friends.name == "friends")
        #expect(friends.entries == [.init("sip:bill@example.com", displayName: "Bill Doe")])
        #expect(friends.references.count == 1)
        let close = try #require(friends.lists.first)
        #expect(close.displayName == "Close Friends")
        #expect(close.externals.count == 1)
        #expect(
            document.buddies == [
                .init(.init("sip:bill@example.com", displayName: "Bill Doe"), group: "friends"),
                .init(.init("sip:joe@example.com", displayName: "Joe Smith"), group: "close-friends"),
                .init(.init("sip:nancy@example.com", displayName: "Nancy Gross"), group: "close-friends"),
            ]
        )
    }

    @Test("what others have put into a document survives every change", arguments: [1, 2])
    func survival(_ number: Int) throws {
        let text = """
            <rl:resource-lists xmlns:rl="urn:ietf:params:xml:ns:resource-lists" xmlns:v="urn:vendor">
              <rl:list name="buddies" v:colour="red">
                <rl:entry uri="sip:bob@ims.test" v:rank="1"><rl:display-name xml:lang="de">Bob</rl:display-name>
                  <v:photo>abc<v:crop/>def</v:photo></rl:entry>
                <v:note/>
              </rl:list>
            </rl:resource-lists>
            """
        var document = try ResourceLists(parsing: ByteString(text))
        if number == 1 {
            document.set(.init(.init("sip:carol@ims.test", displayName: "Carol")))
            document.remove("sip:carol@ims.test")
        } else {
            document.set(.init(.init("sip:bob@ims.test", displayName: "Robert"), group: "work"))
            document.set(.init(.init("sip:bob@ims.test", displayName: "Bob")))
        }
        let written = document.serialized()
        let kept = String(decoding: written, as: UTF8.self)
        for piece in [
            "v:colour=\"red\"", "v:rank=\"1\"", "<v:photo>abc<v:crop/>def</v:photo>", "xml:lang=\"de\"",
            "<v:note/>",
        ] {
            #expect(kept.contains(piece), "\(piece) in \(kept)")
        }
        #expect(document.buddies == [.init(.init("sip:bob@ims.test", displayName: "Bob"))])
        try expectValid(written, against: "resource-lists.xsd")
    }

    @Test("a list that is begun here: the main list, groups in it, nobody twice")
    func writing() throws {
        var document = ResourceLists()
        document.set(.init(.init("sip:bob@ims.test", displayName: "B<o>b & \"co\"")))
        document.set(.init(.init("sip:carol@ims.test"), group: "work"))
        document.set(.init(.init("sip:dave@ims.test"), group: "work"))
        document.set(.init(.init("sip:bob@ims.test", displayName: "Bob"), group: "work"))
        let written = document.serialized()
        let read = try ResourceLists(parsing: ByteString(written))
        #expect(read.lists.map(\.name) == ["buddies"])
        #expect(read.lists.first?.lists.map(\.name) == ["work"])
        #expect(
            read.buddies == [
                .init(.init("sip:carol@ims.test"), group: "work"),
                .init(.init("sip:dave@ims.test"), group: "work"),
                .init(.init("sip:bob@ims.test", displayName: "Bob"), group: "work"),
            ]
        )
        try expectValid(written, against: "resource-lists.xsd")
        let removals = [document.remove("sip:carol@ims.test"), document.remove("sip:carol@ims.test")]
        #expect(removals == [true, false])
        #expect(document.buddies.count == 2)
    }

    @Test("the lists of OMA: its buddy list is the main list, those of decided watchers are none")
    func oma() throws {
        let text = """
            <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">
              <list name="oma_grantedcontacts"><entry uri="sip:eve@ims.test"/></list>
              <list name="oma_buddylist"><entry uri="sip:bob@ims.test"/></list>
            </resource-lists>
            """
        var document = try ResourceLists(parsing: ByteString(text))
        document.set(.init(.init("sip:eve@ims.test")))
        #expect(
            document.lists.map { $0.entries.map(\.uri) } == [
                ["sip:eve@ims.test"], ["sip:bob@ims.test", "sip:eve@ims.test"],
            ]
        )
        #expect(document.buddies.map(\.group) == [nil, nil])
    }

    @Test(
        "what is no such document is refused",
        arguments: [
            "<resource-lists/>",
            "<list xmlns=\"urn:ietf:params:xml:ns:resource-lists\"/>",
            "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list><entry/></list></resource-lists>",
            "<!DOCTYPE a><resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"/>",
            "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">",
        ]
    )
    func refused(_ text: String) {
        #expect(throws: DocumentError.self) { try ResourceLists(parsing: ByteString(text)) }
    }

    @Test("the services of §4.5: one list elsewhere, one in the document")
    func services() throws {
        for name in ["rfc4826-rls-services-1.xml", "rfc4826-rls-services-4.xml"] {
            let services = try RLSServices(parsing: documentFixture(name)).services
            #expect(services.map(\.uri) == ["sip:mybuddies@example.com", "sip:marketing@example.com"])
            #expect(services.map(\.packages) == [["presence"], ["presence"]])
            guard case .list(let list) = services[1].members else {
                throw DocumentError.invalid(element: "list")
            }
            #expect(list.entries.map(\.uri) == ["sip:joe@example.com", "sip:sudhir@example.com"])
        }
    }

    @Test("a service is added, changed and taken away, the others stay")
    func changingServices() throws {
        var document = try RLSServices(parsing: documentFixture("rfc4826-rls-services-1.xml"))
        let address =
            "http://xcap.example.com/resource-lists/users/sip:a@b/index/~~/resource-lists/list%5B@name=%22x%22%5D"
        document.set(
            "sip:marketing@example.com",
            reference: address,
            packages: ["presence", "presence.winfo"]
        )
        document.set("sip:new@example.com", reference: address, packages: [])
        document.remove("sip:mybuddies@example.com")
        let written = document.serialized()
        try expectValid(written, against: "rls-services.xsd")
        #expect(
            try RLSServices(parsing: ByteString(written)).services == [
                .init(
                    uri: "sip:marketing@example.com",
                    members: .reference(address),
                    packages: ["presence", "presence.winfo"]
                ),
                .init(uri: "sip:new@example.com", members: .reference(address)),
            ]
        )
    }
}
