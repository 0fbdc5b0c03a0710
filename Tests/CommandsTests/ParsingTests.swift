import Engine
import Testing

@testable import Commands

@Suite struct ParsingTests {
    private let table = CommandTable.standard

    private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    @Test("options stand anywhere, and end at --")
    func order() throws {
        for line in [
            "--json --account a listen --count 2", "listen --count=2 --account a --json",
            "--count 2 listen --json --account=a",
        ] {
            let invocation = try table.parse(words(line))
            #expect(invocation.command?.name == "listen")
            #expect(invocation.options.isJSON && invocation.options.account == "a")
        }
        #expect(try table.parse(words("send-message sip:b@x -- --json -v")).options.isJSON == false)
    }

    @Test("every option of ims itself is read")
    func global() throws {
        let line = "-qh --config c --as sip:a@x --trace=f --timeout 1.5 --no-input --keep-registration status"
        let options = try table.parse(words(line)).options
        var expected = GlobalOptions()
        (expected.configuration, expected.identity, expected.trace) = ("c", "sip:a@x", .file("f"))
        (expected.timeout, expected.mayAsk, expected.keepsRegistration) = (.milliseconds(1500), false, true)
        expected.isQuiet = true
        #expect(options == expected)
        #expect(try table.parse(["--trace", "status"]).options.trace == .standardError)
        #expect(try table.parse(["-v"]).options.isVerbose)
    }

    @Test("who chats by a program or in a pipe needs no prompt, and only a prompt can ask")
    func chat() throws {
        func command(_ line: String) throws -> any EngineCommand {
            try #require(try table.parse(words(line)).command as? any EngineCommand)
        }
        #expect(try command("chat sip:b@x").opensPrompt)
        #expect(try !command("chat sip:b@x --exec ./bot").opensPrompt)
        #expect(try command("chat sip:b@x").chatForm == .lines)
        #expect(try command("chat sip:b@x --bytes").chatForm == .blocks)
        #expect(try command("chat sip:b@x --exec ./bot").chatForm == .none)
        #expect(try command("listen").chatPolicy(configured: nil) == .none)
        #expect(try command("listen").chatPolicy(configured: .ask) == .none)
        #expect(try command("listen").chatPolicy(configured: .all) == .all)
        #expect(try command("listen --accept-chat none").chatPolicy(configured: .all) == .none)
        #expect(try command("send-message sip:b@x hi").chatPolicy(configured: .all) == .none)
    }

    @Test("no command asks for the prompt, --help and --version for themselves")
    func shortcuts() throws {
        #expect(try table.parse([]).command == nil)
        #expect(try table.parse(["--version"]).command is VersionCommand)
        #expect(try table.parse(["send-message", "--help"]).command is Help)
        #expect(try table.parse(["-h"]).command is Help)
    }

    @Test(
        "a wrong command line is told with what would be right",
        arguments: [
            ("regsiter", .unknownCommand("regsiter", suggestion: "register")),
            ("frobnicate", .unknownCommand("frobnicate", suggestion: nil)),
            ("quit", .notHere(command: "quit", isREPL: false)),
            ("help me", .unknownCommand("me", suggestion: nil)),
            ("account", .missing(parameter: "action", of: "account")),
            ("account lost", .notAChoice("lost", among: ["list", "show"], suggestion: "list")),
            ("account list alice", .tooMany("alice", of: "account list")),
            ("register now", .tooMany("now", of: "register")),
            ("send-message", .missing(parameter: "uri", of: "send-message")),
            ("send-message sip:b@x", .missing(parameter: "text", of: "send-message")),
            ("send-message sip:b@x hi --file f", .conflict("TEXT", "--file")),
            (
                "send-message sip:b@x hi --content-type text",
                .badValue(of: "--content-type", value: "text", expected: "a type such as application/json")
            ),
            ("--jsn status", .unknownOption("--jsn", suggestion: "--json")),
            ("status -x", .unknownOption("-x", suggestion: nil)),
            ("status --count 1", .optionOfOther("--count", command: "status")),
            ("--count 1 status", .optionOfOther("--count", command: "status")),
            ("--count 1", .optionOfOther("--count", command: "ims")),
            ("listen --count", .missingValue(option: "--count", expected: "--count COUNT")),
            ("listen --count 0", .badValue(of: "--count", value: "0", expected: "a whole number from 1")),
            ("listen --count -1", .badValue(of: "--count", value: "-1", expected: "a whole number from 1")),
            ("--json=1 status", .unexpectedValue(option: "--json")),
            (
                "--timeout soon status",
                .badValue(of: "--timeout", value: "soon", expected: "a number of seconds such as 10 or 0.5")
            ),
            (
                "--timeout 0 status",
                .badValue(of: "--timeout", value: "0", expected: "a number of seconds such as 10 or 0.5")
            ),
            ("--account= status", .badValue(of: "--account", value: "", expected: "a value")),
            ("-q -v status", .conflict("-q", "-v")),
            (
                "--as alice status",
                .badValue(of: "--as", value: "alice", expected: "a URI such as sip:alice@ims.test")
            ),
            ("chat sip:b@x --exec ./bot --bytes", .conflict("--exec", "--bytes")),
            ("chat sip:b@x --wait delivered --bytes", .conflict("--wait", "--bytes")),
            ("chat sip:b@x hello", .tooMany("hello", of: "chat")),
            (
                "listen --accept-chat some",
                .badValue(of: "--accept-chat", value: "some", expected: "ask, all, from-buddies, none")
            ),
            (
                "lab --fault 420,foo",
                .badValue(of: "--fault", value: "420,foo", expected: "faults that help lab lists")
            ),
            ("accept", .notHere(command: "accept", isREPL: false)),
        ] as [(String, UsageError)]
    )
    func wrong(_ line: String, error: UsageError) {
        #expect(throws: error) { try table.parse(words(line)) }
    }

