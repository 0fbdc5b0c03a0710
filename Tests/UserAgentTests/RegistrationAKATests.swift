import SIP
import Testing
import UserAgent
import Wire

@Suite("Registration with a card (TS 24.229 §5.1.1.5)")
struct RegistrationAKATests {
    private let key: [UInt8] = Array(0..<16)
    private let rand: [UInt8] = Array(16..<32)

    /// A nonce as a network makes it that holds `key`.
    private func nonce(sqn: UInt8, key: [UInt8]? = nil) throws -> String {
        let milenage = try #require(Milenage(key: key ?? self.key, opc: self.key))
        let number: [UInt8] = [0, 0, 0, 0, 1, sqn]
        let ak = milenage.responseAndAnonymityKey(rand: rand).ak
        let mac = milenage.macs(rand: rand, sqn: number, amf: [0x80, 0]).a
        return Base64.encode(rand + zip(number, ak).map { $0 ^ $1 } + [0x80, 0] + mac)
    }

    private func bench(accepted: [UInt64] = []) throws -> RegistrationBench {
        var numbers = SequenceNumbers()
        for number in accepted { _ = numbers.accept(number) }
        let milenage = try #require(Milenage(key: key, opc: key))
        var bench = try RegistrationBench(credential: .card(SoftwareCard(milenage, sequenceNumbers: numbers)))
        bench.start()
        bench.openFlow()
        return bench
    }

    @Test("a fresh challenge is answered")
    func fresh() throws {
        var bench = try bench()
        bench.challenge(nonce: try nonce(sqn: 32), ", algorithm=AKAv1-MD5")
        #expect(bench.sent.count == 2)
        bench.grant()
        #expect(bench.registration.isRegistered)
    }

    @Test("a number out of range is synchronised, then the challenge is answered, in one call")
    func synchronised() throws {
        var bench = try bench(accepted: [288, 320, 352])
        let first = bench.last
        bench.challenge(nonce: try nonce(sqn: 32), ", algorithm=AKAv1-MD5")
        #expect(bench.field(.authorization)?.contains("auts=") == true)
        bench.challenge(nonce: try nonce(sqn: 128), ", algorithm=AKAv1-MD5")
        #expect(bench.field(.authorization)?.contains("auts=") == false)
        #expect(bench.last.headers.first(.callID) == first.headers.first(.callID))
        #expect(bench.field(.cseq) == "3 REGISTER")
        bench.grant()
        #expect(bench.registration.isRegistered)
    }

    @Test("a number out of range after synchronisation is the end")
    func notSynchronised() throws {
        var bench = try bench(accepted: [288, 320, 352])
        bench.challenge(nonce: try nonce(sqn: 32), ", algorithm=AKAv1-MD5")
        bench.challenge(nonce: try nonce(sqn: 64), ", algorithm=AKAv1-MD5")
        #expect(bench.failures == [.authentication(.synchronisationFailed, status: .unauthorized)])
        #expect(bench.sent.count == 2)
    }

    @Test(
        "a network that does not know the key is told so and given up, whatever it answers",
        arguments: [401, 403, 404, 500]
    )
    func networkNotAuthenticated(code: Int) throws {
        var bench = try bench()
        bench.challenge(nonce: try nonce(sqn: 32, key: Array(1..<17)), ", algorithm=AKAv1-MD5")
        #expect(bench.field(.authorization)?.contains("response=\"\"") == true)
        #expect(bench.field(.authorization)?.contains("auts") == false)
        let status = try #require(StatusCode(code))
        if status == .unauthorized {
            bench.challenge(nonce: try nonce(sqn: 64), ", algorithm=AKAv1-MD5")
        } else {
            bench.answer(status)
        }
        #expect(bench.failures == [.authentication(.networkNotAuthenticated, status: status)])
        #expect(bench.sent.count == 2)
        #expect(bench.registration.nextDeadline == nil)
    }

    @Test("a registration after a failure is a new call")
    func newCall() throws {
        var bench = try bench()
        let first = bench.last
        bench.challenge(nonce: "nonsense", ", algorithm=AKAv1-MD5")
        #expect(bench.failures == [.authentication(.malformedChallenge, status: .unauthorized)])
        bench.start()
        #expect(bench.last.headers.first(.callID) != first.headers.first(.callID))
    }
}
