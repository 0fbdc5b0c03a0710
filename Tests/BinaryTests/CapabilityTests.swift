import Glibc
import TestSupport
import Testing

extension RealCoreTests {
    @Suite struct CapabilityQueries {
        @Test("what the other side can do is asked once, remembered, and asked again when that is wanted")
        func asked() async throws {
            let core = try await RealCore.shared()
            let (asking, asked) = (try await core.person(), try await core.person(over: "tls"))
            let listening = try asked.start("listen", "--json")
            _ = try await listening.event("registered")
            for (option, isRemembered) in [
                ("--no-input", "false"), ("--no-input", "true"), ("--refresh", "false"),
            ] {
                let outcome = try await asking.ims("capabilities", asked.uri, option, "--json")
                #expect(outcome.status == .status(0), "\(outcome)")
                let told = try #require(try outcome.events().first { $0["event"] == "capabilities" })
                #expect(told.strings("services") == ["im", "image-share"])
                #expect(told.strings("methods")?.contains("MESSAGE") == true)
                #expect(outcome.output.contains("\"remembered\":\(isRemembered)"), "\(outcome)")
            }
            listening.signal(SIGINT)
            #expect(try await listening.exit() == .status(130))
        }

        @Test("who is not there is told with the network's answer and status 1")
        func absent() async throws {
            let core = try await RealCore.shared()
            let (asking, asked) = (try await core.person(), try await core.person())
            let outcome = try await asking.ims("capabilities", asked.uri)
            #expect(outcome.status == .status(1), "\(outcome)")
            #expect(outcome.errors.contains("refused OPTIONS: 480"), "\(outcome)")
        }
    }
}
