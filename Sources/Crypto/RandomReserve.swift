import CLinux

/// The kernel's random numbers, taken many at a time: for identifiers of which thousands are needed in a second.
///
/// A call of getrandom(2) costs more than the chunk it would name. What waits here is fit for identifiers; keys and
/// nonces are taken one by one, so that none lies in memory before it is used.
package struct RandomReserve: RandomNumberGenerator, Sendable {
    /// 256 bytes: so many come whole and without being interrupted.
    private static let size = 32
    private var reserve: [UInt64] = []

    package init() {}

    package mutating func next() -> UInt64 {
        if reserve.isEmpty { refill() }
        guard let number = reserve.popLast() else {
            // The kernel's generator is not there; the system's knows other sources.
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
        return number
    }

    private mutating func refill() {
        reserve = unsafe Array(unsafeUninitializedCapacity: Self.size) { buffer, filled in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            filled = unsafe max(0, getrandom(bytes.baseAddress, bytes.count, 0)) / 8
        }
    }
}
