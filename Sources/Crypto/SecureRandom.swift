/// The kernel's random numbers, fit for keys and nonces.
///
/// Swift's system generator is getrandom(2) on Linux: it needs no state, no seed and no start-up of OpenSSL.
package enum SecureRandom {
    /// Takes `count` random bytes.
    package static func bytes(count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return bytes(count: count, using: &generator)
    }

    /// Takes `count` bytes from `generator`, which a test seeds.
    package static func bytes(count: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var pool: UInt64 = 0
        for index in 0..<count {
            if index % 8 == 0 { pool = generator.next() }
            bytes.append(UInt8(truncatingIfNeeded: pool))
            pool >>= 8
        }
        return bytes
    }
}
