import Crypto
import SIP
import Testing
import Wire

@Suite("Credentials for an MSRP relay, RFC 4976 §9.1")
struct RelayCredentialsTests {
    private let authenticator = Authenticator(
        privateIdentity: "alice@ims.test",
        realm: "ims.test",
        credential: .password(Secret("wonderland"))
    )
    private static let uri = "msrps://relay.ims.test:2855;tcp"

    private static func challenge(_ realm: String) -> [ByteString] {
        [ByteString("Digest realm=\"\(realm)\", qop=\"auth\", nonce=\"dcd98b7102dd\"")]
    }

    private func hash(_ text: String) -> String {
        Hexadecimal.encode(HashFunction.md5.hash(Array(text.utf8)))
    }

    private func answer(
        _ fields: [ByteString]
    ) throws(AuthenticationError) -> RelayCredentials {
        var identifiers = IdentifierSource(seed: 7)
        return try authenticator.relayCredentials(
            for: fields,
            of: "relay.ims.test",
            uri: Self.uri,
            identifiers: &identifiers
        )
    }

    @Test(
        "the digest is made with the method AUTH and the URI of the relay",
        arguments: ["ims.test", "relay.ims.test"]
    )
    func digest(realm: String) throws {
        let credentials = try answer(Self.challenge(realm))
        let parameters = try Authorization(parsing: credentials.text).credentials.parameters
        let cnonce = try #require(parameters["cnonce"]).text
        let first = hash("alice@ims.test:\(realm):wonderland")
        let second = hash("AUTH:\(Self.uri)")
        let expected = hash("\(first):dcd98b7102dd:00000001:\(cnonce):auth:\(second)")
        #expect(parameters["response"]?.text == expected)
        #expect(parameters["username"] == "alice@ims.test")
        #expect(parameters["realm"]?.text == realm)
        #expect(parameters.rawValue("qop") == "auth")
        #expect(parameters["nc"] == "00000001")
        #expect(parameters["uri"]?.text == Self.uri)

        let proof = hash("\(first):dcd98b7102dd:00000001:\(cnonce):auth:\(hash(":\(Self.uri)"))")
        let information = "rspauth=\"\(proof)\", cnonce=\"\(cnonce)\", nc=00000001, qop=auth"
        #expect(credentials.proof(in: ByteString(information)) == .right)
        #expect(credentials.proof(in: "rspauth=\"00\", nc=00000001, qop=auth") == .wrong)
        #expect(credentials.proof(in: nil) == .none)
    }

    @Test("neither another realm nor an unreadable challenge gets a digest of the password")
    func refused() {
        #expect(throws: AuthenticationError.foreignRealm(offered: "evil.test", expected: "ims.test")) {
            try answer(Self.challenge("evil.test"))
        }
        #expect(throws: AuthenticationError.malformedChallenge) { try answer(["???"]) }
    }
}
