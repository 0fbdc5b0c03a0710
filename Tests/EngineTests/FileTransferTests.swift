import Crypto
import Foundation
import Runtime
import SDP
import Store
import TestSupport
import Testing
import UserAgent
import Wire

import enum SIP.TransportProtocol

@testable import Engine

@Suite("Files against the pocket core", .timeLimit(.minutes(1)))
struct FileTransferTests {
    /// Alice and bob, registered; bob receives as `change` says.
    func run(
        _ change: @escaping @Sendable (inout ReceptionRules) -> Void = { _ in },
        _ body: @escaping @Sendable (EngineBench, Engine, Engine, EventReader) async throws -> Void
    ) async throws {
        try await EngineBench.runPair(
            bob: { configuration, bench in
                configuration.reception.policy = .all
                configuration.reception.folder = bench.folder.path + "/downloads"
                change(&configuration.reception)
            },
            body
        )
    }

    /// A file of bytes that differ from place to place.
    func file(
        _ name: String,
        of size: Int,
        in bench: EngineBench
    ) throws -> (path: String, bytes: [UInt8]) {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let path = bench.folder.path + "/" + name
        try Data(bytes).write(to: URL(filePath: path))
        return (path, bytes)
    }

    func end(_ events: EventReader) async throws -> FileTransferEnd {
        try await events.first { if case .fileEnded(_, let end) = $0 { end } else { nil } }
    }

