import Crypto
import MSRP
import SIP
import Testing
import Wire

@testable import Lab

/// The MSRP switch of a pocket core in virtual time, and the wires to those who use it.
struct SwitchBench {
    typealias LinkID = LabSwitch.LinkID

    var messages: LabSwitch
    var now = Instant.now
    var identifiers = IdentifierSource(seed: 5)
    private(set) var notes: [String] = []
    /// The connections the switch has opened, to be taken up by `peer`.
    private(set) var opened: [(id: LinkID, place: String)] = []
    private(set) var closed: Set<LinkID> = []
    private var sent: [LinkID: [UInt8]] = [:]

    init(_ change: (inout LabConfiguration) -> Void = { _ in }) {
        var configuration = LabConfiguration()
        change(&configuration)
        messages = LabSwitch(configuration, identifiers: IdentifierSource(seed: 1))
        messages.address = TransportAddress(host: "127.0.0.1", port: 2855)
        messages.secureAddress = TransportAddress(host: "127.0.0.1", port: 2856)
    }

    mutating func connect(isSecure: Bool = false) throws -> LinkID {
        let link = messages.accept(isSecure: isSecure, at: now)
        return try #require(link)
    }

    mutating func receive(_ text: String, on link: LinkID) {
        receive(Array(text.utf8), on: link)
    }

    mutating func receive(_ bytes: [UInt8], on link: LinkID) {
        messages.receive(ByteString(bytes), on: link, at: now)
        takeEffects()
    }

    mutating func close(_ link: LinkID) {
        messages.close(link, at: now)
        takeEffects()
    }

    mutating func advance(by duration: Duration) {
        let end = now + duration
        while let deadline = messages.nextDeadline, deadline <= end {
            now = max(now, deadline)
            messages.fire(at: now)
            takeEffects()
        }
        now = end
    }

    mutating func takeEffects() {
        for effect in messages.takeEffects() {
            switch effect {
            case .send(let bytes, let link, _): sent[link, default: []] += bytes
            case .connect(let link, let host, let port, _): opened.append((link, "\(host):\(port)"))
            case .close(let link), .abort(let link): closed.insert(link)
            case .note(let text): notes.append(text)
            }
        }
    }

    /// Takes what was sent over a connection.
    mutating func text(on link: LinkID) -> String {
        String(decoding: sent.removeValue(forKey: link) ?? [], as: UTF8.self)
    }

    /// Takes what was sent over a connection, which must be whole chunks.
    mutating func chunks(on link: LinkID) throws -> [Chunk] {
        var input = ByteString(sent.removeValue(forKey: link) ?? [])
        var (parser, chunks) = (ChunkParser(), [Chunk]())
        while let event = try parser.next(&input) {
            switch event {
            case .head(let head): chunks.append(Chunk(head: head))
            case .body(let bytes): chunks[chunks.count - 1].body += bytes.text
            case .end(let flag): chunks[chunks.count - 1].flag = flag
            }
        }
        return chunks
    }

    /// Takes the one chunk that was sent over a connection.
    mutating func chunk(on link: LinkID) throws -> Chunk {
        let chunks = try chunks(on: link)
        #expect(chunks.count == 1)
        return try #require(chunks.first)
    }

    struct Chunk {
        var head: ChunkHead
        var body = ""
        var flag: ContinuationFlag?
    }

    // MARK: - What clients do

    /// Asks for the relay as a client does; returns the last answer.
    mutating func authorize(
        _ client: String,
        as user: String = "alice",
        password: String? = nil,
        expires: Int? = nil,
        on link: LinkID
    ) throws -> ChunkHead {
        receive(Self.auth(client, expires: expires), on: link)
        let challenge = try chunk(on: link).head
        guard challenge.responseCode == .unauthorized else { return challenge }
        let text = try Self.auth(client, answering: challenge, as: user, password: password, expires: expires)
        receive(text, on: link)
        return try chunk(on: link).head
    }

    /// An AUTH with the credentials that a challenge asks for.
    static func auth(
        _ client: String,
        answering challenge: ChunkHead,
        as user: String,
        password: String? = nil,
        expires: Int? = nil
    ) throws -> String {
        let value = try #require(challenge.first("WWW-Authenticate"))
        let parameters = try WWWAuthenticate(parsing: value).challenge.parameters
        let computation = DigestComputation(
            algorithm: DigestAlgorithm(hashFunction: .sha256),
            username: user,
            realm: "ims.test",
            password: Secret(password ?? user),
            nonce: try #require(parameters["nonce"]).text,
            uri: try #require(challenge.fromPath).text,
            qop: .authentication,
            nonceCount: 1,
            cnonce: "c"
        )
        var credentials = AuthenticationParameters()
        for (name, text) in [
            ("username", user), ("realm", "ims.test"), ("nonce", computation.nonce),
            ("uri", computation.uri), ("response", computation.response(method: "AUTH", body: [])),
            ("cnonce", "c"),
        ] { credentials.append(name, text, quoted: true) }
        for (name, text) in [("algorithm", "SHA-256"), ("qop", "auth"), ("nc", "00000001")] {
            credentials.append(name, text, quoted: false)
        }
        return auth(client, "Digest \(credentials.text)", at: computation.uri, expires: expires)
    }

    static func auth(
        _ client: String,
        _ credentials: String? = nil,
        at relay: String = "msrp://127.0.0.1:2855;tcp",
        expires: Int? = nil
    ) -> String {
        var lines = ["MSRP a1 AUTH", "To-Path: \(relay)", "From-Path: \(client)"]
        if let credentials { lines.append("Authorization: \(credentials)") }
        if let expires { lines.append("Expires: \(expires)") }
        return (lines + ["-------a1$", ""]).joined(separator: "\r\n")
    }

    static func send(
        to: String,
        from: String,
        _ fields: [String] = ["Message-ID: m1", "Byte-Range: 1-5/5"],
        body: String = "hello"
    ) -> String {
        let head = ["MSRP s1 SEND", "To-Path: \(to)", "From-Path: \(from)"] + fields
        return (head + ["Content-Type: text/plain", "", body, "-------s1$", ""]).joined(separator: "\r\n")
    }

    static func response(_ code: Int, to request: ChunkHead) -> String {
        [
            "MSRP \(request.transactionID) \(code) X",
            "To-Path: \(request.fromPath?.text.split(separator: " ").first ?? "")",
            "From-Path: \(request.toPath ?? "")", "-------\(request.transactionID)$", "",
        ].joined(separator: "\r\n")
    }
}
