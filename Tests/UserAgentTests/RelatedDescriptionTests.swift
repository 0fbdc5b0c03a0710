import SDP
import Testing
import UserAgent
import Wire

@Suite("Descriptions with pictures, RFC 2387 and RFC 5547 §8.8")
struct RelatedDescriptionTests {
    private var description: SessionDescription {
        SessionDescription(origin: Origin(sessionID: 1, version: 1, address: Connection("192.0.2.1")))
    }

    @Test("what is written is read: the icon in lines of base64, found by its Content-ID")
    func roundTrip() throws {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        let icon = MIMEEntity(icon: bytes, type: "image/png", contentID: "i@h")
        let body = RelatedDescription(description, related: [icon]).body(boundary: "b71")
        #expect(body.contentType == "multipart/related;type=\"application/sdp\";boundary=b71")
        #expect(body.content.text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 76 })
        let read = try #require(RelatedDescription(body))
        #expect(read.description == description)
        #expect(read.part("i@h")?.decodedBody.bytes == bytes)
        #expect(read.part("other") == nil)
    }

    @Test("alone it is plain SDP")
    func alone() throws {
        let body = RelatedDescription(description).body(boundary: "b71")
        #expect(body.contentType == "application/sdp")
        #expect(RelatedDescription(body)?.description == description)
    }

    @Test("the root is the part that is named, the first description, or there is none")
    func root() throws {
        let sdp = description.text.text
        func read(_ type: String, _ content: String) -> RelatedDescription? {
            RelatedDescription(SessionBody(ByteString(content), contentType: type))
        }
        let parts = """
            --b\r\nContent-Type: image/png\r\nContent-ID: <i@h>\r\n\r\nx\r\n\
            --b\r\nContent-Type: application/sdp\r\nContent-ID: <root>\r\n\r\n\(sdp)\r\n--b--\r\n
            """
        #expect(read("multipart/related; boundary=b; start=\"<root>\"", parts)?.part("i@h") != nil)
        #expect(read("Multipart/Related; boundary=b", parts)?.description == description)
        #expect(read("multipart/related", parts) == nil)
        #expect(read("multipart/related; boundary=c", parts) == nil)
        #expect(read("text/plain", sdp) == nil)
    }
}
