import Foundation
import TestSupport
import Testing

@testable import Commands

/// The manual's generated parts and the completion scripts are what the table makes of them.
@Suite struct GeneratedFilesTests {
    private let table = CommandTable.standard

    @Test("the generated parts of ims(1) are current")
    func manual() throws {
        let path = "man/ims.1"
        var page = try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
        let parts = ManualPage(table)
        for (name, text) in [("commands", parts.commands), ("options", parts.options)] {
            let begin = try #require(page.range(of: ".\\\" begin \(name)\n"), "marker of \(name)")
            let end = try #require(page.range(of: ".\\\" end \(name)\n"), "marker of \(name)")
            page.replaceSubrange(begin.upperBound..<end.lowerBound, with: text)
        }
        try Repository.expect(page, equals: path)
    }

    @Test("the completion scripts are current")
    func scripts() throws {
        try Repository.expect(
            BashCompletion(table).script,
            equals: "Tests/CommandsTests/Fixtures/completion.bash"
        )
        try Repository.expect(
            ZshCompletion(table).script,
            equals: "Tests/CommandsTests/Fixtures/completion.zsh"
        )
        try Repository.expect(
            FishCompletion(table).script,
            equals: "Tests/CommandsTests/Fixtures/completion.fish"
        )
    }

    @Test(
        "a shell reads its completion script",
        arguments: [("/bin/bash", "bash"), ("/usr/bin/zsh", "zsh"), ("/usr/bin/fish", "fish")]
    )
    func syntax(_ shell: String, suffix: String) throws {
        guard FileManager.default.isExecutableFile(atPath: shell) else { return }
        let status = try RunningProgram.ended(
            shell,
            ["-n", Repository.root.path + "/Tests/CommandsTests/Fixtures/completion.\(suffix)"]
        )
        #expect(status.status == .status(0))
    }

    @Test(
        "bash completes commands, choices and options",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash")),
        arguments: [
            ("ims reg", "register"), ("ims completion f", "fish"), ("ims listen --co", "--count --config"),
            ("ims --json account s", "show"), ("ims --config x un", "unregister"), ("ims help qu", ""),
        ]
    )
    func bash(_ line: String, expected: String) throws {
        let script = Repository.root.path + "/Tests/CommandsTests/Fixtures/completion.bash"
        let driver = """
            source "$1"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ims; IFS=' '; echo "${COMPREPLY[*]}"
            """
        let result = try RunningProgram.ended("/bin/bash", ["--norc", "-c", driver, "bash", script, line])
        #expect(result.output.split(separator: "\n").joined() == expected)
    }
}
