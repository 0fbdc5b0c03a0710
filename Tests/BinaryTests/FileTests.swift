import Foundation
import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct Files {
        @Test(
            "a file goes from one to the other, and is verified",
            arguments: [
                ("tcp", "tcp", "tcp"), ("udp", "udp", "tls"), ("udp", "tls", "tls"), ("tls", "udp", "tls"),
                ("tls", "tls", "tcp"),
            ]
        )
        func push(_ from: String, _ to: String, _ media: String) async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = try await core.people(over: from, to, ["chat-transport": media])
            let data = sampleBytes(300_000)
            let path = try alice.put(data, "report one.pdf")
            let receiver = try await bob.receiving()
            let outcome = try await alice.ims("send-file", bob.uri, path)
            #expect(outcome.status == .status(0), "\(outcome)")
            let end = try await receiver.event("file_ended")
            #expect(end["outcome"] == "complete" && end.flag("verified") == true)
            #expect(try await receiver.exit() == .status(0))
            #expect(try bob.received("report one.pdf") == data)
            #expect(bob.received == ["report one.pdf"])
        }

        @Test(
            "images are shared one after the other, each in a session of its own",
            arguments: [("udp", "tls"), ("tls", "udp")]
        )
        func images(_ from: String, _ to: String) async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = try await core.people(over: from, to, ["chat-transport": "tls"])
            let one = try alice.put(sampleBytes(9_000), "one.png")
            let two = try alice.put(sampleBytes(5_000), "two.jpg")
            let receiver = try await bob.receiving(2)
            let outcome = try await alice.ims("share-image", bob.uri, one, two)
            #expect(outcome.status == .status(0), "\(outcome)")
            let first = try await receiver.event("file_ended")
            let second = try await receiver.event("file_ended")
            #expect(first.flag("image_share") == true && first["name"] == "one.png")
            #expect(second["name"] == "two.jpg")
            #expect(first["call_id"] != second["call_id"])
            #expect(try await receiver.exit() == .status(0))
            #expect(bob.received == ["one.png", "two.jpg"])
        }

        @Test("what comes out of a pipe arrives, and its hash follows it")
        func pipe() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let receiver = try await bob.receiving()
            let text = String(repeating: "a line of an archive\n", count: 10_000)
            let outcome = try await alice.ims("send-file", "--name", "dir.tar", bob.uri, "-", input: text)
            #expect(outcome.status == .status(0), "\(outcome)")
            let end = try await receiver.event("file_ended")
            #expect(end["outcome"] == "complete" && end.flag("verified") == true)
            #expect(try await receiver.exit() == .status(0))
            #expect(try bob.received("dir.tar") == Data(text.utf8))
        }

        @Test("a received file can go to the next program")
        func standardOutput() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let text = String(repeating: "0123456789abcdef\n", count: 20_000)
            let path = try alice.put(Data(text.utf8), "a.txt")
            let receiver = try bob.start("receive", "--stdout")
            try await receiver.errors(containing: "registered")
            let sender = try alice.start("send-file", bob.uri, path)
            // The sender waits for whoever reads what is received.
            #expect(try await receiver.exit() == .status(0))
            #expect(try await sender.exit() == .status(0))
            #expect(receiver.output == text)
        }

        @Test(
            "a shared file is fetched; another one is not there",
            arguments: [("udp", "tls"), ("tls", "udp")]
        )
        func pull(_ from: String, _ to: String) async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = try await core.people(over: from, to, ["chat-transport": "tls"])
            let data = sampleBytes(200_000)
            _ = try bob.put(data, "public/report.pdf")
            try bob.share("public")
            let serving = try await bob.receiving()
            let to = alice.home.path + "/got"
            let outcome = try await alice.ims("fetch-file", bob.uri, "--name", "report.pdf", "--to", to)
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(outcome.output == to + "/report.pdf\n")
            #expect(try alice.received("report.pdf") == data)
            let missing = try await alice.ims("fetch-file", bob.uri, "--name", "../a", "--to", to)
            #expect(missing.status == .status(1), "\(missing)")
            #expect(missing.errors.contains("No such file"), "\(missing)")
            serving.signal(SIGINT)
            #expect(try await serving.exit() == .status(130))
        }

        @Test(
            "a second file that is offered in the place of the first one is a transfer of its own (RFC 5547 §8.1)"
        )
        func replaced() async throws {
            let core = try await RealCore.shared()
            // The offer that is to tell the hash of what came out of a pipe becomes one of another file.
            let forger = try await ForgingProxy(before: core.proxy()) { request in
                guard request.contains("hash:sha-1"),
                    let id = request.firstMatch(of: /file-transfer-id:(\w+)/)
                else { return request }
                return request.replacing(id.1, with: String(id.1.reversed()))
            }
            let settings = ["proxy": "127.0.0.1:\(forger.port)", "chat-transport": "tcp"]
            let alice = try await core.person(settings: settings)
            let bob = try await core.person(over: "tcp")
            let receiver = try await bob.receiving(2)
            let text = String(repeating: "a line of an archive\n", count: 10_000)
            let outcome = try await alice.ims("send-file", "--name", "dir.tar", bob.uri, "-", input: text)
            #expect(outcome.status == .status(0), "\(outcome)")
            let first = try await receiver.event("file_offered")
            let second = try await receiver.event("file_offered")
            #expect(first["call_id"] == second["call_id"] && first.number("size") == nil)
            #expect(second.number("size") == Double(text.utf8.count))
            // The one came whole; of the other nothing comes before its sender hangs up.
            let ends = [try await receiver.event("file_ended"), try await receiver.event("file_ended")]
            let result: (JSONLine) -> String? = { offered in
                ends.first { $0.number("transfer") == offered.number("transfer") }?["outcome"]
            }
            #expect(result(first) == "complete" && result(second) == "peer")
            #expect(try await receiver.exit() == .status(1))
            #expect(try bob.received("dir.tar") == Data(text.utf8))
        }

        @Test("a file of somebody the network does not vouch for is declined where nobody can be asked")
        func unvouched() async throws {
            let core = try await RealCore.shared()
            let stripping = try await ForgingProxy.withoutAssertions(before: core.proxy())
            let alice = try await core.person()
            let bob = try await core.person(settings: ["proxy": "127.0.0.1:\(stripping.port)"])
            let receiver = try await bob.receiving(1)
            let outcome = try await alice.ims("send-file", bob.uri, try alice.put(sampleBytes(100), "a"))
            #expect(outcome.status == .status(1), "\(outcome)")
            #expect(outcome.errors.contains("603"), "\(outcome)")
            _ = try await receiver.event("file_offered")
            #expect(try await receiver.event("file_ended")["outcome"] == "unvouched")
            // It was not the file that is waited for.
            receiver.signal(SIGINT)
            #expect(try await receiver.exit() == .status(130))
        }

        @Test("whatever a file is called, it lands as one harmless file")
        func names() async throws {
            let core = try await RealCore.shared()
            let (alice, bob) = (try await core.person(), try await core.person())
            let path = try alice.put(sampleBytes(10), "a")
            let names = [
                "../../../etc/passwd", "/etc/shadow", "..", ".bashrc", "-rf", "a\nb", "\u{1B}[2J.txt",
                "\u{202E}gpj.exe",
                "C:\\windows\\system.ini", String(repeating: "é", count: 300) + ".png", "nul\u{7F}.txt",
                "   ",
            ]
            let receiver = try await bob.receiving(names.count)
            for name in names {
                let outcome = try await alice.ims("send-file", "--name", name, bob.uri, path)
                #expect(outcome.status == .status(0), "\(outcome)")
                let end = try await receiver.event("file_ended")
                #expect(end["outcome"] == "complete", "\(name)")
            }
            #expect(try await receiver.exit() == .status(0))
            let landed = bob.received
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
    }
}
