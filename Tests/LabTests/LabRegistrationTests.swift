import Crypto
import Lab
import SIP
import Testing
import Wire

@Suite("Pocket core: registration")
struct LabRegistrationTests {
    @Test(arguments: [[DigestAlgorithm(hashFunction: .sha256), .standard], [.standard]])
    func `a user who knows the password is registered`(_ algorithms: [DigestAlgorithm]) throws {
        var bench = LabBench { $0.algorithms = algorithms }
        var alice = LabPhone("alice", port: 6001)
        var request = alice.makeRegister()
        alice.authenticator.authorize(&request)
        let challenge = try bench.exchange(request, alice)
        #expect(challenge.status == .unauthorized)
        let offered = try challenge.headers.all(WWWAuthenticate.self)
        #expect(offered.count == algorithms.count)
        #expect(
            offered.allSatisfy {
                $0.challenge.realm == "ims.test" && $0.challenge.parameters["qop"] == "auth"
            }
        )

        let response = try bench.answer(challenge, to: request, &alice)
        #expect(response.status == .ok)
        let contact = try #require(try response.headers.first(Contact.self))
        #expect(contact.expires == .seconds(600_000))
        #expect(contact.uri.text.text == "sip:alice@127.0.0.1:6001;transport=udp")
        #expect(response.headers.first(.path)?.text == "<sip:term@127.0.0.1:5060;transport=udp;lr>")
        #expect(response.headers.first(.serviceRoute)?.text == "<sip:orig@127.0.0.1:5060;transport=udp;lr>")
        let identities = try response.headers.all(PAssociatedURI.self).map(\.uri.text.text)
        #expect(identities == ["sip:alice@ims.test", "tel:+15550001001"])
    }

    @Test func `a wrong password is challenged anew, and nothing is called stale`() throws {
        var bench = LabBench()
        var mallory = LabPhone("alice", port: 6001, password: "guess")
        let response = try bench.register(&mallory)
        #expect(response.status == .unauthorized)
        #expect(
            try response.headers.all(WWWAuthenticate.self).allSatisfy {
                !$0.challenge.parameters.contains("stale")
            }
        )
        #expect(try bench.control("status").contains("alice: not registered"))
    }

    @Test func `nobody registers another's identity, or one that is not there`() throws {
        var bench = LabBench()
        var bob = LabPhone("bob", port: 6002)
        var request = bob.makeRegister()
        request.headers.set(.to, "<sip:alice@ims.test>")
        let challenge = try bench.exchange(request, bob)
        let response = try bench.answer(challenge, to: request, &bob)
        #expect(response.status == .forbidden)
        var nobody = LabPhone("nobody", port: 6003)
        #expect(try bench.register(&nobody).status == .forbidden)
    }

    @Test func `a nonce is good again with the next count, and stale when repeated or too old`() throws {
        var bench = LabBench { $0.nonceLifetime = .seconds(100) }
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        var again = alice.makeRegister()
        alice.authenticator.authorize(&again)
        #expect(try bench.exchange(again, alice).status == .ok)
        again.headers.set(CSeq(number: alice.nextSequence(), method: .register))
        let replayed = try bench.exchange(again, alice)
        #expect(replayed.status == .unauthorized)
        #expect(try replayed.headers.first(WWWAuthenticate.self)?.challenge.parameters["stale"] == "true")

        var late = alice.makeRegister()
        try bench.advance(by: .seconds(101))
        alice.authenticator.authorize(&late)
        let old = try bench.exchange(late, alice)
        #expect(try old.headers.first(WWWAuthenticate.self)?.challenge.parameters["stale"] == "true")
        #expect(try bench.answer(old, to: late, &alice).status == .ok)
    }

    @Test func `what the registrar does not grant is refused with what it would`() throws {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.control("fault 423 700000")
        let brief = try bench.register(&alice)
        #expect(brief.status == .intervalTooBrief)
        #expect(try brief.headers.first(MinExpires.self)?.seconds == 700_000)
        try bench.control("fault off")
        try bench.control("fault 420")
        let unknown = try bench.register(&alice)
        #expect(unknown.status == .badExtension)
        #expect(try unknown.headers.first(Unsupported.self)?.contains("pref") == true)
        try bench.control("fault off")
        #expect(try bench.register(&alice).status == .ok)
    }

    @Test func `a binding ends when its user says so, all of them at once, or when its time is over`() throws
    {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        let left = try bench.register(&alice, expires: 0)
        #expect(left.status == .ok)
        #expect(!left.headers.contains(.contact))

        try bench.register(&alice)
        var all = alice.makeRegister()
        all.headers.set(.contact, "*")
        all.headers.append(.expires, "0")
        alice.authenticator.authorize(&all)
        #expect(try !bench.exchange(all, alice).headers.contains(.contact))

        try bench.register(&alice, expires: 100)
        #expect(
            try bench.control("status").contains("alice: sip:alice@127.0.0.1:6001;transport=udp (100 s left)")
        )
        try bench.advance(by: .seconds(100))
        #expect(try bench.control("status").contains("alice: not registered"))
        #expect(bench.notes.contains("the registration of alice expired"))
    }

    @Test func `a client that offers keep-alives over a connection is told the interval`() throws {
        var bench = LabBench()
        var alice = LabPhone("alice", port: 6001, transport: .tcp)
        let response = try bench.register(&alice)
        #expect(response.topVia?.parameters["keep"] == "120")
    }

    @Test func `the nonce of the next request can come with the answer to this one`() throws {
        var bench = LabBench { $0.sendsNextNonce = true }
        var alice = LabPhone("alice", port: 6001)
        try bench.register(&alice)
        var again = alice.makeRegister()
        alice.authenticator.authorize(&again)
        #expect(try again.headers.first(Authorization.self)?.credentials.parameters["nc"] == "00000001")
        #expect(try bench.exchange(again, alice).status == .ok)
    }
}
