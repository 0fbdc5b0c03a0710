import Documents
import SIP
import Testing
import UserAgent
import Wire

@Suite("Publishing through the core")
struct CorePublicationTests {
    /// Makes the core publish a note of that many letters.
    private func publish(_ size: Int, _ bench: inout CoreBench) {
        let own = OwnPresence(note: String(repeating: "n", count: size))
        let setting = OwnPresence.Setting(
            identity: "sip:alice@ims.test",
            tupleID: "t",
            serviceID: PresenceDocument.Service.instantMessaging,
            isAvailabilityPublishedByServer: false
        )
        let document = own.document(setting, at: Timestamp(microseconds: 0))
        bench.step { $0.publish(document, at: $1, into: &$2) }
    }

    @Test("what is too large for UDP is published when the registration has moved to TCP (RFC 3261 §18.1.1)")
    func large() throws {
        var bench = try CoreBench.registered()
        // What is usual fits.
        publish(30, &bench)
        #expect(bench.requests(.publish).count == 1)
        bench.answer(.ok, headers: [(.sipETag, "e1"), (.expires, "3600")])
        publish(1400, &bench)
        #expect(bench.requests(.publish).count == 1)
        #expect(bench.requests(.register).last?.headers.first(.expires)?.text == "0")
        bench.answer(.ok)
        #expect(bench.flowsWanted == [false, true])
        bench.openFlow(.tcp)
        bench.grant()
        let moved = try #require(bench.requests(.publish).last)
        #expect(bench.requests(.publish).count == 2)
        #expect(moved.headers.first(.via)?.text.contains("/TCP ") == true)
        #expect(moved.headers.first(.sipIfMatch)?.text == "e1")
        bench.answer(.ok, headers: [(.sipETag, "e2"), (.expires, "3600")])
        #expect(bench.publications.count == 2)
        #expect(bench.oversized.isEmpty)
    }

    @Test(
        "where there is no TCP it is published by UDP, and that is told; without a registration it has failed"
    )
    func largeWithoutStream() throws {
        var bench = try CoreBench.registered()
        publish(1400, &bench)
        bench.answer(.ok)
        bench.openFlow(.udp)
        bench.grant()
        #expect(bench.requests(.publish).count == 1)
        #expect(bench.oversized.count == 1)

        bench = try CoreBench.registered()
        publish(1400, &bench)
        bench.answer(.ok)
        bench.step { $0.flowNotOpened(at: $1, into: &$2) }
        // The flow that was to be left is still there.
        #expect(bench.requests(.register).last?.headers.first(.expires)?.text != "0")
        bench.answer(.forbidden)
        guard case .failed(.unreachable, .some) = bench.publications.last else {
            Issue.record("told \(bench.publications)")
            return
        }
    }

    @Test("a document goes to the identity it is about, with the route of the registration")
    func publish() throws {
        var bench = try CoreBench.registered()
        publish(3, &bench)
        let publish = try #require(bench.requests(.publish).first)
        #expect(publish.requestURI?.text == "sip:alice@ims.test")
        #expect(publish.headers.all(.route).count == 2)
        let document = try PresenceDocument(parsing: publish.body)
        #expect(document.entity == "sip:alice@ims.test")
        #expect(document.notes.map(\.text) == ["nnn"])
        bench.answer(.ok, headers: [(.sipETag, "e1"), (.expires, "3600")])
        #expect(bench.publications == [.published(expires: .seconds(3600))])
        #expect(bench.core.publishedEntityTag == "e1")
        bench.step { $0.unpublish(at: $1, into: &$2) }
        #expect(bench.requests(.publish).last?.headers.first(.sipIfMatch)?.text == "e1")
        bench.answer(.ok)
        #expect(bench.publications.last == .removed)
    }
}
