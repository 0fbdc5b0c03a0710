import CLinux
import Glibc
package import Wire

/// A file that is read slice by slice from any place; a slice of a regular file does not keep anyone waiting long.
package final class FileReader: Sendable {
    private let descriptor: Descriptor
    /// The size when it was opened.
    package let size: UInt64
    /// What tells that it has not changed: when its bytes and when anything about it was changed last, in nanoseconds
    /// since 1970, and its number.
    package let stamp: (modified: Int64, changed: Int64, number: UInt64)

    /// When its bytes were changed last.
    package var modified: Timestamp { Timestamp(microseconds: stamp.modified / 1000) }

    /// Opens a regular file.
    ///
    /// - Parameters:
    ///   - path: Its name.
    ///   - followsLinks: Whether the name may be that of a symbolic link.
    /// - Throws: `FileContents.Failure`, also for what is no regular file.
    package init(path: String, followsLinks: Bool = true) throws(FileContents.Failure) {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
        // A FIFO must not keep us waiting for someone to write into it.
        guard let opened = unsafe Descriptor(open(path, flags)) else {
            throw errno == ENOENT ? .notFound : .unreadable(unsafe String(cString: strerror(errno)))
        }
        var status = stat()
        guard unsafe fstat(opened.number, &status) == 0 else {
            throw .unreadable(unsafe String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable("not a regular file") }
        (descriptor, size) = (opened, UInt64(clamping: status.st_size))
        stamp = (Self.nanoseconds(status.st_mtim), Self.nanoseconds(status.st_ctim), UInt64(status.st_ino))
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue &+ Int64(time.tv_nsec)
    }

    /// Reads the bytes at `place`.
    ///
    /// - Parameters:
    ///   - place: How many bytes are before them.
    ///   - count: How many at most.
    /// - Returns: The bytes; none behind the end.
    /// - Throws: `FileContents.Failure` if the system cannot read them.
    package func read(at place: UInt64, upTo count: Int) throws(FileContents.Failure) -> [UInt8] {
        var error: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var received: Int
            repeat {
                received = unsafe pread(descriptor.number, buffer.baseAddress, count, off_t(clamping: place))
            } while received < 0 && errno == EINTR
            if received < 0 { error = errno }
            filled = max(0, received)
        }
        guard error == 0 else { throw .unreadable(unsafe String(cString: strerror(error))) }
        return bytes
    }
}
