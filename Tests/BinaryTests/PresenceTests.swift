import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct Presence {
        @Test("somebody is seen to come, to be busy and to go, each as what is and what was")
        func comeAndGo() async throws {
            let core = try await RealCore.shared()
            let (watcher, watched) = (try await core.person(), try await core.person())
            try await core.lab("allow", watched.name, watcher.name)
            let watching = try watcher.start("--json", "presence", "watch", watched.uri)
            #expect(try await watching.event("presence")["basic"] == "closed")

            let prompt = try watched.start("--json")
            let come = try await watching.event("presence")
            #expect(come["uri"] == watched.uri)
            #expect(come["basic"] == "open")
            #expect(come.flag("willing") == true)

            prompt.write("presence set busy --note \"in a meeting\"\n")
            let busy = try await watching.event("presence")
            #expect(busy.strings("activities") == ["busy"])
            #expect(busy["note"] == "in a meeting")
            #expect(busy.object("previous")?["basic"] == "open")

            prompt.closeInput()
            let gone = try await watching.event("presence")
            #expect(gone["basic"] == "closed")
            #expect(gone.object("previous")?.strings("activities") == ["busy"])
            #expect(try await prompt.exit() == .status(0), "\(prompt.errors)")
            watching.signal(SIGINT)
            #expect(try await watching.exit() == .status(130))

            // What was known last survives.
            let once = try await watcher.ims("--json", "presence", "get", watched.uri)
            let known = try #require(once.events().first { $0.event == "presence" })
            #expect(known["basic"] == "closed")
            #expect(known.object("previous")?["note"] == "in a meeting")
        }

        @Test("who asks to see one's presence is told of at once, and is undecided until they are allowed")
        func request() async throws {
            let core = try await RealCore.shared()
            let (watcher, watched) = (try await core.person(), try await core.person())
            let listening = try watched.start("--json", "listen")
            _ = try await listening.event("registered")
            let watching = try watcher.start("--json", "presence", "watch", watched.uri)
            #expect(try await watching.event("presence_unknown")["cause"] == "undecided")
            let request = try await listening.event("watcher")
            #expect(request["uri"] == watcher.uri)
            #expect(request["status"] == "pending")
            try await core.lab("allow", watched.name, watcher.name)
            #expect(try await watching.event("presence")["basic"] == "open")
            for program in [watching, listening] {
                program.signal(SIGINT)
                #expect(try await program.exit() == .status(130))
            }
        }

        @Test("what is set on the command line stays until it is taken back")
        func stays() async throws {
            let core = try await RealCore.shared()
            let (watcher, watched) = (try await core.person(), try await core.person())
            try await core.lab("allow", watched.name, watcher.name)
            #expect(try await watched.ims("presence", "set", "away").status == .status(0))
            let away = try await watcher.ims("--json", "presence", "get", watched.uri)
            #expect(try away.events().first { $0.event == "presence" }?.strings("activities") == ["away"])
            #expect(try await watched.ims("presence", "set", "offline").status == .status(0))
            let offline = try await watcher.ims("--json", "presence", "get", watched.uri)
            #expect(try offline.events().first { $0.event == "presence" }?["basic"] == "closed")
        }

        @Test("a message waits until its recipient is there, or is not sent at all")
        func whenOnline() async throws {
            let core = try await RealCore.shared()
            let (sender, recipient) = (try await core.person(), try await core.person())
            try await core.lab("allow", recipient.name, sender.name)
            let early = try await sender.ims(
                "--timeout",
                "1",
                "send-message",
                "--when",
                "online",
                recipient.uri,
                "now"
            )
            #expect(early.status == .status(4))
            #expect(early.errors.contains("did not come online in time"))

            let waiting = try sender.start("send-message", "--when", "online", recipient.uri, "welcome")
            let listening = try recipient.start("--json", "listen", "--count", "1")
            #expect(try await listening.event("message")["text"] == "welcome")
            #expect(try await waiting.exit() == .status(0), "\(waiting.errors)")
            #expect(try await listening.exit() == .status(0))
        }

        @Test("a server that says itself who is there leaves the client the willingness")
        func provisioned() async throws {
            let person = try await RealCore.shared().person()
            let file = try person.home.write(
                "<wap-provisioningdoc><characteristic type=\"APPLICATION\"><parm name=\"PRES-SRV-CAP\" "
                    + "value=\"00010000\"/></characteristic></wap-provisioningdoc>",
                to: "operator.xml"
            )
            #expect(try await person.ims("provision", "import", file).status == .status(0))
            let outcome = try await person.ims("--json", "--trace", "presence", "willing", "off")
            #expect(outcome.status == .status(0), "\(outcome)")
            #expect(outcome.errors.contains("<op:basic>closed</op:basic>"))
            #expect(!outcome.errors.contains("<status><basic>"))
            #expect(try await person.ims("presence", "set", "offline").status == .status(0))
            let wrong = try person.home.write("<html/>", to: "page.html")
            #expect(try await person.ims("provision", "import", wrong).status == .status(2))
        }
    }
}
