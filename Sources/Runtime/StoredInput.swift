import CLinux
import Glibc

/// A descriptor that was open before and is a regular file: it can be read at any time without waiting for anyone.
package struct StoredInput: Sendable {
    private let descriptor: Int32

    /// - Returns: `nil` if it is anything else.
    package init?(_ descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.descriptor = descriptor
    }

    /// Reads on from where it was read last, by whomever.
    ///
    /// - Parameter count: How many bytes at most.
    /// - Returns: The bytes; none at the end.
    /// - Throws: `SocketError` if the system cannot read them.
    package func read(upTo count: Int) throws(SocketError) -> [UInt8] {
        var error: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var received: Int
            repeat {
                received = unsafe Glibc.read(descriptor, buffer.baseAddress, count)
            } while received < 0 && errno == EINTR
            if received < 0 { error = errno }
            filled = max(0, received)
        }
        guard error == 0 else { throw SocketError(errno: error) }
        return bytes
    }
}
