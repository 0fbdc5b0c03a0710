import SDP
import Testing
import UserAgent

@Suite("The reception of a file, RFC 5547 §8.3.1")
struct FileReceptionTests {
    private let hash = FileHash(.sha1, [UInt8](repeating: 7, count: 20))

    private func reception(
        size: UInt64? = 1000,
        range: FileRange? = nil,
        kept: UInt64 = 0,
        isHashed: Bool = true
    ) -> FileReception? {
        let selector = FileSelector(name: "a", size: size, hashes: isHashed ? [hash] : [])
        return FileReception(selector, range: range, kept: kept, limit: 5000)
    }

    @Test("a whole file is asked for by saying nothing")
    func whole() throws {
        var file = try #require(reception())
        #expect(file.asked == nil)
        let place = file.begin(claimedSize: 1000)
        #expect(place == 0)
        var fits = file.receive(600)
        #expect(fits && !file.isComplete && file.remaining == 400)
        fits = file.receive(400)
        #expect(fits && file.isComplete)
        #expect(file.verdict([hash]) == .verified)
    }

    @Test(
        "what is here is not asked for again; a sender that sends it all the same is known by the size of its message",
        arguments: [(400, 600), (1000, 0)]
    )
    func resumed(claimed: Int, begin: UInt64) throws {
        var file = try #require(reception(kept: 600))
        #expect(file.asked == FileRange(start: 601, end: 1000))
        let place = file.begin(claimedSize: UInt64(claimed))
        #expect(place == begin)
        let fits = file.receive(claimed)
        #expect(fits && file.isComplete)
    }

    @Test("a file that is here whole is asked for from its last byte: a range is never empty")
    func allHere() throws {
        let file = try #require(reception(kept: 1000))
        #expect(file.asked == FileRange(start: 1000, end: 1000))
    }

    @Test("without a hash or a size nothing of before is trusted", arguments: [true, false])
    func untrusted(hashed: Bool) throws {
        let file = try #require(reception(size: hashed ? nil : 1000, kept: 600, isHashed: hashed))
        #expect(file.kept == 0 && file.asked == nil)
    }

    @Test("an offered part must join what is here and reach the end")
    func parts() throws {
        let rest = FileRange(start: 601, end: 1000)
        #expect(reception(range: rest, kept: 500) == nil)
        #expect(reception(range: FileRange(start: 1, end: 600)) == nil)
        var file = try #require(reception(range: rest, kept: 600))
        #expect(file.asked == nil)
        let place = file.begin(claimedSize: 400)
        #expect(place == 600)
        file = try #require(reception(range: rest, kept: 700))
        #expect(file.asked == FileRange(start: 701, end: 1000))
        let offered = file.begin(claimedSize: 400)
        #expect(offered == 600)
    }

    @Test("more than announced, or than is taken at all, has no room")
    func tooMuch() throws {
        var file = try #require(reception())
        let more = file.receive(1001)
        #expect(!more)
        var endless = try #require(reception(size: nil))
        let most = endless.receive(5000)
        let beyond = endless.receive(1)
        #expect(most && !beyond)
    }

    @Test("too little, a wrong hash and no hash are told apart")
    func verdicts() throws {
        var file = try #require(reception())
        _ = file.receive(999)
        #expect(file.verdict([hash]) == .wrongSize(announced: 1000, received: 999))
        _ = file.receive(1)
        #expect(file.verdict([FileHash(.sha1, [UInt8](repeating: 8, count: 20))]) == .wrongHash)
        var plain = try #require(reception(isHashed: false))
        _ = plain.receive(1000)
        #expect(plain.verdict([hash]) == .unverified)
    }

    @Test("a hash that is told at the end is checked")
    func late() throws {
        var file = try #require(reception(size: nil, isHashed: false))
        _ = file.receive(10)
        file.describe(FileSelector(size: 10, hashes: [hash]))
        #expect(file.verdict([hash]) == .verified)
        // Of two that are told then, the one counts that was computed.
        let better = FileHash(.sha256, [UInt8](repeating: 9, count: 32))
        file.describe(FileSelector(hashes: [better]))
        #expect(file.verdict([hash]) == .verified)
        #expect(file.verdict([hash, FileHash(.sha256, [UInt8](repeating: 8, count: 32))]) == .wrongHash)
    }
}
