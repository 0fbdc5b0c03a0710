import Foundation
import TestSupport
import Testing

private let canCapture = findProgram("tshark") != nil && getuid() == 0

extension RealCoreTests {
    /// The way messages of a chat take between the two, whatever way the signalling takes.
    @Suite struct SecureChats {
        @Test(
            "a chat goes over TCP and TLS, however the signalling goes",
            arguments: ["udp", "tcp", "tls"],
            ["tcp", "tls"]
        )
        func transports(_ signalling: String, _ messages: String) async throws {
            let core = try await RealCore.shared()
            let settings = ["chat-transport": messages]
            let sender = try await core.person(over: signalling, settings: settings)
            let listener = try await core.person(over: signalling, settings: settings)
            let listening = try listener.start("listen", "--accept-chat", "all", "--count", "1", "--json")
            _ = try await listening.event("registered")
            let outcome = try await sender.ims("chat", listener.uri, "--json", input: "hello\n")
            #expect(outcome.status == .status(0), "\(outcome)")
            let opened = try #require(try outcome.events().first { $0.event == "chat_opened" })
            let heard = try await listening.event("chat_opened")
            #expect(heard.flag("encrypted") == (messages == "tls"))
            for event in [opened, heard] where messages == "tls" {
                #expect(event["verified_by"] == "fingerprint", "\(outcome)")
                #expect(event["tls"]?.hasPrefix("TLSv1.3 ") == true)
            }
            #expect(opened["fingerprint"] != heard["fingerprint"] || messages == "tcp")
            #expect(try await listening.event("chat_message")["text"] == "hello")
            #expect(try await listening.exit() == .status(0))
        }

        @Test("the certificate is the same in every run, its key is private, and openssl s_client sees it")
        func certificate() async throws {
            let core = try await RealCore.shared()
            let port = try freePort()
            let sender = try await core.person(settings: ["msrp-ports": "\(port)"])
            let listener = try await core.person()
            let listening = try listener.start("listen", "--accept-chat", "all", "--json")
            _ = try await listening.event("registered")
            var seen: [String?] = []
            for _ in 0..<2 {
                let chatting = try sender.start("chat", listener.uri)
                seen.append(try await listening.event("chat_opened")["fingerprint"])
                if seen.count == 1 {
                    let shown = try await certificate(at: port)
                    #expect(seen.first == "sha-256 \(shown)")
                }
                chatting.closeInput()
                #expect(try await chatting.exit() == .status(0))
            }
            #expect(seen.first != nil && seen[0] == seen[1])
            let file = sender.home.path + "/data/ims/msrp-\(sender.name).pem"
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            listening.signal(SIGINT)
            _ = try await listening.exit()
        }

        /// The SHA-256 fingerprint of what a port shows to `openssl s_client`.
        private func certificate(at port: UInt16) async throws -> String {
            let script =
                "openssl s_client -connect 127.0.0.1:\(port) < /dev/null 2> /dev/null"
                + " | openssl x509 -noout -fingerprint -sha256"
            let program = try RunningProgram(
                "/bin/sh",
                ["-c", script],
                environment: ["PATH": "/usr/bin:/bin"]
            )
            program.closeInput()
            _ = try await program.exit()
            return program.output.split(separator: "=").last.map { String($0.dropLast()) } ?? ""
        }

        /// A fingerprint that fits in the place of another one and is nobody's.
        private static let forgery: @Sendable (String) -> String = { text in
            guard let found = text.range(of: "a=fingerprint:sha-256 ") else { return text }
            let end = text.index(found.upperBound, offsetBy: 5)
            return text.replacingCharacters(in: found.upperBound..<end, with: "DE:AD")
        }

        /// The address of the P-CSCF for UDP.
        private func proxy(_ core: RealCore) async throws -> String {
            let lines = try await core.person().home.read("config/ims/ims.conf").split(separator: "\n")
            return lines.first { $0.hasPrefix("proxy = ") }.map { String($0.dropFirst(8)) } ?? ""
        }

