import SDP
import Testing
import UserAgent
import Wire

@Suite("How a file goes into a message, RFC 5547 §8.7")
struct FileEnvelopeTests {
    private func envelope(for accepted: [String]) -> FileEnvelope {
        let local = CoreFileTests.medium(7000, .sendonly, CoreFileTests.file("t1", name: "a \"b\".png"))
        var remote = CoreFileTests.medium(8000, .recvonly, nil)
        remote.acceptTypes = AcceptedTypes(accepted)
        return FileEnvelope(
            for: local.file ?? CoreFileTests.file("t1"),
            MSRPAgreement(local: local, remote: remote, isOfferer: true),
            from: "sip:alice@ims.test",
            to: "sip:bob@ims.test",
            at: Timestamp(microseconds: 0)
        )
    }

    @Test(
        "who takes the type gets the file as it is",
        arguments: [["*"], ["image/png"], ["image/*"], ["text/plain"]]
    )
    func plain(_ accepted: [String]) {
        let envelope = envelope(for: accepted)
        #expect(envelope.contentType == "image/png" && envelope.prefix.isEmpty)
        #expect(envelope.disposition == "render; filename=\"a \\\"b\\\".png\"; size=1000")
    }

    @Test("who takes only envelopes gets one, and reads the file out of it at every split point")
    func wrapped() throws {
        let envelope = envelope(for: ["text/plain", "message/cpim"])
        #expect(envelope.contentType == "message/cpim")
        let content = "\r\n\r\nthe picture\r\n\r\n"
        let whole = ByteString(envelope.prefix.bytes + Array(content.utf8))
        for split in 0...whole.count {
            var stream = CPIMStream()
            let first = try stream.receive(whole[0..<split])
            let second = try stream.receive(whole[split...])
            let rest = try stream.finish()
            #expect(first.text + second.text + rest.text == content)
            #expect(stream.envelope?.content.type?.matches("image", "png") == true)
            #expect(stream.envelope?.sender?.uri == "sip:alice@ims.test")
            #expect(stream.envelopeSize == envelope.prefix.count)
        }
    }
}
