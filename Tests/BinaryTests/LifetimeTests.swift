import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct Lifetime {
        /// Somebody who listens and whom the network has registered.
        private func listener(over transport: String = "udp") async throws -> (Person, RunningProgram) {
            let person = try await RealCore.shared().person(over: transport)
            let listening = try person.start("listen", "--json")
            _ = try await listening.event("registered")
            return (person, listening)
        }

        @Test("one command leaves no binding behind")
        func oneShot() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person()
            #expect(try await person.ims("register").status == .status(0))
            try await core.lab("gone", person.name)
        }

        @Test("unless it is told to")
        func keptRegistration() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person()
            #expect(try await person.ims("register", "--keep-registration").status == .status(0))
            #expect(try await core.contacts(of: person.name).count == 1)
            #expect(try await person.ims("unregister").status == .status(0))
        }

        @Test("an interrupt leaves the network properly", arguments: [SIGINT, SIGTERM])
        func interrupt(_ signal: Int32) async throws {
            let core = try await RealCore.shared()
            let (person, listening) = try await listener()
            listening.signal(signal)
            let status = try await listening.exit(within: .seconds(10))
            #expect([.status(128 + signal), .status(130)].contains(status))
            try await core.lab("gone", person.name)
        }

        @Test("the next command answers before it is asked, with the nonce of the last one")
        func remembersNonce() async throws {
            let person = try await RealCore.shared().person(.digest)
            #expect(try await person.ims("register").status == .status(0))
            let outcome = try await person.ims("register", "--trace=\(person.home.path)/trace")
            #expect(outcome.status == .status(0), "\(outcome)")
            let trace = try person.home.read("trace")
            let first = try #require(trace.firstRange(of: "REGISTER sip:"))
            #expect(trace[first.upperBound...].contains("nc=0000000"))
        }

        @Test("a de-registration by the network is noticed within a second, and mended")
        func deregisteredByNetwork() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person()
            let listening = try person.start("listen", "--json", "--trace")
            _ = try await listening.event("registered")
            try await listening.errors(containing: "NOTIFY sip:")
            try await core.lab("deregister", person.name)
            _ = try await listening.event("unregistered", within: .seconds(1))
            _ = try await listening.event("registered", within: .seconds(40))
        }

        @Test("a restart of the P-CSCF is survived without the user", arguments: ["tcp", "tls"])
        func restartedProxy(_ transport: String) async throws {
            let core = try await RealCore.shared()
            let (person, listening) = try await listener(over: transport)
            try await core.lab("restart", "pcscf")
            _ = try await listening.event("connection_lost", within: .seconds(5))
            _ = try await listening.event("registered", within: .seconds(40))
            let sender = try await core.person()
            let outcome = try await sender.ims("send-message", person.uri, "still there?")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.event("message")["text"] == "still there?")
        }

        @Test("leaving the service keeps the binding, without the feature tag")
        func serviceOnly() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person()
            #expect(try await person.ims("register", "--keep-registration").status == .status(0))
            let outcome = try await person.ims(
                "unregister",
                "--service-only",
                "--keep-registration",
                "--trace=\(person.home.path)/trace"
            )
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await core.contacts(of: person.name).isEmpty == false)
            let trace = try person.home.read("trace")
            let last = try #require(trace.ranges(of: "REGISTER sip:").last)
            // Only the request: the answer of this core names what it was told before.
            let request = trace[last.lowerBound...].split(separator: "SIP/2.0 200").first
            #expect(request?.contains("+sip.instance") == true)
            #expect(request?.contains("+g.oma.sip-im") == false)
            #expect(try await person.ims("unregister").status == .status(0))
        }

        @Test("datagrams that are no SIP disturb nobody")
        func garbage() async throws {
            let core = try await RealCore.shared()
            let (person, listening) = try await listener()
            let contact = try #require(try await core.contacts(of: person.name).first)
            let port = try #require(contact.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
            var random = SystemRandomNumberGenerator()
            for size in [0, 1, 4, 100, 1_400, 9_000] {
                let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
                try sendDatagram(bytes, toPort: try #require(UInt16(port)))
            }
            for text in [
                "INVITE", "SIP/2.0 200 OK\r\n\r\n", "MESSAGE sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n",
            ] {
                try sendDatagram(Array(text.utf8), toPort: try #require(UInt16(port)))
            }
            let sender = try await core.person()
            let outcome = try await sender.ims("send-message", person.uri, "alive?")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try await listening.event("message")["text"] == "alive?")
        }
    }
}
