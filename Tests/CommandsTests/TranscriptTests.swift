import Foundation
import Store
import Testing

@testable import Commands

@Suite struct TranscriptTests {
    private func entry(_ body: [UInt8], _ contentType: String, asserted: String? = nil) -> HistoryEntry {
        HistoryEntry(
            time: Sample.time,
            account: "alice",
            direction: .incoming,
            peer: "sip:bob@ims.test",
            from: "sip:evil@ims.test",
            asserted: asserted,
            to: "sip:alice@ims.test",
            contentType: contentType,
            body: body,
            callID: "c1",
            state: .received,
            sessionID: "s1"
        )
    }

    @Test("a record names originator, destination, time, session and content type")
    func text() {
        let text = Transcript(isJSON: false).record(
            of: entry(Array("one\nFrom: two\u{1B}".utf8), "text/plain", asserted: "sip:bob@ims.test")
        )
        #expect(
            text == """
                From: sip:bob@ims.test
                Claims-From: sip:evil@ims.test
                To: sip:alice@ims.test
                Time: 2026-11-21T09:30:00.125Z
                Session: s1
                Content-Type: text/plain
                State: received

                    one
                    From: two\\u{1B}


                """
        )
    }

    @Test("what is no text is kept to the last byte", arguments: [true, false])
    func binary(_ isJSON: Bool) throws {
        let body = (0..<200).map { UInt8($0) }
        let record = Transcript(isJSON: isJSON).record(of: entry(body, "image/png"))
        if isJSON {
            let object = try JSONSerialization.jsonObject(with: Data(record.utf8)) as? [String: String]
            #expect(object?["body_base64"].flatMap { Data(base64Encoded: $0) } == Data(body))
            #expect(object?["originator"] == "sip:evil@ims.test")
            #expect(object?["session_id"] == "s1")
        } else {
            let lines = record.split(separator: "\n").filter { $0.hasPrefix("    ") }
            let text = lines.map { $0.dropFirst(4) }.joined()
            #expect(Data(base64Encoded: String(text)) == Data(body))
            #expect(lines.allSatisfy { $0.count <= 80 })
        }
    }
}
