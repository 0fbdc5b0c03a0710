import MSRP
import Runtime
import Store
import Testing
import Wire

import enum SIP.TransportProtocol

@testable import Engine

@Suite("Chats with peers that do as they like", .timeLimit(.minutes(1)))
struct RawPeerTests {
    /// Alice, registered, and what she is told.
    private func run(
        _ body: @escaping @Sendable (EngineBench, Engine, EventReader) async throws -> Void
    ) async throws {
        try await EngineBench.run { bench in
            let alice = try bench.engine(of: "alice", transport: .tcp) { $0.chatTransport = .tcp }
            let events = EventReader(await alice.events())
            _ = try await alice.register()
            try await body(bench, alice, events)
            await alice.shutDown(keepRegistration: false)
        }
    }

    private func message(_ events: EventReader) async throws -> IncomingChatMessage {
        try await events.first { if case .chatMessage(let message) = $0 { message } else { nil } }
    }

    private func text(_ events: EventReader) async throws -> String {
        String(decoding: try await message(events).body, as: UTF8.self)
    }

    private func end(_ events: EventReader) async throws -> ChatEnd {
        try await events.first { kind -> ChatEnd? in
            if case .chatClosed(_, let end) = kind { end } else { nil }
        }
    }

    // MARK: - Codes

    @Test("a wrong session is refused with 481, a spoiled request with 400, a foreign method with 501")
    func codes() async throws {
        try await run { bench, alice, events in
            let peer = try await bench.rawPeer(of: alice)
            let port = try #require(peer.local.port)
            try peer.request(
                ["Message-ID: m"],
                to: "msrp://127.0.0.1:\(port)/nobody0123456789;tcp",
                body: "for nobody"
            )
            #expect(try await peer.response() == 481)
            try peer.request(["Message-ID: m", "Byte-Range: x"], body: "no range")
            #expect(try await peer.response() == 400)
            try peer.request(body: "no name")
            #expect(try await peer.response() == 400)
            try peer.request(method: "DANCE")
            #expect(try await peer.response() == 501)
            try peer.say("a message", messageID: "m2")
            #expect(try await peer.response() == 200)
            #expect(try await text(events) == "a message")
            #expect(try await alice.history(peer: nil, limit: 5).count == 1)
        }
    }

    @Test("a session that has its connection is refused on another with 506")
    func secondConnection() async throws {
        try await run { bench, alice, events in
            let peer = try await bench.rawPeer(of: alice)
            try peer.say("first", messageID: "m1")
            #expect(try await peer.response() == 200)
            let other = try RawPeer((peer.chat, peer.local), own: peer.own, on: bench.loop)
            try other.say("forged", messageID: "m2")
            #expect(try await other.response() == 506)
            try peer.say("second", messageID: "m3")
            #expect(try await text(events) == "first")
            #expect(try await text(events) == "second")
        }
    }

    @Test("a message that is too large is stopped with 413 as soon as it says so, or grows so")
    func stopSender() async throws {
        try await run { bench, alice, events in
            let peer = try await bench.rawPeer(of: alice)
            try peer.request(["Message-ID: m1", "Byte-Range: 1-*/2000000"], body: "begun", flag: "+")
            #expect(try await peer.response() == 413)
            let piece = String(repeating: "x", count: 600_000)
            try peer.request(["Message-ID: m2", "Byte-Range: 1-*/*"], body: piece, flag: "+", id: "grow1")
            #expect(try await peer.response() == 200)
            try peer.request(
                ["Message-ID: m2", "Byte-Range: 600001-*/*"],
                body: piece,
                flag: "+",
                id: "grow2"
            )
            #expect(try await peer.response() == 413)
            try peer.say("small", messageID: "m3")
            #expect(try await text(events) == "small")
        }
    }

