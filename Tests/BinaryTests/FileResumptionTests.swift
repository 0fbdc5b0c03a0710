import Foundation
import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct FileResumption {
        /// Small chunks take so long that a transfer is cut in the middle, and not before its first byte or after its last.
        private static let slow = ["msrp-chunk-size": "2048"]

        @Test("a transfer that is cut five times arrives whole, and nothing is sent twice")
        func cut() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(settings: Self.slow), try await core.person())
            let path = try alice.put(Data("the beginning".utf8), "big.bin", enlargedTo: 200_000_000)
            let receiver = try await bob.receiving()
            var place = 0
            for _ in 1...5 {
                let sender = try alice.start("send-file", "--json", bob.uri, path)
                let start = try await sender.event("file_started", within: .seconds(60))
                #expect(start.number("resumed_bytes") == Double(place))
                _ = try await sender.event("file_progress", within: .seconds(60))
                sender.signal(SIGKILL)
                _ = try await sender.exit()
                let end = try await receiver.event("file_ended", within: .seconds(30))
                #expect(end["outcome"] == "connection")
                let reached = try #require(bob.partSize)
                #expect(reached > place)
                place = reached
            }
            try alice.hurry()
            let outcome = try await alice.ims("send-file", bob.uri, path, within: .seconds(60))
            #expect(outcome.status == .status(0), "\(outcome)")
            let end = try await receiver.event("file_ended", within: .seconds(30))
            #expect(end["outcome"] == "complete" && end.flag("verified") == true)
            #expect(try await receiver.exit() == .status(0))
            #expect(bob.received == ["big.bin"])
        }

        @Test("a receiver that was killed goes on where it was when the file is sent again")
        func killed() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(settings: Self.slow), try await core.person())
            let path = try alice.put(Data("the beginning".utf8), "big.bin", enlargedTo: 100_000_000)
            let first = try await bob.receiving()
            let sender = try alice.start("send-file", "--json", bob.uri, path)
            _ = try await sender.event("file_progress", within: .seconds(60))
            first.signal(SIGKILL)
            _ = try await first.exit()
            // It tries again by itself, but nobody is there.
            #expect(try await sender.exit(within: .seconds(60)) == .status(4), "\(sender.output)")
            let place = try #require(bob.partSize)
            try alice.hurry()
            let second = try await bob.receiving()
            var outcome = try await alice.ims("send-file", "--json", bob.uri, path, within: .seconds(60))
            // For a moment the core still knows the contact of the one that was killed, where nobody answers.
            for _ in 1...2 where outcome.status == .status(4) {
                outcome = try await alice.ims("send-file", "--json", bob.uri, path, within: .seconds(60))
            }
            #expect(outcome.status == .status(0), "\(outcome)")
            let start = try #require(try outcome.events().first { $0.event == "file_started" })
            #expect(start.number("resumed_bytes") == Double(place) && place > 0)
            #expect(try await second.event("file_ended").flag("verified") == true)
            #expect(try await second.exit() == .status(0))
            #expect(bob.received == ["big.bin"])
        }
    }
}

extension Person {
    /// Sends in large chunks from now on.
    fileprivate func hurry() throws {
        let file = "config/ims/ims.conf"
        try home.write(try home.read(file).replacing("msrp-chunk-size = 2048", with: ""), to: file)
    }
}

/// What the pocket core does to connections that the real one does not.
@Suite("Transfers whose connection breaks", .timeLimit(.minutes(2)))
struct FileCutTests {
    private static let piece = 400_000

    /// Two people whose files pass the switch of a core that breaks each connection after a number of bytes.
    private func people() async throws -> (core: PocketCore, alice: Person, bob: Person) {
        let core = try await PocketCore(["--fault", "msrp drop \(Self.piece)"])
        let setting = "chat-transport = tcp"
        return (core, try core.person("alice", setting), try core.person("bob", setting))
    }

    @Test("a transfer goes on by itself after five cuts, and every byte passes once")
    func push() async throws {
        let (core, alice, bob) = try await people()
        let data = sampleBytes(3_000_000)
        let path = try alice.put(data, "big.bin")
        let receiver = try await bob.receiving()
        let sender = try alice.start("send-file", "--json", bob.uri, path)
        for cut in 1...5 {
            let start = try await sender.event("file_started")
            #expect(start.number("resumed_bytes") == Double((cut - 1) * Self.piece))
            try await core.program.errors(containing: "broken on purpose", times: cut)
            if cut < 5 { _ = try await core.obey("msrp drop \(Self.piece)") }
            #expect(try await receiver.event("file_ended")["outcome"] == "connection")
        }
        #expect(try await sender.event("file_started").number("resumed_bytes") == Double(5 * Self.piece))
        #expect(try await sender.exit() == .status(0), "\(sender.output)\(sender.errors)")
        #expect(try await receiver.event("file_ended").flag("verified") == true)
        #expect(try await receiver.exit() == .status(0))
        #expect(try bob.received("big.bin") == data && bob.received == ["big.bin"])
        try await core.quit()
    }

    @Test("a file that is fetched is gone on with by its receiver")
    func pull() async throws {
        let (core, alice, bob) = try await people()
        let data = sampleBytes(1_000_000)
        _ = try bob.put(data, "public/report.pdf")
        try bob.share("public")
        let serving = try await bob.receiving()
        let to = alice.home.path + "/got"
        let fetching = try alice.start("fetch-file", "--json", bob.uri, "--name", "report.pdf", "--to", to)
        #expect(try await fetching.event("file_started").number("resumed_bytes") == 0)
        #expect(try await fetching.event("file_ended")["outcome"] == "connection")
        #expect(try await fetching.event("file_started").number("resumed_bytes") == Double(Self.piece))
        #expect(try await fetching.exit() == .status(0), "\(fetching.output)\(fetching.errors)")
        #expect(try alice.received("report.pdf") == data && alice.received == ["report.pdf"])
        serving.signal(SIGINT)
        #expect(try await serving.exit() == .status(130))
        try await core.quit()
    }

    @Test("a part that was changed meanwhile is found out at the end: it keeps its name, and the status is 1")
    func spoilt() async throws {
        let (core, alice, bob) = try await people()
        let path = try alice.put(sampleBytes(1_000_000), "big.bin")
        let receiver = try await bob.receiving()
        let sender = try alice.start("send-file", "--json", bob.uri, path)
        _ = try await sender.event("file_started")
        try await core.program.errors(containing: "broken on purpose")
        sender.signal(SIGKILL)
        #expect(try await receiver.event("file_ended")["outcome"] == "connection")
        try bob.spoilPart()
        _ = try await alice.ims("send-file", bob.uri, path)
        #expect(try await receiver.event("file_ended")["outcome"] == "wrong_hash")
        #expect(try await receiver.exit() == .status(1))
        #expect(bob.partSize == 1_000_000)
        try await core.quit()
    }
}
