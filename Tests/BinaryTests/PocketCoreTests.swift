import Glibc
import TestSupport
import Testing

/// `ims lab` in a process of its own, on ports of its own.
private struct PocketCore {
    private let home: Person
    let program: RunningProgram
    let address: String

    init(_ arguments: [String] = []) async throws {
        home = try Person(name: "lab", configuration: "")
        program = try home.start(["lab", "--port", "0"] + arguments)
        let line = try await program.line("its address") { $0.hasPrefix("listening on ") }
        address = String(line.dropFirst("listening on ".count).prefix { $0 != " " })
    }

    /// One of its users.
    func person(_ name: String, _ setting: String = "") throws -> Person {
        let person = try Person(
            name: name,
            configuration: """
                [account \(name)]
                public-identity = sip:\(name)@ims.test
                proxy = \(address)
                password-file = password
                \(setting)
                """
        )
        try person.home.write(name, to: "config/ims/password")
        return person
    }

    /// Types a line and waits for the answer.
    func obey(_ line: String) async throws -> String {
        program.write(line + "\n")
        return try await program.line("an answer to \(line)")
    }

    func quit() async throws {
        program.write("quit\n")
        #expect(try await program.exit() == .status(0))
    }
}

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
