import Lab
import MSRP
import Runtime
import Store
import TestSupport
import Testing
import Wire

import enum SIP.TransportProtocol

@testable import Engine

/// What a test does to the connections of a client, and sends on them behind its back.
extension Engine {
    /// Breaks every connection of the message sessions, as a network does.
    fileprivate func breakConnections() {
        for link in msrp?.links.values.map(\.self) ?? [] { link.connection.close() }
    }

    /// Sends bytes on the connection of a chat; `TO` and `FROM` in them are the paths of the chat.
    fileprivate func sendRaw(_ text: String, in id: ChatID, to other: String? = nil) throws {
        let local = try #require(chatStates[id]?.local)
        let entry = try #require(msrp?.entries[local])
        let link = try #require(entry.link)
        let target = other ?? entry.session.configuration.target.text.text
        let bytes = text.replacing("TO", with: target).replacing("FROM", with: local.text.text)
        try #require(msrp?.links[link]).connection.send(Array(bytes.utf8))
    }

    /// How many sessions and connections are held.
    fileprivate var heldSessions: Int { msrp?.entries.count ?? 0 }
}

@Suite("Chats whose connection breaks, or whose other side misbehaves", .timeLimit(.minutes(1)))
struct ChatRecoveryTests {
    /// Alice has a chat with bob, who takes all.
    private func run(
        change: @escaping @Sendable (inout Account) -> Void = { _ in },
        _ body: @escaping @Sendable (Engine, Engine, Chat, EventReader, EventReader) async throws -> Void
    ) async throws {
        try await EngineBench.run { bench in
            let alice = try bench.engine(of: "alice", transport: .tcp) { account in
                account.chatTransport = .tcp
                change(&account)
            }
            var configuration = try bench.configuration(of: "bob", transport: .tcp, change: change)
            configuration.chatPolicy = .all
            let bob = Engine(configuration, on: bench.loop)
            let (told, heard) = (EventReader(await alice.events()), EventReader(await bob.events()))
            _ = try await bob.register()
            let chat = try await alice.openChat(with: "bob")
            try await body(alice, bob, chat, told, heard)
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }

    private func text(_ events: EventReader) async throws -> String {
        let message = try await events.first { kind -> IncomingChatMessage? in
            if case .chatMessage(let message) = kind { message } else { nil }
        }
        return String(decoding: message.body, as: UTF8.self)
    }

    private func chat(_ events: EventReader) async throws -> Chat {
        try await events.first { if case .chatOpened(let chat) = $0 { chat } else { nil } }
    }

    private func end(_ events: EventReader) async throws -> ChatEnd {
        try await events.first { kind -> ChatEnd? in
            if case .chatClosed(_, let end) = kind { end } else { nil }
        }
    }

    @Test("a connection that breaks is made again, whoever breaks it, and nothing is lost or shown twice")
    func reconnected() async throws {
        try await run { alice, bob, chat, _, heard in
            let theirs = try await self.chat(heard)
            _ = try await alice.say(Array("one".utf8), in: chat.id)
            #expect(try await text(heard) == "one")
            await alice.breakConnections()
            // Said while there is no connection: it waits for the next one.
            let delivery = try await alice.say(Array("two".utf8), in: chat.id)
            #expect([.accepted, .delivered].contains(delivery))
            #expect(try await text(heard) == "two")
            await bob.breakConnections()
            async let third = alice.say(Array("three".utf8), in: chat.id)
            let answer = try await bob.say(Array("four".utf8), in: theirs.id)
            #expect([.accepted, .delivered].contains(answer))
            #expect(try await text(heard) == "three")
            let last = try await third
            #expect([.accepted, .delivered].contains(last))
            #expect(await alice.heldSessions == 1)
            #expect(await bob.heldSessions == 1)
            let kept = try await bob.history(peer: nil, limit: 10)
            #expect(
                kept.map { String(decoding: $0.body, as: UTF8.self) }.sorted() == [
                    "four", "one", "three", "two",
                ]
            )
        }
    }

    @Test("a chat whose other side does not come back ends with the reason")
    func notReconnected() async throws {
        try await run {
            $0.msrpTimeout = .seconds(1)
        } _: { alice, bob, chat, told, heard in
            _ = try await self.chat(heard)
            // Bob is the one who waits: alice must not come back.
            await alice.forgetSignalling(of: chat.id)
            await bob.breakConnections()
            guard case .connection = try await end(heard) else {
                Issue.record("another reason")
                return
            }
        }
    }

