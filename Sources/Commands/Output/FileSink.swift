import Glibc

/// A file that grows at its end, such as a trace.
final class FileSink {
    private let descriptor: Int32

    /// Opens the file, or makes one that only its owner can read.
    init(path: String) throws(CommandFailure) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .trace(file: path, detail: unsafe String(cString: strerror(errno)))
        }
    }

    /// Makes a file that only its owner can read, and that is not there yet.
    init(newFile path: String) throws(CommandFailure) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .notWritten(file: path, detail: unsafe String(cString: strerror(errno)))
        }
    }

    deinit { close(descriptor) }

    @discardableResult
    func write(_ text: String) -> Bool { Self.write(Array(text.utf8), to: descriptor) }

    /// Writes all of `bytes`.
    ///
    /// - Returns: Whether they went out; a reader that went away is no error of ours.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + offset },
                    buffer.count - offset
                )
            }
            if count > 0 {
                offset += count
            } else if errno == EAGAIN {
                // The terminal shares its flags with standard input, which someone may have made non-blocking.
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&wait, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
