import Crypto
import Testing

@Suite("Hashes of bytes that come in pieces")
struct IncrementalHashTests {
    @Test("the pieces make no difference", arguments: HashFunction.allCases)
    func pieces(_ function: HashFunction) {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let expected = function.hash(bytes)
        for cut in [0, 1, 63, 64, 65, 999, 1000] {
            let hash = IncrementalHash(function)
            hash.update(bytes.span.extracting(0..<cut))
            hash.update(bytes.span.extracting(cut..<bytes.count))
            #expect(hash.value == expected)
        }
    }

    @Test("a value may be taken, and a copy made, on the way")
    func copies() {
        let hash = IncrementalHash(.sha1)
        hash.update(Array("ab".utf8).span)
        #expect(hash.value == HashFunction.sha1.hash(Array("ab".utf8)))
        let other = hash.copy()
        hash.update(Array("c".utf8).span)
        other.update(Array("d".utf8).span)
        #expect(hash.value == HashFunction.sha1.hash(Array("abc".utf8)))
        #expect(other.value == HashFunction.sha1.hash(Array("abd".utf8)))
    }
}
