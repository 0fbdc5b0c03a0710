import SDP
import Testing
import Wire

@Suite struct MSRPMediaTests {
    /// The only medium of a description.
    private func medium(
        _ attributes: String,
        transport: String = "TCP/MSRP",
        session: String = ""
    ) throws
        -> Result<MSRPMedia, MSRPMediaError>
    {
        let text = """
            v=0
            o=- 1 1 IN IP4 192.0.2.1
            s=-
            c=IN IP4 192.0.2.1
            t=0 0
            \(session)
            m=message 7394 \(transport) *
            \(attributes)
            """
        let description = try SessionDescription(parsing: lines(text))
        let medium = description.media[0]
        return Result { () throws(MSRPMediaError) in try MSRPMedia(medium, in: description) }
    }

    private static let minimum = """
        a=path:msrp://192.0.2.1:7394/a;tcp
        a=accept-types:text/plain
        """

    @Test func readsTheExamplesOfRFC4975() throws {
        let description = try Fixture.description("rfc/rfc4975-02.sdp")
        let media = try MSRPMedia(description.media[0], in: description)
        #expect(media.path == ["msrp://alice.example.com:7394/2s93i93idj;tcp"])
        #expect(media.acceptTypes.entries == ["message/cpim", "text/plain", "text/html"])
        #expect(media.port == 7394)
        #expect(media.host == "alice.example.com")
        #expect(!media.isSecure)
        #expect(media.direction == .sendrecv)
        #expect(media.addressMatch == .same)
    }

    @Test func readsTheChatRoomOfRFC7701() throws {
        let description = try Fixture.description("rfc/rfc7701-02.sdp")
        let media = try MSRPMedia(description.media[0], in: description)
        #expect(media.chatroom == ["nickname", "private-messages"])
        #expect(media.acceptWrappedTypes?.entries == ["text/plain", "text/html", "*"])
    }

    @Test func carriesFileTransferAttributesAsTheyAre() throws {
        for number in 1...8 {
            let description = try Fixture.description("rfc/rfc5547-0\(number).sdp")
            let medium = description.media[0]
            guard !medium.isRefused else { continue }
            let media = try MSRPMedia(medium, in: description)
            let before = medium.attributes.filter { $0.name.hasPrefixIgnoringCase("file-") }
            let after = media.media.attributes.filter { $0.name.hasPrefixIgnoringCase("file-") }
            #expect(before == after, "\(number)")
        }
    }

    @Test func whatIsWrittenReadsTheSame() throws {
        var media = MSRPMedia.end("x", at: "2001:db8::1", types: ["message/cpim", "*"], isSecure: true)
        media.path = ["msrps://relay.example.com:2855/r;tcp", "msrps://[2001:db8::1]:7394/x;tcp"]
        media.acceptWrappedTypes = AcceptedTypes(["text/plain", "image/*"])
        media.maximumSize = 1 << 40
        media.setup = .actpass
        media.fingerprints = [Fingerprint(.sha256, Array(0..<32))]
        media.direction = .recvonly
        media.supportsCEMA = true
        media.chatroom = ["nickname"]
        media.others = [Attribute("file-transfer-id", "abc")]
        let origin = Origin(sessionID: 1, version: 1, address: Connection("2001:db8::1"))
        let offer = SessionDescription.offer([media.media], from: origin)
        let read = try SessionDescription(parsing: offer.text)
        #expect(read == offer)
        #expect(try MSRPMedia(read.media[0], in: read) == media)
        #expect(offer.text.text.contains("c=IN IP6 2001:db8::1"))
        #expect(offer.text.text.contains("m=message 7394 TCP/TLS/MSRP *"))
    }

    @Test func whatIsMissingIsNamed() throws {
        #expect(try medium("a=accept-types:*") == .failure(.path))
        #expect(try medium("a=path:http://x\na=accept-types:*") == .failure(.path))
        #expect(try medium("a=path:msrp://x:1/y;tcp") == .failure(.acceptTypes))
        #expect(try medium(Self.minimum, transport: "RTP/AVP") == .failure(.notMSRP))
        #expect(try medium(Self.minimum + "\na=setup:sideways") == .failure(.setup))
    }

