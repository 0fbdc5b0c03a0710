import CLinux
import Glibc

/// Small files, read and written in one go.
package enum File {
    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limit: The most bytes it may have.
    /// - Returns: Its bytes.
    /// - Throws: `FileError`.
    package static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        // A FIFO without a writer would block the open, a device perhaps the read.
        guard let file = Descriptor(unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) else {
            throw FileError(errno: errno)
        }
        var bytes: [UInt8] = []
        var slice = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(file.number, &slice, slice.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw FileError(errno: errno)
            }
            bytes += slice.prefix(count)
            guard bytes.count <= limit else { throw .tooLarge }
        }
    }

    /// Writes a file that only its owner may read, whole or not at all.
    ///
    /// The bytes go to a new file beside it, reach the disk, and then take the place of the old ones.
    package static func writePrivately(_ bytes: [UInt8], to path: String) throws(FileError) {
        let temporary = "\(path).\(getpid()).new"
        unsafe unlink(temporary)
        guard let file = Descriptor(unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
        else {
            throw FileError(errno: errno)
        }
        do throws(FileError) {
            try write(bytes, to: file)
            guard fsync(file.number) == 0, unsafe rename(temporary, path) == 0 else {
                throw FileError(errno: errno)
            }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to file: Descriptor) throws(FileError) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer.dropFirst(sent))
                return unsafe Glibc.write(file.number, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(errno: errno) }
            sent += count
        }
    }
}

/// Why a file could not be read or written.
package enum FileError: Error, Hashable, Sendable {
    case notFound
    case notPermitted
    /// It has more bytes than are wanted.
    case tooLarge
    case diskFull
    /// It is a directory where a file is wanted.
    case isDirectory
    case system(errno: Int32)

    init(errno number: Int32) {
        self =
            switch number {
            case ENOENT, ENOTDIR: .notFound
            case EACCES, EPERM, EROFS: .notPermitted
            case ENOSPC, EDQUOT: .diskFull
            case EISDIR: .isDirectory
            default: .system(errno: number)
            }
    }
}

extension FileError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFound: "no such file or directory"
        case .notPermitted: "not permitted"
        case .tooLarge: "too large"
        case .diskFull: "no space left"
        case .isDirectory: "is a directory"
        case .system(let number): unsafe String(cString: strerror(number))
        }
    }
}
