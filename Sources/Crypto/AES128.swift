/// The block cipher that Milenage is made of (FIPS 197).
package enum AES128 {
    /// Encrypts one block of 16 bytes under a key of 16 bytes.
    package static func encrypt(_ block: [UInt8], key: [UInt8]) -> [UInt8] {
        Provider.encrypt(block, withAES128: key)
    }
}

/// Tells whether two secrets are equal in a time that depends on their lengths only.
package func isEqualInConstantTime(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in one.indices { difference |= one[index] ^ other[index] }
    return difference == 0
}
