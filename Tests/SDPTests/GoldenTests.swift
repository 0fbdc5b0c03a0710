import SDP
import Testing
import Wire

/// Every description printed in the RFCs, alone or in a SIP message.
@Suite struct GoldenTests {
    /// Those that are none as printed: a placeholder stands for a port, a port is above 65535, lines are left out.
    static let spoiled: [String: SDPParseError.Element] = [
        "rfc5245-02.sdp": .port, "rfc5245-04.sdp": .port, "rfc8839-02.sdp": .port, "rfc8839-04.sdp": .port,
        "rfc6871-03.sdp": .port, "rfc7006-01.sdp": .port,
        "rfc4975-001-INVITE.sdp": .version, "rfc4975-002-200.sdp": .version,
    ]

    @Test(arguments: ["rfc", "sip"])
    func readsWhatTheStandardsPrint(folder: String) throws {
        var count = 0
        for name in try Fixture.names(in: folder) {
            let text = try Fixture.text("\(folder)/\(name)")
            do throws(SDPParseError) {
                let description = try SessionDescription(parsing: text)
                #expect(Self.spoiled[name] == nil, "\(name)")
                #expect(try SessionDescription(parsing: description.text) == description, "\(name)")
                #expect(Self.sorted(description.text) == Self.sorted(text), "\(name)")
                count += 1
            } catch {
                #expect(Self.spoiled[name] == error.element, "\(name): \(error)")
            }
        }
        #expect(count > 50)
    }

    /// The lines of a description without regard to their order, and to what the writer adds or tidies.
    private static func sorted(_ text: ByteString) -> [String] {
        text.text.split(whereSeparator: \.isNewline)
            .map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
            .filter { $0 != "t=0 0" && !$0.hasPrefix("s=") && !$0.hasPrefix("o=") }
            .sorted()
    }

    @Test func printsTheExampleOfRFC4566ByteForByte() throws {
        let text = try Fixture.text("rfc/rfc4566-01.sdp")
        #expect(try SessionDescription(parsing: text).text == text)
    }

    @Test func readsEveryPartOfTheExampleOfRFC4566() throws {
        let description = try Fixture.description("rfc/rfc4566-01.sdp")
        #expect(description.origin.username == "jdoe")
        #expect(description.origin.sessionID == "2890844526")
        #expect(description.origin.version == 2_890_842_807)
        #expect(description.origin.address == Connection("10.47.16.5"))
        #expect(description.name == "SDP Seminar")
        #expect(description.information == "A Seminar on the session description protocol")
        #expect(description.uri == "http://www.example.com/seminars/sdp.pdf")
        #expect(description.emails == ["j.doe@example.com (Jane Doe)"])
        #expect(description.connection?.address == "224.2.17.12/127")
        #expect(description.times == [Time("2873397496 2873404696")])
        #expect(description.attributes.contains("recvonly"))
        #expect(description.media.map(\.type) == ["audio", "video"])
        #expect(description.media.map(\.port) == [49_170, 51_372])
        #expect(description.media[1].attributes.value("rtpmap") == "99 h263-1998/90000")
    }
}
