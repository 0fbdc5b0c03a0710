import SIP
import Testing
import Wire

@Suite("RFC 5118 IPv6 torture messages")
struct RFC5118Tests {
    /// Every sample, with CRLF line ends, and what the INDEX beside the samples says of it.
    ///
    /// Where the printed Content-Length is not that of the body, a shorter one cuts the body and a longer one is an
    /// error like any other (RFC 3261 §18.3); `lengthOfBody` takes the field away.
    static let samples: [(name: String, expected: Expected)] = [
        ("ipv4-mapped-ipv6", .accepted),
        ("ipv6-bad", .rejected(.badRequest, .requestURI)),
        ("ipv6-bug-abnf-3-colons", .accepted),
        ("ipv6-correct-abnf-2-colons", .accepted),
        ("ipv6-good", .accepted),
        ("ipv6-in-sdp", .refused(.badRequest, .contentLength)),
        ("mult-ip-in-header", .accepted),
        ("mult-ip-in-sdp", .accepted),
        ("port-ambiguous", .accepted),
        ("port-unambiguous", .accepted),
        ("via-received-param-no-delim", .accepted),
        ("via-received-param-with-delim", .accepted),
    ]

    private static func message(_ name: String) throws -> Message {
        try Message(parsing: ByteString(try Fixture.bytes("rfc5118/crlf/\(name).dat")))
    }

    private static func requestURI(_ name: String) throws -> SIPURI {
        try SIPURI(parsing: try message(name).requestURI ?? .empty)
    }

    @Test("the table names every sample")
    func isComplete() throws {
        let names = try Fixture.names(in: "rfc5118/crlf").map { String($0.dropLast(4)) }
        #expect(names == Self.samples.map(\.name))
    }

    @Test("a sample is accepted or answered as the index says", arguments: samples)
    func verdict(_ name: String, _ expected: Expected) throws {
        try expect(expected, of: ByteString(try Fixture.bytes("rfc5118/crlf/\(name).dat")))
    }

    @Test("the sample whose length was printed wrong is well-formed otherwise")
    func lengthOfBody() throws {
        let text = ByteString(try Fixture.bytes("rfc5118/crlf/ipv6-in-sdp.dat")).text
        let message = try Message(parsing: ByteString(text.replacing("Content-Length: 268\r\n", with: "")))
        #expect(message.validate() == nil)
        #expect(typingError(of: message) == nil)
        #expect(message.body.text.contains("c=IN IP6 2001:db8::20\r\n"))
    }

    @Test("a message with bare line feeds is refused and breaks nothing", arguments: samples.map(\.name))
    func lineFeeds(_ name: String) throws {
        let bytes = ByteString(try Fixture.bytes("rfc5118/exact/\(name).dat"))
        #expect(throws: SIPParseError(.startLine, at: bytes.firstIndex(of: .lineFeed) ?? -1)) {
            try Message(parsing: bytes)
        }
        #expect(Message.salvage(bytes) == nil)
    }

    @Test("a number inside the brackets is never a port")
    func port() throws {
        let ambiguous = try Self.requestURI("port-ambiguous")
        #expect(ambiguous.host == "[2001:db8::10:5070]")
        #expect(ambiguous.port == nil)
        let clear = try Self.requestURI("port-unambiguous")
        #expect(clear.host == "[2001:db8::10]")
        #expect(clear.hostAddress == "2001:db8::10")
        #expect(clear.port == 5070)
    }

    @Test("received is an address with brackets or without")
    func received() throws {
        for name in ["via-received-param-no-delim", "via-received-param-with-delim"] {
            let via = try #require(try Self.message(name).headers.first(Via.self))
            #expect(via.received == "2001:db8::9:255")
            #expect(via.hostAddress == "2001:db8::9:1")
        }
    }

    @Test("addresses of both families stand side by side")
    func families() throws {
        let hops = try Self.message("mult-ip-in-header").headers.all(Via.self)
        #expect(hops.map(\.hostAddress) == ["2001:db8::9:1", "192.0.2.1", "2001:db8::9:255"])
        #expect(hops.map(\.port) == [6050, nil, nil])
        #expect(hops.last?.received == "192.0.2.200")
    }
}