    @Test("413 stops a message in the middle, its sender is told, and the chat goes on")
    func stopped() async throws {
        try await run { bench, alice, events in
            let peer = try await bench.rawPeer(of: alice)
            try peer.request(["Message-ID: hello"])
            #expect(try await peer.response() == 200)
            let size = 32 << 20
            async let delivery = alice.say([UInt8](repeating: 120, count: size), in: peer.chat.id)
            let first = try await peer.message()
            try peer.answer(413, to: first)
            #expect(try await delivery == .refused(413))
            let report = try await events.first { if case .chatSent(let report) = $0 { report } else { nil } }
            #expect(report.delivery == .refused(413))
            async let next = alice.say(Array("next".utf8), in: peer.chat.id)
            var received = first.body.count
            while true {
                let chunk = try await peer.message()
                guard chunk.head.messageID != first.head.messageID else {
                    received += chunk.body.count
                    #expect(chunk.flag != .complete)
                    continue
                }
                #expect(chunk.body == Array("next".utf8))
                try peer.answer(200, to: chunk)
                break
            }
            #expect(try await next == .accepted)
            #expect(received < size)
            #expect(try await alice.history(peer: nil, limit: 5).map(\.state) == [.refused, .accepted])
        }
    }

    // MARK: - Quirks

    @Test(
        "an empty SEND opens a chat and is no message; ranges in responses, and reports without an end, count"
    )
    func quirks() async throws {
        try await run { bench, alice, events in
            let peer = try await bench.rawPeer(of: alice)
            try peer.request(["Message-ID: hello", "Byte-Range: 1-0/0"])
            #expect(try await peer.response() == 200)
            _ = try await events.first { if case .chatOpened(let chat) = $0 { chat } else { nil } }
            async let first = alice.say(Array("first".utf8), in: peer.chat.id)
            // What the other side says in the meantime does not wait for its answer.
            let chunk = try await peer.message()
            try peer.say("before the answer", messageID: "m1")
            #expect(try await text(events) == "before the answer")
            try peer.answer(200, to: chunk, ["Byte-Range: 1-5/5"])
            #expect([.accepted, .delivered].contains(try await first))
            for range in ["1-*/6", "1-*/*", "1-6/*"] {
                async let second = alice.say(Array("second".utf8), in: peer.chat.id, until: .delivered)
                let chunk = try await peer.message()
                #expect(chunk.head.successReport)
                try peer.answer(200, to: chunk)
                try peer.report(range, on: chunk)
                #expect(try await second == .delivered)
            }
            #expect(try await alice.history(peer: nil, limit: 9).count == 5)
        }
    }

    @Test("a peer that never answers is told of after the time for it, and asked before the chat ends")
    func silent() async throws {
        try await run { bench, alice, events in
            let peer = try await bench.rawPeer(of: alice)
            let other = try await bench.rawPeer(of: alice, as: "sip:carol@ims.test", number: 1_002)
            for peer in [peer, other] {
                try peer.request(["Message-ID: hello"])
                #expect(try await peer.response() == 200)
            }
            async let delivery = alice.say(Array("anybody?".utf8), in: peer.chat.id)
            _ = try await peer.message()
            await alice.passTime(.seconds(31))
            #expect(try await delivery == .unconfirmed)
            let question = try #require(try await peer.next())
            #expect(question.head.method == .send && question.head.contentType == nil)
            try other.say("here", messageID: "m1")
            #expect(try await text(events) == "here")
            await alice.passTime(.seconds(31))
            guard case .connection(let detail) = try await end(events) else {
                Issue.record("another end")
                return
            }
            #expect(detail.contains("does not answer"))
        }
    }

    // MARK: - Bad input

