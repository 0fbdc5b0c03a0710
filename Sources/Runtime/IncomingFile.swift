import CLinux
import Glibc
package import Wire

/// A file that is being received: under a temporary name in the folder it is for, until it is whole.
///
/// It is made exclusively and for its owner alone, never through a link, and gets its own name only by `finish`, which
/// replaces nothing. What is not finished stays under the temporary name, to be gone on with, until `discard`.
package final class IncomingFile: Sendable {
    /// Why a file cannot be received, or not any further.
    package enum Failure: Error, Hashable, Sendable {
        case diskFull
        /// The file would be larger than this system or user may write.
        case tooLarge
        /// There is something else under the name of the part, or it is not ours alone.
        case notAPart(String)
        /// The text is the system's.
        case system(String)
    }

    /// The folder, as it was named.
    package let folder: String
    /// The temporary name.
    package let partName: String
    private let directory: Descriptor
    private let file: Descriptor

    /// What a temporary name ends with.
    package static let partSuffix = ".part"

    /// Makes a new file.
    ///
    /// - Parameters:
    ///   - folder: Where; made if it is not there.
    ///   - name: What it will be called.
    ///   - token: What tells its temporary name from others, letters and digits.
    /// - Throws: `Failure` when the system refuses.
    package init(in folder: String, for name: FileName, token: String) throws(Failure) {
        self.folder = folder
        directory = try Self.open(folder: folder, making: true)
        partName = "\(name.text).\(token)\(Self.partSuffix)"
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        guard let made = Descriptor(unsafe openat(directory.number, partName, flags, 0o600)) else {
            throw Self.systemFailure()
        }
        file = made
    }

    /// Opens what an earlier attempt has left, to go on with it.
    ///
    /// - Throws: `Failure.notAPart` when it is not a plain file that belongs to this user and has one name.
    package init(resuming partName: String, in folder: String) throws(Failure) {
        self.folder = folder
        self.partName = partName
        guard partName.hasSuffix(Self.partSuffix), !partName.utf8.contains(UInt8(ascii: "/")) else {
            throw .notAPart(partName)
        }
        directory = try Self.open(folder: folder, making: false)
        let flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        guard let opened = Descriptor(unsafe openat(directory.number, partName, flags)) else {
            throw errno == ELOOP ? .notAPart(partName) : Self.systemFailure()
        }
        var status = stat()
        guard unsafe fstat(opened.number, &status) == 0 else { throw Self.systemFailure() }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1, status.st_uid == geteuid() else {
            throw .notAPart(partName)
        }
        file = opened
    }

    private static func open(folder: String, making: Bool) throws(Failure) -> Descriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        if let opened = Descriptor(unsafe Glibc.open(folder, flags)) { return opened }
        guard errno == ENOENT, making else { throw systemFailure() }
        try makeFolder(folder)
        guard let opened = Descriptor(unsafe Glibc.open(folder, flags)) else { throw systemFailure() }
        return opened
    }

    private static func makeFolder(_ path: String) throws(Failure) {
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw systemFailure()
        }
        try makeFolder(String(path[..<slash]))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw systemFailure() }
    }

    /// How many bytes the file has now.
    package var size: UInt64 {
        var status = stat()
        return unsafe fstat(file.number, &status) == 0 ? UInt64(max(0, status.st_size)) : 0
    }

    /// How many more bytes this user may store there, or `nil` if the file system does not say.
    package var freeBytes: UInt64? {
        var status = statvfs()
        guard unsafe fstatvfs(directory.number, &status) == 0 else { return nil }
        let product = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return product.overflow ? nil : product.partialValue
    }

    /// Writes bytes at `offset`; a file that is shorter gets a hole before them.
    package func write(_ bytes: ByteString, at offset: UInt64) throws(Failure) {
        guard let start = Int64(exactly: offset), start <= .max - Int64(bytes.count) else { throw .tooLarge }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.span.withUnsafeBytes { buffer in
                unsafe pwrite(
                    file.number,
                    buffer.baseAddress?.advanced(by: written),
                    buffer.count - written,
                    off_t(start) + off_t(written)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.systemFailure() }
            written += count
        }
    }

    /// Lets the system begin to put bytes on the disk, so that `finish` has less to wait for; it may take a while.
    package func beginStoring(_ bytes: Range<UInt64>) {
        // What the system makes of it does not matter: `finish` waits for all of them.
        linux_begin_storing(file.number, off_t(clamping: bytes.lowerBound), off_t(bytes.count))
    }

    /// Reads back what was written, at most `RuntimeLimits.readSlice` bytes at a time; empty at the end.
    package func read(at offset: UInt64) throws(Failure) -> [UInt8] {
        guard let start = Int64(exactly: offset) else { return [] }
        var failure: Failure?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: RuntimeLimits.readSlice) { buffer, count in
            var received: Int
            repeat {
                received = unsafe pread(file.number, buffer.baseAddress, buffer.count, off_t(start))
            } while received < 0 && errno == EINTR
            if received < 0 { failure = Self.systemFailure() }
            count = max(0, received)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Cuts the file off after `size` bytes: what lies behind is not to be trusted.
    package func truncate(to size: UInt64) throws(Failure) {
        guard let end = Int64(exactly: size) else { throw .tooLarge }
        guard ftruncate(file.number, off_t(end)) == 0 else { throw Self.systemFailure() }
    }

    /// Gives the file its own name, or a numbered one if that is taken; it is on the disk then.
    ///
    /// - Returns: The path of the file.
    package func finish(as name: FileName) throws(Failure) -> String {
        guard fsync(file.number) == 0 || errno == EINVAL else { throw Self.systemFailure() }
        for number in 1...Self.namesakes {
            let candidate = number == 1 ? name.text : name.numbered(number)
            if unsafe linux_rename_exclusively(directory.number, partName, candidate) == 0 {
                _ = fsync(directory.number)
                return folder.hasSuffix("/") ? folder + candidate : "\(folder)/\(candidate)"
            }
            guard errno == EEXIST else { throw Self.systemFailure() }
        }
        throw .system("there are \(Self.namesakes) files of that name")
    }

    /// How many files of one name are told apart.
    static let namesakes = 1_000

    /// Deletes what was received.
    package func discard() { _ = unsafe unlinkat(directory.number, partName, 0) }

    private static func systemFailure() -> Failure {
        switch errno {
        case ENOSPC, EDQUOT: .diskFull
        case EFBIG: .tooLarge
        case let number: .system(unsafe String(cString: strerror(number)))
        }
    }
}

extension IncomingFile.Failure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .diskFull: "the disk is full"
        case .tooLarge: "larger than may be written here"
        case .notAPart(let name): "\(name) is not a file that an earlier attempt has left"
        case .system(let text): text
        }
    }
}
