import Foundation
import MSRP
import Runtime
import SDP
import TestSupport
import Testing
import UserAgent
import Wire

@testable import Engine

// What does not go as it should, and what is said beside what must be.
extension FileTransferTests {
    @Test("the same file offered twice at once is stored twice, each in a part of its own")
    func twiceAtOnce() async throws {
        try await run { bench, alice, _, events in
            let (path, bytes) = try file("a.bin", of: 400_000, in: bench)
            async let one = alice.send(OutgoingFile(.path(path), name: "a.bin"), to: "bob")
            async let two = alice.send(OutgoingFile(.path(path), name: "a.bin"), to: "bob")
            _ = try await (one, two)
            for _ in 1...2 {
                guard case .complete(_, isVerified: true) = try await end(events) else {
                    Issue.record("not complete")
                    return
                }
            }
            #expect(downloads(bench) == ["a (2).bin", "a.bin"])
            for name in downloads(bench) {
                #expect(try contents(bench.folder.path + "/downloads/" + name) == bytes)
            }
        }
    }

    @Test("a sender that says nothing more is given up, and hears that it was not the user")
    func stalled() async throws {
        try await run({ $0.patience = .milliseconds(500) }) { bench, alice, _, events in
            let silent = Pipe()
            defer { try? silent.fileHandleForWriting.close() }
            let file = OutgoingFile(.descriptor(silent.fileHandleForReading.fileDescriptor), name: "a.bin")
            async let sent = alice.send(file, to: "bob")
            #expect(try await end(events) == .stalled)
            guard case .connection = try await sent.end else {
                Issue.record("\(try await sent.end)")
                return
            }
            #expect(downloads(bench).allSatisfy { $0.hasSuffix(".part") })
        }
    }

    @Test(
        "an icon that is no picture, or a large one, keeps no file from being taken",
        arguments: [10, 40_000]
    )
    func icon(size: Int) async throws {
        try await run { bench, alice, _, events in
            let (path, bytes) = try file("photo.png", of: 10_000, in: bench)
            var offer = OutgoingFile(.path(path), name: "photo.png")
            offer.icon = FileIcon(type: "image/jpeg", bytes: [UInt8](repeating: 0xFF, count: size))
            let file = offer
            async let sent = alice.send(file, to: "bob")
            let offered = try await events.first { kind -> FileTransfer? in
                if case .fileOffered(let transfer) = kind { transfer } else { nil }
            }
            #expect(offered.icon == offer.icon)
            #expect(try await sent.end == .complete(path: nil, isVerified: false))
            _ = try await end(events)
            #expect(try contents(bench.folder.path + "/downloads/photo.png") == bytes)
        }
    }

    @Test("a peer that is known to know SHA-256 is told it beside SHA-1, also by a pipe")
    func betterHash() async throws {
        try await run { bench, alice, _, events in
            let (path, _) = try file("a.bin", of: 5000, in: bench)
            _ = try await alice.send(OutgoingFile(.path(path), name: "a.bin"), to: "bob")
            _ = try await end(events)
            // Its answer said what program it is.
            #expect(await alice.hashAlgorithms(for: "sip:bob@ims.test") == [.sha1, .sha256])
            #expect(await alice.hashAlgorithms(for: "sip:carol@ims.test") == [.sha1])
            async let again = alice.send(OutgoingFile(.path(path), name: "a.bin"), to: "bob")
            let (transfer, result) = try await again
            #expect(result == .complete(path: nil, isVerified: false))
            #expect(transfer.betterHash?.count == 64)
            guard case .complete(_, isVerified: true) = try await end(events) else {
                Issue.record("not verified")
                return
            }
            let input = try FileHandle(forReadingFrom: URL(filePath: path))
            let piped = OutgoingFile(.descriptor(input.fileDescriptor), name: "b.bin")
            let (second, _) = try await alice.send(piped, to: "bob")
            #expect(second.betterHash?.count == 64)
            guard case .complete(_, isVerified: true) = try await end(events) else {
                Issue.record("not verified")
                return
            }
        }
    }

    @Test(
        "clients of the older form get chunks of 2048 bytes, the others larger ones",
        arguments: [(ServiceIdentifier.Form.mercuro, 2048), (.standard, 262_144)]
    )
    func chunks(_ form: ServiceIdentifier.Form, _ size: Int) async throws {
        try await run { bench, alice, _, events in
            let silent = Pipe()
            defer { try? silent.fileHandleForWriting.close() }
            let file = OutgoingFile(.descriptor(silent.fileHandleForReading.fileDescriptor), name: "a.png")
            var chosen = SendingOptions()
            (chosen.isImageShare, chosen.service) = (true, .imageShare(form))
            let options = chosen
            async let sent = alice.send(file, to: "bob", options)
            _ = try await events.first { kind -> FileTransfer? in
                if case .fileStarted(let transfer, _) = kind { transfer } else { nil }
            }
            #expect(await alice.chunkSizes == [size])
            for transfer in await alice.transfers { await alice.cancel(transfer.id) }
            _ = try await sent
        }
    }

    @Test("a user who ends a transfer is told as such to the other side", arguments: [true, false])
    func cancelled(bySender: Bool) async throws {
        try await run { bench, alice, bob, events in
            let silent = Pipe()
            defer { try? silent.fileHandleForWriting.close() }
            let file = OutgoingFile(.descriptor(silent.fileHandleForReading.fileDescriptor), name: "a.bin")
            async let sent = alice.send(file, to: "bob")
            let begun = try await events.first { kind -> FileTransfer? in
                if case .fileStarted(let transfer, _) = kind { transfer } else { nil }
            }
            if bySender {
                for transfer in await alice.transfers { await alice.cancel(transfer.id) }
            } else {
                await bob.cancel(begun.id)
            }
            #expect(try await sent.end == (bySender ? .byUser : .byPeer))
            #expect(try await end(events) == (bySender ? .byPeer : .byUser))
            #expect(downloads(bench).allSatisfy { $0.hasSuffix(".part") })
        }
    }
}

extension Engine {
    /// How large the chunks are that the message sessions make.
    var chunkSizes: [Int] { msrp?.entries.values.map { $0.session.configuration.chunkSize } ?? [] }
}
