import Documents
import Foundation
import Testing
import Wire

/// A document under `Fixtures`.
func documentFixture(_ name: String) throws -> ByteString {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    return ByteString(Array(try Data(contentsOf: folder.appending(path: name))))
}

@Suite("isComposing (RFC 3994)")
struct IsComposingTests {
    @Test("the examples of §5")
    func examples() throws {
        #expect(
            try IsComposing(parsing: documentFixture("rfc3994-isComposing-1.xml"))
                == IsComposing(.active, contentType: "text/plain", refresh: .seconds(90))
        )
        #expect(
            try IsComposing(parsing: documentFixture("rfc3994-isComposing-2.xml"))
                == IsComposing(
                    .idle,
                    lastActive: Timestamp(parsing: "2003-01-27T10:43:00Z"),
                    contentType: "audio"
                )
        )
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        let time = Timestamp(parsing: "2026-11-21T09:30:00.125Z")
        for status in [
            IsComposing(.idle),
            IsComposing(.active, lastActive: time, contentType: "a&b", refresh: .seconds(60)),
        ] {
            #expect(try IsComposing(parsing: ByteString(status.serialized())) == status)
        }
    }

    @Test("a state of later documents counts as idle, elements of others are ignored (§3.5)")
    func unknown() throws {
        let text = """
            <isComposing xmlns='urn:ietf:params:xml:ns:im-iscomposing' xmlns:x='urn:x'><x:state>active</x:state>
            <state> thinking </state><x:refresh>1</x:refresh></isComposing>
            """
        #expect(try IsComposing(parsing: ByteString(text)) == IsComposing(.idle))
    }

    @Test(
        "a namespace as RFC 3994 misspells it, or none, is taken",
        arguments: ["", "urn:ietf:params:xml:ns:im-composing"]
    )
    func namespaces(_ namespace: String) throws {
        let text = "<isComposing xmlns='\(namespace)'><state>active</state></isComposing>"
        #expect(try IsComposing(parsing: ByteString(text)).state == .active)
    }

    @Test(
        "a refresh interval is a positive number, and no longer than an hour",
        arguments: [
            ("60", 60), ("0", nil), ("-1", nil), ("x", nil), ("18446744073709551615", 3600),
            ("99999999999999999999999", nil),
        ] as [(String, Int?)]
    )
    func refresh(_ text: String, _ seconds: Int?) throws {
        let body = "<isComposing><state>active</state><refresh>\(text)</refresh></isComposing>"
        #expect(try IsComposing(parsing: ByteString(body)).refresh == seconds.map { .seconds($0) })
    }

    @Test("what is no such document is refused")
    func refused() {
        #expect(throws: DocumentError.invalid(element: "state")) {
            try IsComposing(parsing: "<isComposing/>")
        }
        #expect(throws: DocumentError.invalid(element: "imdn")) { try IsComposing(parsing: "<imdn/>") }
        #expect(throws: DocumentError.self) { try IsComposing(parsing: "") }
        let large = "<isComposing><state>\(String(repeating: "x", count: 20_000))</state></isComposing>"
        #expect(throws: DocumentError.xml(.tooLarge)) { try IsComposing(parsing: ByteString(large)) }
    }
}
