import CLinux
import Foundation
import TestSupport
import Testing

@testable import Runtime

@Suite("Signals, input, commands and files", .timeLimit(.minutes(1)))
struct ProcessTests {
    @Test func `signals come as events, in place of what they do otherwise`() async throws {
        try await withEventLoop { loop in
            let inbox = Inbox<SignalSource.Signal>()
            let source = try SignalSource(Set(SignalSource.Signal.allCases), on: loop) { inbox.put($0) }
            for signal in SignalSource.Signal.allCases {
                // To this thread, because the others of a test process have the signals not blocked.
                pthread_kill(pthread_self(), signal.number)
                let received = try await inbox.next()
                #expect(received == signal)
            }
            source.close()
        }
    }

    @Test func `input from a pipe, a file and the null device is read to its end`() async throws {
        try await withEventLoop { loop in
            let text = String(repeating: "hello\n", count: 40_000)
            for source in ["pipe", "file"] {
                let file = FileManager.default.temporaryDirectory.appending(path: "ims-input-\(UUID())")
                defer { try? FileManager.default.removeItem(at: file) }
                try Data(text.utf8).write(to: file)
                let pipe = Pipe()
                let handle =
                    source == "pipe" ? pipe.fileHandleForReading : try FileHandle(forReadingFrom: file)
                if source == "pipe" {
                    Thread.detachNewThread {
                        try? pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
                        try? pipe.fileHandleForWriting.close()
                    }
                }
                let bytes = try await Self.readAll(handle.fileDescriptor, loop)
                #expect(bytes == Array(text.utf8), "\(source)")
            }
            let null = try #require(FileHandle(forReadingAtPath: "/dev/null"))
            let nothing = try await Self.readAll(null.fileDescriptor, loop)
            #expect(nothing == [])
        }
    }

    @Test func `input that is paused waits`() async throws {
        try await withEventLoop { loop in
            let pipe = Pipe()
            let inbox = Inbox<InputReader.Event>()
            let reader = InputReader(pipe.fileHandleForReading.fileDescriptor, on: loop) { inbox.put($0) }
            reader.pause()
            try pipe.fileHandleForWriting.write(contentsOf: Data("a".utf8))
            for _ in 0..<10 { await Task.yield() }
            try pipe.fileHandleForWriting.write(contentsOf: Data("b".utf8))
            reader.resume()
            guard case .received(let bytes) = try await inbox.next() else {
                Issue.record("no input")
                return
            }
            #expect(bytes == Array("ab".utf8))
            reader.close()
        }
    }

    private static func readAll(_ descriptor: Int32, _ loop: EventLoop) async throws -> [UInt8] {
        let inbox = Inbox<InputReader.Event>()
        _ = InputReader(descriptor, on: loop) { inbox.put($0) }
        var bytes: [UInt8] = []
        while case .received(let more) = try await inbox.next() { bytes += more }
        return bytes
    }

    @Test func `lines are the same wherever the stream is cut`() {
        let stream = Array("one\r\n\ntwo\nthree".utf8)
        for cut in 0...stream.count {
            var splitter = LineSplitter()
            var lines = splitter.append(Array(stream[..<cut])) + splitter.append(Array(stream[cut...]))
            if let last = splitter.finish() { lines.append(last) }
            #expect(lines == ["one", "", "two", "three"].map { Array($0.utf8) }, "cut at \(cut)")
        }
    }

    @Test func `a line beyond the limit is cut and the next one is whole`() {
        let stream = Array("12345678\n1234\r\nab\n".utf8)
        for cut in 0...stream.count {
            var splitter = LineSplitter(limit: 4)
            let lines = splitter.append(Array(stream[..<cut])) + splitter.append(Array(stream[cut...]))
            #expect(lines == ["1234", "1234", "ab"].map { Array($0.utf8) }, "cut at \(cut)")
        }
    }

