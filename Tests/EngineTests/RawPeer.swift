import MSRP
import Runtime
import SDP
import TestSupport
import Testing
import Wire

@testable import Engine
@testable import UserAgent

/// The other end of a chat, which sends over a real socket what a test says and nothing else.
///
/// Belongs to the thread of the loop.
final class RawPeer: @unchecked Sendable {
    /// A whole chunk that came from the engine.
    struct Chunk {
        var head: ChunkHead
        var body: [UInt8] = []
        var flag: ContinuationFlag?

        var code: UInt16? { head.responseCode?.rawValue }
    }

    let chat: Chat
    /// The URI of the engine's end.
    let local: MSRPURI
    /// The URI of this end.
    let own: String
    let connection: StreamConnection
    private let inbox: Inbox<StreamConnection.Event>
    private var parser = ChunkParser()
    private var input = ByteString.empty

    /// Connects to a chat that was agreed.
    init(_ agreed: (chat: Chat, local: MSRPURI), own: String, on loop: EventLoop) throws {
        (chat, local, self.own) = (agreed.chat, agreed.local, own)
        let inbox = Inbox<StreamConnection.Event>()
        self.inbox = inbox
        let address = try #require(SocketAddress(host: local.hostAddress, port: local.port ?? 0))
        connection = StreamConnection(to: address, on: loop) { inbox.put($0) }
    }

    func send(_ text: String) throws { try connection.send(Array(text.utf8)) }

    /// Sends a request of one chunk.
    func request(
        _ fields: [String] = [],
        method: String = "SEND",
        to: String? = nil,
        body: String? = nil,
        flag: String = "$",
        id: String = "raw12345"
    ) throws {
        var lines =
            ["MSRP \(id) \(method)", "To-Path: \(to ?? local.text.text)", "From-Path: \(own)"] + fields
        if let body { lines += ["Content-Type: text/plain", "", body] }
        try send((lines + ["-------\(id)\(flag)", ""]).joined(separator: "\r\n"))
    }

    /// Sends a whole message.
    func say(_ text: String, messageID: String, type: String = "text/plain", _ fields: [String] = []) throws {
        let lines = [
            "MSRP raw12345 SEND", "To-Path: \(local)", "From-Path: \(own)", "Message-ID: \(messageID)",
            "Byte-Range: 1-\(text.utf8.count)/\(text.utf8.count)",
        ]
        let rest = ["Content-Type: \(type)", "", text, "-------raw12345$", ""]
        try send((lines + fields + rest).joined(separator: "\r\n"))
    }

    func answer(_ code: Int, to chunk: Chunk, _ fields: [String] = []) throws {
        let id = chunk.head.transactionID
        let lines = ["MSRP \(id) \(code) X", "To-Path: \(local)", "From-Path: \(own)"]
        try send((lines + fields + ["-------\(id)$", ""]).joined(separator: "\r\n"))
    }

    /// Reports on a message.
    func report(_ range: String, on chunk: Chunk, status: String = "000 200 OK") throws {
        let messageID = try #require(chunk.head.messageID)
        let fields = ["Message-ID: \(messageID)", "Byte-Range: \(range)", "Status: \(status)"]
        try request(fields, method: "REPORT")
    }

    /// The next chunk the engine sends, or `nil` when it closes the connection.
    func next() async throws -> Chunk? {
        var chunk: Chunk?
        while true {
            while let event = try parser.next(&input) {
                switch event {
                case .head(let head): chunk = Chunk(head: head)
                case .body(let bytes): chunk?.body += bytes.bytes
                case .end(let flag):
                    chunk?.flag = flag
                    return chunk
                }
            }
            switch try await inbox.next() {
            case .received(let bytes): input = ByteString(bytes)
            case .ended, .closed: return nil
            case .connected, .drained: break
            }
        }
    }

    /// The next response the engine sends.
    func response() async throws -> UInt16? {
        while let chunk = try await next() { if let code = chunk.code { return code } }
        return nil
    }

    /// The next chunk of a message the engine sends; empty ones are answered.
    func message() async throws -> Chunk {
        while let chunk = try await next() {
            guard chunk.head.method == .send else { continue }
            if chunk.head.contentType != nil { return chunk }
            try answer(200, to: chunk)
        }
        throw CancellationError()
    }
}

extension Engine {
    /// Agrees on a chat with an end that will connect, past the signalling.
    func agreeRaw(
        with peer: String,
        at own: String,
        number: UInt64,
        callID: String
    ) throws -> (chat: Chat, local: MSRPURI) {
        let (endpoint, local) = try makeDirectEndpoint(ConnectionOffer(isSecure: false))
        var offered = MSRPMedia(
            path: [own],
            host: "127.0.0.1",
            port: 9,
            isSecure: false,
            acceptTypes: ["text/plain", "message/cpim"],
            acceptWrappedTypes: ["*"]
        )
        offered.setup = .active
        let answer = try endpoint.medium.answer(to: offered, canListen: true)
        let chat = Chat(id: ChatID(number), peer: peer, isOutgoing: false, callID: callID)
        chatStates[chat.id] = ChatState(chat: chat, session: MessageSession.ID(number: number), local: local)
        let agreement = MSRPAgreement(local: answer, remote: offered, isOfferer: false)
        chatStates[chat.id]?.agreement = agreement
        let failure = open(agreement, from: local, delivery: .whole(limit: 1_048_576), for: .chat(chat.id))
        #expect(failure == nil)
        return (chat, local)
    }

    /// Lets time pass for the message sessions alone.
    func passTime(_ duration: Duration, times: Int = 1) {
        drive((1...times).flatMap { _ in msrp?.fire(at: .now + duration) ?? [] })
    }
}

extension EngineBench {
    /// An end of a chat with `engine`, on a connection of its own.
    func rawPeer(
        of engine: Engine,
        as peer: String = "sip:bob@ims.test",
        number: UInt64 = 1_001,
        callID: String = "raw"
    ) async throws -> RawPeer {
        let own = "msrp://127.0.0.1:9/rawpeer\(number)abcdef;tcp"
        let agreed = try await engine.agreeRaw(with: peer, at: own, number: number, callID: callID)
        return try RawPeer(agreed, own: own, on: loop)
    }
}
