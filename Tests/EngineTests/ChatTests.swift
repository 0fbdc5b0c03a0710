import Lab
import Runtime
import Store
import Testing
import Wire

import enum SIP.TransportProtocol

@testable import Engine

@Suite("Chats against the pocket core", .timeLimit(.minutes(1)))
struct ChatTests {
    /// Alice and bob, registered; bob does with invitations as `policy` says.
    private func run(
        policy: ChatPolicy = .all,
        transport: ChatTransport = .automatic,
        _ body: @escaping @Sendable (EngineBench, Engine, Engine, EventReader) async throws -> Void
    ) async throws {
        try await EngineBench.runPair(
            alice: { $0.chatTransport = transport },
            bob: { configuration, _ in configuration.chatPolicy = policy },
            body
        )
    }

    private func message(_ events: EventReader) async throws -> IncomingChatMessage {
        try await events.first { if case .chatMessage(let message) = $0 { message } else { nil } }
    }

    @Test("messages go both ways, are confirmed, and both histories hold them with their session")
    func messages() async throws {
        try await run { _, alice, bob, events in
            let chat = try await alice.openChat(with: "bob")
            let delivery = try await alice.say(Array("hello".utf8), in: chat.id)
            #expect([.accepted, .delivered].contains(delivery))
            let received = try await message(events)
            #expect(String(decoding: received.body, as: UTF8.self) == "hello")
            #expect(received.chat.peer == "sip:alice@ims.test")
            let answer = try await bob.say(Array("hi".utf8), in: received.chat.id)
            #expect([.accepted, .delivered].contains(answer))
            let sent = try await alice.history(peer: nil, limit: 5)
            #expect(sent.map(\.state) == [.accepted, .received])
            #expect(sent.allSatisfy { $0.sessionID == chat.callID })
            await alice.leave(chat.id)
            let end = try await events.first { kind -> ChatEnd? in
                if case .chatClosed(_, let end) = kind { end } else { nil }
            }
            #expect(end == .byPeer)
            // The other side has left already: there is nothing to refuse.
            await bob.leave(received.chat.id)
        }
    }

    @Test("the pocket core's own buddy chats over TLS, and its certificate is the one it announced")
    func buddy() async throws {
        try await EngineBench.run {
            $0.automaticBuddy = "bob"
        } _: { bench in
            let alice = try bench.engine(of: "alice", transport: .tcp) { $0.chatTransport = .tls }
            let events = EventReader(await alice.events())
            let chat = try await alice.openChat(with: "bob")
            guard case .tls(_, .fingerprint) = chat.security else {
                Issue.record("\(String(describing: chat.security))")
                return
            }
            _ = try await alice.say(Array("hello".utf8), in: chat.id)
            let answer = try await message(events)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("hello"))
            await alice.shutDown(keepRegistration: false)
        }
    }

    @Test("a message larger than a chunk arrives whole")
    func large() async throws {
        try await run { _, alice, _, events in
            let chat = try await alice.openChat(with: "bob")
            let text = Array(String(repeating: "0123456789", count: 30_000).utf8)
            _ = try await alice.say(text, in: chat.id)
            #expect(try await message(events).body == text)
        }
    }

    @Test("an invitation waits for the user, who accepts it")
    func asked() async throws {
        try await run(policy: .ask) { _, alice, bob, events in
            async let opened = alice.openChat(with: "bob")
            let invitation = try await events.first { kind -> Chat? in
                if case .chatInvited(let chat) = kind { chat } else { nil }
            }
            #expect(invitation.peer == "sip:alice@ims.test")
            _ = try await bob.accept(invitation.id)
            _ = try await opened
            #expect(await bob.chats.map(\.id) == [invitation.id])
        }
    }

    @Test("who takes no chats is busy, and the one who invites is told", arguments: [true, false])
    func refused(_ isAsked: Bool) async throws {
        try await run(policy: isAsked ? .ask : .none) { _, alice, bob, events in
            async let opened = alice.openChat(with: "bob")
            if isAsked {
                let invitation = try await events.first { kind -> Chat? in
                    if case .chatInvited(let chat) = kind { chat } else { nil }
                }
                try await bob.reject(invitation.id)
            }
            do {
                _ = try await opened
                Issue.record("the chat stands")
            } catch EngineError.chatNotOpened(.refused(let refusal)) {
                #expect(refusal.status == (isAsked ? 603 : 486))
            }
        }
    }

    @Test("somebody who is not there is told as such")
    func absent() async throws {
        try await run { _, alice, _, _ in
            do {
                _ = try await alice.openChat(with: "carol")
                Issue.record("the chat stands")
            } catch EngineError.chatNotOpened(.refused(let refusal)) {
                #expect(refusal.status == 480)
            }
        }
    }

    @Test(
        "a chat that the pocket core sits in goes both ways, and can be broken",
        arguments: [ChatTransport.tcp, .tls]
    )
    func passing(_ transport: ChatTransport) async throws {
        try await run(transport: transport) { bench, alice, bob, events in
            #expect(bench.lab.control("msrp on") == "faults: chats pass the switch")
            let chat = try await alice.openChat(with: "bob")
            _ = try await alice.say(Array("hello".utf8), in: chat.id)
            let received = try await message(events)
            #expect(String(decoding: received.body, as: UTF8.self) == "hello")
            _ = try await bob.say(Array("hi".utf8), in: received.chat.id)
            #expect(bench.lab.control("status").contains("1 paths"))
            _ = bench.lab.control("msrp 413 1")
            #expect(try await alice.say(Array("too much".utf8), in: chat.id) == .refused(413))
        }
    }
}
