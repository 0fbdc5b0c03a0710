import TestSupport
import Testing

/// The real binary against SIPp as its P-CSCF: answers that the real core does not give.
@Suite(
    .serialized,
    .enabled(if: ForeignPeer.isInstalled, Comment(rawValue: ForeignPeer.howToInstall)),
    .timeLimit(.minutes(1))
)
struct ForeignPeerTests {
    @Test(
        "every outcome of a message has its word and its status",
        arguments: [
            ("200 OK", "accepted", 0), ("202 Accepted", "stored", 5),
            ("480 Temporarily Unavailable", "not_stored", 6), ("204 No Notification", "accepted", 0),
            ("403 Forbidden", "refused", 1), ("488 Not Acceptable Here", "refused", 1),
            ("603 Decline", "refused", 1),
        ]
    )
    func outcomes(_ answer: String, _ word: String, _ status: Int32) async throws {
        let peer = try await ForeignPeer(playing: PeerScenario(message: .init(answer)))
        let outcome = try await peer.person().ims("send-message", "--json", "sip:bob@ims.test", "hello")
        #expect(outcome.status == .status(status), "\(outcome)")
        let events = try outcome.events()
        #expect(events.first { $0.event == "sent" }?["outcome"] == word, "\(outcome)")
        // A 403 may mean that the registration is forgotten: it is renewed before the message is given up.
        #expect(events.map(\.event).starts(with: ["registering", "registered"]), "\(outcome)")
    }

    @Test("a status of success that is neither 200 nor 202 is told as it is, and when to try again")
    func status() async throws {
        let peer = try await ForeignPeer(playing: PeerScenario(message: .init("204 No Notification")))
        let outcome = try await peer.person().ims("send-message", "--json", "sip:bob@ims.test", "hello")
        let sent = try #require(outcome.events().first { $0.event == "sent" }, "\(outcome)")
        #expect(sent.number("status") == 204)
        let busy = PeerScenario(message: .init("503 Service Unavailable", "Retry-After: 120"))
        let refused = try await ForeignPeer(playing: busy).person().ims(
            "send-message",
            "sip:bob@ims.test",
            "hello"
        )
        #expect(refused.status == .status(1), "\(refused)")
        #expect(refused.output.contains("try again in 2 min"), "\(refused)")
    }

    @Test(
        "an interval that is too brief is asked for again as long as the registrar wants (RFC 3261 §10.2.8)"
    )
    func intervalTooBrief() async throws {
        let scenario = PeerScenario(registrations: [
            PeerScenario.challenge, .init("423 Interval Too Brief", "Min-Expires: 7200"),
            PeerScenario.granted,
        ])
        let person = try await ForeignPeer(playing: scenario).person(settings: ["expires": "60"])
        let outcome = try await person.ims("register", "--trace=\(person.home.path)/trace")
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(try person.home.read("trace").contains("7200"))
    }

    @Test("a registrar that does not know “pref” is explained, with the setting that helps")
    func badExtension() async throws {
        let scenario = PeerScenario(registrations: [.init("420 Bad Extension", "Unsupported: pref")])
        let peer = try await ForeignPeer(playing: scenario)
        let outcome = try await peer.person().ims("register")
        #expect(outcome.status == .status(1), "\(outcome)")
        #expect(outcome.errors.contains("require-pref"), "\(outcome)")
    }

    @Test(
        "a registrar that is overloaded is a refusal, at once",
        arguments: ["503 Service Unavailable", "500 Server Error"]
    )
    func overloaded(_ answer: String) async throws {
        let peer = try await ForeignPeer(
            playing: PeerScenario(registrations: [.init(answer, "Retry-After: 120")])
        )
        let outcome = try await peer.person().ims("register", within: .seconds(10))
        #expect(outcome.status == .status(1), "\(outcome)")
        #expect(outcome.errors.contains(answer.prefix(3)), "\(outcome)")
    }

    @Test(
        "no answer is no answer after the time that was given",
        arguments: ["register", "send-message sip:bob@ims.test hi"]
    )
    func noAnswer(_ words: String) async throws {
        let silence = try SilentPort()
        let person = try Person(
            name: "alice",
            configuration: """
                [account alice]
                public-identity = sip:alice@ims.test
                proxy = 127.0.0.1:\(silence.number)
                password-file = password
                """
        )
        try person.home.write("alice\n", to: "config/ims/password")
        let began = ContinuousClock.now
        let outcome = try await person.ims(["--timeout", "1"] + words.split(separator: " ").map(String.init))
        #expect(outcome.status == .status(4), "\(outcome)")
        #expect(ContinuousClock.now - began < .seconds(8))
    }

    @Test("where nothing can be kept messages go out all the same, with a warning")
    func nothingKept() async throws {
        let peer = try await ForeignPeer(playing: PeerScenario())
        let person = try peer.person()
        try person.home.write("a file where the folder should be", to: "data")
        let outcome = try await person.ims("send-message", "--json", "sip:bob@ims.test", "hello")
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(try outcome.events().contains { $0.event == "warning" }, "\(outcome)")
    }

    @Test(
        "a notification goes to those first who want to see it on its way, and a claimed sender is told as one"
    )
    func enveloped() async throws {
        let envelope = """
            From: <sip:mallory@ims.test>
            To: <sip:alice@ims.test>
            NS: imdn <urn:ietf:params:imdn>
            imdn.Message-ID: imdn-1
            DateTime: 2026-01-02T03:04:05Z
            imdn.Disposition-Notification: positive-delivery
            imdn.IMDN-Record-Route: <sip:imdn@store.ims.test>

            Content-Type: text/plain

            hello
            """
        let request = PeerScenario.incoming(
            envelope,
            branch: "a",
            callID: "first",
            cseq: 1,
            contentType: "message/cpim",
            expecting: 200
        )
        let person = try await ForeignPeer(playing: PeerScenario(requests: [request])).person()
        let outcome = try await person.ims("listen", "--count", "1", "--json", "--trace")
        #expect(outcome.status == .status(0), "\(outcome)")
        let message = try #require(outcome.events().first { $0.event == "message" }, "\(outcome)")
        #expect(message["from"] == "sip:bob@ims.test")
        #expect(message["envelope_from"] == "sip:mallory@ims.test")
        #expect(message["text"] == "hello")
        #expect(outcome.errors.contains("\nMESSAGE sip:imdn@store.ims.test SIP/2.0"), "\(outcome)")
        #expect(outcome.errors.contains("imdn.IMDN-Route: <sip:imdn@store.ims.test>"), "\(outcome)")
        #expect(outcome.errors.contains("<message-id>imdn-1</message-id>"), "\(outcome)")
    }

    @Test("a retransmitted and a merged message reach the user once (RFC 3261 §8.2.2.2, §17.2.2)")
    func onlyOnce() async throws {
        func incoming(_ text: String, _ branch: String, _ callID: String, _ status: Int) -> String {
            PeerScenario.incoming(text, branch: branch, callID: callID, cseq: 1, expecting: status)
        }
        let scenario = PeerScenario(requests: [
            incoming("one", "a", "first", 200), incoming("one", "b", "first", 482),
            incoming("one", "a", "first", 200),
            incoming("two", "c", "second", 200),
        ])
        let peer = try await ForeignPeer(playing: scenario)
        let outcome = try await peer.person().ims("listen", "--count", "2", "--json")
        #expect(outcome.status == .status(0), "\(outcome)")
        let texts = try outcome.events().filter { $0.event == "message" }.map { $0["text"] }
        #expect(texts == ["one", "two"], "\(outcome)")
    }
}
