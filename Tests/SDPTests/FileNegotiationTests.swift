import SDP
import Testing
import Wire

@Suite("Offers and answers of files")
struct FileNegotiationTests {
    private var offered: FileAttributes {
        var file = FileAttributes(
            selector: FileSelector(
                name: "a.png",
                type: MediaType("image", "png"),
                size: 1000,
                hashes: [FileAttributesTests.picture]
            ),
            transferID: "t1"
        )
        (file.disposition, file.icon) = (.render, "icon@here")
        file.dates.creation = Timestamp(microseconds: 0)
        return file
    }

    @Test("the receiver copies selector and identifier, and nothing that only describes (§8.3.1)")
    func receiverAnswer() {
        let answer = offered.receiverAnswer()
        #expect(answer.selector == offered.selector)
        #expect(answer.transferID == "t1")
        #expect(
            answer.icon == nil && answer.disposition == nil && answer.dates.isEmpty && answer.range == nil
        )
    }

    @Test("an offered range comes back in the answer (§8.3.1, §8.3.2)")
    func rangeAnswer() {
        var offer = offered
        offer.range = FileRange(start: 601, end: 1000)
        #expect(offer.receiverAnswer().range == offer.range)
        #expect(offer.senderAnswer(offer.selector).range == offer.range)
    }

    @Test("a sender starts where the answer asks, unless that is outside of what it offered")
    func askedRange() {
        var answer = offered.receiverAnswer(range: FileRange(after: 600, of: 1000))
        #expect(offered.range(answeredBy: answer) == FileRange(start: 601, end: 1000))
        #expect(offered.range(answeredBy: offered.receiverAnswer()) == .whole)
        #expect(offered.range(answeredBy: nil) == .whole)
        var offer = offered
        offer.range = FileRange(start: 601, end: 1000)
        answer.range = FileRange(start: 1, end: 1000)
        #expect(offer.range(answeredBy: answer) == FileRange(start: 601, end: 1000))
        answer.range = FileRange(start: 701)
        #expect(offer.range(answeredBy: answer) == FileRange(start: 701, end: 1000))
    }

    @Test("an offer without an identifier, a direction or a property is refused")
    func invalid() {
        #expect(throws: FileRefusal.direction) { try offered.validate(offeredWith: .sendrecv) }
        var file = offered
        file.transferID = nil
        #expect(throws: FileRefusal.transferID) { try file.validate(offeredWith: .sendonly) }
        file = offered
        file.range = FileRange(start: 900, end: 1001)
        #expect(throws: FileRefusal.range) { try file.validate(offeredWith: .sendonly) }
    }

    @Test("identifier and file tell a new transfer from a repetition and from an error (§8.1, figure 3)")
    func identity() {
        var other = offered
        other.transferID = "t2"
        #expect(FileTransferIdentity(other, after: offered) == .new)
        #expect(FileTransferIdentity(offered, after: offered) == .same)
        var another = offered
        another.selector.name = "b.png"
        #expect(FileTransferIdentity(another, after: offered) == .error)
        var more = offered
        more.selector.hashes.append(FileHash(.sha256, [UInt8](repeating: 1, count: 32)))
        #expect(FileTransferIdentity(more, after: offered) == .same)
    }

    @Test("a file is selected by every property that is given, and by no other (§8.3.2)")
    func selecting() {
        let file = offered.selector
        #expect(FileSelector(name: "a.png").selects(file))
        #expect(FileSelector(hashes: file.hashes).selects(file))
        #expect(FileSelector(name: "a.png", size: 1000).selects(file))
        #expect(!FileSelector(name: "A.png").selects(file))
        #expect(!FileSelector(name: "a.png", size: 999).selects(file))
        #expect(!FileSelector(type: MediaType("image", "jpeg")).selects(file))
        #expect(!FileSelector(hashes: [FileHash(.sha1, [UInt8](repeating: 0, count: 20))]).selects(file))
        #expect(!FileSelector(hashes: [FileHash(.sha256, [UInt8](repeating: 0, count: 32))]).selects(file))
    }

    @Test("of several files one can be refused: port zero, its name and its identifier kept (§8.2.3, §8.3)")
    func severalFiles() throws {
        let origin = Origin(sessionID: 1, version: 1, address: Connection("192.0.2.1"))
        let media = ["one", "two"].map { name in
            var medium = MSRPMedia.end(name, types: ["*"])
            (medium.direction, medium.file) = (.sendonly, offered)
            medium.file?.transferID = ByteString(name)
            return medium
        }
        let offer = SessionDescription.offer(media.map(\.media), from: origin)
        var taken = MSRPMedia.end("taken", at: "192.0.2.2", types: ["*"])
        taken.direction = .recvonly
        taken = try taken.answer(to: media[1], canListen: true)
        taken.file = media[1].file?.receiverAnswer()
        let answer = SessionDescription.answer(to: offer, from: origin, accepting: [1: taken.media])
        try answer.validate(asAnswerTo: offer)
        #expect(answer.media[0].isRefused)
        let refused = try #require(FileAttributes(in: answer.media[0].attributes))
        #expect(refused.transferID == "one" && refused.selector == offered.selector && refused.icon == nil)
        let accepted = try MSRPMedia(answer.media[1], in: answer)
        #expect(accepted.direction == .recvonly)
        #expect(accepted.file?.transferID == "two")
    }
}
