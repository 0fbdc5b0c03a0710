import Foundation
import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    /// Transfers that do not get to their end.
    @Suite struct FileEnds {
        @Test("a disk that takes no more stops the transfer on both sides, and nothing looks complete")
        func full() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let path = try alice.put(sampleBytes(3_000_000), "big.bin")
            // A file may not become larger than 512 blocks of 1 KiB here; the store and the log stay below.
            let receiver = try bob.startLimited(
                "ulimit -f 1024; exec \"$0\" \"$@\"",
                "receive",
                "--to",
                bob.home.path + "/got",
                "--count",
                "1",
                "--json"
            )
            _ = try await receiver.event("registered")
            let outcome = try await alice.ims("send-file", bob.uri, path)
            #expect(outcome.status == .status(1), "\(outcome)")
            let end = try await receiver.event("file_ended")
            #expect(end["outcome"] == "storage")
            #expect(try await receiver.exit() == .status(1))
            #expect(bob.received.allSatisfy { $0.hasSuffix(".part") })
        }

        @Test("a folder that cannot be written is told to both")
        func readOnly() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let path = try alice.put(sampleBytes(1000), "a.bin")
            let receiver = try bob.start("receive", "--to", "/proc/self/none", "--count", "1", "--json")
            _ = try await receiver.event("registered")
            let outcome = try await alice.ims("send-file", bob.uri, path)
            #expect(outcome.status == .status(4), "\(outcome)")
            #expect(outcome.errors.contains("cannot be stored"), "\(outcome)")
            #expect(try await receiver.event("file_ended")["outcome"] == "storage")
            #expect(try await receiver.exit() == .status(1))
        }

        @Test("a file for which there is no room is refused before a byte of it is sent")
        func noRoom() async throws {
            let core = try await RealCore.shared()
            let alice = try await core.person()
            let bob = try await core.person(settings: ["max-receive-size": "1000T"])
            let facts = try FileManager.default.attributesOfFileSystem(forPath: bob.home.path)
            let free = try #require((facts[.systemFreeSize] as? NSNumber)?.uint64Value)
            let path = try alice.put(Data(), "big.bin", enlargedTo: free + 10_000_000_000)
            let receiver = try await bob.receiving()
            let outcome = try await alice.ims("send-file", "--no-hash", bob.uri, path)
            #expect(outcome.status == .status(4), "\(outcome)")
            #expect(outcome.errors.contains("cannot be stored"), "\(outcome)")
            let end = try await receiver.event("file_ended")
            #expect(end["outcome"] == "storage" && end["detail"] == "the disk is full")
            #expect(try await receiver.exit() == .status(1))
            #expect(bob.received.isEmpty)
        }

        @Test(
            "Ctrl-C on either side ends a transfer on both: the other one is told, and what came is kept",
            arguments: [true, false]
        )
        func interrupted(bySender: Bool) async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person(over: "tcp"))
            let path = try alice.put(Data("x".utf8), "big.bin", enlargedTo: 2_000_000_000)
            let receiver = try await bob.receiving()
            let sender = try alice.start("send-file", "--json", bob.uri, path)
            _ = try await sender.event("file_progress", within: .seconds(60))
            if bySender {
                sender.signal(SIGINT)
                #expect(try await sender.exit() == .status(130))
                #expect(try await receiver.event("file_ended")["outcome"] == "peer")
            } else {
                receiver.signal(SIGINT)
                #expect(try await sender.event("file_ended")["outcome"] == "peer")
                #expect(try await sender.exit() == .status(1))
            }
            #expect(try await receiver.exit() == .status(bySender ? 1 : 130))
            #expect((bob.partSize ?? 0) > 0)
        }

        @Test("a second Ctrl-C does not wait until the other side knows")
        func interruptedTwice() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let path = try alice.put(Data("x".utf8), "big.bin", enlargedTo: 2_000_000_000)
            let receiver = try await bob.receiving()
            let sender = try alice.start("send-file", "--json", bob.uri, path)
            _ = try await sender.event("file_progress", within: .seconds(60))
            // It answers no BYE, for which the first one waits three seconds.
            receiver.signal(SIGSTOP)
            sender.signal(SIGINT)
            _ = try await sender.event("file_ended")
            sender.signal(SIGINT)
            #expect(try await sender.exit(within: .seconds(2)) == .status(130))
            receiver.signal(SIGKILL)
            _ = try await receiver.exit()
        }
    }
}
