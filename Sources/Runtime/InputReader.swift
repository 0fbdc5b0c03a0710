import CLinux
import Glibc

/// Reads a descriptor that was open before, such as standard input, without changing how others read it.
///
/// The descriptor stays in blocking mode, since that mode belongs to everyone who shares the terminal or pipe: it is
/// read only when epoll says there is something. Regular files and `/dev/null`, which epoll refuses, never block;
/// they are read a slice in each turn.
package final class InputReader: @unchecked Sendable {
    package enum Event: Sendable {
        case received([UInt8])
        /// The end, with the error if it was one; nothing follows.
        case ended(SocketError?)
    }

    private let loop: EventLoop
    private let number: Int32
    private var handler: (@Sendable (Event) -> Void)?
    private var isPolled = false
    private var isPaused = false
    /// Whether the next slice of what is not polled is on its way.
    private var isScheduled = false

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - descriptor: What to read, standard input unless said; it is not closed.
    ///   - loop: The loop whose thread calls this and on which `handler` runs.
    ///   - handler: Called with every event until `ended` or `close`.
    package init(_ descriptor: Int32 = 0, on loop: EventLoop, _ handler: @escaping @Sendable (Event) -> Void)
    {
        (self.loop, number, self.handler) = (loop, descriptor, handler)
        isPolled = loop.register(descriptor, .readable) { _ in self.readSome() }
        if !isPolled { schedule() }
    }

    package func pause() {
        isPaused = true
        if isPolled, handler != nil { loop.update(number, []) }
    }

    package func resume() {
        guard isPaused, handler != nil else { return }
        isPaused = false
        if isPolled { loop.update(number, .readable) } else { schedule() }
    }

    /// Stops reading; no event follows.
    package func close() {
        guard handler != nil else { return }
        handler = nil
        if isPolled { loop.deregister(number) }
    }

    private func schedule() {
        guard !isScheduled, !isPaused, handler != nil else { return }
        isScheduled = true
        loop.execute {
            self.isScheduled = false
            guard !self.isPaused else { return }
            self.readSome()
            self.schedule()
        }
    }

    private func readSome() {
        guard let handler else { return }
        let memory = unsafe loop.scratch.memory
        let count = unsafe read(number, memory.baseAddress, memory.count)
        switch count {
        case 1...: handler(.received(loop.scratch.prefix(count)))
        case 0: end(nil)
        default: if errno != EAGAIN, errno != EINTR { end(SocketError(errno: errno)) }
        }
    }

    private func end(_ error: SocketError?) {
        let handler = handler
        close()
        handler?(.ended(error))
    }
}

/// Cuts a stream of bytes into lines that end in LF or CRLF.
package struct LineSplitter: Sendable {
    private var pending: [UInt8] = []
    private let limit: Int
    /// Whether the line that is coming in is longer than the limit, so that the rest of it is dropped.
    private var isOverlong = false

    /// - Parameter limit: The most bytes of a line; what follows them up to its end is dropped.
    package init(limit: Int = RuntimeLimits.inputLine) { self.limit = limit }

    /// Takes more bytes; returns the lines they complete, without their ends.
    package mutating func append(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            keep(part)
            lines.append(takeLine())
        }
        keep(bytes[((bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)...])
        return lines
    }

    /// The last line, if the stream did not end with a line end.
    package mutating func finish() -> [UInt8]? { pending.isEmpty ? nil : takeLine() }

    private mutating func keep(_ part: ArraySlice<UInt8>) {
        // One byte more than the limit is kept, so that a CR in front of the LF does not count as text.
        guard !isOverlong else { return }
        pending += part.prefix(limit + 1 - pending.count)
        isOverlong = pending.count > limit
    }

    private mutating func takeLine() -> [UInt8] {
        var line = pending
        (pending, isOverlong) = ([], false)
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return Array(line.prefix(limit))
    }
}
