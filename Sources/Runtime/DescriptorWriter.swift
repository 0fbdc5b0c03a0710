import CLinux
import Glibc
package import Wire

/// Writes to a descriptor that was open before, such as standard output, without waiting for whoever reads it.
package final class DescriptorWriter: @unchecked Sendable {
    private let loop: EventLoop
    private let descriptor: Int32
    private var queue: [ByteString] = []
    /// Small pieces, which are written together: a system call costs more than to copy them.
    private var gathered = ByteWriter()
    private var isWatched = false
    /// How many bytes are written at once; all there are where nobody can be slow to read them.
    private let slice: Int
    /// Called when it is not full any more.
    package var wake: @Sendable () -> Void = {}
    /// Why nothing can be written any more; empty as long as it can.
    package private(set) var failure = ""

    /// What a pipe takes at once if poll(2) says that it takes anything.
    private static let pipeSlice = 4_096
    /// What is below this is small, and how much of it is gathered at most.
    private static let smallPiece = 16_384
    private static let gathering = 65_536

    /// - Parameters:
    ///   - descriptor: Where to write; it is not closed.
    ///   - loop: The loop whose thread uses this.
    package init(_ descriptor: Int32, on loop: EventLoop) {
        (self.descriptor, self.loop) = (descriptor, loop)
        var status = stat()
        let kind = unsafe fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFIFO
        let isStored = kind == S_IFREG || kind == S_IFCHR && isatty(descriptor) == 0
        slice = isStored ? .max : Self.pipeSlice
    }

    /// Whether something waits until it can be written.
    package var isFull: Bool { failure.isEmpty && isWatched && !queue.isEmpty }

    /// Writes bytes, or keeps what cannot be written now; small pieces may wait for `flush`.
    ///
    /// - Returns: Whether there is still someone to write for.
    package func write(_ bytes: ByteString) -> Bool {
        guard failure.isEmpty else { return false }
        guard bytes.count >= Self.smallPiece else {
            gathered.append(bytes)
            if gathered.count >= Self.gathering { flush() }
            return failure.isEmpty
        }
        seal()
        queue.append(bytes)
        drain()
        return failure.isEmpty
    }

    /// Writes what was gathered, as far as it can be written now.
    package func flush() {
        guard !gathered.isEmpty, failure.isEmpty else { return }
        seal()
        drain()
    }

    private func seal() {
        guard !gathered.isEmpty else { return }
        queue.append(gathered.string)
        gathered = ByteWriter(capacity: gathered.count)
    }

    private var isWritable: Bool {
        guard slice == Self.pipeSlice else { return true }
        var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&state, 1, 0) > 0
    }

    private func drain() {
        while let first = queue.first {
            guard isWritable else { return watch() }
            let count = unsafe first.span.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, min(buffer.count, slice))
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { return watch() }
                failure = unsafe String(cString: strerror(errno))
                queue = []
                break
            }
            queue[0] = first[count...]
            if queue[0].isEmpty { queue.removeFirst() }
        }
        guard isWatched else { return }
        loop.deregister(descriptor)
        isWatched = false
    }

    private func watch() {
        guard !isWatched else { return }
        isWatched = loop.register(descriptor, .writable) { [weak self] _ in
            guard let self else { return }
            self.drain()
            if !self.isFull { self.wake() }
        }
    }

    /// Stops to watch the descriptor.
    package func close() {
        flush()
        if isWatched { loop.deregister(descriptor) }
        isWatched = false
        queue = []
    }
}
