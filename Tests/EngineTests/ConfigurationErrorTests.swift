import Testing

@testable import Engine

@Suite struct ConfigurationErrorTests {
    private static let head = "[account a]\npublic-identity = sip:a@x\n"
    private typealias Expectation = ConfigurationValue.Expectation

    private static func bad(_ key: String, _ value: String, _ expected: String) -> ConfigurationError.Problem
    {
        .badValue(key: key, value: value, expected: expected)
    }

    @Test(
        "what is wrong is named with its line",
        arguments: [
            ("", nil, .noAccounts),
            ("colour = on", nil, .noAccounts),
            ("hello", 1, .malformedLine),
            ("= x", 1, .malformedLine),
            ("[account a", 1, .malformedLine),
            ("[]", 1, .malformedLine),
            ("\n[buddies]", 2, .unknownSection("buddies")),
            ("[account]", 1, .badAccountName("")),
            ("[account -x]", 1, .badAccountName("-x")),
            (head + "[account a]", 3, .duplicateAccount("a", firstLine: 1)),
            ("color = on", 1, .unknownKey("color", suggestion: "colour")),
            ("frobnicate = on", 1, .unknownKey("frobnicate", suggestion: nil)),
            (head + "pasword-file = x", 3, .unknownKey("pasword-file", suggestion: "password-file")),
            ("proxy = x", 1, .misplacedKey("proxy", belongsInAccount: true)),
            (head + "colour = on", 3, .misplacedKey("colour", belongsInAccount: false)),
            (head + "realm = x\nrealm = y", 4, .duplicateKey("realm", firstLine: 3)),
            (head + "display-name = \"x", 3, .unterminatedQuote),
            (head + "display-name = \"x\" y", 3, .malformedLine),
            (head + "display-name = \"\\n\"", 3, .malformedLine),
            (head + "display-name = a\u{1B}b", 3, .notText),
            ("[account a]\nrealm = x", 1, .missingKey("public-identity", account: "a")),
            (
                "[account a]\npublic-identity = alice", 2,
                bad("public-identity", "alice", Expectation.publicIdentity)
            ),
            (head + "private-identity = a", 3, bad("private-identity", "a", Expectation.privateIdentity)),
            (head + "realm = sip:x", 3, bad("realm", "sip:x", Expectation.realm)),
            (head + "proxy = x:99999", 3, bad("proxy", "x:99999", Expectation.proxy)),
            (head + "proxy = x:0", 3, bad("proxy", "x:0", Expectation.proxy)),
            (head + "proxy = http://x", 3, bad("proxy", "http://x", Expectation.proxy)),
            (head + "proxy = sip:x;transport=ws", 3, bad("proxy", "sip:x;transport=ws", Expectation.proxy)),
            (
                head + "proxy = sips:x;transport=udp", 3,
                bad("proxy", "sips:x;transport=udp", Expectation.proxy)
            ),
            (head + "proxy = sip:x;transport=tcp\ntransport = udp", 4, .conflict("transport", "proxy")),
            (head + "transport = sctp", 3, bad("transport", "sctp", Expectation.transport)),
            (head + "require-pref = maybe", 3, bad("require-pref", "maybe", Expectation.toggle)),
            (head + "expires = 0", 3, bad("expires", "0", Expectation.duration)),
            (head + "expires = 1w", 3, bad("expires", "1w", Expectation.duration)),
            (
                head + "expires = 99999999999999999999d", 3,
                bad("expires", "99999999999999999999d", Expectation.duration)
            ),
            (head + "keep-alive = often", 3, bad("keep-alive", "often", Expectation.keepAlive)),
            (head + "timers = slow", 3, bad("timers", "slow", Expectation.timers)),
            (head + "local-port = 65536", 3, bad("local-port", "65536", Expectation.port)),
            (head + "local-address = localhost", 3, bad("local-address", "localhost", Expectation.address)),
            (head + "password-fd = 1", 3, bad("password-fd", "1", Expectation.descriptor)),
            (head + "password-file = x\naka-k-file = k", 4, .conflict("aka-k-file", "password-file")),
            (head + "aka-k-file = k", 3, .missingKey("aka-opc-file or aka-op-file", account: "a")),
            (head + "aka-amf = 8000", 3, .missingKey("aka-k-file", account: "a")),
            (
                head + "aka-k-file = k\naka-op-file = o\naka-opc-file = c", 5,
                .conflict("aka-opc-file", "aka-op-file")
            ),
            (head + "instance-id = uuid:1", 3, bad("instance-id", "uuid:1", Expectation.instanceID)),
            (head + "realm = ims\r.test", 3, .notText),
            ("default-account = b\n" + head, 1, .unknownDefaultAccount("b", known: ["a"])),
            ("name-servers = dns.test\n" + head, 1, bad("name-servers", "dns.test", Expectation.nameServers)),
        ] as [(String, Int?, ConfigurationError.Problem)]
    )
    func named(_ text: String, line: Int?, problem: ConfigurationError.Problem) {
        #expect(throws: ConfigurationError(file: testPaths.file, line: line, problem)) {
            try configuration(text)
        }
    }

    @Test("bytes that are no text are refused, whatever they are")
    func bytes() {
        #expect(throws: ConfigurationError(file: testPaths.file, line: 2, .notText)) {
            try Configuration(parsing: [0x0A, 0xFF, 0x0A], paths: testPaths)
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let bytes = (0..<64).map { _ in "[]=\"\\#; \nacount:.0".utf8.randomElement(using: &generator) ?? 0
            }
            _ = try? Configuration(parsing: bytes, paths: testPaths)
        }
    }

    @Test(
        "a slip of the fingers is recognised, another word is not",
        arguments: [
            ("regsiter", "register"), ("snd-message", "send-message"), ("LISTEN", "listen"),
            ("hist", "history"),
            ("xyz", nil), ("", nil),
        ] as [(String, String?)]
    )
    func spelling(_ word: String, meant: String?) {
        let words = ["register", "unregister", "send-message", "listen", "history", "status"]
        #expect(Spelling.nearest(to: word, among: words) == meant)
    }
}