    private func arguments(_ line: String) throws -> [String: String] {
        var reader = WordReader(table: CommandTable([Probe.self]), isREPL: true)
        var words = LineWords(line)
        while let rest = words.rest {
            if reader.isRestNext(before: rest) {
                reader.take(rest: rest)
                break
            }
            guard let word = try words.next() else { break }
            try reader.read(word)
        }
        return (try reader.finish().command as? Probe)?.values ?? [:]
    }

    @Test(
        "at the prompt the text of a message is taken as it stands",
        arguments: [
            ("say sip:b@x don't  \"do\" that -- now --file  ", "don't  \"do\" that -- now --file"),
            ("say sip:b@x --file f hi -x", "hi -x"),
            ("say sip:b@x -- --json", "--json"),
            ("say \"sip:b@x\" \"on my way\"", "on my way"),
            ("say 'sip:b@x' 'a b'", "a b"),
            ("say sip:b@x 'it\"s so'", "it\"s so"),
            ("say sip:b@x 'tis what 'twas", "'tis what 'twas"),
            ("say sip:b@x 'a' or 'b'", "'a' or 'b'"),
            ("say sip:b@x \"a\" or \"b\"", "\"a\" or \"b\""),
            ("\tsay\tsip:b@x\tline\nline", "line\nline"),
            ("say sip:b@x -", "-"),
        ]
    )
    func verbatim(_ line: String, text: String) throws {
        let values = try arguments(line)
        #expect(values["text"] == text)
        #expect(values["peer"] == "sip:b@x")
    }

    @Test(
        "at the prompt a word in quotes of either kind holds blanks and the other kind",
        arguments: [
            ("rename 'Bob Smith' \"Bobby T\"", ["rename", "Bob Smith", "Bobby T"]),
            ("'a \"b\" c'\t\"it's\"", ["a \"b\" c", "it's"]),
            ("--note='at lunch' --note=\"a'b\"  x", ["--note=at lunch", "--note=a'b", "x"]),
            ("'Bob S'mith 'a'\"b\"'c'", ["Bob Smith", "abc"]),
            ("o'brien d'Arc 6\" a='b c'", ["o'brien", "d'Arc", "6\"", "a='b", "c'"]),
            ("'' \"\"", ["", ""]),
            ("'a\\'b", ["a\\b"]),
        ] as [(String, [String])]
    )
    func quotes(_ line: String, words expected: [String]) throws {
        var (words, found) = (LineWords(line), [String]())
        while let word = try words.next() { found.append(word) }
        #expect(found == expected)
    }

    @Test(
        "a quote that is opened must be closed by its own kind",
        arguments: ["'", "\"", "'a b", "a 'b\"", "--note='x", "'a' 'b"]
    )
    func openQuote(_ line: String) {
        var words = LineWords(line)
        #expect(throws: UsageError.unterminatedQuote) {
            while try words.next() != nil {}
        }
    }

    @Test("at the prompt there are blank lines, commands of its own and none of the command line")
    func prompt() throws {
        #expect(try table.parse(line: "  ") == nil)
        #expect(try table.parse(line: " # status") == nil)
        #expect(try table.parse(line: "quit")?.command is Quit)
        #expect(try table.parse(line: "send-message --as sip:a@x sip:b@x hi")?.options.identity == "sip:a@x")
        #expect(throws: UsageError.notHere(command: "completion", isREPL: true)) {
            try table.parse(line: "completion bash")
        }
        #expect(throws: UsageError.notAtPrompt) { try table.parse(line: "--json status") }
        #expect(throws: UsageError.unterminatedQuote) { try table.parse(line: "history \"bob") }
        #expect(throws: UsageError.unknownCommand("hello", suggestion: nil)) {
            try table.parse(line: "hello bob")
        }
    }

    @Test("any line at all is a command, nothing or an error")
    func anything() {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "send-message", "listen", "--count", "=", "-", "--", "\"", "'", " ", "\t", "é", "\u{0}", "x",
            "-qv",
            "--as",
        ]
        for _ in 0..<2000 {
            let line = (0..<6).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            _ = try? table.parse(line: line)
            _ = try? table.parse(line.split(separator: " ").map(String.init))
        }
    }
}

private struct Probe: OfflineCommand {
    static let definition = CommandDefinition(
        name: "say",
        topic: .session,
        summary: "Say.",
        parameters: [
            Parameter(name: "peer", help: "Peer"),
            Parameter(name: "text", arity: .optionalRest, help: "Text"),
        ],
        options: [Option(name: "file", value: .required("FILE", .file), help: "File")]
    )

    let values: [String: String]

    init(_ arguments: Arguments) { values = arguments.values }

    func run(table: CommandTable, isREPL: Bool, output: any Output) {}
}
