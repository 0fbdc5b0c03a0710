import Documents
import Foundation
import Testing
import Wire

@Suite("Presence documents (RFC 3863, 4479, 4480, 4482, OMA SIMPLE IM TS appendix F)")
struct PresenceDocumentTests {
    @Test("every presence document of the RFCs is read", arguments: documentNames(holding: "-presence-"))
    func samples(name: String) throws {
        let document = try PresenceDocument(parsing: documentFixture(name))
        #expect(document.entity.contains(":"))
        #expect(!document.tuples.isEmpty || !document.persons.isEmpty || !document.devices.isEmpty)
    }

    @Test("the rich example of RFC 4480 §4")
    func rich() throws {
        let document = try PresenceDocument(parsing: documentFixture("rfc4480-presence-1.xml"))
        #expect(document.entity == "pres:someone@example.com")
        #expect(document.tuples.map(\.id) == ["bs35r9", "ty4658", "eg92n8"])
        let first = try #require(document.tuples.first)
        #expect(first.basic == .open)
        #expect(first.contact == "im:someone@mobile.example.net")
        #expect(first.priority == 800)
        #expect(first.deviceIDs == ["urn:device:0003ba4811e3"])
        #expect(first.notes.map(\.language) == ["en", "fr"])
        #expect(first.timestamp == Timestamp(parsing: "2005-10-27T16:49:29Z"))
        #expect(document.notes == [PresenceDocument.Note("I'll be in Tokyo next week")])
        let person = try #require(document.persons.first)
        #expect(person.activities?.names == ["away"])
        #expect(person.activities?.notes.map(\.text) == ["Far away"])
        #expect(person.mood == PresenceDocument.Characteristic(["angry"], other: "brooding"))
        #expect(person.placeType?.names == ["residence"])
        #expect(person.sphere == "bowling league")
        #expect(person.timeOffset == -240)
        #expect(person.notes.map(\.text) == ["Scoring 120"])
        let device = try #require(document.devices.first)
        #expect(device.userInput?.isIdle == true)
        #expect(device.notes.map(\.text) == ["PC"])
    }

    @Test("the contact information of RFC 4482 §6")
    func contactInformation() throws {
        let document = try PresenceDocument(parsing: documentFixture("rfc4482-presence-2.xml"))
        #expect(document.persons[0].information.icon == "http://example.com/~someone/icon.gif")
        #expect(document.tuples[1].information.homepage == "http://example.com/~assistant")
        #expect(document.tuples[1].basic == .closed)
    }

    @Test(
        "willingness is read beside the status and within it, with any service-id of instant messaging",
        arguments: [
            "org.openmobilealliance:IM", "org.openmobilealliance:IM-session",
            "org.openmobilealliance:IM-Session", "org.openmobilealliance:IM-pager-mode",
            "ORG.OpenMobileAlliance:im",
        ]
    )
    func willingness(serviceID: String) throws {
        let description =
            "<service-description><service-id>\(serviceID)</service-id><version>1.0</version>"
            + "</service-description>"
        for (status, beside) in [
            ("<willingness><basic>Closed</basic></willingness>", ""),
            (
                "",
                "<o:willingness xmlns:o='urn:oma:xml:prs:pidf:oma-pres'><o:basic>closed</o:basic>"
                    + "</o:willingness>"
            ),
        ] {
            let text = """
                <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:bob@ims.test"><tuple id="a">\
                <status><basic>OPEN</basic>\(status)</status>\(beside)\(description)</tuple></presence>
                """
            let tuple = try #require(PresenceDocument(parsing: ByteString(text)).tuples.first)
            #expect(tuple.basic == .open)
            #expect(tuple.willingness == .closed)
            #expect(tuple.service?.isInstantMessaging == true)
        }
        #expect(!PresenceDocument.Service(id: "org.openmobilealliance:PoC-Session").isInstantMessaging)
    }

    @Test("what is written is read back, and is valid")
    func roundTrip() throws {
        let document = PresenceSample.document
        let bytes = document.serialized()
        #expect(try PresenceDocument(parsing: ByteString(bytes)) == document)
        try expectValid(bytes, against: "presence.xsd")
    }

