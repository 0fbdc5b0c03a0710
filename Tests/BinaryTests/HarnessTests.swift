import Glibc
import TestSupport
import Testing

/// What the other tests of this folder lean on.
@Suite(.timeLimit(.minutes(1))) struct HarnessTests {
    private func start(_ arguments: String..., streams: Streams = .pipes) throws -> RunningProgram {
        try RunningProgram(
            "/bin/sh",
            ["-c"] + arguments,
            environment: ["PATH": "/usr/bin:/bin"],
            streams: streams
        )
    }

    @Test("output is read by line, errors apart, and the status is the program's")
    func lines() async throws {
        let program = try start("echo one; echo wrong >&2; read x; echo \"got $x\"; exit 7")
        #expect(try await program.line() == "one")
        program.write("two\n")
        #expect(try await program.line { $0.hasPrefix("got") } == "got two")
        #expect(try await program.exit() == .status(7))
        #expect(program.errors == "wrong\n")
    }

    @Test("what does not come is a failure with all that was said, after the time that was given")
    func deadline() async throws {
        let program = try start("echo hello; cat")
        let failure = await #expect(throws: RunningProgram.Failure.self) {
            try await program.text(upTo: "never", within: .milliseconds(20))
        }
        #expect(failure?.description.contains("hello") == true)
    }

    @Test("a program that is killed says so")
    func killed() async throws {
        let program = try start("echo ready; exec cat")
        _ = try await program.line()
        program.signal(SIGKILL)
        #expect(try await program.exit() == .signal(SIGKILL))
    }

    @Test("a program on a terminal has it, with its width, its interrupt key and its end of file")
    func terminal() async throws {
        let program = try start(
            "trap 'echo stopped' INT; stty size; test -t 0 && echo yes; cat; cat",
            streams: .terminal(columns: 72)
        )
        try await program.text(upTo: "24 72")
        try await program.text(upTo: "yes")
        program.write("a line\n")
        // What the terminal repeats is the first; the second is of a program that surely runs: a signal that comes
        // before it does would not end it, and the shell looks at its own when it has ended.
        try await program.text(upTo: "a line")
        try await program.text(upTo: "a line")
        program.write("\u{3}")
        try await program.text(upTo: "stopped")
        program.write("\u{4}")
        #expect(try await program.exit() == .status(0))
    }

    @Test("the lines of --json are read as what they are")
    func json() throws {
        let line = try JSONLine(#"{"event":"sent","status":604,"identities":["sip:a","tel:+1"],"text":null}"#)
        #expect(line.event == "sent")
        #expect(line.number("status") == 604)
        #expect(line.strings("identities") == ["sip:a", "tel:+1"])
        #expect(line["text"] == nil)
    }
}
