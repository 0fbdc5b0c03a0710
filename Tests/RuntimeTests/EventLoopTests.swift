import Glibc
import TestSupport
import Testing
import Wire

@testable import Runtime

@Suite("Event loop", .timeLimit(.minutes(1)))
struct EventLoopTests {
    /// The pattern of the engine: an actor on the loop that callbacks enter without a hop.
    actor Owner {
        nonisolated let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
        private var socket: DatagramSocket?
        private(set) var received: [[UInt8]] = []
        private var waiter: CheckedContinuation<Void, Never>?

        init(on loop: EventLoop) { self.loop = loop }

        func open() throws(SocketError) -> SocketAddress {
            let socket = try DatagramSocket(bind: .loopback(), on: loop) { [weak self] event in
                self?.assumeIsolated { $0.receive(event) }
            }
            self.socket = socket
            return socket.local
        }

        func send(_ bytes: [UInt8], to address: SocketAddress) throws(SocketError) {
            try socket?.send(bytes, to: address)
        }

        func close() { socket?.close() }

        func waitForOne() async {
            if received.isEmpty { await withCheckedContinuation { waiter = $0 } }
        }

        private func receive(_ event: DatagramSocket.Event) {
            guard case .received(let bytes, _) = event else { return }
            received.append(bytes)
            waiter?.resume()
            waiter = nil
        }
    }

    @Test func `an actor on the loop is entered from a callback and from other threads`() async throws {
        try await withEventLoop { loop in
            let (alice, bob) = (Owner(on: loop), Owner(on: loop))
            _ = try await alice.open()
            let address = try await bob.open()
            try await alice.send([1, 2, 3], to: address)
            await bob.waitForOne()
            #expect(await bob.received == [[1, 2, 3]])
            await Task.detached { await alice.close() }.value
            await bob.close()
        }
    }

    @Test func `code of a task that prefers the loop stays on its thread when it is isolated to nothing`()
        async throws
    {
        try await withEventLoop { loop in
            #expect(loop.isIsolatingCurrentContext() == true)
            await Self.checkThread(loop)
            async let first: Void = Self.checkThread(loop)
            async let second: Void = Self.checkThread(loop)
            _ = await (first, second)
            let other = Counter()
            #expect(await other.increment(expecting: loop) == 1)
            #expect(loop.isIsolatingCurrentContext() == true)
        }
    }

    @concurrent
    private static func checkThread(_ loop: EventLoop) async {
        #expect(loop.isIsolatingCurrentContext() == true)
        await Task.yield()
        #expect(loop.isIsolatingCurrentContext() == true)
    }

    actor Counter {
        private var count = 0

        func increment(expecting loop: EventLoop) -> Int {
            #expect(loop.isIsolatingCurrentContext() == true)
            count += 1
            return count
        }
    }

    @Test func `timers fire in the order of their deadlines, equal ones as they were set`() async throws {
        let order = try await withEventLoop { loop in
            let inbox = Inbox<Int>()
            let start = Instant.now
            loop.schedule(at: start + .milliseconds(3)) { inbox.put(4) }
            loop.schedule(at: start - .seconds(1)) { inbox.put(1) }
            loop.schedule(at: start + .milliseconds(1)) { inbox.put(2) }
            loop.schedule(at: start + .milliseconds(1)) { inbox.put(3) }
            var order: [Int] = []
            for _ in 0..<4 { order.append(try await inbox.next()) }
            #expect(Instant.now >= start + .milliseconds(3))
            return order
        }
        #expect(order == [1, 2, 3, 4])
    }

    @Test func `a timer that was cancelled does not fire, not even by another timer of the same turn`()
        async throws
    {
        try await withEventLoop { loop in
            let inbox = Inbox<String>()
            let start = Instant.now
            let tokens = Lock<[TimerToken]>([])
            loop.schedule(at: start) { for token in tokens.withLock({ $0 }) { loop.cancel(token) } }
            let token = loop.schedule(at: start) { inbox.put("cancelled") }
            tokens.withLock { $0 = [token] }
            loop.schedule(at: start + .milliseconds(1)) { inbox.put("last") }
            let first = try await inbox.next()
            #expect(first == "last")
        }
    }

    @Test func `a timer that sets itself again does not keep the loop from its other work`() async throws {
        try await withEventLoop { loop in
            let ticks = Lock(0)
            @Sendable func tick() {
                ticks.withLock { $0 += 1 }
                loop.schedule(at: .now - .seconds(1)) { tick() }
            }
            tick()
            while ticks.withLock({ $0 }) < 10 { await Task.yield() }
        }
    }

    @Test func `work handed over by other threads runs in order`() async throws {
        let numbers = try await withEventLoop { loop in
            let inbox = Inbox<Int>()
            await Task.detached { for number in 0..<100 { loop.execute { inbox.put(number) } } }.value
            var numbers: [Int] = []
            for _ in 0..<100 { numbers.append(try await inbox.next()) }
            return numbers
        }
        #expect(numbers == Array(0..<100))
    }

    @Test func `a regular file cannot be waited for and is refused`() async throws {
        try await withEventLoop { loop in
            let number = unsafe open("/dev/null", O_RDONLY)
            let file = try #require(Descriptor(number))
            #expect(!loop.register(file.number, .readable) { _ in })
        }
    }
}