    @Test func aFingerprintOfAWeakHashIsRefused() throws {
        let weak = "a=fingerprint:MD5 " + Array(repeating: "00", count: 16).joined(separator: ":")
        let good = "a=fingerprint:SHA-256 " + Array(repeating: "aB", count: 32).joined(separator: ":")
        #expect(try medium(Self.minimum + "\n" + weak) == .failure(.fingerprint))
        #expect(try medium(Self.minimum + "\na=fingerprint:sha-256 AB:CD") == .failure(.fingerprint))
        let both = try medium(Self.minimum + "\n" + weak + "\n" + good).get()
        #expect(both.fingerprints == [Fingerprint(.sha256, Array(repeating: 0xAB, count: 32))])
    }

    @Test func theMediumInheritsFromTheSession() throws {
        let hash = "a=fingerprint:SHA-1 " + Array(repeating: "01", count: 20).joined(separator: ":")
        let media = try medium(Self.minimum, session: hash + "\na=setup:active\na=sendonly").get()
        #expect(media.fingerprints.map(\.hash) == [.sha1])
        #expect(media.setup == .active)
        #expect(media.direction == .sendonly)
        #expect(
            try medium(Self.minimum + "\na=setup:actpass", session: "a=setup:active").get().setup == .actpass
        )
    }

    @Test func theConnectionAttributeIsIgnored() throws {
        let media = try medium(Self.minimum + "\na=connection:existing").get()
        #expect(!media.media.attributes.contains("connection"))
    }

    @Test func fingerprintsAreWrittenInCapitals() {
        let fingerprint = Fingerprint(.sha1, Array(repeating: 0xAB, count: 20))
        #expect(fingerprint.value.text.hasPrefix("sha-1 AB:AB:"))
        #expect(Fingerprint(parsing: fingerprint.value) == fingerprint)
    }

    @Test func theStrongestUsefulHashIsChecked() {
        let strong = Fingerprint(.sha256, [1])
        #expect(Fingerprint.preferred(among: [Fingerprint(.sha1, [2]), strong]) == [strong])
        #expect(Fingerprint.preferred(among: []).isEmpty)
    }

    @Test(
        arguments: [
            ("msrp://192.0.2.1:7/a;tcp", "192.0.2.1", 7, .same),
            ("msrp://192.0.2.1:7/a;tcp", "192.0.2.1", 8, .different),
            ("msrp://192.0.2.1:7/a;tcp", "192.0.2.2", 7, .different),
            ("msrp://user@192.0.2.1:7;tcp", "192.0.2.1", 7, .same),
            ("msrp://[2001:DB8:0:0::1]:7/a;tcp", "2001:db8::1", 7, .same),
            ("msrp://[2001:db8::2]:7/a;tcp", "2001:db8::1", 7, .different),
            ("msrp://[::ffff:192.0.2.1]:7/a;tcp", "::ffff:c000:201", 7, .same),
            ("msrp://alice.example.com:7/a;tcp", "ALICE.example.com", 7, .same),
            ("msrp://alice.example.com:7/a;tcp", "192.0.2.1", 7, .unresolved),
            ("msrp://[:7/a;tcp", "192.0.2.1", 7, .different),
        ] as [(String, String, UInt16, AddressMatch)]
    )
    func theAddressIsHeldAgainstThePath(uri: String, host: String, port: UInt16, match: AddressMatch) {
        var media = MSRPMedia.end("a", at: host, port: port)
        media.path = [ByteString(uri)]
        #expect(media.addressMatch == match)
    }

    @Test func acceptedTypesSayWhatMayBeSent() {
        let types = AcceptedTypes(["message/cpim", "text/*", "image/png;x=y"])
        #expect(types.allows(MediaType("TEXT", "html")))
        #expect(types.allows(MediaType("image", "png")))
        #expect(!types.allows(MediaType("image", "jpeg")))
        let open = AcceptedTypes(["text/plain", "*"])
        let html = MediaType("text", "html")
        let plain = MediaType("text", "plain")
        #expect(open.allows(html))
        #expect(open.choose(among: [html, plain]) == [plain, html])
        #expect(types.choose(among: [MediaType("a", "b"), plain]) == [plain])
        #expect(types.intersects(AcceptedTypes(["text/plain"])))
        #expect(AcceptedTypes(["text/plain"]).intersects(types))
        #expect(!types.intersects(AcceptedTypes(["application/xml"])))
        #expect(open.intersects(AcceptedTypes(["application/xml"])))
    }
}
