import TestSupport
import Testing
import Wire

@testable import Runtime

@Suite("Stream connection", .timeLimit(.minutes(1)))
struct StreamConnectionTests {
    @Test(arguments: [SocketAddress.Family.ipv4, .ipv6])
    func `bytes go both ways and each side learns of the end`(_ family: SocketAddress.Family) async throws {
        try await withEventLoop { loop in
            let bench = try StreamBench(on: loop, at: .loopback(family))
            let client = bench.connect()
            try client.send(Array("early".utf8))
            let server = try await bench.accepted()
            #expect(try await bench.client.next().isConnected)
            #expect(try await bench.server.next().isConnected)
            #expect(server.remote == client.local)
            #expect(try await bench.server.collect(5) == Array("early".utf8))
            try server.send(Array("answer".utf8))
            #expect(try await bench.client.collect(6) == Array("answer".utf8))
            client.close()
            #expect(try await bench.server.next().isEnd)
            server.close()
            #expect(try await bench.client.next().closedError == .some(nil))
            #expect(try await bench.server.next().closedError == .some(nil))
            bench.listener.close()
        }
    }

    @Test func `after a half close the other direction still works`() async throws {
        try await withEventLoop { loop in
            let bench = try StreamBench(on: loop)
            let client = bench.connect()
            let server = try await bench.accepted()
            try client.send([1])
            client.endSending()
            #expect(throws: SocketError.closed) { try client.send([2]) }
            #expect(try await bench.server.skipConnected().collect(1) == [1])
            #expect(try await bench.server.next().isEnd)
            try server.send([3])
            #expect(try await bench.client.skipConnected().collect(1) == [3])
            server.close()
            #expect(try await bench.client.next().isEnd)
            client.close()
            #expect(try await bench.client.next().closedError == .some(nil))
            bench.listener.close()
        }
    }

    @Test func `a port where nobody listens is refused by type`() async throws {
        try await withEventLoop { loop in
            // Bound but not listening, so that no other test gets the port meanwhile.
            let reserved = try openSocket(.ipv4, .stream)
            try SocketAddress.loopback().bind(reserved)
            let inbox = Inbox<StreamConnection.Event>()
            let address = try SocketAddress.local(of: reserved)
            _ = StreamConnection(to: address, on: loop) { inbox.put($0) }
            let event = try await inbox.next()
            #expect(event.closedError == .some(.refused))
        }
    }

    @Test func `a peer that does not answer in time is reported as such`() async throws {
        try await withEventLoop { loop in
            // TCP comes about in the kernel, TLS never does.
            let bench = try StreamBench(on: loop)
            var options = StreamConnection.Options()
            options.timeout = .milliseconds(20)
            let context = try TLSContext(trusting: .system)
            _ = bench.connect(tls: .init(context, name: "localhost"), options: options)
            #expect(try await bench.client.next().closedError == .some(.timedOut))
            bench.listener.close()
        }
    }

    @Test func `a connection that is aborted says nothing more, and the peer hears of it`() async throws {
        try await withEventLoop { loop in
            let bench = try StreamBench(on: loop)
            let client = bench.connect()
            let server = try await bench.accepted()
            #expect(try await bench.client.next().isConnected)
            client.abort()
            client.abort()
            #expect(try await bench.server.skipConnected().next().isEnd)
            server.abort()
            bench.listener.close()
        }
    }

