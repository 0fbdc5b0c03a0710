import COpenSSL
import Wire

/// What OpenSSL reads records from and writes them to: memory of ours, so that they are copied no more than once.
///
/// One of OpenSSL's own memory BIOs would copy all that comes before it is read, and all that goes before it is sent.
@safe final class TLSMemory {
    /// What came with the last read from the network and is not read yet.
    private var input: UnsafeRawBufferPointer
    /// What was left of earlier ones.
    private var kept: [UInt8] = []
    private var output: [UInt8] = []

    /// Made once and never changed.
    private nonisolated(unsafe) static let method: OpaquePointer? = unsafe makeMethod()

    init() { unsafe input = UnsafeRawBufferPointer(start: nil, count: 0) }

    /// The BIO for an SSL, which then owns it; this object must outlive it.
    func makeBIO() -> OpaquePointer? {
        guard let method = unsafe Self.method, let bio = unsafe BIO_new(method) else { return nil }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }

    /// How many bytes of input there are.
    var inputCount: Int { unsafe kept.count + input.count }

    /// Lends bytes as input while `body` runs, and keeps what it leaves.
    func lend<Result>(
        _ bytes: UnsafeRawBufferPointer,
        to body: () throws(SocketError) -> Result
    ) throws(SocketError) -> Result {
        unsafe input = bytes
        defer {
            unsafe kept += input
            unsafe input = UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return try body()
    }

    /// What there is to send, which is then taken.
    func takeOutput() -> ByteString {
        defer { output = [] }
        return ByteString(output)
    }

    /// Makes room for what comes of the pieces, so that it is not copied while the memory grows.
    func reserveOutput(for pieces: [ByteString]) {
        // A record has a head of 5 bytes, one byte for its type and a tag of 16 (RFC 8446 §5.2).
        output.reserveCapacity(
            pieces.reduce(output.count) { $0 + $1.count + ($1.count / TLSSession.recordSize + 1) * 22 }
        )
    }

    // MARK: - What OpenSSL calls

    private static func makeMethod() -> OpaquePointer? {
        let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(kind, "ims") else { return nil }
        unsafe BIO_meth_set_read(method) { bio, place, count in
            guard let memory = unsafe TLSMemory.of(bio), let place = unsafe place else { return -1 }
            return unsafe memory.read(
                into: UnsafeMutableRawBufferPointer(start: place, count: Int(count)),
                bio
            )
        }
        unsafe BIO_meth_set_write(method) { bio, place, count in
            guard let memory = unsafe TLSMemory.of(bio), let place = unsafe place else { return -1 }
            unsafe memory.output += UnsafeRawBufferPointer(start: place, count: Int(count))
            return count
        }
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return unsafe method
    }

    private static func of(_ bio: OpaquePointer?) -> TLSMemory? {
        unsafe BIO_get_data(bio).map { unsafe Unmanaged<TLSMemory>.fromOpaque($0).takeUnretainedValue() }
    }

    private func read(into place: UnsafeMutableRawBufferPointer, _ bio: OpaquePointer?) -> CInt {
        let retry = BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY
        unsafe BIO_clear_flags(bio, retry)
        var count = min(kept.count, place.count)
        if count > 0 {
            unsafe place.copyBytes(from: kept[..<count])
            kept.removeFirst(count)
        } else {
            count = min(unsafe input.count, place.count)
            unsafe place.copyBytes(from: input[..<count])
            unsafe input = UnsafeRawBufferPointer(rebasing: input[count...])
        }
        guard count == 0 else { return CInt(count) }
        unsafe BIO_set_flags(bio, retry)
        return -1
    }
}
