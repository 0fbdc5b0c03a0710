import TestSupport
import Testing

/// `ims lab` in a process of its own, on ports of its own.
struct PocketCore {
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
