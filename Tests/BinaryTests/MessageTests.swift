import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct Messages {
        /// Two people, one of whom listens for so many messages.
        private func pair(
            over transports: (String, String) = ("udp", "udp"),
            count: Int = 1
        ) async throws -> (sender: Person, listener: Person, listening: RunningProgram) {
            let core = try await RealCore.shared()
            let (sender, listener) = (
                try await core.person(over: transports.0), try await core.person(over: transports.1)
            )
            let listening = try listener.start("listen", "--count", "\(count)", "--json")
            _ = try await listening.event("registered")
            return (sender, listener, listening)
        }

        @Test(
            "a message arrives whatever the two transports",
            arguments: [("udp", "udp"), ("tcp", "tls"), ("tls", "udp"), ("udp", "tcp"), ("tls", "tls")]
        )
        func transports(_ from: String, _ to: String) async throws {
            let (sender, listener, listening) = try await pair(over: (from, to))
            let outcome = try await sender.ims("send-message", "--json", listener.uri, "on my way")
            #expect(outcome.status == .status(0), "\(outcome)")
            let sent = try #require(outcome.events().first { $0.event == "sent" }, "\(outcome)")
            #expect(sent["outcome"] == "accepted")

            let message = try await listening.event("message")
            #expect(message["text"] == "on my way")
            #expect(message["from"] == sender.uri)
            #expect(message["asserted"] == sender.uri)
            #expect(message["to"] == listener.uri)
            #expect(
                message["content_type"] == "text/plain"
                    || message["content_type"]?.hasPrefix("text/plain;") == true
            )
            #expect(message["call_id"] == sent["call_id"])
            #expect(try await listening.exit() == .status(0))
        }

        @Test("what was sent and received is in the history, also when the program is killed at once")
        func history() async throws {
            let (sender, listener, listening) = try await pair(count: 2)
            #expect(try await sender.ims("send-message", listener.uri, "remember me").status == .status(0))
            _ = try await listening.event("message")
            listening.signal(SIGKILL)
            #expect(try await listening.exit() == .signal(SIGKILL))
            for person in [sender, listener] {
                let outcome = try await person.ims("history", "--json")
                #expect(outcome.status == .status(0), "\(outcome)")
                #expect(try outcome.events().contains { $0["text"] == "remember me" }, "\(outcome)")
            }
        }

        @Test("a person can answer while listening, and both are told from whom")
        func bothWays() async throws {
            let (first, second, listening) = try await pair(count: 1)
            let back = try first.start("listen", "--count", "1", "--json")
            _ = try await back.event("registered")
            #expect(try await first.ims("send-message", second.uri, "ping").status == .status(0))
            #expect(try await listening.event("message")["text"] == "ping")
            #expect(try await listening.exit() == .status(0))
            #expect(try await second.ims("send-message", first.uri, "pong").status == .status(0))
            #expect(try await back.event("message")["text"] == "pong")
            #expect(try await back.exit() == .status(0))
        }

        @Test(
            "takes the text from standard input, in any script",
            arguments: ["hi\n", "naïve 日本語 🙂\nzweite Zeile\n"]
        )
        func standardInput(_ text: String) async throws {
            let (sender, listener, listening) = try await pair()
            let outcome = try await sender.ims("send-message", listener.uri, "-", input: text)
            #expect(outcome.status == .status(0), "\(outcome)")
            let received = try #require(try await listening.event("message")["text"])
            #expect(received.hasPrefix(text.dropLast()), "\(received)")
        }

        @Test(
            "a text too large for a datagram arrives all the same (RFC 3261 §18.1.1)",
            arguments: [1_400, 20_000]
        )
        func large(_ size: Int) async throws {
            let (sender, listener, listening) = try await pair(over: ("udp", "tcp"))
            let text = String(repeating: "0123456789", count: size / 10)
            let outcome = try await sender.ims("send-message", listener.uri, "-", input: text)
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.event("message")["text"] == text)
        }

        @Test("nobody there and nobody known are told apart, and both are refusals")
        func notDelivered() async throws {
            let core = try await RealCore.shared()
            let (sender, absent) = (try await core.person(), try await core.person())
            let away = try await sender.ims("send-message", "--json", absent.uri, "hello")
            #expect(away.status == .status(6), "\(away)")
            #expect(try away.events().first { $0.event == "sent" }?["outcome"] == "not_stored", "\(away)")

            let unknown = try await sender.ims("send-message", "--json", "sip:nobody@ims.test", "hello")
            #expect(unknown.status == .status(1), "\(unknown)")
            let report = try #require(unknown.events().first { $0.event == "sent" }, "\(unknown)")
            #expect(report["outcome"] == "refused")
            #expect(report.number("status") == 604)
        }

        @Test("text from a stranger cannot drive the terminal")
        func terminalSafety() async throws {
            let core = try await RealCore.shared()
            let (sender, listener) = (try await core.person(), try await core.person())
            let listening = try listener.startOnTerminal("listen", "--count", "1")
            try await waitUntilRegistered(listener)
            let outcome = try await sender.ims(
                "send-message",
                listener.uri,
                "-",
                input: "a\u{1B}[31mb\u{202E}c\u{7}d"
            )
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.exit() == .status(0))
            #expect(!listening.output.contains("\u{1B}[31mb"))
            #expect(!listening.output.contains("\u{202E}"))
            #expect(!listening.output.contains("\u{7}"))
        }
    }
}

/// Waits until the core holds a binding of a person's.
func waitUntilRegistered(_ person: Person) async throws {
    let core = try await RealCore.shared()
    let deadline = ContinuousClock.now + .seconds(20)
    while try await core.contacts(of: person.name).isEmpty {
        try #require(ContinuousClock.now < deadline, "\(person.name) never registered")
    }
}
