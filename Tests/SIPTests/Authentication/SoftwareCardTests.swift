import SIP
import Testing

@Suite("Sequence numbers (TS 33.102 annex C)")
struct SequenceNumbersTests {
    /// Whether a card in the state `numbers` accepts each of the numbers offered, in turn.
    private func accepts(_ offered: [UInt64], _ numbers: inout SequenceNumbers) -> [Bool] {
        offered.map { numbers.accept($0) }
    }

    @Test("no number is accepted twice")
    func replay() {
        var numbers = SequenceNumbers()
        let verdicts = accepts([64, 64, 32, 96], &numbers)
        #expect(verdicts == [true, false, false, true])
    }

    @Test("numbers of different indexes that overtake each other are all accepted")
    func overtaking() {
        var numbers = SequenceNumbers()
        let verdicts = accepts([10 << 5 | 3, 9 << 5 | 2], &numbers)
        #expect(verdicts == [true, true])
        #expect(numbers.greatest == 10 << 5 | 3)
    }

    @Test("a network that counts from 0 by 1 is accepted all the way")
    func countingByOne() {
        var numbers = SequenceNumbers()
        let first = accepts(Array(0..<200), &numbers)
        let second = accepts(Array(0..<200), &numbers)
        #expect(!first.contains(false))
        #expect(!second.contains(true))
    }

    @Test("a new card takes any number, a used one none that is more than delta ahead")
    func jump() {
        var numbers = SequenceNumbers()
        let (first, delta): (UInt64, UInt64) = (1 << 40, SequenceNumbers.greatestJump)
        let verdicts = accepts([first, first + (delta + 1) << 5, first + delta << 5], &numbers)
        #expect(verdicts == [true, false, true])
    }

    @Test("the greatest 48-bit number neither traps nor is accepted twice")
    func greatest() {
        var numbers = SequenceNumbers()
        let verdicts = accepts([(1 << 48) - 1, (1 << 48) - 1], &numbers)
        #expect(verdicts == [true, false])
        #expect(numbers.greatest == (1 << 48) - 1)
    }

    @Test("the stored form gives the same state back, and nonsense gives none")
    func stored() {
        var numbers = SequenceNumbers()
        _ = numbers.accept(77)
        _ = numbers.accept(4096)
        #expect(SequenceNumbers(numbers.description) == numbers)
        #expect(SequenceNumbers("") == nil)
        #expect(SequenceNumbers(numbers.description + " 1") == nil)
        #expect(SequenceNumbers(numbers.description.replacing("-", with: "g", maxReplacements: 1)) == nil)
    }
}

@Suite("Software card (TS 33.102 §6.3.3)")
struct SoftwareCardTests {
    @Test("answers a fresh challenge with RES, CK and IK")
    func fresh() throws {
        let network = try HomeNetwork()
        var card = SoftwareCard(network.milenage)
        let verdict = card.authenticate(try network.challenge(sqn: 32))
        guard case .accepted(let keys) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(keys.response.bytes == bytes(network.set.f2))
        #expect(keys.cipherKey.bytes == bytes(network.set.f3))
        #expect(keys.integrityKey.bytes == bytes(network.set.f4))
    }

    @Test("a challenge whose MAC is wrong does not authenticate the network and costs no number")
    func wrongMAC() throws {
        let network = try HomeNetwork()
        var card = SoftwareCard(network.milenage)
        var nonce = network.nonce(sqn: 32)
        nonce[31] ^= 1
        let forged = try #require(AKAChallenge(nonce))
        let verdict = card.authenticate(forged)
        #expect(verdict == .networkNotAuthenticated)
        #expect(card.sequenceNumbers == SequenceNumbers())
    }

    @Test("a challenge seen before gets AUTS, from which the network learns SQN_MS")
    func synchronisation() throws {
        let network = try HomeNetwork()
        var card = SoftwareCard(network.milenage)
        _ = card.authenticate(try network.challenge(sqn: 0x0102_0304_0506))
        let verdict = card.authenticate(try network.challenge(sqn: 0x0102_0304_0506))
        guard case .outOfRange(let auts) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(auts.count == 14)
        #expect(network.sqn(auts: auts) == 0x0102_0304_0506)
    }

    @Test("a nonce shorter than RAND and AUTN is no challenge, one with server data is")
    func nonceLength() {
        #expect(AKAChallenge([]) == nil)
        #expect(AKAChallenge([UInt8](repeating: 0, count: 31)) == nil)
        #expect(AKAChallenge([UInt8](repeating: 0, count: 40)) != nil)
    }
}

/// The authentication centre's side of AKA, for tests.
struct HomeNetwork {
    let set = MilenageTestSet.all[0]
    let milenage: Milenage

    init() throws {
        milenage = try #require(Milenage(key: bytes(set.k), op: bytes(set.op)))
    }

    /// RAND ‖ AUTN.
    func nonce(sqn number: UInt64) -> [UInt8] {
        let rand = bytes(set.rand)
        let sqn = (0..<6).map { UInt8(truncatingIfNeeded: number >> (40 - 8 * $0)) }
        let amf: [UInt8] = [0x80, 0]
        let ak = milenage.responseAndAnonymityKey(rand: rand).ak
        return rand + zip(sqn, ak).map { $0 ^ $1 } + amf + milenage.macs(rand: rand, sqn: sqn, amf: amf).a
    }

    func challenge(sqn: UInt64) throws -> AKAChallenge { try #require(AKAChallenge(nonce(sqn: sqn))) }

    /// SQN_MS out of an AUTS, or `nil` if its code is wrong.
    func sqn(auts: [UInt8]) -> UInt64? {
        let rand = bytes(set.rand)
        let sqn = zip(auts, milenage.resynchronisationKey(rand: rand)).map { $0 ^ $1 }
        guard milenage.macs(rand: rand, sqn: sqn, amf: [0, 0]).s == Array(auts[6...]) else { return nil }
        return sqn.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
