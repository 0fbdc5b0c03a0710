import MSRP
import Runtime
import TestSupport
import Testing
import Wire

@testable import Engine

@Suite("Messages that are streamed", .timeLimit(.minutes(1)))
struct MSRPStreamTests {
    private static let messageID: ByteString = "a-large-message"

    private func message(_ size: UInt64? = nil) -> MSRP.OutgoingMessage {
        var message = MSRP.OutgoingMessage(
            messageID: Self.messageID,
            contentType: "application/octet-stream",
            content: .streamed(size: size)
        )
        message.successReport = true
        return message
    }

    /// Two ends with a session between them, whose right side puts what comes into `sink`.
    private func run(
        _ sink: CheckingSink?,
        _ body: @escaping @Sendable (TransportEnd, TransportEnd) async throws -> Void
    ) async throws {
        try await withEventLoop { loop in
            let (left, right) = (try TransportEnd("left", on: loop), try TransportEnd("right", on: loop))
            try right.open(to: left, connects: false, delivery: .streamed(limit: .max)) { _ in sink }
            try left.open(to: right, connects: true)
            try await left.opened()
            try await body(left, right)
            for end in [left, right] { end.transport.closeAll() }
        }
    }

    private func send(_ source: CountingSource, _ end: TransportEnd) {
        end.drive {
            #expect($0.send(message(), from: source, in: end.local))
            return []
        }
    }

    private func delivered(_ end: TransportEnd) async throws {
        _ = try await end.next { if case .delivered(Self.messageID) = $0 { true } else { nil } }
    }

    @Test("every byte arrives once and in order, the size is told at the end, and both sides let go")
    func whole() async throws {
        let sink = CheckingSink()
        try await run(sink) { left, right in
            let source = CountingSource(total: 3_000_001)
            send(source, left)
            try await delivered(left)
            #expect(sink.place == 3_000_001)
            #expect(sink.isRight)
            #expect(sink.ends == [.complete(size: 3_000_001)])
            #expect(source.isClosed)
            #expect(left.transport.progress(of: Self.messageID, in: left.local) == nil)
            let size = try await right.next { event -> UInt64? in
                if case .incoming(.completed(Self.messageID, let size)) = event { size } else { nil }
            }
            #expect(size == 3_000_001)
        }
    }

    @Test("a sink that takes no more holds the source up, and nothing is answered that it has not taken")
    func fullSink() async throws {
        let sink = CheckingSink(allowance: 1)
        try await run(sink) { left, right in
            let source = CountingSource(total: 100_000_000)
            send(source, left)
            _ = try await right.next { if case .incoming(.began) = $0 { true } else { nil } }
            let accepted = left.transport.progress(of: Self.messageID, in: left.local)
            #expect(accepted == MessageProgress(acceptedBytes: 0, size: nil))
            #expect(source.place < 16_000_000)
            #expect(sink.ends.isEmpty)
            left.drive {
                $0.cancel(Self.messageID, in: left.local)
                return []
            }
            sink.open()
            let failure = try await right.next { event -> IncomingFailure? in
                if case .incoming(.failed(_, let failure)) = event { failure } else { nil }
            }
            #expect(failure == .abandoned)
            #expect(sink.isRight)
            #expect(sink.ends == [.failed(.abandoned)])
            #expect(source.isClosed)
        }
    }

    @Test("a sink that opens again gets the rest")
    func reopenedSink() async throws {
        let sink = CheckingSink(allowance: 70_000)
        try await run(sink) { left, right in
            send(CountingSource(total: 2_000_000), left)
            _ = try await right.next { if case .incoming(.began) = $0 { true } else { nil } }
            sink.open()
            try await delivered(left)
            #expect(sink.isRight)
            #expect(sink.ends == [.complete(size: 2_000_000)])
        }
    }

    @Test("a source that has nothing at hand is asked again when it calls")
    func slowSource() async throws {
        let sink = CheckingSink()
        try await run(sink) { left, right in
            let source = CountingSource(total: 300_000, pause: 100_000)
            send(source, left)
            _ = try await right.next { if case .incoming(.began) = $0 { true } else { nil } }
            source.goOn()
            try await delivered(left)
            #expect(sink.isRight)
            #expect(sink.place == 300_000)
        }
    }

    @Test("a message that nobody takes is refused with 413")
    func refused() async throws {
        try await run(nil) { left, _ in
            let source = CountingSource(total: 10_000_000)
            send(source, left)
            let code = try await left.next { event -> ResponseCode? in
                if case .failed(Self.messageID, let code) = event { code } else { nil }
            }
            #expect(code == .stopSending)
            #expect(source.isClosed)
        }
    }

    @Test("the end of the session cuts what is on its way, on both sides")
    func cut() async throws {
        let sink = CheckingSink()
        try await run(sink) { left, right in
            let source = CountingSource(total: 300_000, pause: 100_000)
            send(source, left)
            _ = try await right.next { if case .incoming(.began) = $0 { true } else { nil } }
            for end in [left, right] { end.transport.remove(end.local) }
            #expect(source.isClosed)
            #expect(sink.ends == [.cut])
        }
    }

    @Test("a part of a file goes out slice by slice, from any place, and one that has become shorter is told")
    func file() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<150_000).map { UInt8(32 + $0 * 7 % 90) }
        let path = try folder.write(String(decoding: bytes, as: UTF8.self), to: "file")
        let source = FileSource(try FileReader(path: path), range: 100..<149_000)
        #expect(source.size == 148_900)
        var read: [UInt8] = []
        var isLast = false
        while !isLast {
            switch source.next(upTo: 65_536) {
            case .bytes(let piece): read += piece.bytes
            case .last(let piece): (read, isLast) = (read + piece.bytes, true)
            case .later, .failed:
                Issue.record("a file is at hand")
                isLast = true
            }
        }
        #expect(read == Array(bytes[100..<149_000]))
        #expect(source.rewind(to: 148_899))
        guard case .last(let piece) = source.next(upTo: 10) else {
            Issue.record("one byte is left")
            return
        }
        #expect(piece.bytes == [bytes[148_999]])
        let behind = FileSource(try FileReader(path: path), range: 0..<200_000)
        #expect(behind.rewind(to: 150_000))
        guard case .failed = behind.next(upTo: 10) else {
            Issue.record("nothing is left")
            return
        }
    }

    @Test("over a new connection a source goes on behind what was confirmed")
    func restart() async throws {
        try await run(CheckingSink()) { left, _ in
            let source = CountingSource(total: 300_000, pause: 100_000)
            send(source, left)
            let place = Restart(messageID: Self.messageID, place: 4_096)
            #expect(left.transport.restart([place], in: left.local).isEmpty)
            #expect(source.place == 4_096)
        }
    }
}
