import Foundation
import Lab
import Runtime
import Store
import TestSupport
import Wire

import enum SIP.TransportProtocol

@testable import Engine

/// Engines and a pocket core on one loop: their sockets are real, and nothing else is.
struct EngineBench {
    let loop: EventLoop
    let lab: LabServer
    let folder: TemporaryFolder

    /// Runs `body` with a pocket core on a port of its own.
    static func run(
        _ configure: @escaping @Sendable (inout LabConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (EngineBench) async throws -> Void
    ) async throws {
        try await withEventLoop { loop in
            var configuration = LabConfiguration()
            configuration.port = 0
            configuration.automaticBuddy = nil
            configure(&configuration)
            let lab = try LabServer.start(on: loop, configuration)
            let bench = EngineBench(loop: loop, lab: lab, folder: try TemporaryFolder())
            defer { lab.stop() }
            try await body(bench)
        }
    }

    /// Runs `body` with alice and bob registered at a pocket core, and what bob's engine tells.
    static func runPair(
        alice change: @escaping @Sendable (inout Account) -> Void = { _ in },
        bob configure: @escaping @Sendable (inout EngineConfiguration, EngineBench) -> Void,
        _ body: @escaping @Sendable (EngineBench, Engine, Engine, EventReader) async throws -> Void
    ) async throws {
        try await run { bench in
            let alice = try bench.engine(of: "alice", transport: .tcp, change: change)
            var configuration = try bench.configuration(of: "bob")
            configure(&configuration, bench)
            let bob = Engine(configuration, on: bench.loop)
            let events = EventReader(await bob.events())
            _ = try await alice.register()
            _ = try await bob.register()
            try await body(bench, alice, bob, events)
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }

    /// The configuration of an engine for `user`, whose password is their name unless `password` says otherwise.
    func configuration(
        of user: String,
        transport: TransportProtocol = .udp,
        password: String? = nil,
        change: (inout Account) -> Void = { _ in }
    ) throws -> EngineConfiguration {
        let file = try folder.write(password ?? user, to: "\(user).\(password ?? user).password")
        var account = Account(
            name: user,
            publicIdentity: "sip:\(user)@ims.test",
            privateIdentity: "\(user)@ims.test",
            realm: "ims.test",
            proxy: Account.Proxy(host: "127.0.0.1", port: lab.address.port, transport: transport)
        )
        account.credential = .passwordFile(file)
        change(&account)
        var configuration = EngineConfiguration(account: account, version: "1")
        configuration.storePath = folder.path + "/\(user).db"
        configuration.isLongLived = true
        return configuration
    }

    func engine(
        of user: String,
        transport: TransportProtocol = .udp,
        password: String? = nil,
        change: (inout Account) -> Void = { _ in }
    ) throws -> Engine {
        let configuration = try configuration(
            of: user,
            transport: transport,
            password: password,
            change: change
        )
        return Engine(configuration, on: loop)
    }
}

extension OutgoingMessage {
    /// A message of plain text.
    init(_ text: String, to recipient: String, identity: String? = nil) {
        self.init(to: recipient, contentType: "text/plain", body: Array(text.utf8), identity: identity)
    }
}

/// The events of an engine, to be waited for one after the other.
final class EventReader {
    private var iterator: AsyncStream<Event>.Iterator

    init(_ stream: AsyncStream<Event>) { iterator = stream.makeAsyncIterator() }

    /// Skips events until `pick` finds what it looks for.
    func first<Value>(_ pick: (Event.Kind) -> Value?) async throws -> Value {
        while let event = await iterator.next(isolation: #isolation) {
            if let value = pick(event.kind) { return value }
        }
        throw CancellationError()
    }

    /// What `pick` finds in event after event, until there is enough of it.
    func collect<Value>(
        _ pick: (Event.Kind) -> Value?,
        until isEnough: ([Value]) -> Bool
    ) async throws -> [Value] {
        var found: [Value] = []
        while !isEnough(found) { found.append(try await first(pick)) }
        return found
    }
}