    @Test(
        "what no client sends is refused or passed over, and the chats live on",
        arguments: [
            // A response to nothing, and a report on nothing.
            "MSRP a1b2c3d4 200 OK\r\nTo-Path: TO\r\nFrom-Path: FROM\r\n-------a1b2c3d4$\r\n",
            "MSRP a1b2c3d4 REPORT\r\nTo-Path: TO\r\nFrom-Path: FROM\r\nMessage-ID: nobody\r\n"
                + "Byte-Range: 1-9/9\r\nStatus: 000 200 OK\r\n-------a1b2c3d4$\r\n",
            // A method of nobody.
            "MSRP a1b2c3d4 DANCE\r\nTo-Path: TO\r\nFrom-Path: FROM\r\n-------a1b2c3d4$\r\n",
            // Ranges and sizes that are claimed alone.
            "MSRP a1b2c3d4 SEND\r\nTo-Path: TO\r\nFrom-Path: FROM\r\nMessage-ID: huge\r\n"
                + "Byte-Range: 1-*/9007199254740992\r\nContent-Type: text/plain\r\n\r\nx\r\n-------a1b2c3d4+\r\n",
            "MSRP a1b2c3d4 SEND\r\nTo-Path: TO\r\nFrom-Path: FROM\r\nMessage-ID: far\r\n"
                + "Byte-Range: 1000000-*/1000001\r\nContent-Type: text/plain\r\n\r\nx\r\n-------a1b2c3d4+\r\n",
            // No message at all.
            "MSRP a1b2c3d4 SEND\r\nTo-Path: TO\r\nFrom-Path: FROM\r\nByte-Range: x\r\n-------a1b2c3d4$\r\n",
        ]
    )
    func nonsense(_ bytes: String) async throws {
        try await run { alice, bob, chat, _, heard in
            let other = try await alice.openChat(with: "bob")
            for _ in 0..<200 { try await alice.sendRaw(bytes, in: chat.id) }
            _ = try await alice.say(Array("in the same chat".utf8), in: chat.id)
            #expect(try await text(heard) == "in the same chat")
            _ = try await alice.say(Array("in the other".utf8), in: other.id)
            #expect(try await text(heard) == "in the other")
        }
    }

    @Test("of a hundred messages that are begun and not ended the last are kept, and whole ones get through")
    func openMessages() async throws {
        try await run { alice, bob, chat, _, heard in
            for number in 0..<100 {
                let id = "part\(1_000 + number)"
                try await alice.sendRaw(
                    "MSRP \(id) SEND\r\nTo-Path: TO\r\nFrom-Path: FROM\r\nMessage-ID: \(id)\r\n"
                        + "Byte-Range: 1-*/*\r\nContent-Type: text/plain\r\n\r\nbegun\r\n-------\(id)+\r\n",
                    in: chat.id
                )
            }
            _ = try await alice.say(Array("whole".utf8), in: chat.id)
            #expect(try await text(heard) == "whole")
        }
    }

    @Test("paths of another session get nothing through, and what is no MSRP ends the connection alone")
    func foreignPaths() async throws {
        try await run { alice, bob, chat, _, heard in
            _ = try await self.chat(heard)
            let port = try #require(await alice.msrpPeerPort(of: chat.id))
            let wrong = "msrp://127.0.0.1:\(port)/doesnotexist12345678;tcp"
            try await alice.sendRaw(
                "MSRP a1b2c3d4 SEND\r\nTo-Path: TO\r\nFrom-Path: FROM\r\nMessage-ID: m\r\nByte-Range: 1-6/6\r\n"
                    + "Content-Type: text/plain\r\n\r\nforged\r\n-------a1b2c3d4$\r\n",
                in: chat.id,
                to: wrong
            )
            _ = try await alice.say(Array("true".utf8), in: chat.id)
            #expect(try await text(heard) == "true")
            try await alice.sendRaw("GET / HTTP/1.1\r\n\r\n", in: chat.id)
            // The connection is made again.
            _ = try await alice.say(Array("after".utf8), in: chat.id)
            #expect(try await text(heard) == "after")
        }
    }
}

extension Engine {
    /// Lets this client forget the chat as if it had been ended: nothing is sent about it any more.
    fileprivate func forgetSignalling(of id: ChatID) {
        guard let state = chatStates.removeValue(forKey: id), let local = state.local else { return }
        sessionOwners[local] = nil
    }

    fileprivate func msrpPeerPort(of id: ChatID) -> UInt16? {
        guard let local = chatStates[id]?.local else { return nil }
        return msrp?.entries[local]?.session.configuration.target.last?.port
    }
}
