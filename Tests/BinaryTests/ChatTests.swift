import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct Chats {
        @Test(
            "what comes in on stdin goes through a chat and is confirmed",
            arguments: [("tcp", "tcp"), ("tls", "udp")]
        )
        func pipe(_ from: String, _ to: String) async throws {
            let core = try await RealCore.shared()
            let (sender, listener) = (try await core.person(over: from), try await core.person(over: to))
            let listening = try listener.start("listen", "--accept-chat", "all", "--count", "2", "--json")
            _ = try await listening.event("registered")
            let outcome = try await sender.ims("chat", listener.uri, input: "first line\nsecond line\n")
            #expect(outcome.status == .status(0), "\(outcome)")
            // What comes is all that a pipe prints.
            #expect(outcome.output.isEmpty, "\(outcome)")
            #expect(try await listening.event("chat_message")["text"] == "first line")
            #expect(try await listening.event("chat_message")["text"] == "second line")
            #expect(try await listening.exit() == .status(0))
        }

        @Test("somebody who takes no chats is busy, and the status says refused")
        func busy() async throws {
            let core = try await RealCore.shared()
            let (sender, listener) = (try await core.person(), try await core.person())
            let listening = try listener.start("listen", "--accept-chat", "none", "--json")
            _ = try await listening.event("registered")
            let outcome = try await sender.ims("chat", listener.uri, input: "hello\n")
            #expect(outcome.status == .status(1), "\(outcome)")
            listening.signal(SIGINT)
            #expect(try await listening.exit() == .status(130))
        }
    }
}
