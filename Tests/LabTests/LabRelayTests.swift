import MSRP
import Runtime
import TestSupport
import Testing
import Wire

@testable import Lab

@Suite("Pocket core: the relay and the document server on sockets", .timeLimit(.minutes(1)))
struct LabRelayTests {
    @Test func `a message larger than any buffer passes the relay, at the pace of who receives it`()
        async throws
    {
        try await withEventLoop { loop in
            var configuration = LabConfiguration()
            configuration.port = 0
            let server = try LabServer.start(on: loop, configuration)
            let size = 24 << 20
            let receiver = try SlowReceiver(on: loop)
            let answers = Inbox<[UInt8]?>()
            let sender = BulkSender(to: server.relayAddress, on: loop, answers)

            let relay = "msrp://\(server.relayAddress);tcp"
            sender.send(SwitchBench.auth("msrp://10.0.0.1:1/alice;tcp", at: relay))
            let challenge = try head(of: try await answers.next())
            sender.send(
                try SwitchBench.auth("msrp://10.0.0.1:1/alice;tcp", answering: challenge, as: "alice")
            )
            let granted = try head(of: try await answers.next())
            let path = try #require(granted.first("Use-Path")).text

            var chunk = ChunkHead(transactionID: "bulk", .request(.send))
            chunk.toPath = ByteString("\(path) msrp://\(receiver.address)/bob;tcp")
            chunk.fromPath = "msrp://10.0.0.1:1/alice;tcp"
            (chunk.messageID, chunk.contentType) = ("m", "application/octet-stream")
            let framing = chunk.chunk()
            sender.send(framing.head.bytes, then: size, framing.end.bytes)
            let received = try await receiver.sizes.next()
            #expect(received == size)
            #expect(try head(of: try await answers.next()).responseCode == .ok)
            sender.close()
            receiver.close()
            server.stop()
        }
    }

    private func head(of bytes: [UInt8]?) throws -> ChunkHead {
        var (parser, input) = (ChunkParser(), ByteString(try #require(bytes)))
        guard case .head(let head)? = try parser.next(&input) else { throw MSRPParseError(.startLine, at: 0) }
        return head
    }

    @Test func `the document server answers over TCP, one request after the other`() async throws {
        try await withEventLoop { loop in
            var configuration = LabConfiguration()
            configuration.port = 0
            let server = try LabServer.start(on: loop, configuration)
            let answers = Inbox<[UInt8]?>()
            let client = BulkSender(to: server.documentAddress, on: loop, answers)
            for closing in [false, true] {
                let close = closing ? "Connection: close\r\n" : ""
                client.send("GET /xcap-root/xcap-caps/global/index HTTP/1.1\r\nHost: x\r\n\(close)\r\n")
                let answer = String(decoding: try #require(try await answers.next()), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest "))
            }
            #expect(try await answers.next() == nil)
            client.close()
            let other = BulkSender(to: server.documentAddress, on: loop, answers)
            other.send("nonsense\r\n\r\n")
            let refused = String(decoding: try #require(try await answers.next()), as: UTF8.self)
            #expect(refused.hasPrefix("HTTP/1.1 400 "))
            other.close()
            server.stop()
        }
    }
}

/// Sends as fast as its connection takes it.
private final class BulkSender: @unchecked Sendable {
    private var stream: StreamConnection?
    private var left = 0
    private var end: [UInt8] = []

    init(to address: SocketAddress, on loop: EventLoop, _ answers: Inbox<[UInt8]?>) {
        stream = StreamConnection(to: address, on: loop) { [weak self] event in
            switch event {
            case .received(let bytes): answers.put(bytes)
            case .ended, .closed: answers.put(nil)
            case .connected, .drained: self?.pump()
            }
        }
    }

    func send(_ text: String) { try? stream?.send(Array(text.utf8)) }

    func send(_ head: [UInt8], then size: Int, _ end: [UInt8]) {
        try? stream?.send(head)
        (left, self.end) = (size, end)
        pump()
    }

    private func pump() {
        while left > 0, let stream, stream.queuedBytes == 0 {
            let count = min(left, 65_536)
            left -= count
            try? stream.send(Array(repeating: UInt8(ascii: "x"), count: count))
            if left == 0 { try? stream.send(end) }
        }
    }

    func close() { stream?.abort() }
}

/// Takes one connection, reads a piece of it at a time, and says how much body a chunk had.
private final class SlowReceiver: @unchecked Sendable {
    let sizes = Inbox<Int>()
    private var listener: Listener?
    private var stream: StreamConnection?
    private var parser = ChunkParser()
    private var count = 0

    var address: SocketAddress { listener?.local ?? .loopback() }

    init(on loop: EventLoop) throws {
        listener = try Listener(at: .loopback(), on: loop) { [weak self] stream in
            self?.stream = stream
            return { [weak self] event in
                guard case .received(let bytes) = event else { return }
                stream.pauseReading()
                // A timer between two pieces lets everything else run ahead as far as it can.
                loop.schedule(at: .now + .milliseconds(1)) { stream.resumeReading() }
                self?.take(bytes)
            }
        }
    }

    private func take(_ bytes: [UInt8]) {
        var input = ByteString(bytes)
        while let event = try? parser.next(&input) {
            switch event {
            case .head: count = 0
            case .body(let bytes): count += bytes.count
            case .end: sizes.put(count)
            }
        }
    }

    func close() {
        listener?.close()
        stream?.abort()
    }
}
