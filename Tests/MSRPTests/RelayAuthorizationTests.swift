import MSRP
import Testing
import Wire

@Suite("A relay is asked to serve")
struct RelayAuthorizationTests {
    private var now = ContinuousClock.now
    private var generator = SeededGenerator(seed: 1)
    private var events: [RelayAuthorization.Event] = []
    private var relay: RelayAuthorization

    private static let relayPath = "msrps://alice@intra.example.com;tcp"
    private static let localPath = "msrps://alice.example.com:9892/98cjs;tcp"

    init() throws {
        relay = try RelayAuthorization(
            path: MSRPPath(Self.relayPath),
            local: MSRPURI(Self.localPath),
            expires: .seconds(900)
        )
        relay.start()
    }

    /// Takes the AUTH that is due, or an empty text.
    private mutating func auth() -> String {
        relay.nextChunk(at: now, using: &generator).map { ByteString($0.bytes).text } ?? ""
    }

    private mutating func answer(_ request: String, _ status: String, _ fields: String = "") throws {
        let id = request.split(separator: " ")[1]
        let paths = "To-Path: \(Self.localPath)\r\nFrom-Path: \(Self.relayPath)\r\n"
        var parser = ChunkParser()
        var input = ByteString("MSRP \(id) \(status)\r\n\(paths)\(fields)-------\(id)$\r\n")
        guard case .head(let head) = try parser.next(&input) else { return }
        let isOurs = relay.receive(head, at: now, into: &events)
        #expect(isOurs)
    }

    private static let challenge =
        "WWW-Authenticate: Digest realm=\"intra.example.com\", qop=\"auth\", nonce=\"n\"\r\n"
    private static let grant = "Use-Path: msrps://intra.example.com:9000/jui787s2f;tcp\r\nExpires: 900\r\n"

    @Test("the challenge is answered with credentials, and the path is that of Use-Path")
    mutating func challenged() throws {
        let first = auth()
        #expect(first.contains(" AUTH\r\nTo-Path: \(Self.relayPath)\r\nFrom-Path: \(Self.localPath)\r\n"))
        #expect(first.contains("Expires: 900\r\n"))
        #expect(!first.contains("Authorization"))
        #expect(auth().isEmpty)
        try answer(first, "401 Unauthorized", Self.challenge)
        guard case .challenged(let fields, let uri) = events.last else {
            Issue.record("not challenged")
            return
        }
        #expect(fields.first?.text.hasPrefix("Digest realm=") == true)
        #expect(uri == (try MSRPURI(Self.relayPath)))
        #expect(auth().isEmpty)
        relay.authorize("Digest username=\"alice\"")
        let second = auth()
        #expect(second.contains("Authorization: Digest username=\"alice\"\r\n"))
        try answer(second, "200 OK", Self.grant)
        let path = try MSRPPath("msrps://intra.example.com:9000/jui787s2f;tcp")
        #expect(events.last == .authorized(usePath: path, proof: nil))
    }

    @Test("the use is renewed a minute before it ends, or at half of a short time")
    mutating func renewal() throws {
        try answer(auth(), "200 OK", Self.grant)
        #expect(relay.nextDeadline == now + .seconds(840))
        now += .seconds(840)
        relay.fire(at: now, into: &events)
        let again = auth()
        #expect(again.contains(" AUTH\r\n"))
        try answer(again, "200 OK", Self.grant.replacing("900", with: "30"))
        #expect(relay.nextDeadline == now + .seconds(15))
    }

    @Test("credentials that are refused twice are not tried again")
    mutating func refused() throws {
        for _ in 0..<2 {
            try answer(auth(), "401 Unauthorized", Self.challenge)
            relay.authorize("Digest username=\"alice\"")
        }
        try answer(auth(), "401 Unauthorized", Self.challenge)
        #expect(events.last == .failed(.credentialsRefused))
        #expect(auth().isEmpty)
    }

    @Test("a time out of bounds is adapted once")
    mutating func bounds() throws {
        try answer(auth(), "423 Interval", "Max-Expires: 600\r\n")
        let again = auth()
        #expect(again.contains("Expires: 600\r\n"))
        try answer(again, "423 Interval", "Max-Expires: 300\r\n")
        #expect(events == [.failed(.refused(.outOfBounds))])
    }

    @Test("a relay that does not answer, refuses or grants nothing has failed")
    mutating func failures() throws {
        _ = auth()
        relay.fire(at: now + .seconds(29), into: &events)
        #expect(events.isEmpty)
        relay.fire(at: now + .seconds(30), into: &events)
        relay.start()
        try answer(auth(), "403 Forbidden")
        relay.start()
        try answer(auth(), "200 OK")
        #expect(events == [.failed(.timedOut), .failed(.refused(.forbidden)), .failed(.unintelligible)])
        #expect(relay.nextDeadline == nil)
    }
}
