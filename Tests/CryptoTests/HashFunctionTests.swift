import Crypto
import Testing

@Suite("Hash functions")
struct HashFunctionTests {
    @Test(
        "each function gives the digest its standard prints for \"abc\"",
        arguments: [
            (HashFunction.md5, "900150983cd24fb0d6963f7d28e17f72"),
            (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (.sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (
                .sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                    + "8086072ba1e7cc2358baeca134c825a7"
            ),
            (
                .sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
            (.sha512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        ]
    )
    func abc(function: HashFunction, digest: String) {
        #expect(hex(function.hash(Array("abc".utf8))) == digest)
    }

    @Test("the empty string has a digest too")
    func empty() {
        #expect(hex(HashFunction.md5.hash([])) == "d41d8cd98f00b204e9800998ecf8427e")
    }

    @Test(
        "MD5 gives the digests of RFC 1321 §A.5",
        arguments: [
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            (
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                "d174ab98d277d9f5a5611c2c9f419d9f"
            ),
            (String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
        ]
    )
    func md5(text: String, digest: String) {
        #expect(hex(HashFunction.md5.hash(Array(text.utf8))) == digest)
    }

    @Test("MD5 pads every length right: the digest of the digests of 0 to 200 bytes")
    func md5Lengths() {
        let digests = (0...200).flatMap { HashFunction.md5.hash([UInt8](repeating: UInt8($0), count: $0)) }
        #expect(hex(HashFunction.md5.hash(digests)) == "7d78736a5feb03bc320295b697dc3d0d")
    }

    @Test("HMAC-MD5 and HMAC-SHA-256 give the codes of RFC 2202 §2 and RFC 4231 §4.3")
    func authenticationCode() {
        let message = Array("what do ya want for nothing?".utf8)
        let key = Array("Jefe".utf8)
        let md5 = HashFunction.md5.authenticationCode(for: message, key: key)
        let sha256 = HashFunction.sha256.authenticationCode(for: message, key: key)
        #expect(hex(md5) == "750c783e6ab0b503eaa86e310a5db738")
        #expect(hex(sha256) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test("a key longer than a block is hashed first (RFC 2202 §2, test 6)")
    func longKey() {
        let message = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        let code = HashFunction.md5.authenticationCode(for: message, key: [UInt8](repeating: 0xaa, count: 80))
        #expect(hex(code) == "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd")
    }
}

@Suite("Block cipher and comparison")
struct AES128Tests {
    @Test("AES-128 encrypts the block of FIPS 197 C.1")
    func block() {
        let block = (0..<16).map { UInt8($0 * 0x11) }
        #expect(hex(AES128.encrypt(block, key: Array(0..<16))) == "69c4e0d86a7b0430d8cdb78070b4c55a")
    }

    @Test("secrets are equal only byte for byte and in length")
    func comparison() {
        #expect(isEqualInConstantTime([1, 2, 3], [1, 2, 3]))
        #expect(!isEqualInConstantTime([1, 2, 3], [1, 2, 4]))
        #expect(!isEqualInConstantTime([1, 2, 3], [1, 2]))
        #expect(isEqualInConstantTime([], []))
    }

    @Test("random bytes come in the number asked for, and differ")
    func random() {
        #expect(SecureRandom.bytes(count: 0).isEmpty)
        #expect(SecureRandom.bytes(count: 19).count == 19)
        #expect(SecureRandom.bytes(count: 16) != SecureRandom.bytes(count: 16))
    }
}

func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
