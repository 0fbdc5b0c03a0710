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

        @Test(
            "buddies are watched by one list, which its server is told of, and who is added is seen at once"
        )
        func list() async throws {
            let core = try await RealCore.shared()
            let settings = [
                "xcap-root": try await core.documentRoot(), "presence-list": "sip:friends@ims.test",
            ]
            let watcher = try await core.person(settings: settings)
            let (first, second) = (try await core.person(), try await core.person())
            var listening: [RunningProgram] = []
            for person in [first, second] {
                try await core.lab("allow", person.name, watcher.name)
                listening.append(try person.start("--json", "listen"))
                _ = try await listening.last?.event("registered")
            }
            #expect(try await watcher.ims("buddies", "add", first.uri).status == .status(0))
            let prompt = try watcher.start("--json")
            let (one, two) = (first.uri, second.uri)
            _ = try await prompt.event("presence") { $0["uri"] == one && $0["basic"] == "open" }
            prompt.write("buddies list\n")
            let mode = try await prompt.event("buddy_watch")
            #expect(mode["mode"] == "list")
            #expect(mode["list"] == "sip:friends@ims.test")
            prompt.write("buddies add \(second.uri)\n")
            _ = try await prompt.event("presence") { $0["uri"] == two && $0["basic"] == "open" }
            let services = try await watcher.ims("xdm", "get", "rls-services")
            #expect(services.output.contains("sip:friends@ims.test"), "\(services)")
            // It is watched again with the next registration.
            prompt.write("unregister\n")
            _ = try await prompt.event("unregistered")
            prompt.write("register\n")
            #expect(try await first.ims("presence", "set", "away").status == .status(0))
            let away = try await prompt.event("presence") { $0.strings("activities") == ["away"] }
            #expect(away["uri"] == one)
            prompt.write("quit\n")
            #expect(try await prompt.exit() == .status(0), "\(prompt.errors)")
            for program in listening {
                program.signal(SIGINT)
                _ = try await program.exit()
            }
        }

        @Test(
            "a server that takes no list with the request, or does not know the list, is asked for each buddy",
            arguments: ["presence-list-server", "presence-list"]
        )
        func noList(_ setting: String) async throws {
            let core = try await RealCore.shared()
            let watcher = try await core.person(settings: [setting: "sip:no-such-list@ims.test"])
            let buddies = [try await core.person(), try await core.person()]
            for buddy in buddies {
                try await core.lab("allow", buddy.name, watcher.name)
                #expect(try await buddy.ims("presence", "set", "away").status == .status(0))
                #expect(try await watcher.ims("buddies", "add", buddy.uri).status == .status(0))
            }
            let prompt = try watcher.start("--json", "--trace")
            var seen: Set<String> = []
            while seen.count < buddies.count {
                let away = try await prompt.event("presence") { $0.strings("activities") == ["away"] }
                seen.insert(try #require(away["uri"]))
            }
            #expect(seen == Set(buddies.map(\.uri)))
            prompt.write("buddies list\n")
            #expect(try await prompt.event("buddy_watch")["mode"] == "single")
            prompt.write("quit\n")
            #expect(try await prompt.exit() == .status(0))
            #expect(prompt.errors.contains("SUBSCRIBE sip:no-such-list@ims.test"))
            let isSent = prompt.errors.contains("Content-Disposition: recipient-list")
            #expect(isSent == (setting == "presence-list-server"))
            for buddy in buddies { _ = try await buddy.ims("presence", "set", "offline") }
        }

        @Test("what is set on the command line stays until it is taken back")
        func stays() async throws {
            let core = try await RealCore.shared()
            let (watcher, watched) = (try await core.person(), try await core.person())
            try await core.lab("allow", watched.name, watcher.name)
            #expect(try await watched.ims("presence", "set", "away").status == .status(0))
            let away = try await watcher.ims("--json", "presence", "get", watched.uri)
            #expect(try away.events().first { $0.event == "presence" }?.strings("activities") == ["away"])
            func isPublished() async throws -> Bool? {
                let shown = try await watched.ims("--json", "presence", "show")
                return try shown.events().first { $0.event == "own_presence" }?.flag("published")
            }
            #expect(try await isPublished() == true)
            #expect(try await watched.ims("presence", "set", "offline").status == .status(0))
            #expect(try await isPublished() == false)
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
                    + "value=\"00010000\"/><parm name=\"MAX-ADHOC-GROUP-SIZE\" value=\"20\"/></characteristic>"
                    + "</wap-provisioningdoc>",
                to: "operator.xml"
            )
            let imported = try await person.ims("provision", "import", file)
            #expect(imported.status == .status(0))
            #expect(imported.output.contains("largest ad-hoc group: 20 (kept"), "\(imported)")
            let shown = try await person.ims("account", "show")
            #expect(
                shown.lines.contains { $0.hasPrefix("pres-srv-cap") && $0.hasSuffix("00010000") },
                "\(shown)"
            )
            #expect(shown.lines.contains { $0.hasPrefix("max-adhoc-group-size") }, "\(shown)")
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
