import MSRP
import Runtime
import TestSupport
import Wire

@testable import Engine

/// One end of an MSRP session without an engine; belongs to the thread of its loop.
final class TransportEnd: @unchecked Sendable {
    /// What the callbacks of the transport lead back to.
    private final class Way: @unchecked Sendable {
        weak var end: TransportEnd?

        func drive(_ body: (MSRPTransport) -> [MSRPTransport.Event]) { end?.drive(body) }
    }

    let transport: MSRPTransport
    let local: MSRPURI
    let events = Inbox<MSRPTransport.Event>()

    init(_ sessionID: String, on loop: EventLoop) throws {
        let way = Way()
        transport = MSRPTransport(on: loop) { id, input in
            way.drive { $0.take(input, for: id) }
        } retry: { _ in
        } resume: { local in
            way.drive {
                $0.goOn(local)
                return []
            }
        }
        let port = try transport.listen(on: "127.0.0.1").port
        local = try MSRPURI(host: "127.0.0.1", port: port, sessionID: sessionID)
        way.end = self
    }

    /// Does what the engine does: acts on the events, and only then lets the sessions send.
    func drive(_ body: (MSRPTransport) -> [MSRPTransport.Event]) {
        var told = body(transport)
        repeat {
            for event in told { events.put(event) }
            told = transport.flush()
        } while !told.isEmpty
    }

    /// Makes the session with the other end, and connects to it if asked to.
    func open(
        to peer: TransportEnd,
        connects: Bool,
        delivery: Delivery = .whole(limit: 1_000),
        sinks: SinkMaker? = nil
    ) throws {
        let path = try MSRPPath(peer.local.text.text)
        let configuration = SessionConfiguration(local: local, target: path, delivery: delivery)
        let addresses = [SocketAddress(host: "127.0.0.1", port: peer.local.port ?? 0)].compactMap(\.self)
        let hop = MSRPTransport.FirstHop(addresses: addresses, name: "127.0.0.1")
        drive { $0.add(Session(configuration), connects ? .connecting(to: hop) : .waiting, sinks: sinks) }
    }

    /// Waits for the next thing the session says that `select` wants.
    func next<Value>(_ select: (SessionEvent) -> Value?) async throws -> Value {
        while true {
            guard case .session(_, let event) = try await events.next() else { continue }
            if let value = select(event) { return value }
        }
    }

    /// Waits until the connection stands.
    func opened() async throws {
        while true { if case .opened = try await events.next() { return } }
    }
}

/// A source that makes its bytes.
final class CountingSource: MessageSource, @unchecked Sendable {
    private let total: UInt64
    private let pause: UInt64?
    private(set) var place: UInt64 = 0
    private(set) var isClosed = false
    private var wake: (@Sendable () -> Void)?

    /// - Parameters:
    ///   - total: How many bytes there are.
    ///   - pause: Where it has nothing more until `goOn`.
    init(total: UInt64, pause: UInt64? = nil) { (self.total, self.pause) = (total, pause) }

    /// A length no block of the way has as a divisor, so that a piece in the wrong place is seen.
    private static let pattern = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    static func bytes(at place: UInt64, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let start = Int((place + UInt64(bytes.count)) % UInt64(pattern.count))
            bytes += pattern[start...].prefix(count - bytes.count)
        }
        return bytes
    }

    var size: UInt64? { nil }
    private var mayGoOn = false

    func begin(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func goOn() {
        mayGoOn = true
        wake?()
    }

    func next(upTo limit: Int) -> MessageSupply {
        let end = mayGoOn ? total : pause ?? total
        let count = min(UInt64(limit), end - place)
        if count == 0, end < total { return .later }
        let bytes = Self.bytes(at: place, count: Int(count))
        place += count
        return place == total ? .last(ByteString(bytes)) : .bytes(ByteString(bytes))
    }

    func rewind(to place: UInt64) -> Bool {
        self.place = place
        return true
    }

    func close() { isClosed = true }
}

/// A sink that checks what comes, and takes no more than it is let.
final class CheckingSink: MessageSink, @unchecked Sendable {
    private var wake: (@Sendable () -> Void)?
    private var allowance: UInt64
    private(set) var place: UInt64 = 0
    private(set) var isRight = true
    private(set) var ends: [MessageSinkEnd] = []

    init(allowance: UInt64 = .max) { self.allowance = allowance }

    var isFull: Bool { place >= allowance }

    func begin(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Lets it take all that still comes.
    func open() {
        allowance = .max
        wake?()
    }

    func receive(_ bytes: ByteString) -> MessageIntake {
        isRight = isRight && bytes.bytes == CountingSource.bytes(at: place, count: bytes.count)
        place += UInt64(bytes.count)
        return isFull ? .full : .ready
    }

    func end(_ end: MessageSinkEnd) { ends.append(end) }
}
