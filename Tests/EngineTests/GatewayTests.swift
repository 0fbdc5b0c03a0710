import MSRP
import Runtime
import SDP
import Testing
import Wire

import enum SIP.TransportProtocol

@testable import Engine
@testable import UserAgent

/// A gateway that hands on what comes to its port, and knows nothing of MSRP; belongs to the thread of the loop.
private final class Gateway: @unchecked Sendable {
    private let loop: EventLoop
    private let target: SocketAddress
    private var listener: Listener?
    private var legs: [StreamConnection] = []
    /// How many bytes it has handed on.
    private(set) var count = 0

    init(before uri: MSRPURI, on loop: EventLoop) throws {
        self.loop = loop
        target = try #require(SocketAddress(host: uri.hostAddress, port: uri.port ?? 0))
        let place = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        listener = try Listener(at: place, on: loop) { [weak self] inner in self?.join(inner) }
    }

    var port: UInt16 { listener?.local.port ?? 0 }

    private func join(_ near: StreamConnection) -> StreamConnection.Handler {
        let far = StreamConnection(to: target, on: loop) { [weak self] event in self?.pass(event, to: near) }
        legs += [near, far]
        return { [weak self] event in self?.pass(event, to: far) }
    }

    private func pass(_ event: StreamConnection.Event, to other: StreamConnection) {
        switch event {
        case .received(let bytes):
            count += bytes.count
            try? other.send(bytes)
        case .ended, .closed: other.close()
        case .connected, .drained: break
        }
    }

    func close() {
        listener?.close()
        for leg in legs { leg.abort() }
    }
}

extension Engine {
    fileprivate func end(usesCEMA: Bool) throws -> (MSRPMedia, MSRPURI) {
        let (endpoint, local) = try makeDirectEndpoint(ConnectionOffer(isSecure: false, usesCEMA: usesCEMA))
        return (endpoint.medium, local)
    }

    /// Goes on as if this had been agreed.
    fileprivate func agree(_ own: MSRPMedia, _ seen: MSRPMedia, at local: MSRPURI, isOfferer: Bool) -> ChatID
    {
        let chat = Chat(
            id: ChatID(1_001),
            peer: "sip:peer@ims.test",
            isOutgoing: isOfferer,
            callID: "gateway"
        )
        let agreement = MSRPAgreement(local: own, remote: seen, isOfferer: isOfferer)
        #expect(!agreement.needsPlainOffer)
        var state = ChatState(chat: chat, session: MessageSession.ID(number: 1_001), local: local)
        state.agreement = agreement
        chatStates[chat.id] = state
        #expect(open(agreement, from: local, delivery: .whole(limit: 65_536), for: .chat(chat.id)) == nil)
        return chat.id
    }
}

extension MSRPMedia {
    /// What a gateway at `port` makes of it: another address (RFC 6714 §1), and another path if it knows no better.
    fileprivate func rewritten(to port: UInt16, withPath isPath: Bool) throws -> MSRPMedia {
        var seen = self
        (seen.host, seen.port) = ("127.0.0.1", port)
        guard isPath else { return seen }
        let uri = try MSRPURI(parsing: try #require(path.first))
        let other = try MSRPURI(host: "127.0.0.1", port: port, sessionID: uri.sessionID?.text)
        seen.path = [other.text]
        return seen
    }
}

@Suite("Chats through gateways that rewrite addresses", .timeLimit(.minutes(1)))
struct GatewayTests {
    private struct Ends {
        var alice: Engine
        var bob: Engine
        /// Bytes that passed the gateway.
        var passed: @Sendable () async -> Int
        var told: EventReader
        var heard: EventReader
        var chat: ChatID
    }

    private func run(
        usesCEMA: Bool = true,
        rewritesPath: Bool = false,
        isOffererActive: Bool = true,
        isLoose: Bool = false,
        _ body: @escaping @Sendable (Ends) async throws -> Void
    ) async throws {
        try await EngineBench.run { bench in
            let make = { (user: String) throws in
                try bench.engine(of: user, transport: .tcp) { $0.isMSRPMatchLoose = isLoose }
            }
            let (alice, bob) = (try make("alice"), try make("bob"))
            let (told, heard) = (EventReader(await alice.events()), EventReader(await bob.events()))
            _ = (try await alice.register(), try await bob.register())
            var (offer, a) = try await alice.end(usesCEMA: usesCEMA)
            var (answer, b) = try await bob.end(usesCEMA: usesCEMA)
            offer.setup = .actpass
            answer.setup = isOffererActive ? .passive : .active
            let (beforeAlice, beforeBob) = (
                try Gateway(before: a, on: bench.loop), try Gateway(before: b, on: bench.loop)
            )
            let seenOffer = try offer.rewritten(to: beforeAlice.port, withPath: rewritesPath)
            let seenAnswer = try answer.rewritten(to: beforeBob.port, withPath: rewritesPath)
            _ = await bob.agree(answer, seenOffer, at: b, isOfferer: false)
            let chat = await alice.agree(offer, seenAnswer, at: a, isOfferer: true)
            try await body(
                Ends(
                    alice: alice,
                    bob: bob,
                    passed: { beforeAlice.count + beforeBob.count },
                    told: told,
                    heard: heard,
                    chat: chat
                )
            )
            for gateway in [beforeAlice, beforeBob] { gateway.close() }
            await alice.shutDown(keepRegistration: false)
            await bob.shutDown(keepRegistration: false)
        }
    }

    /// Lets both sides say something.
    private func talk(_ ends: Ends) async throws {
        for events in [ends.told, ends.heard] {
            _ = try await events.first { if case .chatOpened(let chat) = $0 { chat } else { nil } }
        }
        for (sender, events) in [(ends.alice, ends.heard), (ends.bob, ends.told)] {
            let delivery = try await sender.say(Array("hello".utf8), in: ends.chat)
            #expect([.accepted, .delivered].contains(delivery))
            let body = try await events.first { kind -> [UInt8]? in
                if case .chatMessage(let message) = kind { message.body } else { nil }
            }
            #expect(body == Array("hello".utf8))
        }
    }

    @Test("with CEMA the address of c= and m= is the way, whoever connects", arguments: [true, false])
    func addresses(_ isOffererActive: Bool) async throws {
        try await run(isOffererActive: isOffererActive) { ends in
            try await talk(ends)
            #expect(await ends.passed() > 0)
        }
    }

    @Test("without CEMA the path is the way, past the gateway")
    func path() async throws {
        try await run(usesCEMA: false) { ends in
            try await talk(ends)
            #expect(await ends.passed() == 0)
        }
    }

    @Test(
        "where paths are rewritten the session id is enough if msrp-match says so",
        arguments: [true, false]
    )
    func looseMatch(_ isLoose: Bool) async throws {
        try await run(rewritesPath: true, isLoose: isLoose) { ends in
            guard !isLoose else {
                try await talk(ends)
                #expect(await ends.passed() > 0)
                return
            }
            let end = try await ends.told.first { kind -> ChatEnd? in
                if case .chatClosed(_, let end) = kind { end } else { nil }
            }
            #expect(end == .connection(detail: "the other side answered 481"))
        }
    }
}
