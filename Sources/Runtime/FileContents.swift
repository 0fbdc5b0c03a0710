import CLinux
import Glibc

/// A small file, read whole: a configuration or a secret.
package struct FileContents: Hashable, Sendable {
    package var bytes: [UInt8]
    /// Whether someone else than the owner may read it.
    package var isReadableByOthers: Bool

    /// Why a file could not be read.
    package enum Failure: Error, Hashable, Sendable {
        case notFound
        /// The text is the system's.
        case unreadable(String)
        case tooLarge(limit: Int)
    }

    /// The largest configuration or secret: far more than anyone writes by hand.
    package static let limit = 1 << 20

    /// Reads the file at `path`.
    package init(path: String, limit: Int = Self.limit) throws(Failure) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? .notFound : Self.systemFailure() }
        defer { close(descriptor) }
        try self.init(open: descriptor, limit: limit)
    }

    /// Reads what remains in an open descriptor, which stays open.
    ///
    /// One of this program's own is refused: those it was given are the ones that a new program would get too.
    package init(descriptor: Int32, limit: Int = Self.limit) throws(Failure) {
        let flags = fcntl(descriptor, F_GETFD)
        guard flags >= 0 else { throw Self.systemFailure() }
        guard flags & FD_CLOEXEC == 0 else { throw .unreadable("nobody passed this descriptor") }
        try self.init(open: descriptor, limit: limit)
    }

    private init(open descriptor: Int32, limit: Int) throws(Failure) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Self.systemFailure() }
        isReadableByOthers = status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o044 != 0
        bytes = []
        while true {
            var failure: Failure?
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                var received: Int
                repeat {
                    received = unsafe read(descriptor, buffer.baseAddress, buffer.count)
                } while received < 0 && errno == EINTR
                if received < 0 { failure = Self.systemFailure() }
                count = max(0, received)
            }
            if let failure { throw failure }
            if piece.isEmpty { return }
            bytes += piece
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        }
    }

    /// Writes a file that its owner alone can read, in the place of one that may be there: others see the one or the
    /// other, whole.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(Failure) {
        let draft = path + ".\(getpid())"
        unsafe unlink(draft)
        let descriptor = unsafe open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemFailure() }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        let isWhole = written == bytes.count && fsync(descriptor) == 0
        let failure = systemFailure()
        close(descriptor)
        guard isWhole, unsafe rename(draft, path) == 0 else {
            unsafe unlink(draft)
            throw isWhole ? systemFailure() : failure
        }
    }

    private static func systemFailure() -> Failure { .unreadable(unsafe String(cString: strerror(errno))) }
}

extension FileContents.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFound: "no such file"
        case .unreadable(let text): text
        case .tooLarge(let limit): "larger than \(limit) bytes"
        }
    }
}

extension FileContents {
    /// Makes a folder, and those above it, for its owner alone.
    ///
    /// - Returns: Why there is none, in words of the system, or `nil`.
    package static func makeFolder(_ path: String) -> String? {
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return nil }
        let error = errno
        guard error == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            return unsafe String(cString: strerror(error))
        }
        if let failure = makeFolder(String(path[..<slash])) { return failure }
        return unsafe mkdir(path, 0o700) == 0 ? nil : unsafe String(cString: strerror(errno))
    }

    /// Takes a file away; one that is not there is no error.
    package static func remove(_ path: String) { _ = unsafe unlink(path) }
}
