import Foundation
import TestSupport
import Testing
import Wire

@testable import Runtime

@Suite("Output that nobody waits for", .timeLimit(.minutes(1)))
struct DescriptorWriterTests {
    private func hasInput(_ pipe: Pipe) -> Bool {
        var state = pollfd(fd: pipe.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&state, 1, 0) > 0
    }

    @Test("small pieces are written together, when that is asked for or they have become many")
    func gathered() async throws {
        try await withEventLoop { loop in
            let pipe = Pipe()
            let writer = DescriptorWriter(pipe.fileHandleForWriting.fileDescriptor, on: loop)
            #expect(writer.write(ByteString("one ")) && writer.write(ByteString("two")))
            #expect(!hasInput(pipe))
            writer.flush()
            #expect(!writer.isFull)
            #expect(pipe.fileHandleForReading.availableData == Data("one two".utf8))
        }
    }

    @Test("pieces of all sizes arrive whole and in order, and a slow reader is told")
    func slowReader() async throws {
        try await withEventLoop { loop in
            let pipe = Pipe()
            let writer = DescriptorWriter(pipe.fileHandleForWriting.fileDescriptor, on: loop)
            let inbox = Inbox<Bool>()
            writer.wake = { inbox.put(true) }
            var expected: [UInt8] = []
            for number in 0..<90 {
                let piece = [UInt8](repeating: UInt8(number), count: [700, 20_000, 3_000][number % 3])
                expected += piece
                #expect(writer.write(ByteString(piece)))
            }
            writer.flush()
            #expect(writer.isFull)
            let read = reading(expected.count, from: pipe)
            _ = try await inbox.next()
            #expect(!writer.isFull)
            #expect(try await read.value == expected)
        }
    }
}
