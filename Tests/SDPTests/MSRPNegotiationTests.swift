import SDP
import Testing
import Wire

@Suite struct MSRPNegotiationTests {
    private func agree(
        _ offerer: MSRPMedia,
        _ answerer: MSRPMedia,
        offererListens: Bool = true,
        answererListens: Bool = true,
        change: (inout MSRPMedia) -> Void = { _ in }
    ) throws(MSRPRefusal) -> (offerer: MSRPAgreement, answerer: MSRPAgreement) {
        var offer = offerer.offer(canListen: offererListens)
        change(&offer)
        let answer = try answerer.answer(to: offer, canListen: answererListens)
        return (
            MSRPAgreement(local: offer, remote: answer, isOfferer: true),
            MSRPAgreement(local: answer, remote: offer, isOfferer: false)
        )
    }

    private let alice = MSRPMedia.end("a")
    private let bob = MSRPMedia.end("b", at: "192.0.2.2", port: 8493)

    @Test func theOffererConnectsUnlessItIsTheOnlyOneThatCanListen() throws {
        let usual = try agree(alice, bob)
        #expect((usual.offerer.role, usual.answerer.role) == (.active, .passive))
        let behind = try agree(alice, bob, answererListens: false)
        #expect((behind.offerer.role, behind.answerer.role) == (.passive, .active))
        #expect(behind.answerer.local.port == 9)
        #expect(behind.answerer.target == .path)
        let hidden = try agree(alice, bob, offererListens: false)
        #expect(hidden.offerer.local.setup == .active)
        #expect(hidden.offerer.local.port == 9)
        #expect((hidden.offerer.role, hidden.answerer.role) == (.active, .passive))
        #expect(throws: MSRPRefusal.unreachable) {
            try agree(alice, bob, offererListens: false, answererListens: false)
        }
    }

    @Test func anOfferWithoutRolesIsAnsweredWithoutThem() throws {
        let old = try agree(alice, bob) { $0.setup = nil }
        #expect(old.answerer.local.setup == nil)
        #expect((old.offerer.role, old.answerer.role) == (.active, .passive))
    }

    @Test func anEndThatHasNothingInCommonIsRefused() {
        #expect(throws: MSRPRefusal.types) {
            try agree(alice, MSRPMedia.end("b", types: ["application/xml"]))
        }
        #expect(throws: MSRPRefusal.transport) { try agree(alice, MSRPMedia.end("b", isSecure: true)) }
        #expect(MSRPRefusal.types.warningCode == 305)
    }

    @Test func wrappedTypesCountWithinAContainerOnly() throws {
        var cpim = MSRPMedia.end("a", types: ["message/cpim"])
        cpim.acceptWrappedTypes = AcceptedTypes(["text/plain"])
        let agreement = try agree(cpim, MSRPMedia.end("b", types: ["message/cpim", "text/plain"])).answerer
        let (plain, container) = (MediaType("text", "plain"), MediaType("message", "cpim"))
        #expect(!agreement.allows(plain))
        #expect(agreement.allows(plain, within: container))
        #expect(!agreement.allows(MediaType("text", "html"), within: container))
        #expect(!agreement.allows(plain, within: MediaType("multipart", "mixed")))
    }

    @Test func directionLimitsWhoSends() throws {
        var file = alice
        file.direction = .sendonly
        let agreement = try agree(file, bob)
        #expect((agreement.offerer.sends, agreement.offerer.receives) == (true, false))
        #expect((agreement.answerer.sends, agreement.answerer.receives) == (false, true))
    }

    @Test func withoutCEMAARewrittenAddressIsRefused() {
        #expect(throws: MSRPRefusal.gateway) {
            try agree(alice, bob) { ($0.host, $0.port) = ("198.51.100.7", 4000) }
        }
    }

    @Test func withCEMATheAddressOfTheGatewayIsUsed() throws {
        var (one, other) = (alice, bob)
        (one.supportsCEMA, other.supportsCEMA) = (true, true)
        let offer = one.offer(canListen: true)
        var seen = offer
        (seen.host, seen.port) = ("198.51.100.7", 4000)
        var answer = try other.answer(to: seen, canListen: false)
        #expect(answer.supportsCEMA)
        let answerer = MSRPAgreement(local: answer, remote: seen, isOfferer: false)
        #expect((answerer.role, answerer.target) == (.active, .address))
        answer = try other.answer(to: seen, canListen: true)
        (answer.host, answer.port) = ("198.51.100.8", 4001)
        let offerer = MSRPAgreement(local: offer, remote: answer, isOfferer: true)
        #expect((offerer.role, offerer.target, offerer.needsPlainOffer) == (.active, .address, false))
    }

    @Test func withCEMABetweenNeighboursThePathIsUsed() throws {
        var (one, other) = (alice, bob)
        (one.supportsCEMA, other.supportsCEMA) = (true, true)
        let agreement = try agree(one, other)
        #expect(agreement.offerer.target == .path)
        #expect(!agreement.offerer.needsPlainOffer)
    }

    @Test func aGatewayBeforeARelayNeedsAPlainOffer() throws {
        var one = alice
        one.supportsCEMA = true
        let offer = one.offer(canListen: true)
        var answer = try bob.answer(to: offer, canListen: true)
        answer.path.insert("msrp://relay.example.com:2855/r;tcp", at: 0)
        (answer.host, answer.port) = ("198.51.100.8", 4001)
        #expect(MSRPAgreement(local: offer, remote: answer, isOfferer: true).needsPlainOffer)
    }

    @Test func relaysOnBothSidesLeaveCEMAOut() throws {
        var (one, other) = (alice, bob)
        (one.supportsCEMA, other.supportsCEMA) = (true, true)
        one.path.insert("msrp://192.0.2.9:2855/r;tcp", at: 0)
        other.path.insert("msrp://192.0.2.9:2855/s;tcp", at: 0)
        #expect(try !agree(one, other).answerer.local.supportsCEMA)
        one.path.removeFirst()
        #expect(try agree(one, other).answerer.local.supportsCEMA)
    }
}
