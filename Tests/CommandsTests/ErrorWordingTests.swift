import Documents
import Engine
import Runtime
import Store
import Testing
import Wire

import enum Commands.ExitStatus

@testable import Commands

@Suite struct ErrorWordingTests {
    private static func refused(_ method: String, _ status: UInt16, _ reason: String) -> EngineError {
        .refused(method: method, Refusal(status: status, reason: reason))
    }

    private static let engine: [EngineError] = [
        .refused(method: "REGISTER", Refusal(status: 420, reason: "Bad Extension", unsupported: ["pref"])),
        .refused(method: "MESSAGE", Refusal(status: 420, reason: "Bad Extension", unsupported: ["a", "b"])),
        refused("REGISTER", 403, "Forbidden"), refused("MESSAGE", 403, "Forbidden"),
        .refused(method: "REGISTER", Refusal(status: 403, reason: "Forbidden", warning: "unknown\u{1B}user")),
        refused("REGISTER", 404, "Not Found"), refused("MESSAGE", 404, "Not Found"),
        refused("MESSAGE", 480, "Temporarily Unavailable"),
        .refused(
            method: "MESSAGE",
            Refusal(status: 503, reason: "Service Unavailable", retryAfter: .seconds(90))
        ),
        refused("REGISTER", 503, "Service Unavailable"),
        refused("REGISTER", 504, "Server Time-out"), refused("MESSAGE", 407, "Proxy Authentication Required"),
        refused("MESSAGE", 413, "Too Large"), refused("MESSAGE", 415, "Unsupported Media Type"),
        refused("MESSAGE", 486, "Busy Here"),
        .authentication(.credentialsRefused(privateIdentity: "alice@ims.test", status: 403)),
        .authentication(.noCredentials(scheme: "AKAv1-MD5")),
        .authentication(.noCommonAlgorithm(offered: ["AKAv1-MD5"])),
        .authentication(.foreignRealm(offered: "evil.test", expected: "ims.test")),
        .authentication(.networkNotAuthenticated), .authentication(.synchronisationFailed),
        .authentication(.malformedChallenge),
        .noAnswer(method: "REGISTER"), .unreachable(target: "127.0.0.1:4060", detail: "Connection refused"),
        .nameNotFound("ims.test"),
        .tls(.certificate(host: "pcscf.ims.test", detail: "self-signed certificate")),
        .tls(.handshake(host: "pcscf.ims.test", detail: "wrong version number")),
        .tls(.trustStore(file: "/etc/ca.pem", detail: "No such file")),
        .notRegistered, .notGranted, .invalidIdentity("alice"), .deregisteredByNetwork(event: "rejected"),
        .identityNotAvailable("sip:x@y", available: []),
        .identityNotAvailable("sip:x@y", available: ["sip:alice@ims.test", "tel:+491"]),
        .invalidRecipient("bob"), .ambiguousNickname("bob", uris: ["sip:bob@ims.test", "sip:bob@x"]),
        .tooLarge(size: 70_000, limit: 65_535),
        .credential(account: "alice", detail: "alice.password: No such file or directory"),
        .cannotAsk, .localAddress("192.0.2.1: Cannot assign requested address"), .interrupted,
        .chatNotOpened(.refused(Refusal(status: 486, reason: "Busy Here"))), .chatNotOpened(.cancelled),
        .chatNotOpened(.unanswered), .chatNotOpened(.connection(detail: "Connection refused")), .noChat,
        .presenceNotTold(uri: "sip:bob@ims.test", .undecided),
        .presenceNotTold(uri: "sip:bob@ims.test", .rejected),
        .presenceNotTold(uri: "sip:bob@ims.test", .noResource),
        .presenceNotTold(uri: "sip:bob@ims.test", .refused(Refusal(status: 403, reason: "Forbidden"))),
        .presenceNotTold(uri: "sip:bob@ims.test", .ended), .notOnline(uri: "sip:bob@ims.test"),
        .chatNotOpened(
            .certificate(detail: "the certificate has the fingerprint sha-256 FF, expected was 00")
        ),
        .chatNotOpened(.gateway), .noFreePort(20_000...20_001),
        .relay("relay.ims.test", .unreachable(detail: "connection refused")),
        .relay("relay.ims.test", .certificate(detail: "the certificate is for other.test")),
        .relay("relay.ims.test", .credentialsRefused), .relay("relay.ims.test", .refused(403)),
        .relay("relay.ims.test", .notOurs(detail: "it asks for the password of evil.test")),
        .relay("relay.ims.test", .noAnswer), .relay("relay.ims.test", .badAnswer),
        .messageCertificate(file: "chat.pem", detail: "no start line"),
        .noTransfer, .fileNotReadable("a.bin", detail: "No such file"), .fileNotKept("the disk is full"),
        .fileTooLarge(limit: 4_000_000_000),
    ]