    @Test("what is too much is left out or cut, and too long a document is refused")
    func limits() throws {
        let notes = String(repeating: "<note>\(String(repeating: "x", count: 5000))</note>", count: 30)
        let tuples = (0..<100).map { "<tuple id='t\($0)'><status/></tuple>" }.joined()
        let start = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:bob@ims.test'>"
        let text = "\(start)\(tuples)\(notes)</presence>"
        let document = try PresenceDocument(parsing: ByteString(text))
        #expect(document.tuples.count == PresenceDocument.Limits.tuples)
        #expect(document.notes.count == PresenceDocument.Limits.listed)
        #expect(document.notes.allSatisfy { $0.text.count == PresenceDocument.Limits.text })
        let long = String(repeating: notes, count: 70)
        #expect(throws: DocumentError.xml(.tooLarge)) {
            try PresenceDocument(
                parsing: ByteString("<presence entity='sip:bob@ims.test'>\(long)</presence>")
            )
        }
    }

    @Test(
        "what is no presence document is refused",
        arguments: [
            "<presence xmlns='urn:ietf:params:xml:ns:pidf'/>", "<presence entity=''/>",
            "<presence xmlns='urn:other' entity='sip:bob@ims.test'/>", "<list entity='sip:bob@ims.test'/>",
            "",
            "<!DOCTYPE presence [<!ENTITY a 'b'>]><presence entity='sip:b@ims.test'><note>&a;</note></presence>",
        ]
    )
    func refused(text: String) {
        #expect(throws: DocumentError.self) { try PresenceDocument(parsing: ByteString(text)) }
    }

    @Test(
        "documents of the RFCs that are not well-formed are refused",
        arguments: ["rfc4119-presence-2.xml", "rfc4482-presence-1.xml"]
    )
    func malformed(name: String) throws {
        let bytes = try documentFixture("NotWellFormed/" + name)
        #expect(throws: DocumentError.self) { try PresenceDocument(parsing: bytes) }
    }
}

enum PresenceSample {
    /// A document with everything that is written.
    static var document: PresenceDocument {
        var tuple = PresenceDocument.Tuple(id: "im", basic: .open)
        tuple.willingness = .closed
        tuple.service = PresenceDocument.Service(id: PresenceDocument.Service.instantMessaging)
        tuple.contact = "sip:bob@ims.test?a=1&b=2"
        tuple.priority = 75
        tuple.deviceIDs = ["urn:uuid:1"]
        tuple.notes = [PresenceDocument.Note("<b>\"hi\"</b>", language: "en")]
        tuple.timestamp = Timestamp(parsing: "2026-11-21T09:30:00.125Z")
        var person = PresenceDocument.Person(id: "p1")
        person.activities = PresenceDocument.Characteristic(["busy", "on-the-phone"])
        person.activities?.notes = [PresenceDocument.Note("do not disturb")]
        person.mood = PresenceDocument.Characteristic(["happy"], other: "elated")
        person.placeType = PresenceDocument.Characteristic(["office"])
        person.sphere = "work"
        person.statusIcon = "http://ims.test/icon"
        person.timeOffset = 60
        person.userInput = PresenceDocument.UserInput(isIdle: true, lastInput: tuple.timestamp)
        person.information = PresenceDocument.ContactInformation(displayName: "Bob")
        person.information.homepage = "http://ims.test/~bob"
        person.notes = [PresenceDocument.Note("in a meeting")]
        person.timestamp = tuple.timestamp
        var device = PresenceDocument.Device(id: "d1", deviceID: "urn:uuid:1")
        device.notes = [PresenceDocument.Note("desk")]
        return PresenceDocument(
            entity: "sip:bob@ims.test",
            tuples: [tuple],
            notes: [PresenceDocument.Note("in a meeting", language: "en")],
            persons: [person],
            devices: [device]
        )
    }
}

/// The names of the documents under `Fixtures` that hold `part`.
func documentNames(holding part: String) -> [String] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.contains(part) && $0.hasSuffix(".xml") }.sorted()
}
