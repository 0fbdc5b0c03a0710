import Testing

@testable import SIP

@Suite("HTTP digest (RFC 7616)")
struct HTTPAuthenticatorTests {
    private let challenge = "Digest realm=\"ims.test\", nonce=\"n1\", qop=\"auth\""

    private func authenticator() -> HTTPAuthenticator {
        HTTPAuthenticator(username: "alice@ims.test", credential: .password(Secret("alice")))
    }

    @Test("before a challenge nothing is proved, after it every request is, each with the next count")
    func counts() throws {
        var (authenticator, attempts) = (authenticator(), AuthenticationAttempts())
        let before = authenticator.authorization(method: "GET", target: "/a", body: [])
        #expect(before == nil)
        try authenticator.answer([challenge], attempts: &attempts)
        let first = authenticator.authorization(method: "GET", target: "/a", body: []) ?? ""
        #expect(
            first.hasPrefix(
                "Digest username=\"alice@ims.test\", realm=\"ims.test\", nonce=\"n1\", uri=\"/a\""
            )
        )
        #expect(first.hasSuffix("nc=00000001"))
        let second = authenticator.authorization(method: "PUT", target: "/a", body: [1]) ?? ""
        #expect(second.hasSuffix("nc=00000002"))
    }

    @Test("the strongest digest of several challenges is answered, in one field or in many, and never Basic")
    func selection() throws {
        let strong = "Digest realm=\"a, b\", nonce=\"n2\", algorithm=SHA-256"
        for fields in [
            ["Basic realm=\"x\", \(challenge), \(strong)"], [challenge, strong, "Basic realm=\"x\""],
        ] {
            var (authenticator, attempts) = (authenticator(), AuthenticationAttempts())
            try authenticator.answer(fields, attempts: &attempts)
            let value = authenticator.authorization(method: "GET", target: "/", body: []) ?? ""
            #expect(value.contains("nonce=\"n2\""), "\(value)")
            #expect(value.contains("realm=\"a, b\""))
        }
        var (authenticator, attempts) = (authenticator(), AuthenticationAttempts())
        #expect(throws: AuthenticationError.noCredentials(scheme: "Basic")) {
            try authenticator.answer(["Basic realm=\"x\""], attempts: &attempts)
        }
        #expect(throws: AuthenticationError.noCommonAlgorithm(offered: ["whirlpool"])) {
            try authenticator.answer(
                ["Digest realm=\"x\", nonce=\"n\", algorithm=whirlpool"],
                attempts: &attempts
            )
        }
        #expect(throws: AuthenticationError.malformedChallenge) {
            try authenticator.answer([], attempts: &attempts)
        }
    }

    @Test("a nonce that has grown old is replaced, the same one twice says that the password is wrong")
    func refusal() throws {
        var (authenticator, attempts) = (authenticator(), AuthenticationAttempts())
        try authenticator.answer([challenge], attempts: &attempts)
        var later = AuthenticationAttempts()
        try authenticator.answer([challenge.replacing("n1", with: "n2") + ", stale=true"], attempts: &later)
        #expect(throws: AuthenticationError.credentialsRefused) {
            try authenticator.answer([challenge.replacing("n1", with: "n2")], attempts: &later)
        }
        var endless = AuthenticationAttempts()
        #expect(throws: AuthenticationError.credentialsRefused) {
            for number in 0..<5 {
                try authenticator.answer([challenge.replacing("n1", with: "m\(number)")], attempts: &endless)
            }
        }
    }

    @Test("who has no password proves nothing")
    func noPassword() {
        var (authenticator, attempts) = (
            HTTPAuthenticator(username: "a", credential: .none), AuthenticationAttempts()
        )
        #expect(throws: AuthenticationError.noCredentials(scheme: "Digest")) {
            try authenticator.answer([challenge], attempts: &attempts)
        }
    }
}
