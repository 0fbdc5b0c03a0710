import Glibc
import TestSupport
import Testing

@Suite("The pocket core as a program") struct PocketCoreTests {
    @Test("a pipe of lines goes to the automatic buddy, and each is confirmed unless a fault is set")
    func chat() async throws {
        let core = try await PocketCore()
        _ = try await core.program.line("its documents") {
            $0.hasPrefix("keeping documents at http://127.0.0.1:")
        }
        let alice = try core.person("alice")
        let outcome = try await alice.ims("chat", "sip:bob@ims.test", input: "first line\nsecond line\n")
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(try await core.obey("msrp 413") == "faults: chunks answered 413")
        let refused = try await alice.ims("chat", "sip:bob@ims.test", input: "too much\n")
        #expect(refused.status == .status(1), "\(refused)")
        try await core.quit()
    }

    @Test("what a notification tells of a message is the status", arguments: ["failed", "forbidden", "none"])
    func notified(_ told: String) async throws {
        let core = try await PocketCore(["--fault", "imdn \(told)"])
        let alice = try core.person("alice")
        let limit = told == "none" ? "1" : "20"
        let outcome = try await alice.ims(
            "--timeout",
            limit,
            "send-message",
            "--wait",
            "delivered",
            "sip:bob@ims.test",
            "hello"
        )
        #expect(outcome.status == .status(told == "none" ? 7 : 8), "\(outcome)")
        try await core.quit()
    }

    @Test("a terminal that nobody reads holds up nothing but what it is to show")
    func unreadTerminal() async throws {
        let core = try await PocketCore()
        let (alice, carol) = (try core.person("alice"), try core.person("carol"))
        let program = try carol.startOnTerminal()
        try await program.text(upTo: "registered")
        let words = String(repeating: "word ", count: 180)
        // More than the buffers of a terminal take.
        for number in 1...120 {
            core.program.write("say alice carol \(number) \(words)\n")
            _ = try await core.program.line("its answer") { $0 == "sent" }
        }
        let outcome = try await alice.ims("--timeout", "10", "capabilities", "--refresh", carol.uri)
        #expect(outcome.status == .status(0), "\(outcome)")
        try await program.text(upTo: " 120 word")
        program.write("version\r")
        try await program.text(upTo: "version\r\n")
        try await program.text(upTo: "ims ")
        program.write("quit\r")
        #expect(try await program.exit() == .status(0), "\(program.output)")
        try await core.quit()
    }

    @Test("a report that tells of a failure is the status of a chat")
    func reported() async throws {
        let core = try await PocketCore(["--fault", "msrp on, msrp report 480"])
        let alice = try core.person("alice", "chat-transport = tcp")
        let bob = try core.person("bob")
        let listening = try bob.start("listen", "--accept-chat", "all", "--json")
        _ = try await listening.event("registered")
        let outcome = try await alice.ims("chat", "sip:bob@ims.test", input: "hello\n")
        #expect(outcome.status == .status(9), "\(outcome)")
        #expect(outcome.errors.contains("480"), "\(outcome)")
        try await core.quit()
    }

    @Test("two people chat through the switch", arguments: ["tcp", "tls"])
    func passing(_ transport: String) async throws {
        let core = try await PocketCore(["--fault", "msrp on"])
        let alice = try core.person("alice", "chat-transport = \(transport)")
        let bob = try core.person("bob")
        let listening = try bob.start("listen", "--accept-chat", "all", "--count", "1", "--json")
        _ = try await listening.event("registered")
        let outcome = try await alice.ims("chat", "sip:bob@ims.test", input: "hello\n")
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(try await listening.event("chat_message")["text"] == "hello")
        #expect(try await listening.exit() == .status(0))
        try await core.quit()
    }

    @Test(
        "a connection that breaks in the middle of a message is made again, and nothing is lost or shown twice",
        arguments: ["tcp", "tls"],
        [1, 20_000]
    )
    func broken(_ transport: String, _ place: Int) async throws {
        let core = try await PocketCore()
        _ = try await core.program.line("its documents") { $0.hasPrefix("keeping documents at ") }
        let alice = try core.person("alice", "chat-transport = \(transport)")
        let bob = try core.person("bob")
        let listening = try bob.start("listen", "--accept-chat", "all", "--json")
        _ = try await listening.event("registered")
        #expect(
            try await core.obey("msrp drop \(place)")
                == "faults: an MSRP connection breaks after \(place) bytes"
        )
        let lines = (1...60).map { "line \($0) " + String(repeating: "x", count: $0 * 20) }
        let chatting = try alice.start("-v", "chat", "sip:bob@ims.test")
        chatting.write(lines.joined(separator: "\n") + "\n")
        chatting.closeInput()
        // Who does not read holds the sender up.
        for line in lines { #expect(try await listening.event("chat_message")["text"] == line) }
        #expect(try await chatting.exit() == .status(0), "\(chatting.errors)")
        #expect(chatting.errors.contains("the connection of the chat with sip:bob@ims.test broke"))
        #expect(chatting.errors.contains("the chat has a connection again"), "\(chatting.errors)")
        _ = try await listening.event("chat_closed")
        listening.signal(SIGINT)
        #expect(try await listening.exit() == .status(130))
        let kept = try await bob.ims("history", "--json", "--limit", "1000")
        #expect(try kept.events().map { $0["text"] } == lines)
        try await core.quit()
    }

    @Test("a fault that is none is a mistake in the command, and nothing listens")
    func fault() async throws {
        let home = try Person(name: "lab", configuration: "")
        let outcome = try await home.ims("lab", "--port", "0", "--fault", "420, foo")
        #expect(outcome.status == .status(2), "\(outcome)")
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("--fault"))
    }
}
