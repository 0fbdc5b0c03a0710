import Glibc

/// The file the store lives in, readable by its owner alone.
enum StoreFile {
    /// Makes the directory and an empty file where there is none.
    ///
    /// SQLite gives its side files the permissions of the database, so all are private.
    static func prepare(_ path: String) throws(Store.Failure) {
        if exists(path) {
            try makePrivate(path)
        } else {
            if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
                try makeDirectory(String(path[..<slash]))
            }
            // Only a new file is opened here: closing a descriptor drops every lock this process has on the file.
            let descriptor = unsafe open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
            guard descriptor >= 0 || errno == EEXIST else { throw failure(path) }
            if descriptor >= 0 { close(descriptor) }
        }
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether the log beside the file is so long that the next to open it would have to read a while.
    static func hasLongLog(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path + "-wal", &status) == 0 && status.st_size > 256 * 1024
    }

    private static func makePrivate(_ path: String) throws(Store.Failure) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure(path) }
        if status.st_mode & 0o077 != 0 { _ = unsafe chmod(path, 0o600) }
    }

    private static func makeDirectory(_ path: String) throws(Store.Failure) {
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw failure(path)
        }
        try makeDirectory(String(path[..<slash]))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path) }
    }

    private static func failure(_ path: String) -> Store.Failure {
        let code = errno
        return code == ENOSPC ? .diskFull : .notWritable("\(path): \(unsafe String(cString: strerror(code)))")
    }
}
