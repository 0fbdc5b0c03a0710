internal import Crypto

/// The example algorithm set for the authentication and key generation functions of 3GPP (TS 35.206).
package struct Milenage: Hashable, Sendable {
    private let key: Secret
    /// OP encrypted under the key; OP itself is not kept.
    private let opc: Secret

    /// Takes the subscriber key and OPc, 16 bytes each; `nil` if either has another length.
    package init?(key: [UInt8], opc: [UInt8]) {
        guard key.count == Self.blockCount, opc.count == Self.blockCount else { return nil }
        (self.key, self.opc) = (Secret(key), Secret(opc))
    }

    /// Takes the subscriber key and the operator's OP, 16 bytes each; `nil` if either has another length.
    package init?(key: [UInt8], op: [UInt8]) {
        guard key.count == Self.blockCount, op.count == Self.blockCount else { return nil }
        self.init(key: key, opc: AES128.encrypt(op, key: key) ^ op)
    }

    /// f1 and f1*: the code by which the network proves itself, and the one of a resynchronisation (TS 35.206 §4.1).
    package func macs(rand: [UInt8], sqn: [UInt8], amf: [UInt8]) -> (a: [UInt8], s: [UInt8]) {
        precondition(sqn.count == 6 && amf.count == 2, "SQN has 48 bits, AMF 16")
        let input = sqn + amf + sqn + amf
        let output = encrypt(temporary(rand) ^ (input ^ opc.bytes).rotatedLeft(by: 8)) ^ opc.bytes
        return (Array(output[..<8]), Array(output[8...]))
    }

    /// f2 and f5: the response to the challenge, and the key that hides SQN (TS 35.206 §4.1).
    package func responseAndAnonymityKey(rand: [UInt8]) -> (res: [UInt8], ak: [UInt8]) {
        let output = output(rand, rotatedBy: 0, constant: 1)
        return (Array(output[8...]), Array(output[..<6]))
    }

    /// f3: the cipher key.
    package func cipherKey(rand: [UInt8]) -> [UInt8] { output(rand, rotatedBy: 4, constant: 2) }

    /// f4: the integrity key.
    package func integrityKey(rand: [UInt8]) -> [UInt8] { output(rand, rotatedBy: 8, constant: 4) }

    /// f5*: the key that hides SQN in a resynchronisation.
    package func resynchronisationKey(rand: [UInt8]) -> [UInt8] {
        Array(output(rand, rotatedBy: 12, constant: 8)[..<6])
    }

    package static let blockCount = 16

    private func encrypt(_ block: [UInt8]) -> [UInt8] { AES128.encrypt(block, key: key.bytes) }

    /// TEMP of TS 35.206 §4.1.
    private func temporary(_ rand: [UInt8]) -> [UInt8] {
        precondition(rand.count == Self.blockCount, "RAND has 128 bits")
        return encrypt(rand ^ opc.bytes)
    }

    /// OUT2 to OUT5: the rotations r2…r5 in bytes, and the last byte of the constants c2…c5.
    private func output(_ rand: [UInt8], rotatedBy count: Int, constant: UInt8) -> [UInt8] {
        var block = (temporary(rand) ^ opc.bytes).rotatedLeft(by: count)
        block[Self.blockCount - 1] ^= constant
        return encrypt(block) ^ opc.bytes
    }
}

extension [UInt8] {
    /// The exclusive or of two strings of one length.
    static func ^ (one: Self, other: Self) -> Self { zip(one, other).map { $0 ^ $1 } }

    fileprivate func rotatedLeft(by count: Int) -> Self { Array(self[count...] + self[..<count]) }
}
