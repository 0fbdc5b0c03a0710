import SIP
import Testing

@Suite("Identifiers")
struct IdentifierSourceTests {
    @Test("a branch begins with the magic cookie (RFC 3261 §8.1.1.7)")
    func branch() {
        var source = IdentifierSource()
        #expect(source.branch().hasPrefix("z9hG4bK"))
    }

    @Test("the same seed gives the same identifiers, another seed gives others")
    func seeds() {
        var (first, second, third) = (
            IdentifierSource(seed: 1), IdentifierSource(seed: 1), IdentifierSource(seed: 2)
        )
        let tag = first.tag()
        #expect(second.tag() == tag)
        #expect(third.tag() != tag)
    }

    @Test("a source made by another gives identifiers of its own, the same for the same seed")
    func derived() {
        var (first, second) = (IdentifierSource(seed: 1), IdentifierSource(seed: 1))
        var (child, twin) = (first.makeSource(), second.makeSource())
        let tag = child.tag()
        #expect(twin.tag() == tag)
        #expect(first.tag() != tag)
    }

    @Test("identifiers do not repeat", arguments: [true, false])
    func unique(isSeeded: Bool) {
        var source = isSeeded ? IdentifierSource(seed: 7) : IdentifierSource()
        #expect(Set((0..<10_000).map { _ in source.tag() }).count == 10_000)
    }

    @Test("identifiers are tokens long enough not to be guessed")
    func tokens() {
        var source = IdentifierSource()
        let identifiers = [
            source.tag(), source.branch(), source.callID(), source.cnonce(), source.messageID(),
        ]
        for text in identifiers {
            #expect(text.count >= 16)
            #expect(text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x7A).contains($0) })
        }
    }
}
