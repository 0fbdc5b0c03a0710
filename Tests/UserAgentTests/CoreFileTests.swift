import SDP
import SIP
import Testing
import UserAgent
import Wire

@Suite("Files through the core, RFC 5547 §8")
struct CoreFileTests {
    static func file(_ id: String, name: String = "a.png", size: UInt64 = 1000) -> FileAttributes {
        let hash = FileHash(.sha1, [UInt8](repeating: 7, count: 20))
        let selector = FileSelector(
            name: name,
            type: MediaType("image", "png"),
            size: size,
            hashes: [hash]
        )
        return FileAttributes(selector: selector, transferID: ByteString(id))
    }

    /// This side of a medium for a file.
    static func medium(_ port: UInt16, _ direction: Direction, _ file: FileAttributes?) -> MSRPMedia {
        var medium = CorePair.endpoint(port).medium
        medium.acceptTypes = AcceptedTypes(["*"])
        medium.direction = direction
        medium.file = file
        return medium
    }

    private func origin(_ number: UInt64) -> Origin {
        Origin(sessionID: number, version: 1, address: Connection("127.0.0.1"))
    }

    /// A pair of which alice has offered, and bob has heard it.
    private func offered(
        _ media: [MSRPMedia],
        icons: [MIMEEntity] = [],
        service: ServiceTags = .messaging
    ) throws -> (pair: CorePair, alice: MessageSession.ID, bob: MessageSession.ID) {
        var pair = try CorePair()
        var id: MessageSession.ID?
        pair.alice.step { core, now, effects in
            id = core.inviteToTransfer(
                "sip:bob@ims.test",
                as: nil,
                media,
                icons: icons,
                from: origin(1),
                service: service,
                at: now,
                into: &effects
            )
        }
        pair.settle()
        return (pair, try #require(id), try #require(pair.bob.sessions.first?.id))
    }

    /// Bob takes these files.
    private func accept(_ media: [Int: MSRPMedia], _ bob: MessageSession.ID, in pair: inout CorePair) {
        pair.bob.step { [self] core, now, effects in
            core.acceptFiles(bob, media, from: origin(2), at: now, into: &effects)
        }
        pair.settle()
    }

    private func agreements(_ bench: CoreBench) throws -> [Int: MSRPAgreement] {
        guard case .filesAgreed(let agreements)? = bench.sessions.last?.report else {
            throw CorePair.Unexpected()
        }
        return agreements
    }

    @Test("a pushed file is offered with its icon, taken, and both sides know who sends where")
    func push() throws {
        var file = Self.file("t1")
        file.icon = "icon@alice"
        let icon = MIMEEntity(icon: [1, 2, 3], type: "image/png", contentID: "icon@alice")
        var (pair, _, bob) = try offered([Self.medium(7000, .sendonly, file)], icons: [icon])
        let invite = try #require(pair.alice.requests(.invite).first)
        #expect(invite.headers.first(.contentType)?.text.hasPrefix("multipart/related;type=") == true)
        let heard = try #require(pair.bob.core.session(bob)?.offeredFiles.first)
        #expect(heard.file.selector == file.selector && heard.refusal == nil && !heard.isPull)
        #expect(heard.icon?.decodedBody.bytes == [1, 2, 3])
        let asked = heard.file.receiverAnswer(range: FileRange(start: 601, end: 1000))
        accept([0: Self.medium(8000, .recvonly, asked)], bob, in: &pair)
        let (caller, callee) = (try agreements(pair.alice)[0], try agreements(pair.bob)[0])
        #expect(caller?.sends == true && caller?.receives == false)
        #expect(callee?.receives == true && callee?.sends == false)
        #expect(file.range(answeredBy: caller?.remote.file) == FileRange(start: 601, end: 1000))
        #expect(caller?.remote.file?.icon == nil)
    }

    @Test("a pulled file is asked for with recvonly and answered with what it is")
    func pull() throws {
        let wanted = FileAttributes(selector: FileSelector(name: "a.png"), transferID: "t1")
        var (pair, _, bob) = try offered([Self.medium(7000, .recvonly, wanted)])
        let heard = try #require(pair.bob.core.session(bob)?.offeredFiles.first)
        #expect(heard.isPull && heard.refusal == nil)
        let answer = heard.file.senderAnswer(Self.file("t1").selector)
        accept([0: Self.medium(8000, .sendonly, answer)], bob, in: &pair)
        let caller = try #require(try agreements(pair.alice)[0])
        #expect(caller.receives && !caller.sends)
        #expect(caller.remote.file?.selector.size == 1000)
    }

    @Test("of two files one can be taken and the other refused")
    func oneOfTwo() throws {
        let media = [
            Self.medium(7000, .sendonly, Self.file("t1")), Self.medium(7001, .sendonly, Self.file("t2")),
        ]
        var (pair, _, bob) = try offered(media)
        let heard = try #require(pair.bob.core.session(bob)?.offeredFiles)
        #expect(heard.map(\.index) == [0, 1])
        accept([1: Self.medium(8001, .recvonly, heard[1].file.receiverAnswer())], bob, in: &pair)
        #expect(try agreements(pair.alice).keys.sorted() == [1])
        #expect(try agreements(pair.alice)[1]?.remote.path == ["msrp://127.0.0.1:8001/s8001;tcp"])
    }

    @Test("an icon that did not come along is none, and one identifier for two files makes two of them")
    func missingIcon() throws {
        var file = Self.file("t1")
        file.icon = "nowhere@alice"
        let media = [
            Self.medium(7000, .sendonly, file), Self.medium(7001, .sendonly, Self.file("t1", name: "b")),
        ]
        var (pair, _, bob) = try offered(media)
        let heard = try #require(pair.bob.core.session(bob)?.offeredFiles)
        #expect(heard.map(\.refusal) == [nil, nil] && heard.map(\.file.selector.name) == ["a.png", "b"])
        #expect(heard[0].icon == nil)
        let taken = [
            0: Self.medium(8000, .recvonly, heard[0].file.receiverAnswer()),
            1: Self.medium(8001, .recvonly, heard[1].file.receiverAnswer()),
        ]
        accept(taken, bob, in: &pair)
        #expect(try agreements(pair.alice).keys.sorted() == [0, 1])
    }

    @Test("a hash that is known only at the end reaches the receiver in a second offer (§8.1)")
    func lateHash() throws {
        var file = Self.file("t1")
        (file.selector.size, file.selector.hashes) = (nil, [])
        var (pair, alice, bob) = try offered([Self.medium(7000, .sendonly, file)])
        accept([0: Self.medium(8000, .recvonly, file.receiverAnswer())], bob, in: &pair)
        pair.alice.step {
            $0.describeFile(alice, Self.file("t1").selector, at: 0, now: $1, into: &$2)
        }
        pair.settle()
        let told = pair.bob.sessions.compactMap { session -> FileAttributes? in
            guard case .fileDescribed(0, let file) = session.report else { return nil }
            return file
        }
        #expect(told.map(\.selector) == [Self.file("t1").selector])
        guard case .descriptionAnswered? = pair.alice.sessions.last?.report else {
            throw CorePair.Unexpected()
        }
    }

    @Test("another file is offered in the place of one, and taken over the same connection (§8.1)")
    func replacement() throws {
        var (pair, alice, bob) = try offered([Self.medium(7000, .sendonly, Self.file("t1"))])
        accept([0: Self.medium(8000, .recvonly, Self.file("t1").receiverAnswer())], bob, in: &pair)
        let before = try #require(try agreements(pair.bob)[0])
        pair.alice.step {
            $0.describeFile(alice, Self.file("t1", name: "b.png").selector, at: 0, now: $1, into: &$2)
        }
        pair.alice.outbox = pair.alice.outbox.map { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            return Array(text.replacing("file-transfer-id:t1", with: "file-transfer-id:t2").utf8)
        }
        pair.settle()
        guard case .fileReplaced(let file)? = pair.bob.sessions.last?.report else {
            throw CorePair.Unexpected()
        }
        #expect(file.index == 0 && file.file.selector.name == "b.png" && file.refusal == nil)
        pair.bob.step { $0.acceptFile(bob, file.file.receiverAnswer(), at: 0, now: $1, into: &$2) }
        pair.settle()
        let after = try #require(try agreements(pair.bob)[0])
        #expect(after.remote.path == before.remote.path && after.local.path == before.local.path)
        #expect(after.remote.file?.transferID == "t2" && after.local.file?.selector.name == "b.png")
        guard case .descriptionAnswered? = pair.alice.sessions.last?.report else {
            throw CorePair.Unexpected()
        }
    }

    @Test("a repeated offer that names another file under the same identifier is refused (§8.1)")
    func otherFile() throws {
        var (pair, alice, bob) = try offered([Self.medium(7000, .sendonly, Self.file("t1"))])
        accept([0: Self.medium(8000, .recvonly, Self.file("t1").receiverAnswer())], bob, in: &pair)
        pair.alice.step {
            $0.describeFile(alice, Self.file("t1", name: "b").selector, at: 0, now: $1, into: &$2)
        }
        pair.settle()
        let refusals = pair.bob.sent.filter { $0.status == .notAcceptableHere }
        #expect(refusals.count == 1)
        #expect(pair.bob.core.session(bob) != nil)
    }

    @Test(
        "image share has its own feature tags, and the messaging service beside them",
        arguments: [
            (
                ServiceIdentifier.Form.standard,
                "+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.gsma-is\""
            ),
            (.mercuro, "+g.3gpp.app%5fref=\"urn%3Aurn-xxx%3A3gpp-application.ims.iari.gsma-is\""),
        ]
    )
    func imageShare(_ form: ServiceIdentifier.Form, _ tag: String) throws {
        let media = [Self.medium(7000, .sendonly, Self.file("t1"))]
        let (pair, _, _) = try offered(media, service: .imageShare(form))
        let invite = try #require(pair.alice.requests(.invite).first)
        #expect(invite.headers.first(.contact)?.text.hasSuffix(";\(tag);+g.oma.sip-im") == true)
        #expect(invite.headers.all(.acceptContact).map(\.text) == ["*;\(tag);explicit", "*;+g.oma.sip-im"])
        #expect(ServiceIdentifier.Form(imageShareIn: invite.headers.first(.contact)?.text ?? "") == form)
    }

    @Test(
        "the spellings of image share are known",
        arguments: [
            ("<sip:a@b>;+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.gsma-is\"", .standard),
            ("+g.3gpp.iari-ref=\"urn:urn-7:3gpp-application.ims.iari.gsma-is\"", .standard),
            ("*;+g.3gpp.app%5fref=\"urn%3Aurnxxx%3A3gpp-application.ims.iari.gsmais\";explicit", .mercuro),
            ("+g.3gpp.app_ref=\"urn:urn-xxx:3gpp-application.ims.iari.gsma-is\"", .mercuro),
            ("+g.3gpp.iari-ref=\"urn:urn-xxx:3gpp-application.ims.iari.gsma-is\"", .mercuro),
            ("+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.gsma-vs\"", nil),
            ("+g.oma.sip-im", nil),
        ] as [(String, ServiceIdentifier.Form?)]
    )
    func spellings(_ text: String, _ form: ServiceIdentifier.Form?) {
        #expect(ServiceIdentifier.Form(imageShareIn: text) == form)
    }
}
