/// Memory that system calls write into before their result's length is known.
@safe final class ScratchBuffer: @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer

    init(count: Int) { unsafe memory = .allocate(byteCount: count, alignment: 16) }

    deinit { unsafe memory.deallocate() }

    /// A copy of the first `count` bytes.
    func prefix(_ count: Int) -> [UInt8] { unsafe Array(memory.prefix(count)) }
}
