import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct ChatsThatBreak {
        /// Somebody who listens, and somebody who waits no longer than need be.
        private func pair() async throws -> (sender: Person, listener: Person) {
            let core = try await RealCore.shared()
            let sender = try await core.person(
                over: "tcp",
                settings: ["msrp-timeout": "2s", "msrp-keep-alive": "1s"]
            )
            return (sender, try await core.person(over: "tcp"))
        }

        @Test(
            "the other side is killed: the status is not 0, and the first line that may be missing is named"
        )
        func killed() async throws {
            let (sender, listener) = try await pair()
            let listening = try listener.start("listen", "--accept-chat", "all", "--json")
            _ = try await listening.event("registered")
            let sending = try sender.start("chat", listener.uri, "--json")
            for number in 1...10 { sending.write("line \(number)\n") }
            for _ in 1...10 { _ = try await sending.event("chat_sent") }
            listening.signal(SIGSTOP)
            for number in 11...20 { sending.write("line \(number)\n") }
            listening.signal(SIGKILL)
            sending.closeInput()
            #expect(try await sending.exit(within: .seconds(30)) == .status(4), "\(sending.errors)")
            let told = sending.output + sending.errors
            #expect(told.contains("line 11 is the first"), "\(told)")
        }

        @Test("the other side stays silent with its connection up: the chat ends, and says so")
        func silent() async throws {
            let (sender, listener) = try await pair()
            let listening = try listener.start("listen", "--accept-chat", "all", "--json")
            _ = try await listening.event("registered")
            let sending = try sender.start("chat", listener.uri)
            sending.write("one\n")
            _ = try await listening.event("chat_message")
            listening.signal(SIGSTOP)
            defer { listening.signal(SIGCONT) }
            #expect(try await sending.exit(within: .seconds(30)) == .status(4), "\(sending.errors)")
            #expect(sending.errors.contains("does not answer"), "\(sending.errors)")
        }

        @Test("a reader that does not read slows the sender down, and loses nothing")
        func slowReader() async throws {
            let core = try await RealCore.shared()
            let (sender, listener) = (try await core.person(over: "tcp"), try await core.person(over: "tcp"))
            let lines = 400
            let listening = try listener.start(
                "listen",
                "--accept-chat",
                "all",
                "--count",
                "\(lines)",
                "--json"
            )
            _ = try await listening.event("registered")
            // Nobody reads what the listener prints until all is sent: more than a pipe holds.
            let padding = String(repeating: "x", count: 500)
            let sending = try sender.start("chat", listener.uri)
            let writing = Task.detached {
                try await onThread {
                    for number in 0..<lines { sending.write("\(number) \(padding)\n") }
                    sending.closeInput()
                }
            }
            for number in 0..<lines {
                let text = try await listening.event("chat_message")["text"]
                #expect(text == "\(number) \(padding)")
            }
            try await writing.value
            #expect(try await sending.exit() == .status(0), "\(sending.errors)")
        }
    }
}