    private static let usage: [UsageError] = [
        .noCommand, .unknownCommand("regsiter", suggestion: "register"),
        .unknownCommand("x", suggestion: nil),
        .notHere(command: "quit", isREPL: false), .notHere(command: "lab", isREPL: true),
        .missing(parameter: "uri", of: "send-message"), .tooMany("x", of: "register"),
        .notAChoice("lst", among: ["list", "show"], suggestion: "list"),
        .unknownOption("--jsn", suggestion: "--json"),
        .unknownOption("-x", suggestion: nil), .optionOfOther("--count", command: "status"),
        .missingValue(option: "--count", expected: "--count COUNT"), .unexpectedValue(option: "--json"),
        .badValue(of: "--count", value: "0", expected: "a whole number from 1"), .conflict("-q", "-v"),
        .unterminatedQuote, .notAtPrompt,
    ]

    private static let problems: [ConfigurationError.Problem] = [
        .notFound, .unreadable("Permission denied"), .tooLarge(limit: 1_048_576), .notText, .malformedLine,
        .unterminatedQuote, .unknownSection("buddies"), .badAccountName(""), .badAccountName("a b"),
        .duplicateAccount("alice", firstLine: 3), .unknownKey("pasword-file", suggestion: "password-file"),
        .unknownKey("x", suggestion: nil), .misplacedKey("proxy", belongsInAccount: true),
        .misplacedKey("colour", belongsInAccount: false), .duplicateKey("proxy", firstLine: 4),
        .badValue(key: "expires", value: "soon", expected: "a time such as 600000, 600s, 10m or 1h"),
        .missingKey("public-identity", account: "alice"), .conflict("aka-k-file", "password-file"),
        .unknownDefaultAccount("bob", known: ["alice"]), .noAccounts,
    ]

    private static let selection: [AccountSelectionError] = [
        .unknownAccount("bob", known: ["alice", "carol"]), .noneChosen(known: ["alice", "carol"]),
        .malformedConnector("imscore:x"), .unknownApplication("Chat", known: []),
        .unknownApplication("Chat", known: ["Talk"]), .unknownConnectorKey("proxi", suggestion: "proxy"),
        .secretInConnector("password-file"),
        .badConnectorValue(key: "expires", value: "x", expected: "a time"),
        .unusable(ConfigurationError(file: "ims.conf", line: 3, .malformedLine)),
    ]

    private static let commands: [CommandFailure] = [
        .unreadable("photo.png", .notFound), .unreadable("photo.png", .unreadable("Permission denied")),
        .unreadable("photo.png", .tooLarge(limit: 1_048_576)), .contentTypeNeeded("photo.png"), .inputTaken,
        .history("the disk is full"), .trace(file: "t", detail: "Permission denied"),
        .system("no descriptor left"), .output("No space left on device"),
        .notWritten(file: "notes", detail: "File exists"),
        .timedOut(received: 1, wanted: 2), .emptyMessage("Standard input"),
        .goalMissed(peer: "sip:bob@ims.test", .displayed, .notTold),
        .goalMissed(peer: "sip:bob@ims.test", .delivered, .failed),
    ]

