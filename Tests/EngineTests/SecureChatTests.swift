import Lab
import Runtime
import SDP
import TestSupport
import Testing
import Wire

import enum SIP.TransportProtocol

@testable import Engine

@Suite("Chats over TLS and TCP", .timeLimit(.minutes(1)))
struct SecureChatTests {
    /// Alice opens a chat with bob; what both sides are told of it.
    private func chat(
        _ alice: ChatTransport,
        _ bob: ChatTransport,
        change: @escaping @Sendable (inout Account) -> Void = { _ in },
        _ body: @escaping @Sendable (Chat, EventReader, EventReader) async throws -> Void
    ) async throws {
        try await EngineBench.run { bench in
            let sender = try bench.engine(of: "alice", transport: .tcp) { account in
                account.chatTransport = alice
                change(&account)
            }
            var configuration = try bench.configuration(of: "bob") { $0.chatTransport = bob }
            configuration.chatPolicy = .all
            let receiver = Engine(configuration, on: bench.loop)
            let (told, heard) = (EventReader(await sender.events()), EventReader(await receiver.events()))
            _ = try await receiver.register()
            let chat: Chat
            do {
                chat = try await sender.openChat(with: "bob")
            } catch {
                await sender.shutDown(keepRegistration: false)
                await receiver.shutDown(keepRegistration: false)
                throw error
            }
            _ = try await sender.say(Array("hello".utf8), in: chat.id)
            try await body(chat, told, heard)
            await sender.shutDown(keepRegistration: false)
            await receiver.shutDown(keepRegistration: false)
        }
    }

    private func opened(_ events: EventReader) async throws -> Chat {
        try await events.first { if case .chatOpened(let chat) = $0 { chat } else { nil } }
    }

    @Test(
        "TLS is used where either side wants it, and both know the other by its fingerprint",
        arguments: [
            (ChatTransport.automatic, ChatTransport.automatic), (.automatic, .tls), (.tls, .tcp),
            (.tls, .tls),
        ]
    )
    func encrypted(_ alice: ChatTransport, _ bob: ChatTransport) async throws {
        try await chat(alice, bob) { chat, _, heard in
            guard case .tls(let suite, .fingerprint(let seen)) = chat.security,
                case .tls(_, .fingerprint(let other)) = try await opened(heard).security
            else {
                Issue.record("\(String(describing: chat.security))")
                return
            }
            #expect(suite.hasPrefix("TLSv1.3 "))
            #expect(seen.hasPrefix("sha-256 "))
            #expect(seen != other)
        }
    }

    @Test("a side that offers TCP gets TCP", arguments: [ChatTransport.automatic, .tcp])
    func plain(_ bob: ChatTransport) async throws {
        try await chat(.tcp, bob) { chat, _, heard in
            #expect(chat.security == .plain)
            let security = try await opened(heard).security
            #expect(security == .plain)
        }
    }

    @Test("a side that wants TLS alone refuses TCP with 488")
    func refused() async throws {
        do {
            try await chat(.tcp, .tls) { _, _, _ in Issue.record("the chat stands") }
        } catch EngineError.chatNotOpened(.refused(let refusal)) {
            #expect(refusal.status == 488)
            #expect(refusal.warning == "Incompatible transport protocol")
        }
    }

    /// The first invitation is answered with 488.
    private static let refusal: @Sendable (inout LabConfiguration) -> Void = {
        $0.faults = (try? LabFaults(parsing: "INVITE 488 1")) ?? $0.faults
    }

    @Test(
        "a peer that refuses TLS is invited again without it if that is allowed, and the user is told of it"
    )
    func fallback() async throws {
        try await EngineBench.run(Self.refusal) { bench in
            let alice = try bench.engine(of: "alice", transport: .tcp)
            var configuration = try bench.configuration(of: "bob")
            configuration.chatPolicy = .all
            let bob = Engine(configuration, on: bench.loop)
            let events = EventReader(await alice.events())
            _ = try await bob.register()
            let chat = try await alice.openChat(with: "bob")
            #expect(chat.security == .plain)
            let warned = try await events.first { kind -> String? in
                if case .warning(.chatNotEncrypted(let peer)) = kind { peer } else { nil }
            }
            #expect(warned == "sip:bob@ims.test")
            // What the peer has refused once it is not asked again in this run, but by nobody else.
            #expect(try await alice.openChat(with: "bob").security == .plain)
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }

    @Test("a peer that refuses TLS gets no chat if nothing else is allowed")
    func noFallback() async throws {
        try await EngineBench.run(Self.refusal) { bench in
            let alice = try bench.engine(of: "alice", transport: .tcp) { $0.chatTransport = .tls }
            do {
                _ = try await alice.openChat(with: "bob")
                Issue.record("the chat stands")
            } catch EngineError.chatNotOpened(.refused(let refusal)) {
                #expect(refusal.status == 488)
            }
            await alice.shutDown(keepRegistration: false)
        }
    }

    @Test("a port of the range is taken, and where none is free that is said")
    func ports() async throws {
        try await withEventLoop { loop in
            let holder = try Listener(at: .loopback(), on: loop) { _ in nil }
            let taken = holder.local.port
            let next = taken == .max ? taken - 1 : taken + 1
            let range = min(taken, next)...max(taken, next)
            let transport = MSRPTransport(on: loop, ports: range) { _, _ in
            } retry: { _ in
            } resume: { _ in
            }
            #expect(try transport.listen(on: "127.0.0.1").port == next)
            let other = MSRPTransport(on: loop, ports: range) { _, _ in
            } retry: { _ in
            } resume: { _ in
            }
            #expect(throws: SocketError.addressInUse) { try other.listen(on: "127.0.0.1") }
            transport.closeAll()
            holder.close()
        }
    }
}
