import SDP
import Testing
import Wire

@Suite struct OfferAnswerTests {
    static let alice = Origin(username: "alice", sessionID: 7, version: 1, address: Connection("192.0.2.1"))
    static let bob = Origin(username: "bob", sessionID: 8, version: 1, address: Connection("192.0.2.2"))

    @Test func anAnswerHasALineForEachOfTheOfferInItsOrder() throws {
        let audio = MediaDescription(type: "audio", port: 4000, transport: "RTP/AVP", formats: "0 8")
        let over = MediaDescription(type: "message", port: 0, transport: "TCP/MSRP", formats: "*")
        let chat = MSRPMedia.end("a").offer(canListen: true)
        let offer = SessionDescription.offer([audio, over, chat.media], from: Self.alice)
        let own = try MSRPMedia.end("b", at: "192.0.2.2", port: 8493).answer(to: chat, canListen: true)
        let answer = SessionDescription.answer(
            to: offer,
            from: Self.bob,
            accepting: [1: own.media, 2: own.media]
        )
        #expect(answer.media.map(\.type) == ["audio", "message", "message"])
        #expect(answer.media.map(\.port) == [0, 0, 8493])
        #expect(answer.media[0].formats == "0 8")
        try answer.validate(asAnswerTo: offer)
    }

    @Test func theAnswersOfRFC4317GoWithTheirOffers() throws {
        // §2 and §3 print pairs; in §4 and later third parties stand between them.
        for number in stride(from: 1, through: 9, by: 2) {
            let offer = try Fixture.description("rfc/rfc4317-0\(number).sdp")
            let name = number + 1 < 10 ? "0\(number + 1)" : "\(number + 1)"
            let answer = try Fixture.description("rfc/rfc4317-\(name).sdp")
            try answer.validate(asAnswerTo: offer)
        }
    }

    private func reason(_ change: (inout SessionDescription) -> Void) throws -> AnswerError? {
        let chat = MSRPMedia.end("a").offer(canListen: true)
        var once = chat
        once.direction = .sendonly
        let over = chat.media.refused
        let offer = SessionDescription.offer([chat.media, once.media, over], from: Self.alice)
        var own = MSRPMedia.end("b", at: "192.0.2.2")
        own.setup = .passive
        var receiving = own
        receiving.direction = .recvonly
        var answer = SessionDescription.answer(
            to: offer,
            from: Self.bob,
            accepting: [0: own.media, 1: receiving.media]
        )
        change(&answer)
        do throws(AnswerError) {
            try answer.validate(asAnswerTo: offer)
            return nil
        } catch {
            return error
        }
    }

    @Test func anAnswerThatDoesNotFitIsNamed() throws {
        #expect(try reason { _ in } == nil)
        #expect(try reason { $0.media.removeLast() }?.reason == .mediaCount)
        #expect(try reason { $0.media[0].type = "audio" }?.reason == .mediaType)
        #expect(try reason { $0.media[0].transport = "TCP/TLS/MSRP" }?.reason == .transport)
        #expect(try reason { $0.media[2].port = 7 }?.reason == .revived)
        #expect(try reason { $0.media[1].attributes = $0.media[0].attributes }?.reason == .direction)
        #expect(
            try reason { $0.media[0].attributes.removeAll { $0.name == "path" } }?.reason == .msrp(.path)
        )
        let badRole = try reason {
            $0.media[0].attributes.removeAll { $0.name == "setup" }
            $0.media[0].attributes.append(Attribute("setup", "actpass"))
        }
        #expect(badRole?.reason == .setup)
        #expect(badRole?.medium == 0)
    }

    @Test func theVersionRisesByOneWithAChangeAndStaysWithoutOne() throws {
        let first = SessionDescription.offer([MSRPMedia.end("a").media], from: Self.alice)
        var other = first
        other.origin.version = 99
        #expect(other.revised(from: first) == first)
        other.media[0].port = 1
        let second = other.revised(from: first)
        #expect(second.origin.version == 2)
        #expect(try second.isChanged(since: first))
        #expect(try !first.isChanged(since: first))
        #expect(throws: RevisionError.versionLowered) { try first.isChanged(since: second) }
        other.origin = first.origin
        #expect(throws: RevisionError.versionNotRaised) { try other.isChanged(since: first) }
        other.media = []
        #expect(throws: RevisionError.mediaMissing) { try other.isChanged(since: first) }
        other.origin = Self.bob
        #expect(throws: RevisionError.otherSession) { try other.isChanged(since: first) }
    }

    @Test func rolesFollowRFC4145AndRFC6135() {
        #expect(Setup.answer(to: nil, canListen: true) == .passive)
        #expect(Setup.answer(to: nil, canListen: false) == nil)
        #expect(Setup.answer(to: .actpass, canListen: true) == .passive)
        #expect(Setup.answer(to: .actpass, canListen: false) == .active)
        #expect(Setup.answer(to: .active, canListen: true) == .passive)
        #expect(Setup.answer(to: .active, canListen: false) == nil)
        #expect(Setup.answer(to: .passive, canListen: false) == .active)
        #expect(Setup.answer(to: .holdconn, canListen: true) == .holdconn)
    }

    @Test func directionsFollowRFC3264() {
        #expect(Direction.answer(to: .sendonly, wanted: .sendrecv) == .recvonly)
        #expect(Direction.answer(to: .recvonly, wanted: .sendrecv) == .sendonly)
        #expect(Direction.answer(to: .inactive, wanted: .sendrecv) == .inactive)
        #expect(Direction.answer(to: .sendrecv, wanted: .recvonly) == .recvonly)
        #expect(!Direction.sendrecv.answers(.sendonly))
        #expect(Direction.inactive.answers(.sendonly))
        #expect(Direction.sendonly.mirrored == .recvonly)
    }
}
