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

        @Test(
            "all of stdin is one message that comes out as it went in, in small chunks or large ones",
            arguments: ["2048", "8192"]
        )
        func stream(_ chunkSize: String) async throws {
            let core = try await RealCore.shared()
            let sender = try await core.person(settings: ["msrp-chunk-size": chunkSize])
            let listener = try await core.person()
            let words = ["listen", "--bytes", "--accept-chat", "all", "--count", "1"]
            let listening = try listener.start(words)
            try await listening.errors(containing: "egistered")
            // Nothing in it is taken for the end of a line, a chunk or the message.
            let piece = "a line\n\r\n-------0000000000000$\r\n\0\u{E9}MSRP x SEND\r\n"
            let text = (0..<600).map { "\($0) \(piece)" }.joined()
            let outcome = try await sender.ims("chat", "--bytes", listener.uri, input: text)
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.exit() == .status(0))
            #expect(listening.output == text)
            let history = try await listener.ims("history", "--json")
            #expect(history.output.contains("application/octet-stream"), "\(history)")
        }

        @Test("a chat with somebody the network does not vouch for is refused where nobody can be asked")
        func unvouched() async throws {
            let core = try await RealCore.shared()
            let stripping = try await ForgingProxy.withoutAssertions(before: core.proxy())
            let sender = try await core.person()
            let listener = try await core.person(settings: ["proxy": "127.0.0.1:\(stripping.port)"])
            let listening = try listener.start("listen", "--accept-chat", "all", "--json")
            _ = try await listening.event("registered")
            let outcome = try await sender.ims("chat", listener.uri, input: "hello\n")
            #expect(outcome.status == .status(1), "\(outcome)")
            #expect(outcome.errors.contains("486"), "\(outcome)")
            let warning = try await listening.event("warning")
            #expect(warning["warning"] == "chat_not_vouched")
            #expect(warning["message"]?.contains(sender.uri) == true)
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
