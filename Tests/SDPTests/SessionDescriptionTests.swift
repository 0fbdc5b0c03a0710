import SDP
import Testing
import Wire

@Suite struct SessionDescriptionTests {
    static let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\n"

    @Test func linesMayEndInLineFeedAlone() throws {
        let text = ByteString("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=x\nm=message 9 TCP/MSRP *\na=setup:active")
        let description = try SessionDescription(parsing: text)
        #expect(description.name == "x")
        #expect(description.media[0].attributes.value("setup") == "active")
    }

    @Test func emptyLinesAreTakenAtTheEndOnly() throws {
        _ = try SessionDescription(parsing: lines(Self.head) + "\r\n\r\n")
        #expect(throws: SDPParseError(.line, at: 5)) {
            try SessionDescription(parsing: "v=0\r\n\r\no=- 1 1 IN IP4 192.0.2.1\r\n")
        }
        let flood = ByteString(Array("v=0\r\n".utf8) + Array(repeating: 10, count: 60_000))
        #expect(throws: SDPParseError(.origin, at: 0)) { try SessionDescription(parsing: flood) }
    }

    @Test func whatMayBeMissingIsWrittenAllTheSame() throws {
        let description = try SessionDescription(parsing: lines(Self.head))
        #expect(description.text == lines(Self.head + "s=-\nt=0 0"))
    }

    @Test(
        arguments: [
            ("", .version), ("o=- 1 1 IN IP4 h", .version), ("v=1\no=- 1 1 IN IP4 h", .version),
            ("v=0\ns=-", .origin), ("v=0\no=- x 1 IN IP4 h", .origin), ("v=0\no=- 1 IN IP4", .origin),
            ("v=0\no=- 1 99999999999999999999 IN IP4 h", .origin),
            (head + "o=- 1 1 IN IP4 h", .origin), (head + "y=1", .type), (head + "x", .line),
            (head + "c=IN IP4", .connection), (head + "r=1", .time), (head + "m=audio", .media),
            (head + "m=audio 65536 RTP/AVP 0", .port), (head + "m=audio 1/x RTP/AVP 0", .port),
            (head + "m=audio -1 RTP/AVP 0", .port), (head + "m=audio 1 RTP/AVP", .media),
            (head + "a=", .attribute), (head + "a=:x", .attribute),
            (head + "m=audio 1 RTP/AVP 0\ns=x", .type),
        ] as [(String, SDPParseError.Element)]
    )
    func namesWhatDoesNotFit(text: String, element: SDPParseError.Element) {
        let error = #expect(throws: SDPParseError.self) { try SessionDescription(parsing: lines(text)) }
        #expect(error?.element == element, "\(text)")
    }

    @Test func everyCountHasALimit() {
        var limits = SDPLimits()
        (limits.size, limits.lines, limits.media, limits.attributes) = (200, 6, 2, 3)
        func element(_ text: String) -> SDPParseError.Element? {
            do throws(SDPParseError) {
                _ = try SessionDescription(parsing: lines(Self.head + text), limits: limits)
                return nil
            } catch {
                return error.element
            }
        }
        #expect(element(String(repeating: "a=x\n", count: 3)) == nil)
        #expect(element(String(repeating: "a=x\n", count: 4)) == .attributeCount)
        #expect(element(String(repeating: "m=a 1 b c\n", count: 3)) == .mediaCount)
        #expect(element(String(repeating: "b=AS:1\n", count: 5)) == .lineCount)
        #expect(element("s=" + String(repeating: "x", count: 200)) == .size)
    }

    @Test func unknownAttributesAreCarried() throws {
        let text = lines(
            Self.head + "s=-\nt=0 0\na=strange:one: two\nm=audio 1/2 RTP/AVP 0 8\na=odd\na=x-y:"
        )
        #expect(try SessionDescription(parsing: text).text == text)
    }

    @Test func noValueEndsItsLine() throws {
        var description = SessionDescription(
            origin: Origin(username: "a\r\nb", sessionID: 1, version: 1, address: Connection("h\nx")),
            name: "one\r\na=two"
        )
        description.attributes.append(Attribute("tool\r\n", "x\ry\0"))
        #expect(description.text.text.split(separator: "\r\n").count == 5)
    }

    @Test func bytesFromAnywhereNeverTrap() throws {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: .min ... .max, using: &random)
        var generator = Generator(state: seed)
        let samples = try Fixture.names(in: "rfc").map { try Fixture.text("rfc/\($0)").bytes }
        for _ in 0..<4000 {
            guard var bytes = samples.randomElement(using: &generator) else { continue }
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                guard let index = bytes.indices.randomElement(using: &generator) else { break }
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.removeSubrange(index...)
                }
            }
            guard let description = try? SessionDescription(parsing: ByteString(bytes)) else { continue }
            let again = try SessionDescription(parsing: description.text)
            #expect(again == description, "seed \(seed)")
            for medium in description.media { _ = try? MSRPMedia(medium, in: description) }
        }
    }
}

/// A SplitMix64 generator, so that a failure can be repeated.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension ByteString {
    static func + (left: ByteString, right: String) -> ByteString {
        ByteString(left.bytes + Array(right.utf8))
    }
}