    @Test("a flood of chunks whose answers nobody reads is held up, and the other chats live on")
    func flood() async throws {
        try await run { bench, alice, events in
            let flooder = try await bench.rawPeer(of: alice)
            let other = try await bench.rawPeer(of: alice, as: "sip:carol@ims.test", number: 1_002)
            flooder.connection.pauseReading()
            let paths = "To-Path: \(flooder.local)\r\nFrom-Path: \(flooder.own)\r\n"
            var round = 0
            while await !alice.isHeldUp(flooder.local) {
                round += 1
                var text = ""
                for number in 0..<100 {
                    let id = "f\(round)x\(number)abc"
                    text += "MSRP \(id) SEND\r\n\(paths)Message-ID: \(id)\r\nByte-Range: 1-*/*\r\n"
                    text += "Content-Type: text/plain\r\n\r\nx\r\n-------\(id)+\r\n"
                }
                // As much as the sockets hold is on its way.
                try? flooder.send(text)
                await Task.yield()
            }
            try other.say("unharmed", messageID: "m1")
            #expect(try await text(events) == "unharmed")
            #expect(await alice.queuedBytes(of: flooder.local) < 1 << 20)
            flooder.connection.abort()
        }
    }

    @Test(
        "an envelope that names another sender is a claim: history, answers and the sender shown are the verified one"
    )
    func claimedSender() async throws {
        try await run { bench, alice, events in
            let peer = try await bench.rawPeer(of: alice)
            let envelope = """
                From: Eve <sip:eve@evil.test>\r
                To: <sip:alice@ims.test>\r
                NS: imdn <urn:ietf:params:imdn>\r
                imdn.Message-ID: forged1234\r
                imdn.Disposition-Notification: positive-delivery\r
                \r
                Content-Type: text/plain\r
                \r
                trust me
                """
            try peer.say(envelope, messageID: "m1", type: "message/cpim")
            let told = try await message(events)
            #expect(told.chat.peer == "sip:bob@ims.test")
            #expect(told.envelope?.sender == "sip:eve@evil.test")
            #expect(String(decoding: told.body, as: UTF8.self) == "trust me")
            let kept = try #require(try await alice.history(peer: nil, limit: 5).first)
            #expect((kept.peer, kept.from) == ("sip:bob@ims.test", "sip:bob@ims.test"))
            let notice = String(decoding: try await peer.message().body, as: UTF8.self)
            #expect(notice.contains("To: <sip:bob@ims.test>"))
            #expect(!notice.contains("eve"))
        }
    }

    // MARK: - What comes again

    @Test(
        "a message that comes again is answered and shown once: on the connection, in a new session, after a restart"
    )
    func repeated() async throws {
        try await run { bench, alice, events in
            let text = "not confirmed"
            for (number, callID) in [(UInt64(1_001), "first"), (1_002, "second")] {
                let peer = try await bench.rawPeer(of: alice, number: number, callID: callID)
                for _ in 0..<2 {
                    try peer.say(text, messageID: "repeated1234", ["Success-Report: yes"])
                    #expect(try await peer.response() == 200)
                    #expect(try await peer.next()?.head.method == .report)
                }
                try peer.say("end of \(callID)", messageID: "end\(number)")
                #expect(try await peer.response() == 200)
            }
            for expected in [text, "end of first", "end of second"] {
                #expect(try await self.text(events) == expected)
            }
            await alice.shutDown(keepRegistration: false)
            let again = try bench.engine(of: "alice", transport: .tcp) { $0.chatTransport = .tcp }
            _ = try await again.register()
            let peer = try await bench.rawPeer(of: again, callID: "third")
            try peer.say(text, messageID: "repeated1234")
            #expect(try await peer.response() == 200)
            let kept = try await again.history(peer: nil, limit: 9)
            #expect(
                kept.map { String(decoding: $0.body, as: UTF8.self) } == [
                    text, "end of first", "end of second",
                ]
            )
            await again.shutDown(keepRegistration: false)
        }
    }
}

extension Engine {
    /// Whether a session is not read, because its answers are not.
    fileprivate func isHeldUp(_ local: MSRPURI) -> Bool {
        msrp?.entries[local]?.link.flatMap { msrp?.links[$0] }?.isPaused == true
    }

    fileprivate func queuedBytes(of local: MSRPURI) -> Int {
        msrp?.entries[local]?.link.flatMap { msrp?.links[$0] }?.connection.queuedBytes ?? 0
    }
}
