import Documents
import Lab
import Runtime
import Store
import TestSupport
import Testing
import UserAgent
import Wire

@testable import Engine

@Suite("Buddies watched and followed", .timeLimit(.minutes(1)))
struct BuddyWatchTests {
    private static let bob = Buddy(uri: "sip:bob@ims.test", nickname: "Bob")

    /// The documents of alice on a pocket core, as a device of hers sees them.
    private func device(_ name: String, of bench: EngineBench, isWatching: Bool) throws -> Engine {
        let root = HTTPURL("http://\(bench.lab.documentAddress)/xcap-root")
        var configuration = try bench.configuration(of: "alice") { $0.xcapRoot = root }
        configuration.storePath = "\(bench.folder.path)/\(name).db"
        configuration.watchesBuddies = isWatching
        return Engine(configuration, on: bench.loop)
    }

    private func change(_ events: EventReader) async throws -> BuddyListChange {
        try await events.first { kind -> BuddyListChange? in
            if case .buddiesChanged(let change) = kind { change } else { nil }
        }
    }

    @Test("what another device does to the list is here at once, is told, and its buddy is watched")
    func following() async throws {
        try await EngineBench.run({ $0.automaticBuddy = "bob" }) { bench in
            let desk = try device("desk", of: bench, isWatching: true)
            let phone = try device("phone", of: bench, isWatching: false)
            let events = EventReader(await desk.events())
            _ = try await desk.register()
            try await phone.setBuddy(Self.bob)
            #expect(try await change(events) == BuddyListChange(added: [Self.bob]))
            #expect(await desk.buddies == [Self.bob])
            let seen = try await events.first { kind -> PresenceChange? in
                if case .presence(let change) = kind { change } else { nil }
            }
            #expect(seen.uri == Self.bob.uri)

            // What was done here is no news, and decisions come along.
            let carol = Buddy(uri: "sip:carol@ims.test")
            for _ in 1...3 {
                try await desk.setBuddy(carol)
                try await desk.removeBuddy(carol.uri)
            }
            try await desk.setBuddy(carol)
            try await phone.decide(.block, about: "sip:eve@ims.test")
            try await phone.setBuddy(Buddy(uri: Self.bob.uri, nickname: "Robert"))
            let renamed = Buddy(uri: Self.bob.uri, nickname: "Robert")
            #expect(try await change(events) == BuddyListChange(changed: [renamed]))
            try await phone.removeBuddy(carol.uri)
            #expect(try await change(events) == BuddyListChange(removed: [carol]))
            #expect(await desk.watcherPolicy(of: "sip:eve@ims.test") == .block)
            for engine in [desk, phone] { await engine.shutDown(keepRegistration: false) }
        }
    }

    @Test(
        "where no list is served each buddy has a subscription, and that can be told",
        arguments: ["list", "server", "list and server"]
    )
    func fallingBack(_ configured: String) async throws {
        try await EngineBench.run({ $0.automaticBuddy = "bob" }) { bench in
            var configuration = try bench.configuration(of: "alice") {
                if configured.contains("list") { $0.presenceList = "sip:friends@ims.test" }
                if configured.contains("server") { $0.presenceListServer = "sip:rls@ims.test" }
            }
            configuration.watchesBuddies = true
            let engine = Engine(configuration, on: bench.loop)
            try await engine.setBuddy(Self.bob)
            try await engine.setBuddy(Buddy(uri: "sip:carol@ims.test"))
            let events = EventReader(await engine.events())
            _ = try await engine.register()
            let seen = try await events.first { kind -> PresenceChange? in
                if case .presence(let change) = kind, change.state.basic == .open { change } else { nil }
            }
            #expect(seen.uri == Self.bob.uri)
            #expect(await engine.buddyWatchMode == .single)
            await engine.shutDown(keepRegistration: false)
        }
    }