    @Test func `a slow reader holds the writer back, who hears when the queue is empty`() async throws {
        try await withEventLoop { loop in
            let bench = try StreamBench(on: loop)
            var options = StreamConnection.Options()
            options.queueLimit = 8 << 20
            let client = bench.connect(options: options)
            let server = try await bench.accepted()
            #expect(try await bench.client.next().isConnected)
            server.pauseReading()
            // Chunks that tell their order; more than the kernel holds for a connection on loopback.
            var sent = 0
            while client.queuedBytes < 1 << 20 {
                try client.send([UInt8](repeating: UInt8(truncatingIfNeeded: sent), count: 100_000))
                sent += 1
            }
            #expect(throws: SocketError.queueFull) { try client.send([UInt8](repeating: 0, count: 8 << 20)) }
            server.resumeReading()
            let received = try await bench.server.skipConnected().collect(sent * 100_000)
            let isInOrder = (0..<sent).allSatisfy { chunk in
                let range = chunk * 100_000..<(chunk + 1) * 100_000
                return received[range].allSatisfy { $0 == UInt8(truncatingIfNeeded: chunk) }
            }
            #expect(isInOrder)
            #expect(try await bench.client.next().isDrained)
            #expect(client.queuedBytes == 0)
            client.abort()
            server.abort()
            bench.listener.close()
        }
    }

    @Test func `what waits to be sent is sent before a close`() async throws {
        try await withEventLoop { loop in
            let bench = try StreamBench(on: loop)
            let client = bench.connect()
            let server = try await bench.accepted()
            #expect(try await bench.client.next().isConnected)
            let bytes = [UInt8](repeating: 7, count: 4 << 20)
            try client.send(bytes)
            client.close()
            let received = try await bench.server.skipConnected().collect(bytes.count)
            #expect(received == bytes)
            #expect(try await bench.server.next().isEnd)
            server.close()
            bench.listener.close()
        }
    }

    @Test func `a connection the owner does not want is closed at once`() async throws {
        try await withEventLoop { loop in
            let listener = try Listener(at: .loopback(), on: loop) { _ in nil }
            let inbox = Inbox<StreamConnection.Event>()
            let client = StreamConnection(to: listener.local, on: loop) { inbox.put($0) }
            #expect(try await StreamInbox(inbox).skipConnected().next().isEnd)
            client.abort()
            listener.close()
        }
    }
}

/// A listener, and the events of one connection to it as both sides see them.
struct StreamBench: Sendable {
    let loop: EventLoop
    let listener: Listener
    let client = StreamInbox(Inbox())
    let server: StreamInbox
    private let acceptances: Inbox<StreamConnection>

    init(
        on loop: EventLoop,
        at address: SocketAddress = .loopback(),
        tls: TLSContext? = nil
    ) throws(SocketError) {
        let (server, acceptances) = (StreamInbox(Inbox()), Inbox<StreamConnection>())
        (self.loop, self.server, self.acceptances) = (loop, server, acceptances)
        listener = try Listener(at: address, tls: tls, on: loop) { connection in
            acceptances.put(connection)
            return { server.inbox.put($0) }
        }
    }

    func connect(
        tls: StreamConnection.TLS? = nil,
        options: StreamConnection.Options = .init()
    ) -> StreamConnection {
        StreamConnection(to: listener.local, tls: tls, options: options, on: loop) { [client] in
            client.inbox.put($0)
        }
    }

    func accepted() async throws -> StreamConnection { try await acceptances.next() }
}

struct StreamInbox: Sendable {
    let inbox: Inbox<StreamConnection.Event>

    init(_ inbox: Inbox<StreamConnection.Event>) { self.inbox = inbox }

    func next() async throws -> StreamConnection.Event { try await inbox.next() }

    func skipConnected() async throws -> Self {
        let event = try await next()
        #expect(event.isConnected)
        return self
    }

    /// Waits for `count` bytes; anything but bytes is an issue.
    func collect(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let event = try await next()
            guard case .received(let more) = event else {
                Issue.record("\(event) after \(bytes.count) of \(count) bytes")
                return bytes
            }
            bytes += more
        }
        return bytes
    }
}

extension StreamConnection.Event {
    var isConnected: Bool { if case .connected = self { true } else { false } }
    var isEnd: Bool { if case .ended = self { true } else { false } }
    var isDrained: Bool { if case .drained = self { true } else { false } }
    /// The error of the last event, which may be none; `nil` for any other event.
    var closedError: SocketError?? { if case .closed(let error) = self { .some(error) } else { nil } }
}
