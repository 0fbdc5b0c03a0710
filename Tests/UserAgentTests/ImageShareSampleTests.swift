import Foundation
import SDP
import SIP
import Testing
import UserAgent
import Wire

/// The messages of the client that image share was described with, as they were printed, quirks included.
@Suite("Image share with a client of old")
struct ImageShareSampleTests {
    private func sample(_ name: String) throws -> ByteString {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Fixtures/clients/mercuro-\(name).dat")
        return ByteString(Array(try Data(contentsOf: file)))
    }

    /// Bob, whom the samples are for, after he has got one of them.
    private func bob(receiving name: String, as form: ServiceIdentifier.Form = .standard) throws -> CoreBench
    {
        let identity = try SIPURI("sip:bob@v4.ims.test")
        var bench = try CoreBench.registered(identities: "<sip:bob@v4.ims.test>") {
            $0.publicIdentity = identity
            $0.accessNetworkInfo = "ADSL;utran-cell-id-3gpp=00000000"
            $0.serviceFeatures.append(ServiceIdentifier.imageShare.applicationTag(form))
            $0.allow = [.invite, .ack, .cancel, .bye, .message, .options, .notify, .prack]
        }
        let (message, flow) = (try sample(name), bench.flow)
        bench.step { $0.receive(message, over: flow, at: $1, into: &$2) }
        return bench
    }

    @Test(
        "its OPTIONS, with a tag of no dialog, is answered with the image share tag of the account",
        arguments: ServiceIdentifier.Form.allCases
    )
    func options(_ form: ServiceIdentifier.Form) throws {
        let bench = try bob(receiving: "options", as: form)
        let answer = try #require(bench.sent.last)
        #expect(answer.status == .ok && answer.headers.first(.cseq)?.text == "402 OPTIONS")
        let capabilities = PeerCapabilities(answer)
        #expect(capabilities.hasImageShare && capabilities.hasMessaging)
        let contact = try #require(answer.headers.first(.contact)?.text)
        #expect(ServiceIdentifier.Form(imageShareIn: contact) == form)
        #expect(try Message(parsing: sample("options")).headers.all(.route).count == 1)
    }

    @Test("its INVITE offers one file to be shown at once, without the icon it speaks of")
    func invite() throws {
        let bench = try bob(receiving: "invite")
        let id = try #require(bench.sessions.first?.id)
        let session = try #require(bench.core.session(id))
        let offered = try #require(session.offeredFiles.first)
        #expect(session.offeredFiles.count == 1 && offered.refusal == nil && !offered.isPull)
        #expect(offered.file.selector.name == "Image 18.png" && offered.file.selector.size == 78_169)
        #expect(offered.file.disposition == .render && offered.file.icon == "test@mercuro.net")
        #expect(offered.icon == nil)
        #expect(ServiceIdentifier.Form(imageShareIn: session.invite.peerContact?.text ?? "") == .mercuro)
        #expect(session.invite.peerProduct == "IM-client/OMA1.0 Mercuro-Gold/v4.0.1196.0")
    }

    @Test(
        "the answer to it takes the file with what names it, and its bytes come in an envelope or as they are"
    )
    func answer() throws {
        var bench = try bob(receiving: "invite")
        let id = try #require(bench.sessions.first?.id)
        let offered = try #require(bench.core.session(id)?.offeredFiles.first)
        let own = CoreFileTests.medium(8000, .recvonly, offered.file.receiverAnswer())
        let origin = Origin(sessionID: 2, version: 1, address: Connection("192.0.2.2"))
        bench.step { $0.acceptFiles(id, [0: own], from: origin, at: $1, into: &$2) }
        let answer = try #require(bench.sent.last)
        #expect(answer.status == .ok && answer.headers.first(.cseq)?.text == "501 INVITE")
        let contact = try #require(answer.headers.first(.contact)?.text)
        #expect(
            ServiceIdentifier.Form(imageShareIn: contact) == .mercuro && contact.contains("+g.oma.sip-im")
        )
        let description = try SessionDescription(parsing: answer.body)
        let medium = try MSRPMedia(description.media[0], in: description)
        #expect(medium.direction == .recvonly)
        #expect(medium.file?.transferID == "prepggxrpnrvystmwcysyycqpevikeff")
        #expect(medium.file?.selector == offered.file.selector)
        guard case .filesAgreed(let agreements)? = bench.sessions.last?.report else {
            throw CorePair.Unexpected()
        }
        let agreement = try #require(agreements[0])
        #expect(agreement.remote.path == ["msrp://192.168.16.108:1248/fnfozvsrtkj;tcp"])
        // It lists text and envelopes and means any file: what goes the other way gets an envelope.
        let envelope = FileEnvelope(
            for: offered.file,
            agreement,
            from: "sip:bob@v4.ims.test",
            to: "sip:mamadou@v4.ims.test",
            at: Timestamp(microseconds: 0)
        )
        #expect(envelope.contentType == "message/cpim")
    }

    @Test("an INVITE of ours in its form has every field of its own that still means something")
    func ours() throws {
        let sample = try Message(parsing: sample("invite"))
        var bench = try bob(receiving: "options", as: .mercuro)
        let medium = CoreFileTests.medium(7000, .sendonly, CoreFileTests.file("t1"))
        bench.step { core, now, effects in
            _ = core.inviteToTransfer(
                "sip:mamadou@v4.ims.test",
                as: nil,
                [medium],
                from: Origin(sessionID: 1, version: 1, address: Connection("192.0.2.2")),
                service: .imageShare(.mercuro),
                at: now,
                into: &effects
            )
        }
        let invite = try #require(bench.requests(.invite).last)
        // What asks for no privacy, and the event packages of an INVITE that subscribes to nothing, say nothing.
        let silent: Set<HeaderName> = [.privacy, .allowEvents]
        for name in Set(sample.headers.map(\.name)).subtracting(silent) {
            #expect(invite.headers.contains(name), "\(name)")
        }
        #expect(invite.headers.all(.acceptContact).count == sample.headers.all(.acceptContact).count)
        #expect(invite.headers.first(.pPreferredService) == sample.headers.first(.pPreferredService))
    }
}
