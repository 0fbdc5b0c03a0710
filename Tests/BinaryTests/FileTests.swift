import Foundation
import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct Files {
        /// Bytes that differ from place to place.
        private static func bytes(_ count: Int) -> Data {
            Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        }

        private func put(_ data: Data, _ name: String, of person: Person) throws -> String {
            let path = person.home.path + "/" + name
            try FileManager.default.createDirectory(
                atPath: URL(filePath: path).deletingLastPathComponent().path,
                withIntermediateDirectories: true
            )
            try data.write(to: URL(filePath: path))
            return path
        }

        /// Makes a file larger without writing to it.
        private func enlarge(_ path: String, to size: Int) throws {
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.truncate(atOffset: UInt64(size))
            try file.close()
        }

        private func stored(_ person: Person) -> [String] {
            let folder = person.home.path + "/got"
            return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        }

        private func contents(_ name: String, of person: Person) throws -> Data {
            try Data(contentsOf: URL(filePath: person.home.path + "/got/" + name))
        }

        /// Somebody who receives `count` files.
        private func receiving(_ person: Person, count: Int = 1) async throws -> RunningProgram {
            let program = try person.start(
                "receive",
                "--to",
                person.home.path + "/got",
                "--count",
                "\(count)",
                "--json"
            )
            _ = try await program.event("registered")
            return program
        }

        @Test(
            "a file goes from one to the other, and is verified",
            arguments: [("tcp", "tcp"), ("udp", "tls")]
        )
        func push(_ from: String, _ to: String) async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(over: from), try await core.person(over: to))
            let data = Self.bytes(300_000)
            let path = try put(data, "report one.pdf", of: alice)
            let receiver = try await receiving(bob)
            let outcome = try await alice.ims("send-file", bob.uri, path)
            #expect(outcome.status == .status(0), "\(outcome)")
            let end = try await receiver.event("file_ended")
            #expect(end["outcome"] == "complete" && end.flag("verified") == true)
            #expect(try await receiver.exit() == .status(0))
            #expect(try contents("report one.pdf", of: bob) == data)
            #expect(stored(bob) == ["report one.pdf"])
        }

        @Test("images are shared one after the other, each in a session of its own")
        func images() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let one = try put(Self.bytes(9_000), "one.png", of: alice)
            let two = try put(Self.bytes(5_000), "two.jpg", of: alice)
            let receiver = try await receiving(bob, count: 2)
            let outcome = try await alice.ims("share-image", bob.uri, one, two)
            #expect(outcome.status == .status(0), "\(outcome)")
            let first = try await receiver.event("file_ended")
            let second = try await receiver.event("file_ended")
            #expect(first.flag("image_share") == true && first["name"] == "one.png")
            #expect(second["name"] == "two.jpg")
            #expect(first["call_id"] != second["call_id"])
            #expect(try await receiver.exit() == .status(0))
            #expect(stored(bob) == ["one.png", "two.jpg"])
        }

        @Test("what comes out of a pipe arrives, and its hash follows it")
        func pipe() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let receiver = try await receiving(bob)
            let text = String(repeating: "a line of an archive\n", count: 10_000)
            let outcome = try await alice.ims("send-file", "--name", "dir.tar", bob.uri, "-", input: text)
            #expect(outcome.status == .status(0), "\(outcome)")
            let end = try await receiver.event("file_ended")
            #expect(end["outcome"] == "complete" && end.flag("verified") == true)
            #expect(try await receiver.exit() == .status(0))
            #expect(try contents("dir.tar", of: bob) == Data(text.utf8))
        }

        @Test("a received file can go to the next program")
        func standardOutput() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let text = String(repeating: "0123456789abcdef\n", count: 20_000)
            let path = try put(Data(text.utf8), "a.txt", of: alice)
            let receiver = try bob.start("receive", "--stdout")
            try await receiver.errors(containing: "registered")
            let sender = try alice.start("send-file", bob.uri, path)
            // The sender waits for whoever reads what is received.
            #expect(try await receiver.exit() == .status(0))
            #expect(try await sender.exit() == .status(0))
            #expect(receiver.output == text)
        }

        @Test("a shared file is fetched; another one is not there")
        func pull() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let data = Self.bytes(200_000)
            _ = try put(data, "public/report.pdf", of: bob)
            let configuration = try bob.home.read("config/ims/ims.conf")
            try bob.home.write(
                configuration + "\nshared-folder = \(bob.home.path)/public\n",
                to: "config/ims/ims.conf"
            )
            let serving = try await receiving(bob)
            let to = alice.home.path + "/got"
            let outcome = try await alice.ims("fetch-file", bob.uri, "--name", "report.pdf", "--to", to)
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(outcome.output == to + "/report.pdf\n")
            #expect(try contents("report.pdf", of: alice) == data)
            let missing = try await alice.ims("fetch-file", bob.uri, "--name", "../a", "--to", to)
            #expect(missing.status == .status(1), "\(missing)")
            #expect(missing.errors.contains("No such file"), "\(missing)")
            serving.signal(SIGINT)
            #expect(try await serving.exit() == .status(130))
        }

        @Test("a transfer that is cut five times arrives whole, and nothing is sent twice")
        func cut() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let size = 1_000_000_000
            let path = try put(Data("the beginning".utf8), "big.bin", of: alice)
            try enlarge(path, to: size)
            let receiver = try await receiving(bob)
            var place = 0
            for _ in 1...5 {
                let sender = try alice.start("send-file", "--json", bob.uri, path)
                let start = try await sender.event("file_started", within: .seconds(60))
                #expect(Int(start.number("resumed_bytes") ?? -1) >= place)
                _ = try await sender.event("file_progress", within: .seconds(60))
                sender.signal(SIGKILL)
                _ = try await sender.exit()
                let end = try await receiver.event("file_ended", within: .seconds(30))
                #expect(end["outcome"] == "connection")
                let parts = stored(bob).filter { $0.hasSuffix(".part") }
                #expect(parts.count == 1 && stored(bob).count == 1)
                let now = try FileManager.default.attributesOfItem(
                    atPath: bob.home.path + "/got/" + (parts.first ?? "")
                )[.size]
                let reached = (now as? Int) ?? 0
                #expect(reached > place)
                place = reached
            }
            let outcome = try await alice.ims("send-file", bob.uri, path, within: .seconds(60))
            #expect(outcome.status == .status(0), "\(outcome)")
            let end = try await receiver.event("file_ended", within: .seconds(30))
            #expect(end["outcome"] == "complete" && end.flag("verified") == true)
            #expect(try await receiver.exit() == .status(0))
            #expect(stored(bob) == ["big.bin"])
        }

        @Test("whatever a file is called, it lands as one harmless file")
        func names() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let path = try put(Self.bytes(10), "a", of: alice)
            let names = [
                "../../../etc/passwd", "/etc/shadow", "..", ".bashrc", "-rf", "a\nb", "\u{1B}[2J.txt",
                "\u{202E}gpj.exe",
                "C:\\windows\\system.ini", String(repeating: "é", count: 300) + ".png", "nul\u{7F}.txt",
                "   ",
            ]
            let receiver = try await receiving(bob, count: names.count)
            for name in names {
                let outcome = try await alice.ims("send-file", "--name", name, bob.uri, path)
                #expect(outcome.status == .status(0), "\(outcome)")
                let end = try await receiver.event("file_ended")
                #expect(end["outcome"] == "complete", "\(name)")
            }
            #expect(try await receiver.exit() == .status(0))
            let landed = stored(bob)
            #expect(landed.count == names.count)
            for name in landed {
                #expect(!name.hasPrefix(".") && !name.hasPrefix("-") && name.utf8.count <= 255)
                #expect(
                    !name.unicodeScalars.contains {
                        $0.value < 0x20 || $0.value == 0x7F || $0.value == 0x202E
                    }
                )
            }
        }

        @Test("a disk that takes no more stops the transfer on both sides, and nothing looks complete")
        func full() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let path = try put(Self.bytes(3_000_000), "big.bin", of: alice)
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
            #expect(stored(bob).allSatisfy { $0.hasSuffix(".part") })
        }

        @Test("a folder that cannot be written is told to both")
        func readOnly() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let path = try put(Self.bytes(1000), "a.bin", of: alice)
            let receiver = try bob.start("receive", "--to", "/proc/self/none", "--count", "1", "--json")
            _ = try await receiver.event("registered")
            let outcome = try await alice.ims("send-file", bob.uri, path)
            #expect(outcome.status == .status(4), "\(outcome)")
            #expect(outcome.errors.contains("cannot be stored"), "\(outcome)")
            #expect(try await receiver.event("file_ended")["outcome"] == "storage")
            #expect(try await receiver.exit() == .status(1))
        }

        @Test("Ctrl-C ends a transfer on both sides, and what came is kept")
        func interrupted() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let path = try put(Data("x".utf8), "big.bin", of: alice)
            try enlarge(path, to: 2_000_000_000)
            let receiver = try await receiving(bob)
            let sender = try alice.start("send-file", "--json", bob.uri, path)
            _ = try await sender.event("file_progress", within: .seconds(60))
            sender.signal(SIGINT)
            #expect(try await sender.exit() == .status(130))
            let end = try await receiver.event("file_ended")
            withKnownIssue("the connection may be gone before BYE comes", isIntermittent: true) {
                #expect(end["outcome"] == "peer")
            }
            receiver.signal(SIGINT)
            _ = try await receiver.exit()
            #expect(stored(bob).map { $0.hasSuffix(".part") } == [true])
        }
    }
}
