import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct Registration {
        @Test(
            "registers over every transport with the scheme the network asks for",
            arguments: ["udp", "tcp", "tls"]
        )
        func transports(_ transport: String) async throws {
            let core = try await RealCore.shared()
            for scheme in RealCore.Scheme.allCases {
                let person = try await core.person(scheme, over: transport)
                let outcome = try await person.ims("register", "--json")
                #expect(outcome.status == .status(0), "\(outcome)")
                let registered = try #require(
                    outcome.events().first { $0.event == "registered" },
                    "\(outcome)"
                )
                #expect(registered.strings("identities") == [person.uri])
                #expect(registered["account"] == person.name)
            }
        }

        @Test("proves itself with a card given by OP as by OPc", arguments: ["carol", "dave"])
        func cards(_ name: String) async throws {
            let person = try await RealCore.shared().person(named: name)
            let outcome = try await person.ims("register")
            #expect(outcome.status == .status(0), "\(outcome)")
        }

        @Test("resynchronises when the network's sequence number is behind the card's")
        func resynchronisation() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person(.aka)
            #expect(try await person.ims("register").status == .status(0))
            try await core.lab("sqn", person.name, "64")
            let outcome = try await person.ims("register", "--trace=\(person.home.path)/trace")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(try person.home.read("trace").contains("auts="))
        }

        @Test(
            "a network that cannot prove itself to the card is not believed, and K and OP are named as the reason"
        )
        func falseNetwork() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person(.aka, settings: ["aka-k-file": "wrong.k"])
            try person.home.write("000102030405060708090a0b0c0d0eff\n", to: "config/ims/wrong.k")
            let outcome = try await person.ims("register")
            #expect(outcome.status == .status(3), "\(outcome)")
            #expect(outcome.errors.contains("OP"), "\(outcome)")
        }

        @Test(
            "a wrong password is a matter of the configuration and says whose",
            arguments: RealCore.Scheme.passwords
        )
        func wrongPassword(_ scheme: RealCore.Scheme) async throws {
            let person = try await RealCore.shared().person(scheme, settings: ["password-file": "wrong"])
            try person.home.write("nonsense\n", to: "config/ims/wrong")
            let outcome = try await person.ims("register")
            #expect(outcome.status == .status(3), "\(outcome)")
            #expect(outcome.errors.contains("\(person.name)@ims.test"), "\(outcome)")
            #expect(!outcome.errors.contains("nonsense"))
            #expect(outcome.output.isEmpty)
        }

        @Test("somebody the network does not know is refused, and told so")
        func unknownUser() async throws {
            let person = try await RealCore.shared().person(
                settings: ["public-identity": "sip:nobody@ims.test", "private-identity": "nobody@ims.test"]
            )
            let outcome = try await person.ims("register")
            #expect([.status(1), .status(3)].contains(outcome.status), "\(outcome)")
            #expect(outcome.errors.contains("403"), "\(outcome)")
        }

        @Test("an identity that the network bars is not used; the first that it lists is")
        func barredIdentity() async throws {
            let core = try await RealCore.shared()
            let frank = try await core.person(named: "frank")
            let listener = try await core.person()
            let listening = try listener.start("listen", "--count", "1", "--json")
            _ = try await listening.event("registered")
            let outcome = try await frank.ims("send-message", listener.uri, "from work")
            #expect(outcome.status == .status(0), "\(outcome)")
            let message = try await listening.event("message")
            #expect(message["from"] == "sip:frank.work@ims.test")
            #expect(message["asserted"] == "sip:frank.work@ims.test")
        }

        @Test(
            "the identities are listed as the network gives them, and one can act as any of them and no other"
        )
        func identities() async throws {
            let core = try await RealCore.shared()
            let alice = try await core.person(named: "alice")
            let listed = try await alice.ims("identities", "--json")
            let identities = try listed.events().first { $0.event == "identities" }?.strings("identities")
            #expect(identities == ["sip:alice@ims.test", "tel:+15550001"], "\(listed)")

            let listener = try await core.person()
            let listening = try listener.start("listen", "--count", "1", "--json")
            _ = try await listening.event("registered")
            let sent = try await alice.ims(
                "--as",
                "tel:+15550001",
                "send-message",
                listener.uri,
                "from my number"
            )
            #expect(sent.status == .status(0), "\(sent)")
            #expect(try await listening.event("message")["asserted"] == "tel:+15550001")

            let foreign = try await alice.ims(
                "--as",
                "sip:eve@ims.test",
                "send-message",
                listener.uri,
                "hello"
            )
            #expect(foreign.status == .status(3) || foreign.status == .status(2), "\(foreign)")
            #expect(foreign.errors.contains("sip:eve@ims.test"), "\(foreign)")
        }

        @Test("a P-CSCF whose certificate nobody vouches for gets nothing")
        func untrustedCertificate() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person(over: "tls", settings: ["tls-ca": ""])
            let outcome = try await person.ims("register", "--trace=\(person.home.path)/trace")
            #expect([.status(3), .status(4)].contains(outcome.status), "\(outcome)")
            #expect(outcome.errors.lowercased().contains("certificate"), "\(outcome)")
            #expect((try? person.home.read("trace"))?.contains("REGISTER") != true)
        }

        @Test("a certificate for another name is no proof")
        func wrongName() async throws {
            let core = try await RealCore.shared()
            let person = try await core.person(over: "tls", settings: ["tls-name": "pcscf.example.org"])
            let outcome = try await person.ims("register")
            #expect([.status(3), .status(4)].contains(outcome.status), "\(outcome)")
            #expect(outcome.errors.contains("pcscf.example.org"), "\(outcome)")
        }

        @Test("a proxy where nobody listens is reported in seconds", arguments: ["tcp", "tls", "udp"])
        func unreachable(_ transport: String) async throws {
            let person = try await RealCore.shared().person(
                over: transport,
                settings: ["proxy": "127.0.0.1:9"]
            )
            let clock = ContinuousClock()
            let began = clock.now
            let outcome = try await person.ims("register")
            #expect(outcome.status == .status(4), "\(outcome)")
            #expect(outcome.errors.contains("127.0.0.1:9"), "\(outcome)")
            #expect(clock.now - began < .seconds(5))
        }

        @Test("no trace holds a secret", arguments: RealCore.Scheme.allCases)
        func trace(_ scheme: RealCore.Scheme) async throws {
            let person = try await RealCore.shared().person(
                scheme,
                settings: scheme == .aka ? [:] : ["password-file": "secret"]
            )
            try person.home.write("\(person.name)\n", to: "config/ims/secret")
            let outcome = try await person.ims("register", "--trace")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(outcome.errors.contains("REGISTER sip:ims.test SIP/2.0"), "\(outcome)")
            #expect(outcome.errors.contains("401"))
            #expect(!outcome.errors.contains("465b5ce8b199b49faa5f0a2ee238"))
            #expect(outcome.errors.matches(of: /response="[0-9a-f]{32}"/).isEmpty)
        }
    }
}

extension RealCore.Scheme {
    /// Those with a password.
    static let passwords: [Self] = [.digest, .openIMSDigest]
}