    func downloads(_ bench: EngineBench) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: bench.folder.path + "/downloads")) ?? [])
            .sorted()
    }

    func contents(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    @Test(
        "a file arrives whole, is verified, and has its name only then",
        arguments: [0, 1, 70_000, 700_000]
    )
    func whole(size: Int) async throws {
        try await run { bench, alice, _, events in
            let (path, bytes) = try file("photo one.png", of: size, in: bench)
            let (_, end) = try await alice.send(OutgoingFile(.path(path), name: "photo one.png"), to: "bob")
            #expect(end == .complete(path: nil, isVerified: false))
            let stored = bench.folder.path + "/downloads/photo one.png"
            let told = try await self.end(events)
            #expect(told == .complete(path: stored, isVerified: true))
            #expect(try contents(stored) == bytes)
            #expect(downloads(bench) == ["photo one.png"])
        }
    }

    @Test("the same file sent twice has two names")
    func twice() async throws {
        try await run { bench, alice, _, events in
            let (path, _) = try file("a.bin", of: 5000, in: bench)
            for _ in 1...2 {
                _ = try await alice.send(OutgoingFile(.path(path), name: "a.bin"), to: "bob")
                _ = try await end(events)
            }
            #expect(downloads(bench) == ["a (2).bin", "a.bin"])
        }
    }

    @Test("what was begun before is gone on with, and all of it is verified")
    func resumed() async throws {
        try await run { bench, alice, bob, events in
            let (path, bytes) = try file("big.bin", of: 200_000, in: bench)
            let parts = bench.folder.path + "/downloads"
            try FileManager.default.createDirectory(atPath: parts, withIntermediateDirectories: true)
            try Data(bytes.prefix(120_000)).write(to: URL(filePath: parts + "/big.bin.abc.part"))
            let hash = FileHash(.sha1, HashFunction.sha1.hash(bytes))
            try await bob.keepForTest(hash, size: 200_000, part: "big.bin.abc.part", folder: parts)
            async let sent = alice.send(OutgoingFile(.path(path), name: "big.bin"), to: "bob")
            let start = try await events.first { kind -> FileProgress? in
                if case .fileStarted(_, let progress) = kind { progress } else { nil }
            }
            #expect(start.resumed == 120_000)
            let (transfer, end) = try await sent
            #expect(end == .complete(path: nil, isVerified: false))
            #expect(transfer.isOutgoing)
            #expect(try await self.end(events) == .complete(path: parts + "/big.bin", isVerified: true))
            #expect(try contents(parts + "/big.bin") == bytes)
            #expect(downloads(bench) == ["big.bin"])
        }
    }

    @Test("a part whose bytes are others is told as wrong at the end, and keeps its temporary name")
    func wrongPart() async throws {
        try await run { bench, alice, bob, events in
            let (path, bytes) = try file("big.bin", of: 200_000, in: bench)
            let parts = bench.folder.path + "/downloads"
            try FileManager.default.createDirectory(atPath: parts, withIntermediateDirectories: true)
            try Data([UInt8](repeating: 1, count: 120_000)).write(
                to: URL(filePath: parts + "/big.bin.abc.part")
            )
            let hash = FileHash(.sha1, HashFunction.sha1.hash(bytes))
            try await bob.keepForTest(hash, size: 200_000, part: "big.bin.abc.part", folder: parts)
            _ = try await alice.send(OutgoingFile(.path(path), name: "big.bin"), to: "bob")
            #expect(try await end(events) == .wrongHash(part: parts + "/big.bin.abc.part"))
            #expect(downloads(bench) == ["big.bin.abc.part"])
            // The next attempt does not trust it.
            _ = try await alice.send(OutgoingFile(.path(path), name: "big.bin"), to: "bob")
            #expect(try await end(events) == .complete(path: parts + "/big.bin", isVerified: true))
        }
    }

    @Test("a shared file is fetched by its name, and one that is not there is refused")
    func fetched() async throws {
        let folder = "/shared"
        try await EngineBench.run { bench in
            var serving = try bench.configuration(of: "bob")
            serving.reception.shared = bench.folder.path + folder
            let bob = Engine(serving, on: bench.loop)
            var fetching = try bench.configuration(of: "alice")
            fetching.reception.folder = bench.folder.path + "/downloads"
            let alice = Engine(fetching, on: bench.loop)
            try FileManager.default.createDirectory(
                atPath: bench.folder.path + folder,
                withIntermediateDirectories: true
            )
            let (_, bytes) = try file("shared/report.pdf", of: 90_000, in: bench)
            _ = try await alice.register()
            _ = try await bob.register()
            let (transfer, end) = try await alice.fetch(FileSelector(name: "report.pdf"), from: "bob")
            let stored = bench.folder.path + "/downloads/report.pdf"
            #expect(end == .complete(path: stored, isVerified: true))
            #expect(transfer.size == 90_000)
            #expect(try contents(stored) == bytes)
            let (_, missing) = try await alice.fetch(FileSelector(name: "other.pdf"), from: "bob")
            guard case .refused(let refusal) = missing else {
                Issue.record("\(missing)")
                return
            }
            #expect(refusal.status == 488 && refusal.warning == "No such file")
            // Which of two with the same bytes is sent makes no difference; which of two with others does.
            _ = try file("shared/same.pdf", of: 90_000, in: bench)
            let hash = FileHash(.sha1, HashFunction.sha1.hash(bytes))
            let (_, again) = try await alice.fetch(FileSelector(hashes: [hash]), from: "bob")
            guard case .complete(_, isVerified: true) = again else {
                Issue.record("\(again)")
                return
            }
            _ = try file("shared/other.pdf", of: 80_000, in: bench)
            let (_, unclear) = try await alice.fetch(
                FileSelector(type: MediaType("application/pdf")),
                from: "bob"
            )
            guard case .refused = unclear else {
                Issue.record("\(unclear)")
                return
            }
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }

    @Test("what is larger than is taken is refused before a byte of it is sent")
    func tooLarge() async throws {
        try await run({ $0.sizeLimit = 999 }) { bench, alice, _, events in
            let (path, _) = try file("a.bin", of: 1000, in: bench)
            let (_, end) = try await alice.send(OutgoingFile(.path(path), name: "a.bin"), to: "bob")
            guard case .refused(let refusal) = end else {
                Issue.record("\(end)")
                return
            }
            #expect(refusal.status == 488)
            #expect(try await self.end(events) == .tooLarge(limit: 999))
            #expect(downloads(bench).isEmpty)
        }
    }

    @Test("a file that is asked about waits for the user, who takes or refuses it", arguments: [true, false])
    func asked(taken: Bool) async throws {
        try await run({ $0.policy = .ask }) { bench, alice, bob, events in
            let (path, _) = try file("a.bin", of: 1000, in: bench)
            async let sent = alice.send(OutgoingFile(.path(path), name: "../../a.bin"), to: "bob")
            let offered = try await events.first { kind -> FileTransfer? in
                if case .fileOffered(let transfer) = kind { transfer } else { nil }
            }
            #expect(offered.name == "a.bin" && offered.size == 1000 && offered.peer == "sip:alice@ims.test")
            if taken { try await bob.accept(offered.id) } else { try await bob.reject(offered.id) }
            let (_, end) = try await sent
            if taken {
                #expect(end == .complete(path: nil, isVerified: false))
                _ = try await self.end(events)
                #expect(downloads(bench) == ["a.bin"])
            } else {
                guard case .refused(let refusal) = end else {
                    Issue.record("\(end)")
                    return
                }
                #expect(refusal.status == 603)
            }
        }
    }

    @Test("image share goes out under its own service and in small chunks to clients of old")
    func imageShare() async throws {
        try await run { bench, alice, _, events in
            let (path, bytes) = try file("photo.png", of: 10_000, in: bench)
            var options = SendingOptions()
            (options.isImageShare, options.service) = (true, .imageShare(.mercuro))
            let offer = OutgoingFile(.path(path), name: "photo.png")
            async let sent = alice.send(offer, to: "bob", options)
            let offered = try await events.first { kind -> FileTransfer? in
                if case .fileOffered(let transfer) = kind { transfer } else { nil }
            }
            #expect(offered.isImageShare && offered.isToBeShown)
            #expect(try await sent.end == .complete(path: nil, isVerified: false))
            _ = try await end(events)
            #expect(try contents(bench.folder.path + "/downloads/photo.png") == bytes)
        }
    }
}

extension Engine {
    /// Keeps what a transfer from alice would have left behind.
    func keepForTest(_ hash: FileHash, size: UInt64, part: String, folder: String) throws {
        let record = UnfinishedTransfer(
            .incoming,
            peer: "sip:alice@ims.test",
            hash: hash.value.text,
            size: size,
            folder: folder,
            part: part
        )
        try openedStore().keep(record, account: account.name, at: .now)
    }
}