    private static let chats: [ChatFailure] = [
        .notAtPrompt(option: "--exec"), .nobodyToAsk, .unknown("bob"), .unknown(nil), .several,
        .over(peer: "bob"), .broken(peer: "sip:bob@ims.test", .byPeer, unconfirmed: 7),
        .broken(peer: "sip:bob@ims.test", .lost, unconfirmed: nil),
        .notConfirmed(3, .refused(413)), .notConfirmed(nil, .unconfirmed), .notConfirmed(nil, .refused(413)),
        .command("does not read what comes"), .commandFailed(status: 127), .commandFailed(status: 1),
        .notConfirmed(3, .missed(.reportedFailed(413))),
        .notConfirmed(3, .missed(.notTold)), .notConfirmed(3, .missed(.forbidden)),
        .notConfirmed(3, .missed(.error)), .notConfirmed(3, .missed(.notAsked)),
    ]

    private static func conflict(_ text: String) -> XDMError {
        let body = "<xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\">\(text)</xcap-error>"
        return .conflict(document: "resource-lists", try? XCAPErrorDocument(parsing: ByteString(body)))
    }

    private static let documents: [XDMError] = [
        .notConfigured, .noLibrary, .unreachable(server: "127.0.0.1:80", detail: "Connection refused"),
        .noAnswer(server: "127.0.0.1:80"), .tls(.certificate(host: "127.0.0.1:443", detail: "self-signed")),
        .authentication(.credentialsRefused(privateIdentity: "alice@ims.test", status: 401)),
        .authentication(.noCredentials(scheme: "Basic")), .notFound("resource-lists"),
        .changedElsewhere(document: "resource-lists"), .conflict(document: "resource-lists", nil),
        conflict("<schema-validation-error/>"), conflict("<not-xml-frag/>"),
        conflict("<no-parent><ancestor>http://x/a</ancestor></no-parent>"), conflict("<cannot-insert/>"),
        conflict("<not-xml-att-value/>"),
        conflict(
            "<uniqueness-failure><exists field=\"@uri\"><alt-value>sip:a</alt-value></exists></uniqueness-failure>"
        ),
        conflict("<not-well-formed/>"), conflict("<constraint-failure phrase=\"too&#27;many\"/>"),
        conflict("<cannot-delete/>"), conflict("<not-utf-8/>"),
        .refused(document: "resource-lists", status: 403), .refused(document: "x", status: 500),
        .refused(document: "x", status: 415), .refused(document: "x", status: 405),
        .refused(document: "x", status: 418),
        .malformed(document: "resource-lists", detail: "line 3 is no well-formed XML"),
        .tooLarge(document: "resource-lists", limit: 1_048_576), .store("the disk is full"), .noBuddy("bob"),
        .nicknameTaken("bob", by: "sip:bob@ims.test"),
    ]

    private static let documentFailures: [DocumentFailure] = [
        .conflict(document: "resource-lists", mine: "a.xml", theirs: "a.xml.server"),
        .conflict(document: "resource-lists", mine: "a.xml", theirs: nil),
        .unmerged(mine: "a.xml", theirs: "a.server.xml"),
        .notWritable(file: "d", detail: "Permission denied"),
        .otherOrigin(folder: "d", origin: "http://x sip:bob@ims.test"), .notPulled(folder: "d"),
        .badDocument(".."), .badNode("a["),
    ]

    private static let file = FileTransfer(
        id: TransferID(1),
        peer: "sip:bob@ims.test",
        isOutgoing: true,
        name: "a\u{1B}.bin",
        type: "application/octet-stream",
        size: 1000,
        callID: "c1"
    )

    private static let ends: [FileTransferEnd] = [
        .byPeer, .refused(Refusal(status: 488, reason: "Not Acceptable Here", warning: "No such file")),
        .cancelled, .unanswered, .stopped(413), .connection(detail: "Connection refused"), .lost, .stalled,
        .wrongHash(part: "/d/a.part"), .wrongSize(announced: 9, received: 8, part: "/d/a.part"),
        .storage(detail: "the disk is full"), .source(detail: "the file has become shorter"),
        .tooLarge(limit: 1000), .notAvailable, .unvouched,
    ]

