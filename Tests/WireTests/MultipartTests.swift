import Testing
import Wire

@Suite("Multipart bodies (RFC 2046 §5.1)")
struct MultipartTests {
    private func bodies(_ text: String, boundary: String = "b") throws -> [String] {
        try Multipart(parsing: ByteString(text), boundary: boundary).parts.map(\.body.text)
    }

    @Test("parts stand between delimiters; what is before the first and behind the last is no part")
    func parts() throws {
        let text =
            "preamble\r\n--b \r\nContent-Type: text/html\r\n\r\none\r\n\r\n--b\r\n\r\n--bc\r\n--b--\r\nepilogue\r\n--b\r\n"
        let multipart = try Multipart(parsing: ByteString(text), boundary: "b")
        #expect(multipart.parts.map(\.body.text) == ["one\r\n", "--bc"])
        #expect(multipart.parts.map { $0.type?.subtype } == ["html", "plain"])
    }

    @Test("lines that end with LF, and an end without a last delimiter")
    func lenient() throws {
        #expect(try bodies("--b\n\none\n--b\n\ntwo") == ["one", "two"])
        #expect(try bodies("--b\n\none\n--b\n") == ["one"])
        #expect(try bodies("--b\n\none\n--b") == ["one"])
        #expect(try bodies("") == [])
        #expect(try bodies("--b--\n--b\n\none") == [])
        #expect(try bodies("--b\n--b\n--b--") == ["", ""])
    }

    @Test("more parts than anybody needs are refused")
    func limit() {
        let text = String(repeating: "--b\n\nx\n", count: MIMELimits().partCount + 1)
        #expect(throws: MIMEError.tooManyParts) { try bodies(text) }
    }

    @Test("bytes cut anywhere never trap")
    func cut() {
        let text = Array("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n".utf8)
        for length in 0...text.count {
            _ = try? Multipart(parsing: ByteString(Array(text.prefix(length))), boundary: "b")
        }
    }
}
