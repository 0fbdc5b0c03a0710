import Lab
import Runtime
import Store
import TestSupport
import Testing
import UserAgent
import Wire

import enum SIP.TransportProtocol

@testable import Engine

@Suite("What messages carry, against the pocket core", .timeLimit(.minutes(1)))
struct ContentTests {
    private struct Pair {
        var alice: Engine
        var bob: Engine
        /// What each of them is told.
        var aliceReads: EventReader
        var bobReads: EventReader
    }

    /// Alice and bob, registered.
    private func run(
        alice changeAlice: @escaping @Sendable (inout Account) -> Void = { _ in },
        bob changeBob: @escaping @Sendable (inout Account) -> Void = { _ in },
        faults: String = "",
        _ body: @escaping @Sendable (Pair) async throws -> Void
    ) async throws {
        let faults = try LabFaults(parsing: faults)
        try await EngineBench.run({ $0.faults = faults }) { bench in
            var configuration = try bench.configuration(of: "alice", transport: .tcp, change: changeAlice)
            configuration.timeout = .seconds(20)
            let alice = Engine(configuration, on: bench.loop)
            configuration = try bench.configuration(of: "bob", change: changeBob)
            configuration.chatPolicy = .all
            let bob = Engine(configuration, on: bench.loop)
            let pair = Pair(
                alice: alice,
                bob: bob,
                aliceReads: EventReader(await alice.events()),
                bobReads: EventReader(await bob.events())
            )
            _ = try await alice.register()
            _ = try await bob.register()
            try await body(pair)
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }

    private func message(_ events: EventReader) async throws -> IncomingMessage {
        try await events.first { if case .message(let message) = $0 { message } else { nil } }
    }

    private func chatMessage(_ events: EventReader) async throws -> IncomingChatMessage {
        try await events.first { if case .chatMessage(let message) = $0 { message } else { nil } }
    }

    private func disposition(_ events: EventReader) async throws -> DispositionReport {
        try await events.first { if case .disposition(let report) = $0 { report } else { nil } }
    }

    private func composing(_ events: EventReader) async throws -> ComposingReport {
        try await events.first { if case .composing(let report) = $0 { report } else { nil } }
    }

    @Test(
        "a message is told to be delivered at once, to be displayed when it was shown, and so in the history"
    )
    func pagerNotifications() async throws {
        try await run { pair in
            let report = try await pair.alice.send(OutgoingMessage("hello", to: "bob"), until: .displayed)
            #expect(report.outcome == .accepted)
            let received = try await message(pair.bobReads)
            #expect(String(decoding: received.body, as: UTF8.self) == "hello")
            #expect(received.contentType == "text/plain")
            #expect(received.envelope?.messageID == report.messageID)
            #expect(received.envelope?.sender == nil)
            #expect(await pair.alice.outcome(of: report, reaching: .delivered) == .reached)
            #expect(try await disposition(pair.aliceReads).state == .delivered)
            await pair.bob.displayed(try #require(received.receipt))
            #expect(await pair.alice.outcome(of: report, reaching: .displayed) == .reached)
            let told = try await disposition(pair.aliceReads)
            #expect(told.state == .displayed)
            #expect(told.peer == "sip:bob@ims.test")
            #expect(try await pair.alice.history(peer: nil, limit: 5).map(\.delivery) == [.displayed])
            #expect(try await pair.bob.history(peer: nil, limit: 5).count == 1)
        }
    }

    @Test("who does not want it known that something was displayed tells only that it was delivered")
    func privacy() async throws {
        try await run(bob: { $0.sentNotifications = .delivered }) { pair in
            let report = try await pair.alice.send(OutgoingMessage("hello", to: "bob"), until: .displayed)
            #expect(try await message(pair.bobReads).receipt == nil)
            #expect(await pair.alice.outcome(of: report, reaching: .delivered) == .reached)
        }
    }

    @Test("a message that asks for nothing has no envelope, and nothing is told of it")
    func nothingAsked() async throws {
        try await run { pair in
            let report = try await pair.alice.send(OutgoingMessage("hello", to: "bob"))
            let received = try await message(pair.bobReads)
            #expect(received.envelope == nil)
            #expect(received.receipt == nil)
            #expect(await pair.alice.outcome(of: report, reaching: .delivered) == .notAsked)
        }
    }

    @Test("with cpim every message has an envelope; with plain none, and nothing can be asked for")
    func formats() async throws {
        try await run(alice: { $0.messageFormat = .wrapped }) { pair in
            _ = try await pair.alice.send(OutgoingMessage("hello", to: "bob"))
            #expect(try await message(pair.bobReads).envelope != nil)
        }
        try await run(alice: { $0.messageFormat = .plain }) { pair in
            _ = try await pair.alice.send(OutgoingMessage("hello", to: "bob"))
            #expect(try await message(pair.bobReads).envelope == nil)
            await #expect(throws: EngineError.cannotAsk) {
                try await pair.alice.send(OutgoingMessage("hello", to: "bob"), until: .delivered)
            }
        }
    }

    @Test("a line of a chat is delivered by the report of MSRP and displayed by a notification in the chat")
    func chatNotifications() async throws {
        try await run { pair in
            let chat = try await pair.alice.openChat(with: "bob")
            let delivery = try await pair.alice.say(Array("one".utf8), in: chat.id, until: .delivered)
            #expect(delivery == .delivered)
            #expect(try await chatMessage(pair.bobReads).receipt == nil)
            let alice = pair.alice
            async let displayed = alice.say(
                Array("two".utf8),
                in: chat.id,
                asking: .displayed,
                until: .displayed
            )
            let received = try await chatMessage(pair.bobReads)
            #expect(received.contentType == "text/plain")
            #expect(received.body == Array("two".utf8))
            await pair.bob.displayed(try #require(received.receipt))
            #expect(try await displayed == .displayed)
            let told = try await pair.aliceReads.first { kind -> DispositionReport? in
                if case .disposition(let report) = kind, report.state == .displayed { report } else { nil }
            }
            #expect(told.number == 2)
            #expect(told.chat == chat)
            #expect(
                try await pair.alice.history(peer: nil, limit: 5).map(\.delivery) == [.delivered, .displayed]
            )
        }
    }

    @Test("that somebody writes is told in a chat, and is over with the message")
    func typing() async throws {
        try await run { pair in
            let chat = try await pair.alice.openChat(with: "bob")
            await pair.alice.typed(in: chat.id)
            #expect(try await composing(pair.bobReads).isComposing)
            _ = try await pair.alice.say(Array("hello".utf8), in: chat.id)
            let ended = try await composing(pair.bobReads)
            #expect(!ended.isComposing)
            #expect(ended.isEndedByMessage)
            #expect(try await chatMessage(pair.bobReads).body == Array("hello".utf8))
            // Nothing of that is a message.
            #expect(try await pair.bob.history(peer: nil, limit: 5).count == 1)
        }
    }

    @Test("who switched typing notices off sends none")
    func noTyping() async throws {
        try await run(alice: { $0.sendsTypingNotices = false }) { pair in
            let chat = try await pair.alice.openChat(with: "bob")
            await pair.alice.typed(in: chat.id)
            _ = try await pair.alice.say(Array("hello".utf8), in: chat.id)
            let first = try await pair.bobReads.first { kind -> Bool? in
                switch kind {
                case .composing: true
                case .chatMessage: false
                default: nil
                }
            }
            #expect(!first)
        }
    }

    @Test("a message that is too large for a datagram goes in a session of its own, and arrives as a message")
    func largeMessage() async throws {
        try await run { pair in
            let text = String(repeating: "0123456789", count: 7000)
            let report = try await pair.alice.send(OutgoingMessage(text, to: "bob"), until: .displayed)
            #expect(report.isBySession)
            #expect(report.outcome == .accepted)
            let received = try await message(pair.bobReads)
            #expect(received.body == Array(text.utf8))
            #expect(received.asserted == "sip:alice@ims.test")
            #expect(received.callID == report.callID)
            await pair.bob.displayed(try #require(received.receipt))
            #expect(await pair.alice.outcome(of: report, reaching: .displayed) == .reached)
            let kept = try await pair.alice.history(peer: nil, limit: 5)
            #expect(kept.map(\.state) == [.accepted])
            #expect(kept.first?.callID == report.callID)
            #expect(await pair.bob.chats.isEmpty)
        }
    }

    @Test("one that the other side does not take so goes by MESSAGE, if that can hold it")
    func largeByMessage() async throws {
        try await run { pair in
            await pair.alice.learn(.noLargeMessages, of: "sip:bob@ims.test")
            let text = String(repeating: "0123456789", count: 200)
            let report = try await pair.alice.send(OutgoingMessage(text, to: "bob"))
            #expect(!report.isBySession)
            #expect(try await message(pair.bobReads).body == Array(text.utf8))
            let huge = OutgoingMessage(String(repeating: "0123456789", count: 7000), to: "bob")
            await #expect(throws: EngineError.tooLarge(size: 70_000, limit: Engine.bodyLimit)) {
                try await pair.alice.send(huge)
            }
        }
    }

    @Test("who refuses an envelope gets plain text, at once and from then on, and the user is told once")
    func refusedEnvelope() async throws {
        try await run(faults: "MESSAGE 415 1") { pair in
            for number in 1...2 {
                var message = OutgoingMessage("hello \(number)", to: "bob")
                message.asks = .displayed
                let report = try await pair.alice.send(message)
                #expect(report.outcome == .accepted)
                #expect(report.messageID == nil)
                #expect(try await self.message(pair.bobReads).envelope == nil)
            }
            let warnings = try await pair.aliceReads.collect { kind -> Bool? in
                switch kind {
                case .warning(.plainText): true
                case .outcome: false
                default: nil
                }
            } until: {
                $0.filter { !$0 }.count == 2
            }
            #expect(warnings == [true, false, false])
            #expect(try await pair.alice.history(peer: nil, limit: 5).map(\.state) == [.accepted, .accepted])
        }
    }

    @Test("where no session comes about a large message goes by MESSAGE, and that is remembered")
    func noSession() async throws {
        try await run(faults: "INVITE 488") { pair in
            let text = String(repeating: "0123456789", count: 200)
            let report = try await pair.alice.send(OutgoingMessage(text, to: "bob"))
            #expect(report.outcome == .accepted)
            #expect(!report.isBySession)
            #expect(try await message(pair.bobReads).body == Array(text.utf8))
            #expect(await pair.alice.isKnown(.noLargeMessages, of: "sip:bob@ims.test"))
        }
    }

    @Test("what was learned of a peer outlives the run, and is taken back when the peer shows otherwise")
    func facts() async throws {
        try await EngineBench.run { bench in
            let alice = try bench.engine(of: "alice")
            await alice.learn(.plainText, of: "sip:Bob@ims.test")
            await alice.shutDown(keepRegistration: false)
            let again = try bench.engine(of: "alice")
            #expect(await again.isKnown(.plainText, of: "sip:bob@ims.test"))
            #expect(await !again.wraps(for: "sip:bob@ims.test", asking: .delivery))
            await again.forget(.plainText, of: "sip:bob@ims.test")
            #expect(await !again.isKnown(.plainText, of: "sip:bob@ims.test"))
            await again.shutDown(keepRegistration: false)
        }
    }

    @Test("a chat is taken of buddies only, if so said")
    func buddies() async throws {
        try await EngineBench.run { bench in
            let alice = try bench.engine(of: "alice", transport: .tcp)
            var configuration = try bench.configuration(of: "bob")
            configuration.chatPolicy = .fromBuddies
            let bob = Engine(configuration, on: bench.loop)
            _ = try await alice.register()
            _ = try await bob.register()
            await #expect(throws: EngineError.self) { try await alice.openChat(with: "bob") }
            let store = try Store(path: bench.folder.path + "/bob.db")
            try store.setBuddy(Buddy(uri: "sip:alice@ims.test"), account: "bob")
            _ = try await alice.openChat(with: "bob")
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }
}
