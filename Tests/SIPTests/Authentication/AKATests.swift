import Crypto
import SIP
import Testing
import Wire

@Suite("Authenticator with a card (RFC 3310, RFC 4169)")
struct AKATests {
    private let network: HomeNetwork
    private var authenticator: Authenticator
    private var identifiers = IdentifierSource(seed: 1)
    private var attempts = AuthenticationAttempts()

    init() throws {
        network = try HomeNetwork()
        authenticator = Authenticator(
            privateIdentity: "carol@ims.test",
            realm: "ims.test",
            credential: .card(SoftwareCard(network.milenage))
        )
    }

    private mutating func answer(
        sqn: UInt64,
        algorithm: String = "AKAv1-MD5",
        damaged: Bool = false,
        to request: inout Message
    ) throws(AuthenticationError) {
        var nonce = network.nonce(sqn: sqn)
        if damaged { nonce[20] ^= 0x80 }
        let parameters = "nonce=\"\(Base64.encode(nonce))\", algorithm=\(algorithm), qop=\"auth\""
        let response = challenge(parameters)
        try authenticator.answer(response, to: &request, attempts: &attempts, identifiers: &identifiers)
    }

    @Test("AKAv1 takes RES itself as the password")
    mutating func versionOne() throws {
        var request = register()
        try answer(sqn: 32, to: &request)
        #expect(isRight(request, password: Secret(bytes(network.set.f2))))
        #expect(try sent(request).parameters.rawValue("algorithm") == "AKAv1-MD5")
    }

    @Test("AKAv2 takes the base 64 of a code over RES, IK and CK")
    mutating func versionTwo() throws {
        var request = register()
        try answer(sqn: 32, algorithm: "AKAv2-MD5", to: &request)
        let key = bytes(network.set.f2 + network.set.f4 + network.set.f3)
        let code = HashFunction.md5.authenticationCode(
            for: Array("http-digest-akav2-password".utf8),
            key: key
        )
        #expect(isRight(request, password: Base64.encode(code)))
    }

    @Test("AKAv2 is chosen where both are offered (RFC 4169 §4.1)")
    mutating func preference() throws {
        var request = register()
        let nonce = Base64.encode(network.nonce(sqn: 32))
        let response = challenge(
            "nonce=\"\(nonce)\", algorithm=MD5",
            "nonce=\"\(nonce)\", algorithm=AKAv1-MD5",
            "nonce=\"\(nonce)\", algorithm=AKAv2-MD5"
        )
        try authenticator.answer(response, to: &request, attempts: &attempts, identifiers: &identifiers)
        #expect(try sent(request).parameters["algorithm"] == "AKAv2-MD5")
    }

    @Test("a challenge for a password is not answered with a card")
    mutating func passwordChallenge() {
        var request = register()
        let response = challenge(#"nonce="x", algorithm=MD5"#)
        #expect(throws: AuthenticationError.noCommonAlgorithm(offered: ["MD5"])) {
            try authenticator.answer(response, to: &request, attempts: &attempts, identifiers: &identifiers)
        }
    }

    @Test("a MAC that is wrong gets an empty response without auts, and then it is over")
    mutating func networkNotAuthenticated() throws {
        var request = register()
        try answer(sqn: 32, damaged: true, to: &request)
        let parameters = try sent(request).parameters
        #expect(parameters["response"] == "")
        #expect(!parameters.contains("auts"))
        #expect(parameters.contains("nonce"))
        #expect(attempts.refusal == .networkNotAuthenticated)
        #expect(throws: AuthenticationError.networkNotAuthenticated) { try answer(sqn: 64, to: &request) }
    }

    @Test("a sequence number out of range gets auts, from which the network starts anew")
    mutating func synchronisation() throws {
        var request = register()
        try answer(sqn: 3200, to: &request)
        attempts = AuthenticationAttempts()
        try answer(sqn: 3200, to: &request)
        let parameters = try sent(request).parameters
        let auts = try #require(parameters["auts"].flatMap { Base64.decode($0) })
        #expect(network.sqn(auts: auts) == 3200)
        #expect(isRight(request, password: ""))

        try answer(sqn: 3232, to: &request)
        #expect(try !sent(request).parameters.contains("auts"))
        #expect(isRight(request, password: Secret(bytes(network.set.f2))))
    }

    @Test("a number that is out of range after synchronisation too is a failure")
    mutating func synchronisationFails() throws {
        var request = register()
        try answer(sqn: 3200, to: &request)
        attempts = AuthenticationAttempts()
        try answer(sqn: 3168, to: &request)
        #expect(attempts.refusal == .synchronisationFailed)
        #expect(throws: AuthenticationError.synchronisationFailed) { try answer(sqn: 3136, to: &request) }
    }

    @Test("a nonce that is no AKA challenge is malformed", arguments: ["", "!!!", "AAAA", "bm9uY2U="])
    mutating func malformedNonce(nonce: String) {
        var request = register()
        let response = challenge("nonce=\"\(nonce)\", algorithm=AKAv1-MD5")
        #expect(throws: AuthenticationError.malformedChallenge) {
            try authenticator.answer(response, to: &request, attempts: &attempts, identifiers: &identifiers)
        }
    }

    @Test("what the card accepted can be kept, and the password of the nonce cannot")
    mutating func kept() throws {
        var request = register()
        try answer(sqn: 32, to: &request)
        #expect(authenticator.keptNonces == nil)
        let numbers = try #require(authenticator.sequenceNumbers)
        let restored = try #require(SequenceNumbers(numbers.description))
        var card = SoftwareCard(network.milenage, sequenceNumbers: restored)
        let verdict = card.authenticate(try network.challenge(sqn: 32))
        guard case .outOfRange = verdict else {
            Issue.record("accepted twice")
            return
        }
    }

    @Test("a refresh uses the nonce again with the next count")
    mutating func refresh() throws {
        var request = register()
        try answer(sqn: 32, to: &request)
        var next = register()
        authenticator.authorize(&next)
        #expect(try sent(next).parameters.rawValue("nc") == "00000002")
        #expect(isRight(next, password: Secret(bytes(network.set.f2))))
    }
}
