import SIP
import Testing
import Wire

@Suite("Stream framing")
struct MessageStreamFramerTests {
    private static func message(_ body: String, length: String? = nil) -> String {
        """
        MESSAGE sip:bob@example.com SIP/2.0\r
        Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r
        Subject: a: b\r
        l :\r
         \(length ?? String(body.utf8.count))\r
        \r
        \(body)
        """
    }

    /// Feeds `pieces` and collects what comes out.
    private func items(
        _ pieces: some Sequence<ArraySlice<UInt8>>,
        side: MessageStreamFramer.Side = .server
    ) throws -> [StreamItem] {
        var framer = MessageStreamFramer(side: side)
        var items: [StreamItem] = []
        for piece in pieces {
            framer.append(piece)
            while let item = try framer.next() { items.append(item) }
        }
        return items
    }

    @Test("every split point of a stream gives the same items")
    func splitPoints() throws {
        let messages = [Self.message("hello"), Self.message(""), Self.message("a\r\n\r\nb\r\n")]
        let text = "\r\n" + messages[0] + "\r\n\r\n" + messages[1] + messages[2] + "\r\n\r\n"
        let bytes = Array(text.utf8)
        var expected: [StreamItem] = messages.map { .message(ByteString($0)) }
        expected.insert(.keepAlivePing, at: 1)
        expected.append(.keepAlivePing)
        for first in 0...bytes.count {
            #expect(try items([bytes[..<first], bytes[first...]]) == expected)
        }
        #expect(try items(bytes.indices.map { bytes[$0...$0] }) == expected)
    }

    @Test("on a connection that we opened every empty line is the answer to a ping")
    func pongs() throws {
        let bytes = Array(("\r\n\r\n" + Self.message("x") + "\r\n").utf8)
        for size in 1...bytes.count {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                bytes[$0..<min($0 + size, bytes.count)]
            }
            let found = try items(pieces, side: .client)
            #expect(
                found == [
                    .keepAlivePong, .keepAlivePong, .message(ByteString(Self.message("x"))), .keepAlivePong,
                ]
            )
        }
    }

    @Test(
        "a length that cannot be right closes the connection",
        arguments: ["-1", "x", "", "99999999999999999999999", "5 5", "1,1", "0x10", "+3"]
    )
    func badLength(_ length: String) {
        #expect(throws: (any Error).self) {
            try items([ArraySlice(Self.message("hello", length: length).utf8)])
        }
    }

    @Test("a missing, a second and an overlarge length are told apart, with the header for the answer")
    func reasons() throws {
        let missing = "OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n"
        let twice = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\nl: 0\r\n\r\n"
        let overlarge = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 70000\r\n\r\n"
        let cases: [(String, StreamFramingError.Reason)] = [
            (missing, .missingContentLength), (twice, .invalidContentLength), (overlarge, .messageTooLarge),
        ]
        for (text, reason) in cases {
            let expected = StreamFramingError(reason, head: ByteString(text))
            #expect(throws: expected) { try items([ArraySlice(text.utf8)]) }
        }
        #expect(throws: StreamFramingError(.malformed)) { try items([ArraySlice([0x16, 3, 1])]) }
    }

    @Test("a header that never ends is given up at the limit")
    func endlessHeader() {
        let line = Array("X-Filler: \(String(repeating: "x", count: 1000))\r\n".utf8)
        var framer = MessageStreamFramer(side: .server)
        framer.append(Array("OPTIONS sip:a SIP/2.0\r\n".utf8))
        var fed = 0
        #expect(throws: StreamFramingError(.headerTooLarge)) {
            while fed < 1 << 20 {
                framer.append(line)
                fed += line.count
                _ = try framer.next()
            }
        }
        #expect(fed <= MessageLimits.standard.headerSize + 2 * line.count)
        #expect(throws: StreamFramingError(.headerTooLarge)) { try framer.next() }
        #expect(framer.pendingCount == 0)
    }
}
