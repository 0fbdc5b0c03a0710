import Documents
import Testing
import Wire

@Suite("Watcher information (RFC 3858)")
struct WatcherInformationTests {
    @Test("every document of the RFCs is read", arguments: documentNames(holding: "-watcherinfo-"))
    func samples(name: String) throws {
        let information = try WatcherInformation(parsing: documentFixture(name))
        #expect(information.lists.allSatisfy { $0.eventPackage == "presence" })
    }

    @Test("the example of §5")
    func example() throws {
        let information = try WatcherInformation(parsing: documentFixture("rfc3858-watcherinfo-1.xml"))
        #expect(information.version == 0)
        #expect(information.isFull)
        let list = try #require(information.lists.first)
        #expect(list.resource == "sip:professor@example.net")
        #expect(
            list.watchers == [
                WatcherInformation.Watcher(
                    uri: "sip:userA@example.net",
                    id: "8ajksjda7s",
                    status: .active,
                    event: .approved,
                    subscribedFor: .seconds(509)
                ),
                WatcherInformation.Watcher(
                    uri: "sip:userB@example.org",
                    id: "hh8juja87s997-ass7",
                    status: .pending,
                    event: .subscribe,
                    displayName: "Mr. Subscriber"
                ),
            ]
        )
        let bytes = information.serialized()
        #expect(try WatcherInformation(parsing: ByteString(bytes)) == information)
        try expectValid(bytes, against: "watcherinfo.xsd")
    }

    @Test(
        "what is no watcher information is refused",
        arguments: [
            "<watcherinfo/>", "<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' version='0'/>",
            "<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' version='-1' state='full'/>",
            "<w:watcherinfo xmlns:w='urn:ietf:params:xml:ns:watcherinfo' version='0' state='full'>"
                + "<w:watcher-list/></w:watcherinfo>",
        ]
    )
    func refused(text: String) {
        #expect(throws: DocumentError.self) { try WatcherInformation(parsing: ByteString(text)) }
    }

    @Test("watchers without an address are left out, and no more are kept than there is room for")
    func limits() throws {
        let many = (0..<2000).map {
            "<watcher id='\($0)' status='active' event='approved'>sip:a\($0)@b</watcher>"
        }
        let text = """
            <watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' version='3' state='partial'>
            <watcher-list resource='sip:a@b' package='presence'><watcher id='x' status='active' event='approved'/>
            <watcher id='y' status='odd' event='approved'>sip:c@d</watcher>\(many.joined())</watcher-list></watcherinfo>
            """
        let information = try WatcherInformation(parsing: ByteString(text))
        #expect(information.lists[0].watchers.first?.uri == "sip:a0@b")
        #expect(information.lists[0].watchers.count <= WatcherInformation.Limits.watchers)
    }
}

@Suite("Resource list meta-information (RFC 4662 §5)")
struct ListInformationTests {
    @Test("every document of the RFC is read", arguments: documentNames(holding: "rfc4662-list-"))
    func samples(name: String) throws {
        let information = try ListInformation(parsing: documentFixture(name))
        #expect(information.uri.hasPrefix("sip:"))
    }

    @Test("the first document of §6")
    func example() throws {
        let information = try ListInformation(parsing: documentFixture("rfc4662-list-1.xml"))
        #expect(information.version == 7)
        #expect(information.isFull)
        #expect(information.resources.map(\.name) == ["Bob Smith", "Dave Jones", "Jim", "Ed"])
        #expect(information.resources[0].instances[0].contentID == "12345.aaa@vancouver.example.com")
        #expect(
            information.resources[2].instances
                == [ListInformation.Instance(id: "oflzxqzuvg", state: .terminated, reason: "rejected")]
        )
        let bytes = information.serialized()
        #expect(try ListInformation(parsing: ByteString(bytes)) == information)
        try expectValid(bytes, against: "rlmi.xsd")
    }

    @Test(
        "what is no such document is refused",
        arguments: [
            "<list/>",
            "<list xmlns='urn:ietf:params:xml:ns:rlmi' uri='sip:a@b' version='x' fullState='true'/>",
        ]
    )
    func refused(text: String) throws {
        #expect(throws: DocumentError.self) { try ListInformation(parsing: ByteString(text)) }
        let malformed = try documentFixture("NotWellFormed/rfc4662-list-2.xml")
        #expect(throws: DocumentError.self) { try ListInformation(parsing: malformed) }
    }
}

@Suite("Changes of XCAP documents (RFC 5874)")
struct XCAPDifferenceTests {
    @Test("every document of the RFCs is read", arguments: documentNames(holding: "-xcap-diff-"))
    func samples(name: String) throws {
        let difference = try XCAPDifference(parsing: documentFixture(name))
        #expect(difference.root.hasPrefix("http"))
    }

    @Test("the example of §5")
    func example() throws {
        let difference = try XCAPDifference(parsing: documentFixture("rfc5874-xcap-diff-1.xml"))
        #expect(
            difference.documents == [
                XCAPDifference.Document(
                    selector: "resource-lists/users/sip:joe@example.com/coworkers",
                    newETag: "7ahggs",
                    previousETag: "8a77f8d"
                )
            ]
        )
        #expect(difference.nodes.map(\.exists) == [true, true])
        let told = XCAPDifference(root: difference.root, documents: difference.documents)
        #expect(try XCAPDifference(parsing: ByteString(told.serialized())) == told)
    }
}
