import Documents
import Foundation
import Testing

@Suite("Registration information (RFC 3680 §5)")
struct RegistrationInformationTests {
    private func sample(_ name: String) throws -> RegistrationInformation {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        return try RegistrationInformation(parsing: Array(Data(contentsOf: folder.appending(path: name))))
    }

    @Test("the example of §5.3: two contacts, one of them expired")
    func example() throws {
        let document = try sample("rfc3680-reginfo-1.xml")
        #expect(document.version == 0)
        #expect(document.isFull)
        let registration = try #require(document.registrations.first)
        #expect(registration.addressOfRecord == "sip:user@example.com")
        #expect(registration.id == "as9")
        #expect(registration.state == .active)
        #expect(registration.contacts.map(\.id) == ["76", "77"])
        #expect(registration.contacts.map(\.event) == [.registered, .expired])
        #expect(registration.contacts.map(\.state) == [.active, .terminated])
        #expect(
            registration.contacts.map(\.uri) == ["sip:user@pc887.example.com", "sip:user@university.edu"]
        )
    }

    @Test("the examples of §6.3: a registration that has not begun, then a partial document")
    func flow() throws {
        let first = try sample("rfc3680-reginfo-2.xml")
        let second = try sample("rfc3680-reginfo-3.xml")
        #expect(first.registrations.first?.state == .`init`)
        #expect(!second.isFull && second.version == 1)
        var table = RegistrationTable()
        #expect([table.merge(first), table.merge(second)] == [.processed, .processed])
        #expect(table.registrations.count == 1)
        #expect(table.registrations[0].state == .active)
        #expect(table.registrations[0].contacts.map(\.uri) == ["sip:joe@pc34.example.com"])
    }

    @Test(
        "GRUUs, contact parameters and expiry are read (RFC 5628); a wrapper of another name hides what is in it"
    )
    func gruus() throws {
        let text = """
            <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo" version="7"
                state="partial" xmlns:x="urn:unknown"><x:other/>
              <registration aor="sip:user@example.com" id="as9" state="active" x:attribute="ignored">
                <contact id="76" state="active" event="shortened" expires="3599" callid="1j9@192.0.2.1" cseq="54321">
                  <uri> sip:user@192.0.2.1 </uri>
                  <unknown-param name="+sip.instance">"&lt;urn:uuid:f81d4fae&gt;"</unknown-param>
                  <unknown-param name="+g.oma.sip-im"/>
                  <x:uri>sip:wrong@example.com</x:uri>
                  <gr:pub-gruu uri="sip:user@example.com;gr=hha9s8d-999a"/>
                  <gr:temp-gruu uri="sip:8ffkas08af7fasklzi9@example.com;gr" first-cseq="54301"/>
                </contact></registration></reginfo>
            """
        let contact = try #require(
            RegistrationInformation(parsing: Array(text.utf8)).registrations.first?.contacts.first
        )
        #expect(contact.uri == "sip:user@192.0.2.1")
        #expect(contact.expires == .seconds(3599))
        #expect(contact.callID == "1j9@192.0.2.1")
        #expect(contact.sequence == 54321)
        #expect(contact.parameters == ["+sip.instance": "\"<urn:uuid:f81d4fae>\"", "+g.oma.sip-im": ""])
        #expect(contact.publicGRUU == "sip:user@example.com;gr=hha9s8d-999a")
        #expect(contact.temporaryGRUU == "sip:8ffkas08af7fasklzi9@example.com;gr")

        let wrapped = try sample("rfc5628-reginfo-1.xml")
        #expect(wrapped.registrations.first?.contacts.first?.uri == "sip:user@192.0.2.1")
        #expect(wrapped.registrations.first?.contacts.first?.publicGRUU == nil)
        #expect(try sample("rfc5628-reginfo-2.xml").registrations.count == 3)
    }

    @Test("what Kamailio sends: an identity of each scheme, and one id for whatever has ended")
    func kamailio() throws {
        let document = try sample("kamailio-reginfo-1.xml")
        #expect(document.registrations.map(\.addressOfRecord) == ["sip:alice@ims.test", "tel:+15550001"])
        for registration in document.registrations {
            #expect(registration.contacts.map(\.event) == [.expired, .registered])
            #expect(registration.contacts.map(\.expires) == [.zero, .seconds(3600)])
            #expect(registration.contacts[1].uri == "sip:alice@127.0.0.1:32944;transport=udp")
        }
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        var contact = RegistrationInformation.Contact(
            id: "1",
            state: .terminated,
            event: .probation,
            uri: "sip:a@127.0.0.1:5060;transport=tcp"
        )
        contact.retryAfter = .seconds(30)
        contact.displayName = "<Alice & Bob>"
        contact.parameters = ["+sip.instance": "\"<urn:uuid:1>\"", "+g.oma.sip-im": ""]
        contact.publicGRUU = "sip:a@ims.test;gr=1"
        let document = RegistrationInformation(
            version: 3,
            isFull: false,
            registrations: [
                .init(addressOfRecord: "sip:a@ims.test", id: "r", state: .terminated, contacts: [contact])
            ]
        )
        #expect(try RegistrationInformation(parsing: document.serialized()) == document)
    }

    @Test(
        "what the document type demands must be there",
        arguments: [
            ("<reginfo version='0' state='full'/>", "reginfo"),
            ("<presence xmlns='urn:ietf:params:xml:ns:pidf'/>", "presence"),
            ("<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' state='full'/>", "reginfo"),
            ("<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='-1' state='full'/>", "reginfo"),
            (
                "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='4294967296' state='full'/>",
                "reginfo"
            ),
            ("<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='half'/>", "reginfo"),
            (
                "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='full'><registration/></reginfo>",
                "registration"
            ),
            (
                "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='full'><registration aor='a' id='1'"
                    + " state='active'><contact id='1' state='active' event='created'/></registration></reginfo>",
                "contact"
            ),
        ]
    )
    func invalid(text: String, element: String) {
        #expect(throws: DocumentError.invalid(element: element)) {
            try RegistrationInformation(parsing: Array(text.utf8))
        }
    }

    @Test("a count of seconds that no SIP header could carry is cut, not a trap")
    func hugeSeconds() throws {
        let text = """
            <reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='full'><registration aor='a' id='1'
            state='active'><contact id='1' state='active' event='probation' retry-after='18446744073709551615'
            expires='99999999999999999999999'><uri>sip:a@b</uri></contact></registration></reginfo>
            """
        let contact = try RegistrationInformation(parsing: Array(text.utf8)).registrations[0].contacts[0]
        #expect(contact.retryAfter == .seconds(4_294_967_295))
        #expect(contact.expires == nil)
    }
}

