import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    /// The prompt on a terminal, as a person has it.
    @Suite struct Terminal {
        /// Somebody at the prompt whom the network has registered.
        private func atPrompt() async throws -> (Person, RunningProgram) {
            let person = try await RealCore.shared().person()
            let program = try person.startOnTerminal(columns: 120)
            try await program.text(upTo: "ims> ")
            try await waitUntilRegistered(person)
            return (person, program)
        }

        @Test("a message that comes while one types stands above the line, which stays as it was")
        func untornLine() async throws {
            let core = try await RealCore.shared()
            let listener = try await core.person()
            let listening = try listener.start("listen", "--count", "1", "--json")
            _ = try await listening.event("registered")
            let (person, program) = try await atPrompt()

            program.write("send-message \(listener.uri) hello wor")
            try await program.text(upTo: "hello wor")
            let sender = try await core.person()
            #expect(try await sender.ims("send-message", person.uri, "knock knock").status == .status(0))
            try await program.text(upTo: "knock knock")
            try await program.text(upTo: "send-message \(listener.uri) hello wor")
            program.write("ld\r")
            #expect(try await listening.event("message")["text"] == "hello world")

            program.write("quit\r")
            #expect(try await program.exit() == .status(0), "\(program.output)")
            try await core.lab("gone", person.name)
        }

        @Test("Tab completes commands and people one has written with")
        func completion() async throws {
            let core = try await RealCore.shared()
            let (_, program) = try await atPrompt()
            program.write("send-m\t")
            try await program.text(upTo: "send-message ")
            let absent = try await core.person()
            program.write("\(absent.uri) anybody there\r")
            try await program.text(upTo: "480")
            try await program.text(upTo: "ims> ")
            program.write("send-message sip:\t")
            try await program.text(upTo: absent.uri + " ")
            program.write("\u{3}")
            try await program.text(upTo: "ims> ")
            program.write("\u{4}")
            #expect([.status(0), .status(1)].contains(try await program.exit()), "\(program.output)")
        }

        @Test("Ctrl-C drops the line and not the program; Ctrl-D leaves")
        func interruptKey() async throws {
            let core = try await RealCore.shared()
            let (person, program) = try await atPrompt()
            program.write("send-message nobody in particular")
            try await program.text(upTo: "in particular")
            program.write("\u{3}")
            try await program.text(upTo: "ims> ")
            program.write("version\r")
            try await program.text(upTo: "ims ")
            program.write("\u{4}")
            #expect(try await program.exit() == .status(0), "\(program.output)")
            try await core.lab("gone", person.name)
        }

        @Test("Ctrl-C while one command runs in a shell leaves the network and says so by the status")
        func interruptedCommand() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person()
            let program = try person.startOnTerminal("listen")
            try await waitUntilRegistered(person)
            program.write("\u{3}")
            #expect(try await program.exit() == .status(130), "\(program.output)")
            try await core.lab("gone", person.name)
        }

        @Test("lines of a pipe are commands, and messages come out between them")
        func pipe() async throws {
            let core = try await RealCore.shared()
            let (first, second) = (try await core.person(), try await core.person())
            let listening = try second.start("--json")
            try await waitUntilRegistered(second)
            let outcome = try await first.ims([], input: "send-message \(second.uri) from a pipe\nquit\n")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.event("message")["text"] == "from a pipe")
            let absent = try await core.person()
            listening.write("send-message \(absent.uri) anybody there\n")
            #expect(try await listening.event("sent")["outcome"] == "not_stored")
            listening.closeInput()
            let status = try await listening.exit()
            #expect(status == .status(6), "\(status) \(listening.output) \(listening.errors)")
        }
    }
}
