import CLinux
import Glibc
import Wire

/// Writes to a descriptor that others share, such as standard output, without waiting for whoever reads it.
///
/// The descriptor stays as it is: making it non-blocking would do the same to every program that has it. So it is asked
/// before each write whether it takes a slice that is small enough not to block (pipe(7), `PIPE_BUF`).
package final class OutputWriter: @unchecked Sendable {
    /// What a pipe takes whole if it is writable at all.
    private static let slice = 4_096

    private let descriptor: Int32
    private let loop: EventLoop
    private let becameFull: @Sendable (Bool) -> Void
    private var queue = WriteQueue()
    private var isWatched = false

    /// - Parameters:
    ///   - descriptor: Where to write; it is not closed.
    ///   - loop: The loop whose thread calls this.
    ///   - becameFull: Told when bytes begin to wait, and when none waits any more.
    package init(_ descriptor: Int32, on loop: EventLoop, becameFull: @escaping @Sendable (Bool) -> Void) {
        (self.descriptor, self.loop, self.becameFull) = (descriptor, loop, becameFull)
    }

    /// The bytes that wait.
    package var queuedBytes: Int { queue.count }

    /// Whether something would be taken now: nothing waits, and the reader is not late.
    package var isReady: Bool { queue.isEmpty && isWritable }

    /// Writes what goes, and keeps the rest until it does.
    ///
    /// - Returns: Whether anyone still reads.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        queue.append(ByteString(bytes))
        return isWatched || writeSome()
    }

    /// Writes all that waits, and drops what the reader does not take in time.
    ///
    /// - Parameter milliseconds: How long to wait each time for a reader that takes nothing; negative for ever.
    package func finish(within milliseconds: Int32 = -1) {
        while !queue.isEmpty {
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&wait, 1, milliseconds) != 0 else { break }
            guard writeSome() else { return }
        }
        queue.removeAll()
        watch(false)
    }

    private func writeSome() -> Bool {
        var isOpen = true
        queue.drain { pieces in
            var taken = 0
            for piece in pieces {
                let count = isOpen ? write(piece, &isOpen) : 0
                taken += count
                guard count == piece.count else { break }
            }
            return taken
        }
        if !isOpen { queue.removeAll() }
        watch(!queue.isEmpty)
        return isOpen
    }

    /// Writes a piece, slice by slice, as long as the reader takes some.
    private func write(_ piece: ByteString, _ isOpen: inout Bool) -> Int {
        var taken = 0
        while isOpen, taken < piece.count, isWritable {
            let count = unsafe piece[taken...].span.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress, min(Self.slice, bytes.count))
            }
            if count > 0 { taken += count } else if errno != EINTR, errno != EAGAIN { isOpen = false }
        }
        return taken
    }

    private var isWritable: Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&wait, 1, 0) > 0
    }

    private func watch(_ isWanted: Bool) {
        guard isWanted != isWatched else { return }
        isWatched = isWanted
        if isWanted {
            _ = loop.register(descriptor, .writable) { [weak self] _ in _ = self?.writeSome() }
        } else {
            loop.deregister(descriptor)
        }
        becameFull(isWanted)
    }
}
