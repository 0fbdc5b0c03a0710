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

    @Test("two people chat through the switch")
    func passing() async throws {
        let core = try await PocketCore(["--fault", "msrp on"])
        // What is encrypted between the two goes past it.
        let alice = try core.person("alice", "chat-transport = tcp")
        let bob = try core.person("bob")
        let listening = try bob.start("listen", "--accept-chat", "all", "--count", "1", "--json")
        _ = try await listening.event("registered")
        let outcome = try await alice.ims("chat", "sip:bob@ims.test", input: "hello\n")
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(try await listening.event("chat_message")["text"] == "hello")
        #expect(try await listening.exit() == .status(0))
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