    @Test("changes are told with the name on the list; what a buddy calls itself is kept beside it")
    func names() async throws {
        try await EngineBench.run { bench in
            var configuration = try bench.configuration(of: "alice")
            configuration.watchesBuddies = true
            let alice = Engine(configuration, on: bench.loop)
            let bob = try bench.engine(of: "bob") { $0.displayName = "Robert" }
            let events = EventReader(await alice.events())
            func next(_ basic: PresenceState.Basic, _ word: String) async throws -> PresenceChange {
                try await events.first { kind -> PresenceChange? in
                    guard case .presence(let change) = kind else { return nil }
                    let isMeant = change.state.basic == basic && change.state.activities.contains(word)
                    return isMeant ? change : nil
                }
            }
            try await alice.setBuddy(Buddy(uri: Self.bob.uri))
            _ = try await alice.register()
            _ = try await bob.setPresence { $0.status = .busy }
            let first = try await next(.open, "busy")
            #expect(first.name == nil)
            #expect(first.state.displayName == "Robert")
            #expect(await alice.buddies == [Buddy(uri: Self.bob.uri, alias: "Robert")])
            _ = try await bob.setPresence { $0.status = .away }
            #expect(try await next(.open, "away").name == "Robert")
            try await alice.setBuddy(Self.bob)
            _ = try await bob.setPresence { $0.status = .busy }
            #expect(try await next(.open, "busy").name == "Bob")
            #expect(await alice.buddies.first?.alias == "Robert")
            for engine in [alice, bob] { await engine.shutDown(keepRegistration: false) }
        }
    }

    @Test("decisions of the time before the server come onto it once; what stands there counts more")
    func decisions() async throws {
        try await EngineBench.run { bench in
            let before = try bench.engine(of: "alice")
            try await before.decide(.allow, about: "sip:bob@ims.test")
            try await before.decide(.block, about: "sip:eve@ims.test")
            await before.shutDown(keepRegistration: false)
            let server = try XCAPServerBench(on: bench.loop)
            let path = "pres-rules/users/sip:alice@ims.test/index"
            var rules = PresenceRules()
            rules.decide(.allow, about: "sip:eve@ims.test")
            server.put(String(decoding: rules.serialized(), as: UTF8.self), at: path)
            let engine = try bench.engine(of: "alice") { $0.xcapRoot = server.root }
            try await engine.refreshDecisions()
            let text = try #require(server.documents[path]?.body)
            let decisions = try PresenceRules(parsing: ByteString(text)).decisions
            #expect(Set(decisions.map(\.uri)) == ["sip:bob@ims.test", "sip:eve@ims.test"])
            #expect(decisions.allSatisfy { $0.handling == .allow })
            #expect(await engine.watcherPolicy(of: "sip:eve@ims.test") == .allow)
            server.put(nil, at: path)
            try await engine.refreshDecisions()
            #expect(server.documents[path] == nil)
            await engine.shutDown(keepRegistration: false)
            server.close()
        }
    }

    @Test("a list is described to its server once, by the list of buddies that there is")
    func service() async throws {
        try await EngineBench.run { bench in
            let server = try XCAPServerBench(on: bench.loop)
            let engine = try bench.engine(of: "alice") { $0.xcapRoot = server.root }
            let lists = "resource-lists/users/sip:alice@ims.test/index"
            let services = "rls-services/users/sip:alice@ims.test/index"
            server.put(
                "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list name='oma_buddylist'/>"
                    + "</resource-lists>",
                at: lists
            )
            for _ in 1...2 { try await engine.addService("sip:friends@ims.test") }
            let text = try #require(server.documents[services]?.body)
            let told = try RLSServices(parsing: ByteString(text)).services
            let root = server.root?.description ?? ""
            let list = "\(root)/\(lists)/~~/resource-lists/list%5b@name=%22oma_buddylist%22%5d"
            #expect(told.map(\.uri) == ["sip:friends@ims.test"])
            guard case .reference(let reference) = told.first?.members else {
                Issue.record("no reference: \(text)")
                return
            }
            #expect(reference.lowercased() == list.lowercased())
            #expect(server.requests.filter { $0.method == "PUT" }.count == 1)
            await engine.shutDown(keepRegistration: false)
            server.close()
        }
    }
}
