import Foundation
import Lab
import Runtime
import SDP
import Store
import Synchronization
import TestSupport
import Testing
import Wire

import struct MSRP.MSRPURI
import enum SIP.TransportProtocol

@testable import Engine

/// What passed the sockets of SIP, one text a message.
private final class Passed: Sendable {
    private let texts = Mutex<[String]>([])

    func note(_ record: TraceRecord) {
        guard record.direction == .sent else { return }
        texts.withLock { $0.append(record.text) }
    }

    /// The paths of the offers that were sent, in their order.
    var offers: [Substring] {
        texts.withLock { $0 }.filter { $0.hasPrefix("INVITE ") || $0.hasPrefix("UPDATE ") }.compactMap {
            text in
            text.split(separator: "\r\n").first { $0.hasPrefix("a=path:") }
        }
    }
}

extension Engine {
    fileprivate var heldSessions: Int { msrp?.entries.count ?? 0 }
}

@Suite("Messages through a relay, against the pocket core", .timeLimit(.minutes(1)))
struct RelayTests {
    private struct Pair {
        var bench: EngineBench
        var alice: Engine
        var bob: Engine
        var heard: EventReader
        var passed: Passed
    }

    /// Alice and bob, registered, who use the relay of the core as `sides` says.
    private func run(
        alice isAliceRelayed: Bool = true,
        bob isBobRelayed: Bool = false,
        change: @escaping @Sendable (inout Account) -> Void = { _ in },
        _ body: @escaping @Sendable (Pair) async throws -> Void
    ) async throws {
        try await EngineBench.run { bench in
            let relay = try MSRPURI(
                host: bench.lab.relayAddress.host,
                port: bench.lab.relayAddress.port,
                sessionID: nil
            )
            let passed = Passed()
            var configuration = try bench.configuration(of: "alice", transport: .tcp) { account in
                account.chatTransport = .tcp
                if isAliceRelayed { account.msrpRelay = relay }
                change(&account)
            }
            configuration.trace = { passed.note($0) }
            Self.receive(&configuration, as: "alice", in: bench)
            let alice = Engine(configuration, on: bench.loop)
            configuration = try bench.configuration(of: "bob", transport: .tcp) { account in
                account.chatTransport = .tcp
                if isBobRelayed { account.msrpRelay = relay }
            }
            configuration.chatPolicy = .all
            Self.receive(&configuration, as: "bob", in: bench)
            configuration.reception.shared = bench.folder.path + "/shared"
            let bob = Engine(configuration, on: bench.loop)
            let heard = EventReader(await bob.events())
            _ = try await bob.register()
            try await body(Pair(bench: bench, alice: alice, bob: bob, heard: heard, passed: passed))
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }

    private static func receive(
        _ configuration: inout EngineConfiguration,
        as user: String,
        in bench: EngineBench
    ) {
        configuration.reception.policy = .all
        configuration.reception.folder = bench.folder.path + "/" + user
    }

    private func text(_ events: EventReader) async throws -> String {
        let message = try await events.first { kind -> IncomingChatMessage? in
            if case .chatMessage(let message) = kind { message } else { nil }
        }
        return String(decoding: message.body, as: UTF8.self)
    }

    @Test(
        "a large message takes the relay of either side, and of both",
        arguments: [true, false],
        [true, false]
    )
    func largeMessage(_ isAliceRelayed: Bool, _ isBobRelayed: Bool) async throws {
        try await run(alice: isAliceRelayed, bob: isBobRelayed) { pair in
            let text = String(repeating: "0123456789", count: 7_000)
            let (alice, lab) = (pair.alice, pair.bench.lab)
            let heard = await pair.bob.events()
            async let arrival = Self.arrival(heard, lab)
            let report = try await alice.send(OutgoingMessage(text, to: "bob"))
            #expect(report.isBySession)
            // Nothing is waited for that will not come.
            try #require(report.outcome == .accepted)
            let (received, status) = try await arrival
            #expect(received.body == Array(text.utf8))
            let paths = [isAliceRelayed, isBobRelayed].count { $0 }
            #expect(status.contains(", \(paths) paths"))
            let kept = try await pair.alice.history(peer: nil, limit: 5)
            #expect(kept.map(\.state) == [.accepted])
            #expect(kept.first?.callID == report.callID)
        }
    }

    /// What bob gets, and what the relay says of itself then.
    private static func arrival(
        _ events: AsyncStream<Event>,
        _ lab: LabServer
    ) async throws -> (message: IncomingMessage, status: String) {
        let message = try await EventReader(events).first { kind -> IncomingMessage? in
            if case .message(let message) = kind { message } else { nil }
        }
        return (message, lab.control("status"))
    }

    @Test(
        "a file takes the relay of either side, and of both, whoever asks for it",
        arguments: [(true, true), (true, false), (false, true)],
        [true, false]
    )
    func file(_ sides: (alice: Bool, bob: Bool), _ isPush: Bool) async throws {
        try await run(alice: sides.alice, bob: sides.bob) { pair in
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let folder = pair.bench.folder.path
            try FileManager.default.createDirectory(
                atPath: folder + "/shared",
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: URL(filePath: folder + "/shared/a.bin"))
            let file = OutgoingFile(.path(folder + "/shared/a.bin"), name: "a.bin")
            let alice = pair.alice
            async let result =
                isPush
                ? alice.send(file, to: "bob") : alice.fetch(FileSelector(name: "a.bin"), from: "bob")
            if isPush {
                let paths = [sides.alice, sides.bob].count { $0 }
                _ = try await pair.heard.first { if case .fileStarted = $0 { true } else { nil } }
                #expect(pair.bench.lab.control("status").contains(", \(paths) paths"))
            }
            guard case .complete = try await result.end else {
                Issue.record("\(try await result.end)")
                return
            }
            let got = isPush ? "/bob/a.bin" : "/alice/a.bin"
            #expect(try Array(Data(contentsOf: URL(filePath: folder + got))) == bytes)
        }
    }

    @Test("where the relay does not serve no file is offered, and an offered one is refused as such")
    func fileWithoutRelay() async throws {
        let nowhere = try MSRPURI(host: "127.0.0.1", port: 1, sessionID: nil)
        try await run {
            $0.msrpRelay = nowhere
        } _: { pair in
            let path = pair.bench.folder.path + "/a.bin"
            try Data([1, 2, 3]).write(to: URL(filePath: path))
            let file = OutgoingFile(.path(path), name: "a.bin")
            do {
                _ = try await pair.alice.send(file, to: "bob")
                Issue.record("it went")
            } catch EngineError.relay(let host, .unreachable) {
                #expect(host == "127.0.0.1")
            }
            _ = try await pair.alice.register()
            let heard = EventReader(await pair.alice.events())
            let (_, end) = try await pair.bob.send(file, to: "alice")
            guard case .refused(let refusal) = end, refusal.status == 480 else {
                Issue.record("\(end)")
                return
            }
            let told = try await heard.first { if case .fileEnded(_, let end) = $0 { end } else { nil } }
            #expect(told == .connection(detail: "the relay 127.0.0.1 does not serve"))
        }
    }

    @Test(
        "without the relay a large message goes by MESSAGE if that can hold it, and the relay is told if not"
    )
    func noRelay() async throws {
        try await run(bob: false) {
            $0.msrpRelay = try? MSRPURI(host: "127.0.0.1", port: 1, sessionID: nil)
        } _: { pair in
            let report = try await pair.alice.send(
                OutgoingMessage(String(repeating: "x", count: 2_000), to: "bob")
            )
            #expect(report.outcome == .accepted)
            #expect(!report.isBySession)
            do {
                let huge = OutgoingMessage(String(repeating: "x", count: 70_000), to: "bob")
                _ = try await pair.alice.send(huge)
                Issue.record("it went")
            } catch EngineError.relay(let host, .unreachable) {
                #expect(host == "127.0.0.1")
            }
            let kept = try await pair.alice.history(peer: nil, limit: 5)
            #expect(Set(kept.map(\.state)) == [.accepted, .unanswered])
        }
    }

    @Test("a relay that is asked again in time serves on, and the other side hears nothing of it")
    func prolonged() async throws {
        try await run { pair in
            let chat = try await pair.alice.openChat(with: "bob")
            _ = try await pair.alice.say(Array("before".utf8), in: chat.id)
            await pair.alice.passTime(.seconds(3_550))
            // The relay's challenge has come before the answer to the first, its leave before that to the second.
            for number in 1...3 { _ = try await pair.alice.say(Array("line \(number)".utf8), in: chat.id) }
            for line in ["before", "line 1", "line 2", "line 3"] {
                #expect(try await text(pair.heard) == line)
            }
            #expect(pair.passed.offers.count == 1)
            #expect(pair.bench.lab.control("status").contains(", 1 paths"))
        }
    }

    @Test(
        "a relay that gives another way, or no answer, moves a live chat, and nothing is lost or shown twice",
        arguments: [true, false]
    )
    func moved(_ isMoved: Bool) async throws {
        try await run { pair in
            let chat = try await pair.alice.openChat(with: "bob")
            _ = try await pair.alice.say(Array("line 0".utf8), in: chat.id)
            if isMoved {
                #expect(pair.bench.lab.control("msrp move") == "faults: the next renewal gives another path")
                await pair.alice.passTime(.seconds(3_550))
            } else {
                // The second time passes before an answer can come.
                await pair.alice.passTime(.seconds(3_550), times: 2)
            }
            var number = 0
            while pair.passed.offers.count < 2 {
                number += 1
                _ = try await pair.alice.say(Array("line \(number)".utf8), in: chat.id)
            }
            for _ in 0..<20 {
                number += 1
                _ = try await pair.alice.say(Array("line \(number)".utf8), in: chat.id)
            }
            for number in 0...number { #expect(try await text(pair.heard) == "line \(number)") }
            #expect(Set(pair.passed.offers).count == 2)
            #expect(await pair.alice.heldSessions == 1)
            #expect(await pair.bob.heldSessions == 1)
            let kept = try await pair.bob.history(peer: nil, limit: 1_000)
            #expect(kept.count == number + 1)
        }
    }
}
