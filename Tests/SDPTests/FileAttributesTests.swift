import SDP
import Testing
import Wire

@Suite("What an m= section says of a file")
struct FileAttributesTests {
    /// The file of a section that holds these attribute lines.
    private func file(_ attributes: String) throws -> FileAttributes? {
        let text = lines(
            """
            v=0
            o=- 1 1 IN IP4 192.0.2.1
            s=-
            c=IN IP4 192.0.2.1
            t=0 0
            m=message 7654 TCP/MSRP *
            a=accept-types:*
            a=path:msrp://192.0.2.1:7654/jshA7we;tcp
            \(attributes)
            """
        )
        let description = try SessionDescription(parsing: text)
        return try MSRPMedia(description.media[0], in: description).file
    }

    static let picture = FileHash(
        .sha1,
        [
            0x72, 0x24, 0x5F, 0xE8, 0x65, 0x3D, 0xDA, 0xF3, 0x71, 0x36, 0x2F, 0x86, 0xD4, 0x71, 0x91, 0x3E,
            0xE4,
            0xA2, 0xCE, 0x2E,
        ]
    )

    @Test("the example of RFC 5547 §6 is read whole, the broken line of its hash too")
    func example() throws {
        let file = try #require(
            try file(
                """
                a=sendonly
                a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:32349 hash:sha-1: \
                72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
                a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd
                a=file-disposition:attachment
                a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"
                a=file-icon:cid:id2@alicepc.example.com
                a=file-range:1-32349
                """
            )
        )
        #expect(file.selector.name == "My cool picture.jpg")
        #expect(file.selector.type == MediaType("image", "jpeg"))
        #expect(file.selector.size == 32_349)
        #expect(file.selector.hashes == [Self.picture])
        #expect(file.transferID == "vBnG916bdberum2fFEABR1FR3ExZMUrd")
        #expect(file.disposition == .attachment)
        #expect(file.dates.creation?.description == "2006-05-15T12:01:31.000Z")
        #expect(file.icon == "id2@alicepc.example.com")
        #expect(file.range == FileRange(start: 1, end: 32_349))
    }

    @Test("the offer of a client of the drafts is read: a date of RFC 3339 without quotes, c= behind m=")
    func draftClient() throws {
        let description = try Fixture.description("clients/mercuro-image-share.sdp")
        let medium = try MSRPMedia(description.media[0], in: description)
        let file = try #require(medium.file)
        #expect(medium.host == "192.168.16.108")
        #expect(medium.direction == .sendonly)
        #expect(!medium.acceptTypes.allows(MediaType("image", "png")))
        #expect(file.selector.name == "Image 18.png")
        #expect(file.selector.type == MediaType("image", "png"))
        #expect(file.selector.size == 78_169)
        #expect(file.selector.hash(.sha1)?.bytes.prefix(3) == [0x4A, 0xFB, 0xE2])
        #expect(file.disposition == .render)
        #expect(file.dates.creation?.description == "2008-10-15T10:40:46.405Z")
        #expect(file.icon == "test@mercuro.net")
        #expect(file.transferID == "prepggxrpnrvystmwcysyycqpevikeff")
        try file.validate(offeredWith: medium.direction)
    }

    @Test("a section without a selector carries messages; an empty selector says that files can be")
    func absence() throws {
        #expect(try file("a=sendonly") == nil)
        let file = try #require(try file("a=file-selector"))
        #expect(file.selector.isEmpty)
        #expect(file.attributes == [Attribute("file-selector")])
        #expect(throws: FileRefusal.selector) { try file.validate(offeredWith: .sendonly) }
    }

    @Test(
        "a selector is read whatever its order, its case and its quotes",
        arguments: [
            ("size:7 name:\"a b.txt\"", FileSelector(name: "a b.txt", size: 7)),
            ("NAME:\"a\" Size:7", FileSelector(name: "a", size: 7)),
            ("name:plain.txt size:7", FileSelector(name: "plain.txt", size: 7)),
            ("name:\"50%25 of %22it%22\"", FileSelector(name: "50% of \"it\"")),
            ("name:\"100% sure\"", FileSelector(name: "100% sure")),
            ("name:\"back\\slash\"", FileSelector(name: "back\\slash")),
            ("name:\"open", FileSelector(name: "open")),
            ("name:\"one\" name:\"two\"", FileSelector(name: "one")),
            ("size:-1", FileSelector()),
            ("size:99999999999999999999", FileSelector()),
            ("size:", FileSelector()),
            ("type:text", FileSelector()),
            ("colour:red size:7", FileSelector(size: 7)),
            ("colour size:7", FileSelector(size: 7)),
            ("hash:md5:00:11", FileSelector()),
            ("hash:sha-1:00:11", FileSelector()),
            (":::", FileSelector()),
            (
                "type:text/plain;charset=\"utf%2D8\"",
                FileSelector(
                    type: MediaType("text", "plain", parameters: [.init(name: "charset", value: "utf-8")])
                )
            ),
            (
                "hash:SHA-1:72245fe8653ddaf371362f86d471913ee4a2ce2e", FileSelector(hashes: [Self.picture])
            ),
        ]
    )
    func selector(_ text: String, _ selector: FileSelector) {
        #expect(FileSelector(parsing: ByteString(text)) == selector)
    }

    @Test(
        "what is written is read, whatever the name holds",
        arguments: [
            "plain.txt", "two words.txt", "a\"b%c/d\\e", "line\r\nbreak\0nul", "日本 ✓.png", "%41", " ",
            "a=b:c",
        ]
    )
    func roundTrip(_ name: String) throws {
        let selector = FileSelector(
            name: name,
            type: MediaType("text", "plain", parameters: [.init(name: "charset", value: "a \"b\"")]),
            size: 12,
            hashes: [Self.picture, FileHash(.sha256, [UInt8](repeating: 0xAB, count: 32))]
        )
        let value = try #require(selector.value)
        #expect(!value.containsFieldBreak)
        #expect(!value.text.contains("name:\"/") && FileSelector(parsing: value) == selector)
    }

    @Test("a selector is written as RFC 5547 §6 has it")
    func writing() {
        let selector = FileSelector(
            name: "My \"cool\" picture.jpg",
            type: MediaType("image", "jpeg"),
            size: 32_349,
            hashes: [Self.picture]
        )
        #expect(
            selector.value?.text == """
                name:"My %22cool%22 picture.jpg" type:image/jpeg size:32349 \
                hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
                """
        )
    }

    @Test("dates are written with quotes and a numeric zone")
    func dates() {
        let dates = FileDates(
            creation: Timestamp(parsing: "2006-05-15T15:01:31+03:00"),
            modification: Timestamp(parsing: "2026-02-01T00:00:09Z")
        )
        let value = """
            creation:"Mon, 15 May 2006 12:01:31 +0000" modification:"Sun, 01 Feb 2026 00:00:09 +0000"
            """
        #expect(dates.value?.text == value)
        #expect(FileDates(parsing: ByteString(value)) == dates)
        #expect(FileDates().value == nil)
    }

    @Test(
        "a range counts from one and ends where it says, or nowhere",
        arguments: [
            ("1-32349", FileRange(start: 1, end: 32_349)), ("0-9", FileRange(start: 1, end: 9)),
            ("601-*", FileRange(start: 601)), ("5-5", FileRange(start: 5, end: 5)), ("9-5", nil), ("-5", nil),
            ("5", nil), ("5-", nil), ("a-b", nil), ("1-5x", nil), ("", nil),
        ] as [(String, FileRange?)]
    )
    func range(_ text: String, _ range: FileRange?) {
        #expect(FileRange(parsing: ByteString(text)) == range)
        if let range { #expect(FileRange(parsing: range.value) == range) }
    }

    @Test("the size of a range follows from that of the file; beyond its end there is nothing")
    func rangeSize() {
        #expect(FileRange.whole.count(of: 10) == 10)
        #expect(FileRange(start: 7).count(of: 10) == 4)
        #expect(FileRange(start: 7, end: 8).count(of: 10) == 2)
        #expect(FileRange(start: 7, end: 11).count(of: 10) == nil)
        #expect(FileRange(start: 12).count(of: 10) == nil)
        #expect(FileRange.whole.count(of: 0) == 0)
    }
}