    private static let files: [FileFailure] =
        ends.map { .ended(file, $0) } + [
            .noImageShare("sip:bob@ims.test"), .notAnImage("a.txt", type: "text/plain"), .nameNeeded,
            .selectorNeeded, .badHash("x"),
            .noTransfer("f1"), .noTransfer(nil), .nothingReceived, .notOpened("exited with 3"),
        ]

    private static let warnings: [Warning] = [
        .historyNotKept("the disk is full"), .sentOverUDP(size: 1400),
        .registrationEventRefused(Refusal(status: 489, reason: "Bad Event")), .tlsNotVerified,
        .relayNotEncrypted("relay.ims.test"),
        .secretReadableByOthers(file: "/home/alice/alice.password"), .plainText(peer: "sip:bob@ims.test"),
        .chatNotEncrypted(peer: "sip:bob@ims.test"), .chatNotVouched(claimed: "sip:eve@ims.test"),
        .certificateNotKept("msrp-alice.pem: Read-only file system"),
    ]

    private static var explanations: [Explanation] {
        engine.map { Explanation($0) } + usage.map { Explanation($0) }
            + problems.map { Explanation(ConfigurationError(file: "ims.conf", line: 7, $0)) }
            + selection.map { Explanation($0) } + chats.map { Explanation($0) }
            + commands.map { Explanation($0) } + documents.map { Explanation($0) }
            + documentFailures.map { Explanation($0) }
            + files.map { Explanation($0) }
            + commands.map { Explanation($0) }
    }

    @Test("the wording of every error is the one committed")
    func snapshot() throws {
        var text = ""
        for explanation in Self.explanations {
            text += "\(explanation.status.rawValue) \(explanation.code)\n\(explanation.summary)\n"
            if let advice = explanation.advice { text += advice + "\n" }
            text += "\n"
        }
        for warning in Self.warnings { text += "\(warning.code)\n\(warning.wording)\n\n" }
        try Repository.expect(text, equals: "Tests/CommandsTests/Fixtures/errors.txt")
    }

    @Test("an error is one line and one line of advice, both whole sentences, safe for a terminal")
    func form() {
        for explanation in Self.explanations {
            for line in [explanation.summary, explanation.advice].compactMap(\.self) {
                #expect(line.hasSuffix(".") || line.hasSuffix("?"), "\(line)")
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 }, "\(line)")
            }
        }
    }

    @Test(
        "the outcome of a message decides the exit status",
        arguments: [
            (.accepted, .done), (.storedForLater, .storedForLater),
            (.notStored(Refusal(status: 480, reason: "")), .notStored), (.sent, .done),
            (.refused(Refusal(status: 603, reason: "")), .refused), (.noAnswer, .noAnswer),
        ] as [(MessageOutcome, ExitStatus)]
    )
    func outcomes(_ outcome: MessageOutcome, status: ExitStatus) {
        #expect(outcome.exitStatus == status)
    }

    @Test("at the prompt commands are named as they are typed there")
    func prompt() {
        for error in Self.usage {
            let text = Explanation(error, isREPL: true).summary
            #expect(!text.contains("ims help"), "\(text)")
        }
        #expect(
            Explanation(.missing(parameter: "uri", of: "chat"), isREPL: true).summary.contains(
                "see help chat"
            )
        )
    }

    @Test("whatever is thrown has words and a status")
    func anyError() {
        #expect(Explanation(describing: CancellationError()).status == .interrupted)
        #expect(Explanation(describing: Store.Failure.diskFull).summary.contains("the disk is full"))
        #expect(Explanation(describing: UsageError.noCommand).status == .usage)
        #expect(Explanation(describing: ConfigurationError(file: "f", .noAccounts)).status == .configuration)
    }
}