        @Test("an answer with another fingerprint ends the chat before a word is said, and both are told")
        func forgedAnswer() async throws {
            let core = try await RealCore.shared()
            let forger = try await ForgingProxy(before: proxy(core), forgeAnswers: Self.forgery)
            let sender = try await core.person(settings: ["proxy": "127.0.0.1:\(forger.port)"])
            let listener = try await core.person()
            let listening = try listener.start("listen", "--accept-chat", "all", "--json")
            _ = try await listening.event("registered")
            let outcome = try await sender.ims("chat", listener.uri, input: "secret\n")
            #expect(outcome.status == .status(1), "\(outcome)")
            #expect(outcome.errors.contains("expected was sha-256 DE:AD:"), "\(outcome)")
            #expect(outcome.errors.contains("has the fingerprint sha-256 "), "\(outcome)")
            listening.signal(SIGINT)
            _ = try await listening.exit()
            #expect(!listening.output.contains("secret"))
        }

        @Test("an offer with another fingerprint is found out by the one who was invited")
        func forgedOffer() async throws {
            let core = try await RealCore.shared()
            let forger = try await ForgingProxy(before: proxy(core), forgeRequests: Self.forgery)
            let sender = try await core.person(settings: ["proxy": "127.0.0.1:\(forger.port)"])
            let listener = try await core.person()
            let listening = try listener.start("listen", "--accept-chat", "all", "--json")
            _ = try await listening.event("registered")
            let outcome = try await sender.ims("chat", listener.uri, input: "secret\n")
            #expect(outcome.status != .status(0), "\(outcome)")
            let closed = try await listening.event("chat_closed")
            #expect(closed["cause"] == "certificate")
            #expect(closed["detail"]?.contains("expected was sha-256 DE:AD:") == true)
            listening.signal(SIGINT)
            _ = try await listening.exit()
            #expect(!listening.output.contains("secret"))
        }
    }
    /// What an independent reader makes of the bytes of a chat.
    @Suite(
        .enabled(
            if: canCapture,
            "tshark is not installed or may not capture: see scripts/install-dependencies test"
        )
    )
    struct Dissection {
        @Test("tshark finds MSRP in a chat over TCP, and nothing malformed")
        func capture() async throws {
            let core = try await RealCore.shared()
            let (port, folder) = (try freePort(), try TemporaryFolder())
            let listener = try await core.person(settings: ["msrp-ports": "\(port)"])
            let sender = try await core.person(settings: ["chat-transport": "tcp"])
            let file = folder.path + "/chat.pcapng"
            let capture = try tshark("-i", "lo", "-f", "tcp port \(port)", "-w", file, "-P", "-l")
            try await capture.errors(containing: "Capture started")
            let listening = try listener.start("listen", "--accept-chat", "all", "--count", "20", "--json")
            _ = try await listening.event("registered")
            // What is said in one go may be in one packet.
            for round in 0..<5 {
                let lines = (1...4).map {
                    String(repeating: "line \($0) ", count: (4 * round + $0) * 20) + "\n"
                }
                let outcome = try await sender.ims("chat", listener.uri, input: lines.joined())
                #expect(outcome.status == .status(0), "\(outcome)")
            }
            #expect(try await listening.exit() == .status(0))
            // What the capture still has in its ring when it is stopped is lost: it ends with what ends the chat.
            try await capture.text(upTo: "[FIN")
            capture.signal(SIGINT)
            _ = try await capture.exit()
            let packets = try await read(file, port, where: "msrp")
            #expect(packets.count >= 10)
            #expect(
                try await read(file, port, where: "_ws.malformed || msrp && _ws.expert.severity == error")
                    .isEmpty
            )
        }

        private func read(_ file: String, _ port: UInt16, where filter: String) async throws -> [String] {
            let reader = try tshark("-r", file, "-d", "tcp.port==\(port),msrp", "-Y", filter)
            _ = try await reader.exit(within: .seconds(30))
            return reader.output.split(separator: "\n").map(String.init)
        }

        private func tshark(_ arguments: String...) throws -> RunningProgram {
            let program = findProgram("tshark") ?? "tshark"
            let environment = ["PATH": "/usr/bin:/bin", "HOME": NSTemporaryDirectory()]
            let running = try RunningProgram(program, arguments, environment: environment)
            running.closeInput()
            return running
        }
    }
}
