import MSRP
import Wire

/// Two ends of a session and the connection between them, in virtual time.
struct SessionBench {
    static let pathA = "msrp://a.test:1/aaaaaaaaaaaaaaaaaaaa;tcp"
    static let pathB = "msrp://b.test:2/bbbbbbbbbbbbbbbbbbbb;tcp"

    var a: Session
    var b: Session
    var eventsA: [SessionEvent] = []
    var eventsB: [SessionEvent] = []
    /// All that went from A to B and back, a chunk each.
    var sentByA: [String] = []
    var sentByB: [String] = []
    var now = ContinuousClock.now
    var generator = SeededGenerator(seed: 1)
    private var parserA = ChunkParser()
    private var parserB = ChunkParser()

    init(
        delivery: Delivery = .whole(limit: 1_000_000),
        configure: (inout SessionConfiguration) -> Void = { _ in }
    ) throws {
        let (uriA, uriB) = (try MSRPURI(Self.pathA), try MSRPURI(Self.pathB))
        var forA = SessionConfiguration(local: uriA, target: MSRPPath(uriB), delivery: delivery)
        var forB = SessionConfiguration(local: uriB, target: MSRPPath(uriA), delivery: delivery)
        configure(&forA)
        configure(&forB)
        (a, b) = (Session(forA), Session(forB))
    }

    /// What a relay before A is called; the bench carries what A sends through it to B all the same.
    static let relay = "msrp://relay.test:2855/rrrrrrrrrrrrrrrrrrrr;tcp"

    /// A chunk, report or response as it goes over the wire.
    struct Sent {
        let bytes: [UInt8]

        var text: String { ByteString(bytes).text }
        var body: [UInt8] { (try? ChunkParser.read(bytes, splitAt: []))?.first?.body ?? [] }
    }

    mutating func takeFromA() -> Sent? {
        var output = ChunkOutput()
        guard a.writeNext(to: &output, at: now, using: &generator, into: &eventsA) else { return nil }
        let sent = Sent(bytes: output.bytes)
        sentByA.append(sent.text)
        return sent
    }

    mutating func takeFromB() -> Sent? {
        var output = ChunkOutput()
        guard b.writeNext(to: &output, at: now, using: &generator, into: &eventsB) else { return nil }
        let sent = Sent(bytes: output.bytes)
        sentByB.append(sent.text)
        return sent
    }

    private struct NothingToSend: Error {}

    mutating func nextFromA() throws -> Sent {
        guard let chunk = takeFromA() else { throw NothingToSend() }
        return chunk
    }

    mutating func nextFromB() throws -> Sent {
        guard let chunk = takeFromB() else { throw NothingToSend() }
        return chunk
    }

    /// Queues a message that A must take.
    mutating func queue(_ message: OutgoingMessage) throws {
        guard a.send(message) else { throw NothingToSend() }
    }

    /// Gives A bytes as if the peer had sent them.
    mutating func feedA(_ bytes: [UInt8]) throws {
        var input = ByteString(bytes)
        while let event = try parserA.next(&input) { a.receive(event, using: &generator, into: &eventsA) }
    }

    mutating func feedB(_ bytes: [UInt8]) throws {
        var input = ByteString(bytes)
        while let event = try parserB.next(&input) { b.receive(event, using: &generator, into: &eventsB) }
    }

    mutating func feedA(_ text: String) throws { try feedA(Array(text.utf8)) }

    mutating func feedB(_ text: String) throws { try feedB(Array(text.utf8)) }

    /// Carries chunks until neither end has one.
    mutating func run() throws {
        while true {
            if let chunk = takeFromA() {
                try feedB(chunk.bytes)
            } else if let chunk = takeFromB() {
                try feedA(chunk.bytes)
            } else {
                return
            }
        }
    }

    /// Lets the connection and what is on it get lost, and joins both ends anew.
    mutating func reconnect() throws -> [Restart] {
        (parserA, parserB) = (ChunkParser(), ChunkParser())
        let (uriA, uriB) = (try MSRPURI(Self.pathA), try MSRPURI(Self.pathB))
        _ = b.renew(local: uriB, target: MSRPPath(uriA))
        return a.renew(local: uriA, target: MSRPPath(uriB))
    }

    /// A response of B to the chunk, as a peer of its own kind writes it.
    static func response(_ code: Int, to chunk: Sent, extra: String = "") -> String {
        let id = ByteString(chunk.bytes).text.split(separator: " ")[1]
        return "MSRP \(id) \(code) X\r\nTo-Path: \(pathA)\r\nFrom-Path: \(pathB)\r\n\(extra)-------\(id)$\r\n"
    }

    static func request(
        _ fields: String,
        body: String? = nil,
        method: String = "SEND",
        flag: String = "$"
    ) -> String {
        "MSRP abcd1234 \(method)\r\nTo-Path: \(pathB)\r\nFrom-Path: \(pathA)\r\n\(fields)"
            + (body.map { "Content-Type: text/plain\r\n\r\n\($0)\r\n" } ?? "") + "-------abcd1234\(flag)\r\n"
    }
}

extension OutgoingMessage {
    init(_ id: String, _ text: String) {
        self.init(messageID: ByteString(id), contentType: "text/plain", content: .whole(ByteString(text)))
    }

    init(file id: String, size: UInt64?) {
        self.init(
            messageID: ByteString(id),
            contentType: "application/octet-stream",
            content: .streamed(size: size)
        )
    }
}

extension SessionEvent {
    /// The event in a word or two, bodies as text.
    var summary: String {
        switch self {
        case .bound: "bound"
        case .sent(let id): "sent \(id)"
        case .accepted(let id): "accepted \(id)"
        case .delivered(let id): "delivered \(id)"
        case .failed(let id, let code): "failed \(id) \(code.rawValue)"
        case .undelivered(let id, let code): "undelivered \(id) \(code.rawValue)"
        case .overdue(let id): "overdue \(id)"
        case .alive: "alive"
        case .silent: "silent"
        case .ended(let code): "ended \(code.rawValue)"
        case .incoming(let event): event.summary
        }
    }
}

extension MessageAssembler.Event {
    var summary: String {
        switch self {
        case .message(let message, let body): "message \(message.messageID) \(body)"
        case .began(let message): "began \(message.messageID)"
        case .data(let id, let bytes): "data \(id) \(bytes)"
        case .completed(let id, let size): "completed \(id) \(size)"
        case .failed(let id, .abandoned): "abandoned \(id)"
        case .failed(let id, .displaced): "displaced \(id)"
        case .failed(let id, .refused(let code)): "refused \(id) \(code.rawValue)"
        }
    }
}
