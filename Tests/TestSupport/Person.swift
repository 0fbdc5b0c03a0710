import Foundation

/// Somebody who uses `ims`: a home of their own, with a configuration and what the program keeps there.
package final class Person: Sendable {
    package let name: String
    package let home: TemporaryFolder

    package var uri: String { "sip:\(name)@ims.test" }

    /// What must be there as long as the person is.
    private let kept: (any Sendable)?

    /// A person whose `ims.conf` reads as given.
    package init(name: String, configuration: String, keeping kept: (any Sendable)? = nil) throws {
        self.name = name
        self.kept = kept
        home = try TemporaryFolder()
        try home.write(configuration, to: "config/ims/ims.conf")
    }

    /// Somebody whose P-CSCF is a test's own, which knows neither presence nor the state of registrations.
    package convenience init(
        _ name: String,
        proxyPort port: UInt16,
        settings: [String: String],
        keeping kept: any Sendable
    ) throws {
        let lines = settings.map { "\($0.key) = \($0.value)\n" }.sorted().joined()
        try self.init(
            name: name,
            configuration: """
                [account \(name)]
                public-identity = sip:\(name)@ims.test
                proxy = 127.0.0.1:\(port)
                password-file = password
                reg-event = off
                presence = off

                """ + lines,
            keeping: kept
        )
        try home.write(name + "\n", to: "config/ims/password")
    }

    /// The program under test: the one built beside these tests, or the one that `IMS_BINARY` names.
    package static let binary =
        ProcessInfo.processInfo.environment["IMS_BINARY"]
        ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        + "/ims"

    /// Runs `ims` and waits for its end.
    package func ims(
        _ arguments: String...,
        input: String = "",
        within limit: Duration = .seconds(30)
    ) async throws -> Outcome {
        try await ims(arguments, input: input, within: limit)
    }

    package func ims(
        _ arguments: [String],
        input: String = "",
        within limit: Duration = .seconds(30)
    ) async throws -> Outcome {
        let program = try start(arguments)
        program.write(input)
        program.closeInput()
        let status = try await program.exit(within: limit)
        return Outcome(status: status, output: program.output, errors: program.errors)
    }

    /// Starts `ims` in a script: its input is open and empty.
    package func start(_ arguments: String...) throws -> RunningProgram { try start(arguments) }

    /// Starts `ims` on a terminal.
    package func startOnTerminal(columns: UInt16 = 80, _ arguments: String...) throws -> RunningProgram {
        try start(arguments, streams: .terminal(columns: columns))
    }

    /// Starts `ims` from a script of the shell, in which `"$0" "$@"` is `ims` with its arguments.
    package func startLimited(_ script: String, _ arguments: String...) throws -> RunningProgram {
        try RunningProgram("/bin/sh", ["-c", script, Self.binary] + arguments, environment: environment)
    }

    package func start(_ arguments: [String]) throws -> RunningProgram {
        try start(arguments, streams: .pipes)
    }

    private func start(_ arguments: [String], streams: Streams) throws -> RunningProgram {
        try RunningProgram(Self.binary, arguments, environment: environment, streams: streams)
    }

    private var environment: [String: String] {
        [
            "HOME": home.path,
            "XDG_CONFIG_HOME": home.path + "/config",
            "XDG_DATA_HOME": home.path + "/data",
            "XDG_STATE_HOME": home.path + "/state",
            "XDG_CACHE_HOME": home.path + "/cache",
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "xterm",
        ]
    }
}

/// What a program left when it ended.
package struct Outcome: Sendable, CustomStringConvertible {
    package let status: ExitStatus
    package let output: String
    package let errors: String

    package var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The lines of `--json`.
    package func events() throws -> [JSONLine] { try lines.map(JSONLine.init) }

    package var description: String { "\(status)\n--- output ---\n\(output)\n--- errors ---\n\(errors)" }
}

extension RunningProgram {
    /// The next event of this name that `--json` prints; those before it are skipped.
    package func event(
        _ name: String,
        within limit: Duration = .seconds(30),
        where passes: @escaping @Sendable (JSONLine) -> Bool = { _ in true }
    ) async throws -> JSONLine {
        let line = try await line(within: limit, "the event “\(name)”") { line in
            guard let event = try? JSONLine(line) else { return false }
            return event.event == name && passes(event)
        }
        return try JSONLine(line)
    }
}
