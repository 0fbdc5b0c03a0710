import Foundation
import Synchronization

/// The Kamailio IMS core of `scripts/lab`: one for all the tests of a process, ended with it.
///
/// Under `scripts/lab run` it is there already; else the first test that asks for it starts one.
package final class RealCore: Sendable {
    /// Whether it can be started here; without Kamailio the tests that need it are skipped.
    package static let isInstalled = findProgram("kamailio") != nil && findProgram("python3") != nil

    package static let howToInstall = "Kamailio is not installed: see scripts/install-dependencies test"

    package static func shared() async throws -> RealCore { try await started.value }

    private static let started = Task {
        var environment = ProcessInfo.processInfo.environment
        if environment["LAB_PCSCF"] == nil {
            environment["LAB_RUN"] = NSTemporaryDirectory() + "ims-lab.\(getpid())"
            environment["LAB_OWNER"] = "\(getpid())"
            _ = try await lab(["start"], environment)
        }
        return RealCore(environment: environment)
    }

    private static func lab(_ arguments: [String], _ environment: [String: String]) async throws -> String {
        let program = try RunningProgram(packageRoot + "/scripts/lab", arguments, environment: environment)
        program.closeInput()
        guard try await program.exit(within: .seconds(60)) == .status(0) else {
            throw RunningProgram.Failure(description: "scripts/lab \(arguments): \(program.errors)")
        }
        return program.output
    }

    /// How a user of the core proves who they are; each kind has a pool of like users.
    package enum Scheme: String, Sendable, CaseIterable {
        case digest = "digest"
        case openIMSDigest = "md5-"
        case aka = "aka"
    }

    private let environment: [String: String]
    private let taken = Mutex<[Scheme: Int]>([:])

    private init(environment: [String: String]) { self.environment = environment }

    /// Does what `scripts/lab` does with these words, and gives what it prints.
    @discardableResult
    package func lab(_ arguments: String...) async throws -> String {
        try await Self.lab(arguments, environment)
    }

    /// The Contact URIs that the S-CSCF holds for a user.
    package func contacts(of user: String) async throws -> [String] {
        try await lab("contacts", user).split(separator: "\n").map(String.init)
    }

    /// The address and port of the P-CSCF.
    package func proxy(tls: Bool = false) -> String {
        "127.0.0.1:" + (environment[tls ? "LAB_PCSCF_TLS" : "LAB_PCSCF"] ?? "")
    }

    /// The MSRP relay, as `msrp-relay` names it.
    package func relay(tls: Bool) async throws -> String {
        let port = try await place(tls ? "LAB_MSRP_TLS" : "LAB_MSRP")
        return "\(tls ? "msrps" : "msrp")://127.0.0.1:\(port);tcp"
    }

    /// The file with the certificate of the authority that vouches for the core.
    package func authority() async throws -> String { try await place("LAB_CA") }

    /// A value that `scripts/lab env` tells.
    private func place(_ name: String) async throws -> String {
        let prefix = "export \(name)="
        let lines = try await lab("env").split(separator: "\n")
        return lines.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) } ?? ""
    }

    /// The root of the document server, as `xcap-root` has it.
    package func documentRoot() async throws -> String {
        "http://127.0.0.1:\(try await place("LAB_XCAP"))/xcap-root"
    }

    /// A user nobody else in this test run is, with a home and a configuration.
    ///
    /// `settings` are what is to be otherwise in the account section; an empty value leaves the line out.
    package func person(
        _ scheme: Scheme = .digest,
        over transport: String = "udp",
        settings: [String: String] = [:]
    ) async throws -> Person {
        let number = taken.withLock { taken in
            taken[scheme, default: 0] += 1
            return taken[scheme, default: 1]
        }
        return try await person(named: "\(scheme.rawValue)\(number)", over: transport, settings: settings)
    }

    /// Two users nobody else is, who reach the core by one transport each and have the same settings.
    package func people(
        over one: String,
        _ other: String,
        _ settings: [String: String] = [:]
    ) async throws -> (Person, Person) {
        (try await person(over: one, settings: settings), try await person(over: other, settings: settings))
    }

    /// A user of `users.json` by name; tests that run at the same time must not share one.
    package func person(
        named name: String,
        over transport: String = "udp",
        settings: [String: String] = [:]
    ) async throws -> Person {
        let section = try await lab("config", name, transport).split(separator: "\n").map(String.init)
        let kept = section.filter { line in !settings.keys.contains { line.hasPrefix($0 + " = ") } }
        let added = settings.filter { !$0.value.isEmpty }.map { "\($0.key) = \($0.value)" }.sorted()
        return try Person(name: name, configuration: (kept + added).joined(separator: "\n") + "\n")
    }
}

/// The folder of the package, where `scripts` is.
package let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// The path of a program, or `nil` if there is none of that name; services are not on everybody's `PATH`.
package func findProgram(_ name: String) -> String? {
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/usr/local/sbin"
    return path.split(separator: ":").map { "\($0)/\(name)" }.first(
        where: FileManager.default.isExecutableFile
    )
}