    @Test func `a command's output is collected and its end is told`() async throws {
        try await withEventLoop { loop in
            let printed = await Self.run("printf 'secret\\n'; exec 1>&-; true", loop)
            #expect(printed == .success(Array("secret\n".utf8)))
            let failed = await Self.run("exit 3", loop)
            #expect(failed == .failure(.exited(3)))
            let killed = await Self.run("kill -TERM $$", loop)
            #expect(killed == .failure(.signalled(SIGTERM)))
            let long = await Self.run("yes", loop)
            #expect(long == .failure(.outputTooLong))
            let slow = await Self.run("exec cat /dev/zero >/dev/null", loop, timeout: .milliseconds(20))
            #expect(slow == .failure(.timedOut))
        }
    }

    @Test func `a command gets signals although this process has them blocked`() async throws {
        try await withEventLoop { loop in
            let source = try SignalSource([.terminate], on: loop) { _ in }
            let killed = await Self.run("kill -TERM $$; echo alive", loop)
            #expect(killed == .failure(.signalled(SIGTERM)))
            source.close()
        }
    }

    @Test func `a command that is talked to answers, and its status follows all it printed`() async throws {
        try await withEventLoop { loop in
            let (events, report) = AsyncStream.makeStream(of: InteractiveSubprocess.Event.self)
            let process = try InteractiveSubprocess("read a; echo got $a; exit 3", on: loop) {
                report.yield($0)
            }
            #expect(process.write(Array("hello\n".utf8)))
            var output: [UInt8] = []
            for await event in events {
                switch event {
                case .received(let bytes): output += bytes
                case .ended(let status):
                    #expect(status == 3)
                    report.finish()
                }
            }
            #expect(String(decoding: output, as: UTF8.self) == "got hello\n")
        }
    }

    @Test func `more than a command's pipe holds waits until it reads, up to a limit`() async throws {
        try await withEventLoop { loop in
            let (events, report) = AsyncStream.makeStream(of: InteractiveSubprocess.Event.self)
            let size = 1 << 20
            let folder = try TemporaryFolder()
            let gate = folder.path + "/gate"
            try #require(unsafe mkfifo(gate, 0o600) == 0)
            // It reads nothing before somebody has opened the gate.
            let command = ": < \(gate); head -c \(size) | wc -c"
            let process = try InteractiveSubprocess(command, on: loop) { report.yield($0) }
            #expect(process.write([UInt8](repeating: 0x61, count: size)))
            #expect(!process.write([UInt8](repeating: 0x61, count: RuntimeLimits.writeQueue)))
            _ = try await onThread { close(unsafe open(gate, O_WRONLY)) }
            var output: [UInt8] = []
            for await event in events {
                switch event {
                case .received(let bytes): output += bytes
                case .ended: report.finish()
                }
            }
            #expect(String(decoding: output, as: UTF8.self) == "\(size)\n")
        }
    }

    private static func run(
        _ command: String,
        _ loop: EventLoop,
        timeout: Duration = .seconds(30)
    ) async -> Result<[UInt8], Subprocess.Failure> {
        await withCheckedContinuation { continuation in
            Subprocess.run(command, timeout: timeout, on: loop) { continuation.resume(returning: $0) }
        }
    }

    @Test func `a small file is read whole, and whether others may read it is told`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("secret", to: "file")
        let own = try FileContents(path: path, limit: 6)
        #expect(own.bytes == Array("secret".utf8))
        #expect(!own.isReadableByOthers)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(try FileContents(path: path).isReadableByOthers)
        #expect(throws: FileContents.Failure.tooLarge(limit: 5)) { try FileContents(path: path, limit: 5) }
    }

    @Test func `files that cannot be read are told apart`() {
        #expect(throws: FileContents.Failure.notFound) { try FileContents(path: "/nonexistent/file") }
        #expect(throws: FileContents.Failure.tooLarge(limit: 100)) {
            try FileContents(path: "/dev/zero", limit: 100)
        }
        #expect(throws: FileContents.Failure.self) { try FileContents(path: "/") }
    }

    @Test func `a descriptor of this program's own, or none, is not taken for one that was passed`() throws {
        let own = epoll_create1(Int32(EPOLL_CLOEXEC))
        defer { close(own) }
        #expect(throws: FileContents.Failure.unreadable("nobody passed this descriptor")) {
            try FileContents(descriptor: own)
        }
        #expect(throws: FileContents.Failure.self) { try FileContents(descriptor: 9_999) }
    }
}
