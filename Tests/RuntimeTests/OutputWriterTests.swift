import Foundation
import TestSupport
import Testing

@testable import Runtime

@Suite("Output to a slow reader", .timeLimit(.minutes(1)))
struct OutputWriterTests {
    @Test("what a pipe does not take waits, is told, and arrives whole and in order")
    func slowReader() async throws {
        try await withEventLoop { loop in
            let pipe = Pipe()
            let inbox = Inbox<Bool>()
            let writer = OutputWriter(pipe.fileHandleForWriting.fileDescriptor, on: loop) { inbox.put($0) }
            var expected: [UInt8] = []
            #expect(writer.isReady)
            for number in 0..<60 {
                let slice = [UInt8](repeating: UInt8(number), count: 5_000)
                expected += slice
                let isOpen = writer.write(slice)
                #expect(isOpen)
            }
            #expect(writer.queuedBytes > 0)
            #expect(!writer.isReady)
            let isFull = try await inbox.next()
            #expect(isFull)
            let read = reading(expected.count, from: pipe)
            let isStillFull = try await inbox.next()
            #expect(!isStillFull)
            #expect(writer.queuedBytes == 0)
            let received = try await read.value
            #expect(received == expected)
            #expect(writer.isReady)
        }
    }

    @Test("a reader that has gone is told")
    func noReader() async throws {
        signal(SIGPIPE, SIG_IGN)
        try await withEventLoop { loop in
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            let writer = OutputWriter(pipe.fileHandleForWriting.fileDescriptor, on: loop) { _ in }
            let isOpen = writer.write([1, 2, 3])
            #expect(!isOpen)
        }
    }
}

/// Begins to read so many bytes, beside the loop that writes them.
func reading(_ count: Int, from pipe: Pipe) -> Task<[UInt8], any Error> {
    Task.detached {
        try await onThread {
            var bytes: [UInt8] = []
            while bytes.count < count { bytes += pipe.fileHandleForReading.availableData }
            return bytes
        }
    }
}
