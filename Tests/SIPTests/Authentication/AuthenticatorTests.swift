import Crypto
import SIP
import Testing
import Wire

@Suite("Authenticator with a password")
struct AuthenticatorTests {
    private var authenticator = Authenticator(
        privateIdentity: "alice@ims.test",
        realm: "ims.test",
        credential: .password(Secret("wonderland"))
    )
    private var identifiers = IdentifierSource(seed: 1)
    private var attempts = AuthenticationAttempts()

    private mutating func answer(
        _ response: Message,
        to request: inout Message
    ) throws(AuthenticationError) {
        try authenticator.answer(response, to: &request, attempts: &attempts, identifiers: &identifiers)
    }

    @Test("a REGISTER without a nonce names the user with an empty nonce and response (TS 24.229 §5.1.1.2.2)")
    mutating func emptyAuthorization() {
        var request = register()
        authenticator.authorize(&request)
        #expect(
            request.headers.first(.authorization)
                == #"Digest username="alice@ims.test", realm="ims.test", nonce="", uri="sip:ims.test", response="""#
        )
    }

    @Test("other requests carry nothing before they are challenged")
    mutating func nothingBefore() {
        var request = Message(method: .message, uri: "sip:bob@ims.test")
        authenticator.authorize(&request)
        #expect(!request.headers.contains(.authorization))
        #expect(!request.headers.contains(.proxyAuthorization))
    }

    @Test(
        "answers each algorithm, with and without qop",
        arguments: ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"],
        [nil, "auth", "auth-int", "auth-int,auth", "auth, token"]
    )
    mutating func algorithms(algorithm: String, qop: String?) throws {
        var request = register()
        let offer = qop.map { ", qop=\"\($0)\"" } ?? ""
        try answer(challenge(#"nonce="n1", opaque="o", algorithm=\#(algorithm)\#(offer)"#), to: &request)
        let credentials = try sent(request)
        #expect(credentials.parameters.rawValue("algorithm") == ByteString(algorithm))
        #expect(credentials.parameters["opaque"] == "o")
        #expect(
            credentials.parameters.rawValue("qop")?.text
                == (qop == "auth-int" ? "auth-int" : qop.map { _ in "auth" })
        )
        #expect(credentials.parameters.contains("nc") == (qop != nil))
        #expect(isRight(request, password: "wonderland"))
        #expect(!isRight(request, password: "Wonderland"))
    }

    @Test("a challenge that names no algorithm means MD5 and gets none back")
    mutating func defaultAlgorithm() throws {
        var request = register()
        try answer(challenge(#"nonce="n1", qop="auth""#), to: &request)
        #expect(try !sent(request).parameters.contains("algorithm"))
        #expect(isRight(request, password: "wonderland"))
    }

    @Test("auth-int covers the body of the request")
    mutating func integrity() throws {
        var request = Message(method: .publish, uri: "sip:alice@ims.test")
        request.setBody("presence", type: try #require(MediaType(parsing: "text/plain")))
        try answer(challenge(#"nonce="n1", qop="auth-int""#), to: &request)
        #expect(isRight(request, password: "wonderland"))
        request.body = "Presence"
        #expect(!isRight(request, password: "wonderland"))
    }

    @Test(
        "the strongest algorithm is answered, whatever the order, and what is not understood is passed over"
    )
    mutating func strongest() throws {
        var request = register()
        let response = challenge(
            #"nonce="a", algorithm=MD5, qop="auth""#,
            #"nonce="b", algorithm=SHA-3000, qop="auth""#,
            #"nonce="c", algorithm=SHA-256, qop="auth""#,
            #"nonce="d", algorithm=SHA-512-256, qop="unknown""#,
            #"nonce="e", algorithm=SHA-256-sess, qop="auth""#,
            #"nonce="f", algorithm=AKAv1-MD5"#
        )
        try answer(response, to: &request)
        #expect(try sent(request).nonce == "c")
    }

    @Test("the next request uses the nonce again with the next count")
    mutating func nonceCounting() throws {
        var request = register()
        try answer(challenge(#"nonce="n1", qop="auth""#), to: &request)
        #expect(try sent(request).parameters.rawValue("nc") == "00000001")
        var next = register()
        authenticator.authorize(&next)
        #expect(try sent(next).parameters.rawValue("nc") == "00000002")
        #expect(isRight(next, password: "wonderland"))
    }

    @Test("a nonce the server offers again goes on counting")
    mutating func repeatedNonce() throws {
        var request = register()
        try answer(challenge(#"nonce="n1", qop="auth""#), to: &request)
        attempts = AuthenticationAttempts()
        try answer(challenge(#"nonce="n1", qop="auth""#), to: &request)
        #expect(try sent(request).parameters.rawValue("nc") == "00000002")
    }

    @Test("a second challenge with a fresh nonce is answered, a third is not")
    mutating func twoTries() throws {
        var request = register()
        try answer(challenge(#"nonce="n1""#), to: &request)
        try answer(challenge(#"nonce="n2", stale=true"#), to: &request)
        #expect(request.headers.count(of: .authorization) == 1)
        #expect(throws: AuthenticationError.credentialsRefused) {
            try answer(challenge(#"nonce="n3""#), to: &request)
        }
    }

    @Test("the same nonce once more means that the password is wrong")
    mutating func sameNonce() throws {
        var request = register()
        try answer(challenge(#"nonce="n1""#), to: &request)
        #expect(throws: AuthenticationError.credentialsRefused) {
            try answer(challenge(#"nonce="n1""#), to: &request)
        }
        #expect(attempts.refusal == .credentialsRefused)
    }

    @Test("another realm gets no credentials, though ours among others does")
    mutating func foreignRealm() throws {
        var request = register()
        let foreign = Header(.wwwAuthenticate, #"Digest realm="evil.test", nonce="x""#)
        var response = Message(status: .unauthorized)
        response.headers.append(foreign)
        let alone = response
        #expect(throws: AuthenticationError.foreignRealm(offered: "evil.test", expected: "ims.test")) {
            try answer(alone, to: &request)
        }
        #expect(!request.headers.contains(.authorization))
        response.headers.append(.wwwAuthenticate, #"Digest realm="ims.test", nonce="ours""#)
        try answer(response, to: &request)
        #expect(try sent(request).nonce == "ours")
    }

    @Test("a 401 to a MESSAGE comes from the far end and gets no credentials; a 407 comes from a proxy")
    mutating func farEnd() throws {
        var request = Message(method: .message, uri: "sip:bob@ims.test")
        #expect(throws: AuthenticationError.notFromNetwork) {
            try answer(challenge(#"nonce="x""#), to: &request)
        }
        var response = Message(status: .proxyAuthenticationRequired)
        response.headers.append(.proxyAuthenticate, #"Digest realm="ims.test", nonce="p", qop="auth""#)
        try answer(response, to: &request)
        #expect(try request.headers.first(ProxyAuthorization.self)?.credentials.nonce == "p")

        var next = Message(method: .message, uri: "sip:bob@ims.test")
        authenticator.authorize(&next)
        #expect(next.headers.contains(.proxyAuthorization) && !next.headers.contains(.authorization))
    }

    @Test("what cannot be answered says why")
    mutating func unanswerable() {
        var request = register()
        let cases: [(String, AuthenticationError)] = [
            ("Basic realm=\"ims.test\"", .noCredentials(scheme: "Basic")),
            ("Digest realm=\"ims.test\"", .malformedChallenge),
            ("Digest realm=\"ims.test", .malformedChallenge),
            (
                "Digest realm=\"ims.test\", nonce=\"x\", algorithm=AKAv1-MD5",
                .noCommonAlgorithm(offered: ["AKAv1-MD5"])
            ),
            ("Digest realm=\"ims.test\", nonce=\"x\", algorithm=MD9", .noCommonAlgorithm(offered: ["MD9"])),
        ]
        for (value, error) in cases {
            var response = Message(status: .unauthorized)
            response.headers.append(.wwwAuthenticate, value)
            let challenge = response
            #expect(throws: error) { try answer(challenge, to: &request) }
        }
        let bare = Message(status: .unauthorized)
        #expect(throws: AuthenticationError.malformedChallenge) { try answer(bare, to: &request) }
        authenticator = Authenticator(privateIdentity: "alice@ims.test", realm: "ims.test", credential: .none)
        #expect(throws: AuthenticationError.noCredentials(scheme: "Digest")) {
            try answer(challenge(#"nonce="x""#), to: &request)
        }
    }

    @Test("quotes in the user name are escaped on the wire and hashed as they are")
    mutating func quotes() throws {
        let name = #"al"i\ce@ims.test"#
        authenticator = Authenticator(
            privateIdentity: name,
            realm: "ims.test",
            credential: .password(Secret("wonderland"))
        )
        var request = register()
        try answer(challenge(#"nonce="n""#), to: &request)
        let credentials = try sent(request)
        #expect(credentials.parameters.rawValue("username") == #""al\"i\\ce@ims.test""#)
        #expect(credentials.username?.text == name)
        #expect(isRight(request, password: "wonderland"))
    }

    @Test("nextnonce replaces the nonce, and the count begins anew")
    mutating func nextNonce() throws {
        var request = register()
        try answer(challenge(#"nonce="n1", qop="auth""#), to: &request)
        var response = Message(status: .ok)
        response.headers.append(.authenticationInfo, #"nextnonce="n2""#)
        #expect(authenticator.noteSuccess(response, to: request) == .none)
        var next = register()
        authenticator.authorize(&next)
        #expect(try sent(next).nonce == "n2")
        #expect(try sent(next).parameters.rawValue("nc") == "00000001")
        #expect(isRight(next, password: "wonderland"))
    }

    @Test("the server's proof is checked; a wrong one loses the nonce")
    mutating func serverProof() throws {
        var request = register()
        try answer(challenge(#"nonce="n1", qop="auth""#), to: &request)
        let proof = try computation(request, password: "wonderland").responseAuthentication(body: [])
        var response = Message(status: .ok)
        response.headers.append(.authenticationInfo, "rspauth=\"\(proof)\", qop=auth, nc=00000001")
        #expect(authenticator.noteSuccess(response, to: request) == .right)
        let wrong = String(proof.reversed())
        response.headers.set(.authenticationInfo, "rspauth=\"\(wrong)\", nextnonce=\"evil\"")
        #expect(authenticator.noteSuccess(response, to: request) == .wrong)
        #expect(!authenticator.hasKeptNonce)
    }

    @Test("a kept nonce serves the next run of the same identity and realm, and of no other")
    mutating func keptNonce() throws {
        var request = register()
        try answer(challenge(#"nonce="n1 \"x\"", qop="auth", opaque="", algorithm=SHA-256"#), to: &request)
        let kept = try #require(authenticator.keptNonces)
        #expect(!kept.contains("wonderland"))

        let secret = Credential.password(Secret("wonderland"))
        var later = Authenticator(
            privateIdentity: "alice@ims.test",
            realm: "ims.test",
            credential: secret,
            keptNonces: kept
        )
        var next = register()
        later.authorize(&next)
        #expect(try sent(next).nonce == #"n1 "x""#)
        #expect(try sent(next).parameters.rawValue("nc") == "00000002")
        #expect(isRight(next, password: "wonderland"))

        for (identity, realm) in [("bob@ims.test", "ims.test"), ("alice@ims.test", "other.test")] {
            let other = Authenticator(
                privateIdentity: identity,
                realm: realm,
                credential: secret,
                keptNonces: kept
            )
            #expect(!other.hasKeptNonce)
        }
        for nonsense in ["", " ", "a b c", kept + "x y", String(kept.dropLast(5)), "- - - - - - - - -"] {
            _ = Authenticator(
                privateIdentity: "alice@ims.test",
                realm: "ims.test",
                credential: secret,
                keptNonces: nonsense
            )
        }
    }

    @Test("printing the authenticator does not show the password")
    func redaction() {
        var dumped = ""
        dump(authenticator, to: &dumped)
        #expect(!dumped.contains("wonderland") && !"\(authenticator)".contains("wonderland"))
        #expect(!dumped.contains("119"))
    }
}

func register() -> Message { Message(method: .register, uri: "sip:ims.test") }

/// A 401 with a challenge of realm `ims.test` for each list of parameters.
func challenge(_ parameters: String...) -> Message {
    var response = Message(status: .unauthorized)
    for list in parameters { response.headers.append(.wwwAuthenticate, "Digest realm=\"ims.test\", \(list)") }
    return response
}

func sent(_ request: Message) throws -> Credentials {
    let field = try request.headers.first(Authorization.self)
    return try #require(field).credentials
}

/// What the server computes from the credentials it got.
func computation(_ request: Message, password: String) throws -> DigestComputation {
    try computation(request, password: Secret(password))
}

func computation(_ request: Message, password: Secret) throws -> DigestComputation {
    let credentials = try sent(request)
    let parameters = credentials.parameters
    let token = parameters["algorithm"]?.text
    return DigestComputation(
        algorithm: try #require(token.map { DigestAlgorithm(token: $0) } ?? .standard),
        username: credentials.username?.text ?? "",
        realm: credentials.realm?.text ?? "",
        password: password,
        nonce: credentials.nonce?.text ?? "",
        uri: parameters["uri"]?.text ?? "",
        qop: parameters["qop"].flatMap { .init(rawValue: $0.text) },
        nonceCount: parameters["nc"].flatMap { UInt32($0.text, radix: 16) } ?? 0,
        cnonce: parameters["cnonce"]?.text ?? ""
    )
}

func isRight(_ request: Message, password: String) -> Bool { isRight(request, password: Secret(password)) }

func isRight(_ request: Message, password: Secret) -> Bool {
    guard let credentials = try? sent(request), let expected = try? computation(request, password: password)
    else {
        return false
    }
    let response = expected.response(method: request.method?.rawValue ?? "", body: request.body.bytes)
    return credentials.parameters["response"] == ByteString(response)
}
