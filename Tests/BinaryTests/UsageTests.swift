import TestSupport
import Testing

/// What the program says and how it ends without a network.
@Suite(.timeLimit(.minutes(1))) struct UsageTests {
    private static let account = """
        [account alice]
        public-identity = sip:alice@ims.test
        proxy = 127.0.0.1:9
        password-file = password

        """

    @Test(
        "help and version are data, and need no configuration",
        arguments: ["help", "version", "--help", "--version"]
    )
    func help(_ word: String) async throws {
        let outcome = try await Person(name: "nobody", configuration: "").ims(word)
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(!outcome.output.isEmpty)
        #expect(outcome.errors.isEmpty)
    }

    @Test(
        "words that mean nothing are a usage error: one line on standard error, nothing on standard output",
        arguments: [
            ["fly"], ["send-message"], ["send-message", "sip:bob@ims.test"], ["register", "now"],
            ["listen", "--count", "many"],
            ["--timeout", "soon", "register"], ["register", "--no-such-option"],

        ]
    )
    func usage(_ words: [String]) async throws {
        let person = try Person(name: "alice", configuration: Self.account)
        let outcome = try await person.ims(words)
        #expect(outcome.status == .status(2), "\(outcome)")
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("ims: "), "\(outcome)")
    }

    @Test("nothing at all is no message", arguments: [["-"], [""], ["--file", "/dev/null"]])
    func emptyMessage(_ words: [String]) async throws {
        let person = try Person(name: "alice", configuration: Self.account)
        let outcome = try await person.ims(["send-message", "sip:bob@ims.test"] + words)
        #expect(outcome.status == .status(2), "\(outcome)")
        #expect(outcome.errors.contains("is empty: nothing was sent."), "\(outcome)")
    }

    @Test("output that cannot be written is no success")
    func fullDisk() async throws {
        let program = try RunningProgram(
            "/bin/sh",
            ["-c", "exec \"$0\" version > /dev/full", Person.binary],
            environment: ["PATH": "/usr/bin:/bin"]
        )
        program.closeInput()
        #expect(try await program.exit() == .status(3))
        #expect(program.errors.contains("Standard output cannot be written"), "\(program.errors)")
    }

    @Test("the history can be read without the secret")
    func historyWithoutSecret() async throws {
        let outcome = try await Person(name: "alice", configuration: Self.account).ims("history")
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(!outcome.errors.contains("password"), "\(outcome)")
    }

    @Test(
        "an address that nothing can be sent to is refused before anything is sent",
        arguments: [
            "", "http://ims.test", "sip:bob@ims.test:99999", "sip:bob@ims.test?Route=%3Csip:evil%3E",
            "sip:bob@ims.test;method=INVITE", "sip:" + String(repeating: "b", count: 1100) + "@ims.test",
        ]
    )
    func recipients(_ uri: String) async throws {
        let outcome = try await Person(name: "alice", configuration: Self.account)
            .ims("send-message", uri, "hi")
        #expect(outcome.status == .status(2), "\(outcome)")
        #expect(outcome.errors.contains("is no address to write to"), "\(outcome)")
    }

    @Test(
        "a configuration that is wrong is named by file and line",
        arguments: [
            ("[account alice]\npublic-idenity = sip:alice@ims.test\n", "ims.conf:2"),
            ("[account alice]\npublic-identity = alice at home\n", "ims.conf:2"),
            (
                "[account alice]\npublic-identity = sip:alice@ims.test\nproxy = 127.0.0.1:70000\n",
                "ims.conf:3"
            ),
            ("nonsense\n", "ims.conf:1"),
        ]
    )
    func configuration(_ text: String, _ place: String) async throws {
        let outcome = try await Person(name: "alice", configuration: text).ims("register")
        #expect(outcome.status == .status(3), "\(outcome)")
        #expect(outcome.errors.contains(place), "\(outcome)")
        #expect(outcome.output.isEmpty)
    }

    @Test("an account that is not there, and a password that cannot be read, are matters of configuration")
    func credentials() async throws {
        let person = try Person(name: "alice", configuration: Self.account)
        #expect(try await person.ims("--account", "bob", "register").status == .status(3))
        let outcome = try await person.ims("register")
        #expect(outcome.status == .status(3), "\(outcome)")
        #expect(outcome.errors.contains("password"), "\(outcome)")
    }

    @Test(
        "a recipient that is no address is a usage error, and nothing is sent",
        arguments: ["bob at home", "sip:", "http://bob"]
    )
    func recipient(_ uri: String) async throws {
        let person = try Person(name: "alice", configuration: Self.account)
        try person.home.write("alice\n", to: "config/ims/password")
        let outcome = try await person.ims("send-message", uri, "hi", "--trace")
        #expect(outcome.status == .status(2), "\(outcome)")
        #expect(!outcome.errors.contains("REGISTER"), "\(outcome)")
    }

    @Test(
        "a file that cannot be sent is told before the network is asked, and before another one is sent",
        arguments: [["send-file"], ["share-image"]],
        ["missing.png", ".", "good.png/x.png"]
    )
    func unreadable(_ command: [String], _ name: String) async throws {
        let person = try Person(name: "alice", configuration: Self.account)
        try person.home.write("alice\n", to: "config/ims/password")
        let good = try person.home.write("a picture", to: "good.png")
        let outcome = try await person.ims(
            command + ["--trace", "sip:bob@ims.test", good, "\(person.home.path)/\(name)"]
        )
        #expect(outcome.status == .status(2), "\(outcome)")
        #expect(!outcome.errors.contains("REGISTER"), "\(outcome)")
        #expect(outcome.errors.split(separator: "\n").count <= 2, "\(outcome)")
        #expect(
            outcome.errors.contains(name == "." && command == ["share-image"] ? "image" : name),
            "\(outcome)"
        )
    }

    @Test("the accounts are shown without their secrets")
    func accounts() async throws {
        let person = try Person(name: "alice", configuration: Self.account)
        try person.home.write("hush\n", to: "config/ims/password")
        for words in [["account", "list"], ["account", "show"], ["--json", "account", "show"]] {
            let outcome = try await person.ims(words)
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(outcome.output.contains("alice"))
            #expect(!outcome.output.contains("hush"))
        }
    }

    @Test("completion is there for three shells", arguments: ["bash", "zsh", "fish"])
    func completion(_ shell: String) async throws {
        let outcome = try await Person(name: "nobody", configuration: "").ims("completion", shell)
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(outcome.output.contains("send-message"))
    }

    @Test("commands come from a pipe as from a person, and the last status counts")
    func pipe() async throws {
        let person = try Person(name: "alice", configuration: Self.account)
        try person.home.write("alice\n", to: "config/ims/password")
        let outcome = try await person.ims([], input: "account list\nhelp\nquit\n")
        #expect(outcome.status == .status(0), "\(outcome)")
        #expect(outcome.output.contains("alice"), "\(outcome)")
        #expect(!outcome.output.contains("\u{1B}"))
    }
}
