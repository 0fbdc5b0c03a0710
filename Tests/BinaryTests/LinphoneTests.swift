import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    /// Presence between `ims` and a client of somebody else, on the real core.
    @Suite(.enabled(if: Linphone.isInstalled, Comment(rawValue: Linphone.howToInstall)))
    struct WithLinphone {
        @Test("Linphone is seen to come and to go")
        func seen() async throws {
            let core = try await RealCore.shared()
            let (watcher, watched) = (try await core.person(), try await core.person())
            try await core.lab("allow", watched.name, watcher.name)
            let watching = try watcher.start("--json", "presence", "watch", watched.uri)
            #expect(try await watching.event("presence")["basic"] == "closed")
            let linphone = try Linphone(as: watched.name, at: core.proxy(), watching: watcher.uri)
            let come = try await watching.event("presence")
            #expect(come["basic"] == "open")
            #expect(come.object("previous")?["basic"] == "closed")
            watching.signal(SIGINT)
            #expect(try await watching.exit() == .status(130))
            try await linphone.quit()
            // What it has published runs out, of which Kamailio tells only those who ask.
            var state = ""
            for _ in 1...60 where state != "closed" {
                let got = try await watcher.ims("--json", "presence", "get", watched.uri)
                state = try got.events().first { $0.event == "presence" }?["basic"] ?? ""
            }
            #expect(state == "closed")
        }

        @Test("Linphone has to ask, is let in, sees each change, and is shut out again")
        func watches() async throws {
            let core = try await RealCore.shared()
            let root = try await core.documentRoot()
            let watched = try await core.person(settings: ["xcap-root": root])
            let watcher = try await core.person()
            let prompt = try watched.start("--json")
            _ = try await prompt.event("registered")
            let linphone = try Linphone(as: watcher.name, at: core.proxy(), watching: watched.uri)
            let request = try await prompt.event("watcher")
            #expect(request["uri"] == watcher.uri)
            #expect(request["status"] == "pending")
            prompt.write("buddies requests\n")
            #expect(try await prompt.event("watcher_request")["uri"] == watcher.uri)

            prompt.write("buddies allow \(watcher.uri)\n")
            try await linphone.sees(watched.uri, "Online")
            prompt.write("presence set busy --note lunch\n")
            try await linphone.sees(watched.uri, "Busy")
            prompt.write("presence set away\n")
            try await linphone.sees(watched.uri, "Away")
            prompt.write("buddies block \(watcher.uri)\n")
            try await linphone.sees(watched.uri, "Offline")
            prompt.write("quit\n")
            #expect(try await prompt.exit() == .status(0), "\(prompt.errors)")
            try await linphone.quit()
        }
    }
}
