import Foundation
import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct Relays {
        /// What the account section of somebody behind the relay of the core holds more.
        private func settings(_ core: RealCore, tls: Bool) async throws -> [String: String] {
            ["msrp-relay": try await core.relay(tls: tls), "tls-ca": try await core.authority()]
        }

        /// Somebody who is behind the relay or not.
        private func person(_ core: RealCore, isRelayed: Bool, tls: Bool) async throws -> Person {
            var plain = ["tls-ca": try await core.authority()]
            if !tls { plain["chat-transport"] = "tcp" }
            let relayed = try await settings(core, tls: tls)
            return try await core.person(over: "tcp", settings: isRelayed ? relayed : plain)
        }

        /// The ends of the paths in a trace whose first hop is the relay: those of whoever has one.
        private func relayedEnds(
            in outcome: Outcome,
            _ core: RealCore,
            tls: Bool
        ) async throws -> Set<Substring> {
            let hop = try await core.relay(tls: tls).split(separator: ";")[0]
            let paths = outcome.errors.split(whereSeparator: \.isNewline).filter {
                $0.contains("a=path:\(hop)/")
            }
            return Set(paths.compactMap { $0.split(separator: " ").last })
        }

        @Test(
            "chats go through the relay of either side, and of both",
            arguments: [(true, true), (true, false), (false, true)],
            [false, true]
        )
        func through(_ sides: (sender: Bool, listener: Bool), _ tls: Bool) async throws {
            let core = try await RealCore.shared()
            let sender = try await person(core, isRelayed: sides.sender, tls: tls)
            let listener = try await person(core, isRelayed: sides.listener, tls: tls)
            let listening = try listener.start("listen", "--accept-chat", "all", "--count", "2", "--json")
            _ = try await listening.event("registered")
            let outcome = try await sender.ims("chat", listener.uri, input: "first line\nsecond line\n")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.event("chat_message")["text"] == "first line")
            #expect(try await listening.event("chat_message")["text"] == "second line")
            #expect(try await listening.exit() == .status(0), "\(listening.errors)")
        }

        @Test("a large message goes through the relay in pieces that it takes")
        func large() async throws {
            let core = try await RealCore.shared()
            let relayed = try await settings(core, tls: true)
            let sender = try await core.person(over: "tcp", settings: relayed)
            let listener = try await core.person(over: "tcp", settings: relayed)
            let listening = try listener.start("listen", "--accept-chat", "all", "--count", "1", "--json")
            _ = try await listening.event("registered")
            let line = String(repeating: "0123456789", count: 20_000)
            let outcome = try await sender.ims("chat", listener.uri, input: line + "\n")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.event("chat_message")["text"] == line)
            #expect(try await listening.exit() == .status(0), "\(listening.errors)")
        }

        @Test(
            "a message too large for a datagram goes through the relay of either side, and of both",
            arguments: [(true, true), (true, false), (false, true)],
            [false, true]
        )
        func largeMessage(_ sides: (sender: Bool, listener: Bool), _ tls: Bool) async throws {
            let core = try await RealCore.shared()
            let sender = try await person(core, isRelayed: sides.sender, tls: tls)
            let listener = try await person(core, isRelayed: sides.listener, tls: tls)
            let listening = try listener.start("listen", "--count", "1", "--json")
            _ = try await listening.event("registered")
            let text = String(repeating: "0123456789", count: 20_000)
            let outcome = try await sender.ims(
                ["send-message", "--json", "--trace", listener.uri, "-"],
                input: text
            )
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try outcome.events().first { $0.event == "sent" }?["via"] == "msrp", "\(outcome)")
            #expect(try await listening.event("message")["text"] == text)
            #expect(try await listening.exit() == .status(0), "\(listening.errors)")
            let ends = try await relayedEnds(in: outcome, core, tls: tls)
            #expect(ends.count == [sides.sender, sides.listener].count { $0 }, "\(outcome)")
        }

        @Test(
            "a file goes through the relay of either side, and of both, and is verified",
            arguments: [(true, true), (true, false), (false, true)],
            [false, true]
        )
        func file(_ sides: (sender: Bool, receiver: Bool), _ tls: Bool) async throws {
            let core = try await RealCore.shared()
            let sender = try await person(core, isRelayed: sides.sender, tls: tls)
            let receiver = try await person(core, isRelayed: sides.receiver, tls: tls)
            let data = sampleBytes(2_000_000)
            let path = try sender.put(data, "a.bin")
            let receiving = try await receiver.receiving()
            let outcome = try await sender.ims(["send-file", "--trace", receiver.uri, path])
            #expect(outcome.status == .status(0), "\(outcome)")
            let end = try await receiving.event("file_ended")
            #expect(end["outcome"] == "complete" && end.flag("verified") == true)
            #expect(try await receiving.exit() == .status(0))
            #expect(try receiver.received("a.bin") == data)
            let ends = try await relayedEnds(in: outcome, core, tls: tls)
            #expect(ends.count == [sides.sender, sides.receiver].count { $0 }, "\(outcome)")
        }

        @Test("a file is fetched through the relays of both, and what comes from a pipe goes through them")
        func others() async throws {
            let core = try await RealCore.shared()
            let relayed = try await settings(core, tls: true)
            let alice = try await core.person(over: "tcp", settings: relayed)
            let bob = try await core.person(over: "tcp", settings: relayed)
            let data = sampleBytes(200_000)
            _ = try bob.put(data, "public/report.pdf")
            try bob.share("public")
            let receiving = try await bob.receiving()
            let to = alice.home.path + "/got"
            let fetched = try await alice.ims("fetch-file", bob.uri, "--name", "report.pdf", "--to", to)
            #expect(fetched.status == .status(0), "\(fetched)")
            #expect(try alice.received("report.pdf") == data)
            let text = String(repeating: "a line of an archive\n", count: 10_000)
            let piped = try await alice.ims("send-file", "--name", "dir.tar", bob.uri, "-", input: text)
            #expect(piped.status == .status(0), "\(piped)")
            let end = try await receiving.event("file_ended") { $0["name"] == "dir.tar" }
            #expect(end["outcome"] == "complete" && end.flag("verified") == true)
            #expect(try bob.received("dir.tar") == Data(text.utf8))
            #expect(try await receiving.exit() == .status(0))
        }

        @Test("a relay that is not the one its name says, or is not there, is told as such")
        func refused() async throws {
            let core = try await RealCore.shared()
            var untrusted = ["msrp-relay": try await core.relay(tls: true), "tls-ca": ""]
            let outcome = try await core.person(settings: untrusted).ims(
                "chat",
                "sip:nobody@ims.test",
                input: "x\n"
            )
            #expect(outcome.status != .status(0))
            #expect(outcome.errors.contains("relay"), "\(outcome)")
            untrusted["msrp-relay"] = "msrp://127.0.0.1:1;tcp"
            let unreachable = try await core.person(settings: untrusted)
                .ims("chat", "sip:nobody@ims.test", input: "x\n")
            #expect(unreachable.status == .status(4), "\(unreachable)")
            #expect(unreachable.errors.contains("127.0.0.1"), "\(unreachable)")
        }
    }
}
