import Documents
import Testing
import UserAgent
import Wire

@Suite("What a presence document says of somebody")
struct PresenceStateTests {
    private func state(_ content: String) throws -> PresenceState {
        let start = """
            <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:d="urn:ietf:params:xml:ns:pidf:data-model" \
            xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" xmlns:o="urn:oma:xml:prs:pidf:oma-pres" \
            xmlns:c="urn:ietf:params:xml:ns:pidf:cipid" entity="sip:bob@ims.test">
            """
        return PresenceState(try PresenceDocument(parsing: ByteString(start + content + "</presence>")))
    }

    private func tuple(_ id: String, _ basic: String, service: String? = nil, more: String = "") -> String {
        let description = service.map {
            "<o:service-description><o:service-id>\($0)</o:service-id></o:service-description>"
        }
        return "<tuple id='\(id)'><status><basic>\(basic)</basic></status>\(description ?? "")\(more)</tuple>"
    }

    @Test("one open tuple is enough, and none is closed")
    func basic() throws {
        #expect(try state(tuple("a", "closed") + tuple("b", "open")).basic == .open)
        #expect(try state(tuple("a", "closed")).basic == .closed)
        #expect(try state("").basic == .closed)
        #expect(try state("").willing == nil)
    }

    @Test("where a tuple is about instant messaging the others do not count")
    func messaging() throws {
        let telephone = tuple("a", "open", service: "org.example:voice")
        let messaging = tuple("b", "closed", service: "org.openmobilealliance:IM-session")
        #expect(try state(telephone + messaging).basic == .closed)
        let willingness = "<o:willingness><o:basic>closed</o:basic></o:willingness>"
        let unwilling = tuple("b", "open", service: "org.openmobilealliance:IM", more: willingness)
        #expect(try state(unwilling) == PresenceState(basic: .open, willing: false))
    }

    @Test("activities, mood, note and name come from the person, the latest of several")
    func person() throws {
        let old = """
            <d:person id="a"><r:activities><r:away/></r:activities><d:note>old</d:note>\
            <d:timestamp>2026-11-21T09:00:00Z</d:timestamp></d:person>
            """
        let new = """
            <d:person id="b"><r:activities><r:busy/><r:other>digging</r:other></r:activities>\
            <r:mood><r:happy/></r:mood><c:display-name>Bob</c:display-name><d:note>new</d:note>\
            <d:timestamp>2026-11-21T10:00:00Z</d:timestamp></d:person>
            """
        let wanted = PresenceState(
            basic: .open,
            activities: ["busy", "digging"],
            mood: ["happy"],
            note: "new",
            displayName: "Bob"
        )
        #expect(try state(tuple("t", "open") + "<note>document</note>" + new + old) == wanted)
        #expect(try state(tuple("t", "open") + "<note>document</note>").note == "document")
    }

    /// What two devices of bob publish, put together as a server does it.
    private func combined(
        _ first: (own: OwnPresence, at: Int64),
        _ second: (own: OwnPresence, at: Int64)
    ) -> PresenceState {
        var documents: [PresenceDocument] = []
        for (id, (own, seconds)) in zip(["desk", "phone"], [first, second]) {
            var setting = setting(byServer: false)
            setting.tupleID = id
            documents.append(own.document(setting, at: Timestamp(microseconds: seconds * 1_000_000)))
        }
        var all = documents[0]
        all.tuples += documents[1].tuples
        all.persons += documents[1].persons
        all.notes += documents[1].notes
        return PresenceState(all)
    }

    @Test("of two devices the one that is open counts, and of the user the latest word")
    func devices() {
        let busy = OwnPresence(status: .busy, note: "writing")
        let (away, offline) = (OwnPresence(status: .away), OwnPresence(status: .offline))
        let unwilling = OwnPresence(status: .online, isWilling: false)
        // Whichever comes first in the document.
        for isSwapped in [false, true] {
            func both(_ one: (OwnPresence, Int64), _ other: (OwnPresence, Int64)) -> PresenceState {
                isSwapped ? combined(other, one) : combined(one, other)
            }
            let latest = both((busy, 20), (away, 10))
            #expect(latest.activities == ["busy"])
            #expect(latest.note == "writing")
            #expect(both((busy, 10), (away, 20)).activities == ["away"])
            // The phone is left behind: what is done at the desk stays true.
            let left = both((busy, 10), (offline, 20))
            #expect(left.basic == .open)
            #expect(left.willing == true)
            #expect(left.activities == ["busy"])
            #expect(both((unwilling, 10), (offline, 20)).willing == false)
            #expect(both((unwilling, 10), (away, 20)).willing == true)
            #expect(both((offline, 10), (offline, 20)) == PresenceState(basic: .closed, willing: false))
        }
    }

    @Test("an unwilling device that is closed does not speak for one that says nothing of it")
    func silentDevice() throws {
        let closed = "<o:willingness><o:basic>closed</o:basic></o:willingness>"
        let both = tuple("a", "closed", more: closed + "<note>left</note>") + tuple("b", "open")
        #expect(try state(both) == PresenceState(basic: .open))
        #expect(try state(tuple("a", "closed", more: closed)).willing == false)
    }

    private func setting(byServer: Bool) -> OwnPresence.Setting {
        OwnPresence.Setting(
            identity: "sip:alice@ims.test",
            displayName: "Alice",
            tupleID: "t1",
            serviceID: "org.openmobilealliance:IM",
            isAvailabilityPublishedByServer: byServer
        )
    }

    @Test("what is set is seen as it was set", arguments: OwnPresence.Status.allCases)
    func roundTrip(status: OwnPresence.Status) throws {
        let own = OwnPresence(status: status, isWilling: true, note: "in a <meeting>")
        let document = own.document(setting(byServer: false), at: Timestamp(microseconds: 0))
        #expect(document.entity == "sip:alice@ims.test")
        let seen = PresenceState(try PresenceDocument(parsing: ByteString(document.serialized())))
        #expect(seen.basic == (status == .offline ? .closed : .open))
        #expect(seen.willing == (status != .offline))
        #expect(seen.activities == (status == .away || status == .busy ? [status.rawValue] : []))
        #expect(seen.note == "in a <meeting>")
        #expect(seen.displayName == "Alice")
    }

    @Test("a server that publishes availability leaves the client its willingness (PRES-SRV-CAP)")
    func byServer() {
        let own = OwnPresence(status: .online, isWilling: false)
        let tuple = own.document(setting(byServer: true), at: Timestamp(microseconds: 0)).tuples[0]
        #expect(tuple.basic == nil)
        #expect(tuple.willingness == .closed)
    }
}