@Suite("Registration table (RFC 3680 §5.2)")
struct RegistrationTableTests {
    private func document(
        _ version: UInt32,
        full: Bool = false,
        _ contacts: [(String, RegistrationInformation.Contact.State)] = []
    ) -> RegistrationInformation {
        let contacts = contacts.map {
            RegistrationInformation.Contact(
                id: $0.0,
                state: $0.1,
                event: .registered,
                uri: "sip:\($0.0)@ims.test"
            )
        }
        let registration = RegistrationInformation.Registration(
            addressOfRecord: "sip:a@ims.test",
            id: "r",
            state: .active,
            contacts: contacts
        )
        return RegistrationInformation(version: version, isFull: full, registrations: [registration])
    }

    @Test("a version that goes back is ignored")
    func older() {
        var table = RegistrationTable()
        let outcomes = [
            table.merge(document(5, full: true, [("1", .active)])), table.merge(document(4, full: true)),
        ]
        #expect(outcomes == [.processed, .ignored])
        #expect(table.registrations[0].contacts.count == 1)
    }

    @Test(
        "a partial document after a gap is processed and the full state asked for; a full one closes the gap"
    )
    func gap() {
        var table = RegistrationTable()
        let outcomes = [
            table.merge(document(2, full: true)), table.merge(document(4, [("1", .active)])),
            table.merge(document(9, full: true)),
        ]
        #expect(outcomes == [.processed, .processedWithGap, .processed])
        #expect(table.version == 9)
    }

    @Test("the first document sets the version, and is a gap if it is only partial")
    func first() {
        var table = RegistrationTable()
        let outcome = table.merge(document(.max, [("1", .active)]))
        #expect(outcome == .processedWithGap)
        #expect(table.version == .max)
    }

    @Test("a partial document changes and adds rows, a full one replaces them all")
    func rows() {
        var table = RegistrationTable()
        _ = table.merge(document(0, full: true, [("1", .active), ("2", .active)]))
        _ = table.merge(document(1, [("2", .terminated), ("3", .active)]))
        #expect(table.registrations[0].contacts.map(\.id) == ["1", "2", "3"])
        #expect(table.registrations[0].contacts[1].state == .terminated)
        _ = table.merge(document(2, full: true, [("4", .active)]))
        #expect(table.registrations[0].contacts.map(\.id) == ["4"])
    }

    @Test("a server that names ever new contacts fills a table of limited size")
    func limit() {
        var table = RegistrationTable()
        for version in 0..<1000 as Range<UInt32> {
            _ = table.merge(document(version, [("\(version)", .active)]))
        }
        #expect(table.registrations[0].contacts.count == RegistrationTable.limit)
    }
}
