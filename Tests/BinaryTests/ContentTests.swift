import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    /// What messages carry, and what is told of them.
    @Suite struct Content {
        /// Somebody who listens, and somebody who writes to them.
        private func pair(
            settings: [String: String] = [:],
            _ words: String...
        ) async throws -> (sender: Person, listener: Person, listening: RunningProgram) {
            let core = try await RealCore.shared()
            let (sender, listener) = (try await core.person(), try await core.person(settings: settings))
            let listening = try listener.start(["listen", "--json"] + words)
            _ = try await listening.event("registered")
            return (sender, listener, listening)
        }

        @Test("a script waits until a message was displayed, and both histories know")
        func pagerNotifications() async throws {
            let (sender, listener, listening) = try await pair("--count", "1")
            let outcome = try await sender.ims(
                "send-message",
                "--json",
                "--wait",
                "displayed",
                listener.uri,
                "on my way"
            )
            #expect(outcome.status == .status(0), "\(outcome)")
            let told = try outcome.events().filter { $0.event == "disposition" }
            // Each is a request of its own, and the network may change their order.
            let states = told.compactMap { $0["state"] }
            #expect(states.contains("displayed"), "\(outcome)")
            #expect(Set(states).isSubset(of: ["delivered", "displayed"]), "\(outcome)")
            let sent = try #require(outcome.events().first { $0.event == "sent" })
            #expect(told.allSatisfy { $0["message_id"] == sent["message_id"] })
            let message = try await listening.event("message")
            #expect(message["text"] == "on my way")
            #expect(message["message_id"] == sent["message_id"])
            #expect(try await listening.exit() == .status(0))
            let history = try await sender.ims("history", "--json").events()
            #expect(history.map { $0["delivery"] } == ["displayed"])
        }

        @Test("who tells nothing keeps a script waiting no longer than it said, with a status of its own")
        func notTold() async throws {
            let (sender, listener, listening) = try await pair(
                settings: ["send-notifications": "none"],
                "--count",
                "1"
            )
            let outcome = try await sender.ims(
                "send-message",
                "--json",
                "--timeout",
                "2",
                "--wait",
                "delivered",
                listener.uri,
                "hello"
            )
            #expect(outcome.status == .status(7), "\(outcome)")
            #expect(try outcome.events().first { $0.event == "error" }?["error"] == "not_told", "\(outcome)")
            #expect(try await listening.event("message")["text"] == "hello")
            #expect(try await listening.exit() == .status(0))
        }

        @Test("lines of a chat are delivered by reports and displayed by notifications")
        func chatNotifications() async throws {
            let (sender, listener, listening) = try await pair("--accept-chat", "all", "--count", "2")
            let outcome = try await sender.ims(
                ["chat", "--json", "--wait", "displayed", listener.uri],
                input: "first\nsecond\n"
            )
            #expect(outcome.status == .status(0), "\(outcome)")
            let states = try outcome.events().filter { $0.event == "disposition" }.map { $0["state"] }
            #expect(states.filter { $0 == "displayed" }.count == 2, "\(outcome)")
            #expect(try await listening.event("chat_message")["text"] == "first")
            #expect(try await listening.exit() == .status(0))
        }

        @Test("a message too large for a datagram goes by MSRP, and is a message like any other")
        func largeMessage() async throws {
            let (sender, listener, listening) = try await pair("--count", "1")
            let text = String(repeating: "0123456789", count: 2_000)
            let outcome = try await sender.ims(["send-message", "--json", listener.uri, "-"], input: text)
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try outcome.events().first { $0.event == "sent" }?["via"] == "msrp", "\(outcome)")
            #expect(try await listening.event("message")["text"] == text)
            #expect(try await listening.exit() == .status(0))
        }

        @Test(
            "at the prompt the other side sees one write, each line is marked, and a mistyped command is not said"
        )
        func prompt() async throws {
            let (sender, listener, listening) = try await pair("--accept-chat", "all")
            let program = try sender.startOnTerminal(columns: 120, "chat", listener.uri)
            try await program.text(upTo: "\(listener.name)> ")
            program.write("hel")
            let composing = try await listening.event("composing")
            #expect(composing["state"] == "active")
            #expect(composing["peer"] == sender.uri)
            program.write("lo\r")
            #expect(try await listening.event("chat_message")["text"] == "hello")
            try await program.text(upTo: "displayed by \(listener.uri): hello")
            program.write("/leev\r")
            try await program.text(upTo: "There is no command")
            program.write("bye\r")
            #expect(try await listening.event("chat_message")["text"] == "bye")
            try await program.text(upTo: "displayed by \(listener.uri): bye")
            program.write("\u{4}")
            _ = try await listening.event("chat_closed")
            #expect(try await program.exit() == .status(0), "\(program.output)")
            listening.signal(SIGINT)
            #expect(try await listening.exit() == .status(130))
        }

        @Test("one prompt has several chats at once, and each is left by itself")
        func severalChats() async throws {
            let (sender, first, listening) = try await pair("--accept-chat", "all")
            let second = try await RealCore.shared().person()
            let other = try second.start("listen", "--accept-chat", "all", "--json")
            _ = try await other.event("registered")
            let program = try sender.startOnTerminal(columns: 120)
            try await program.text(upTo: "registered ")
            program.write("chat \(first.uri)\r")
            try await program.text(upTo: "\(first.name)> ")
            program.write("/chat \(second.uri)\r")
            try await program.text(upTo: "\(second.name)> ")
            program.write("to the second\r")
            #expect(try await other.event("chat_message")["text"] == "to the second")
            program.write("/switch \(first.name)\r")
            try await program.text(upTo: "\(first.name)> ")
            program.write("to the first\r")
            #expect(try await listening.event("chat_message")["text"] == "to the first")
            program.write("/leave\r")
            _ = try await listening.event("chat_closed")
            try await program.text(upTo: "ims> ")
            program.write("leave \(second.name)\r")
            _ = try await other.event("chat_closed")
            program.write("quit\r")
            #expect(try await program.exit() == .status(0), "\(program.output)")
            for listening in [listening, other] {
                listening.signal(SIGINT)
                #expect(try await listening.exit() == .status(130))
            }
        }

        @Test(
            "a command of a chat that fails makes the status tell",
            arguments: ["no-such-program", "exit 3"]
        )
        func failedCommand(_ command: String) async throws {
            let (sender, listener, listening) = try await pair("--accept-chat", "all")
            let outcome = try await sender.ims("chat", "--exec", command, listener.uri)
            #expect(outcome.status == .status(10), "\(outcome)")
            listening.signal(SIGINT)
            #expect(try await listening.exit() == .status(130))
        }

        @Test("a record of a chat says who wrote what to whom, when, in which session and of what type")
        func transcript() async throws {
            let (sender, listener, listening) = try await pair("--accept-chat", "all", "--count", "1")
            let outcome = try await sender.ims(["chat", listener.uri], input: "for the record\n")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.exit() == .status(0))
            let text = try await sender.ims("history", "--transcript", "-")
            #expect(text.output.contains("From: \(sender.uri)\nTo: \(listener.uri)\nTime: "), "\(text)")
            #expect(text.output.contains("Content-Type: text/plain\n"), "\(text)")
            #expect(text.output.contains("\n    for the record\n"), "\(text)")
            let record = try await listener.ims("history", "--transcript", "-", "--json")
            let object = try JSONLine(#require(record.lines.first))
            #expect(object["originator"] == sender.uri, "\(record)")
            #expect(object["destination"] == listener.uri)
            #expect(object["text"] == "for the record")
            #expect(object["session_id"] != nil)
            #expect(object["content_type"] == "text/plain")
        }
    }
}
