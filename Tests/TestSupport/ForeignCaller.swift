import Foundation
import Runtime

/// A P-CSCF and whoever calls through it in one: it grants every registration, and says what a test says.
///
/// For offers that no client makes which is at hand.
package final class ForeignCaller: Sendable {
    package let port: UInt16
    private let loop = EventLoop()
    private let line = Line()
    private let responses = Inbox<String>()
    private let registrations = Inbox<Bool>()

    /// Touched on the loop's thread only.
    private final class Line: @unchecked Sendable {
        var socket: DatagramSocket?
        var client: SocketAddress?
        var contact = ""
        /// What the client has added to the call: its tag.
        var answeredTo = ""
    }

    package init() async throws {
        port = try freePort()
        let thread = Thread { [loop] in loop.run() }
        thread.start()
        try await onLoop { [self] in
            line.socket = try DatagramSocket(bind: .loopback(port: port), on: loop) { [weak self] event in
                guard case .received(let bytes, let source) = event else { return }
                self?.take(String(decoding: bytes, as: UTF8.self), from: source)
            }
        }
    }

    deinit { loop.stop() }

    private func onLoop<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws
        -> Result
    {
        try await Task(executorPreference: loop) { try await body() }.value
    }

    /// Somebody whose P-CSCF this is.
    package func person(settings: [String: String] = [:]) throws -> Person {
        try Person("bob", proxyPort: port, settings: settings, keeping: self)
    }

    // MARK: - Signalling

    private func take(_ message: String, from source: SocketAddress) {
        guard !message.hasPrefix("SIP/2.0 ") else {
            if !message.hasPrefix("SIP/2.0 1") { responses.put(message) }
            return
        }
        line.client = source
        let isRegistration = message.hasPrefix("REGISTER ")
        if isRegistration, let uri = message.firstMatch(of: /\r\nContact: <([^>]+)>/)?.1 {
            line.contact = String(uri)
        }
        let copied = ["Via", "From", "To", "Call-ID", "CSeq"].compactMap { Self.field($0, of: message) }
        let fields = copied.map { $0.hasPrefix("To:") && !$0.contains("tag=") ? $0 + ";tag=peer" : $0 }
        let granted = [
            "Contact: <\(line.contact)>;expires=600", "P-Associated-URI: <sip:bob@ims.test>",
        ]
        let answer = ["SIP/2.0 200 OK"] + fields + (isRegistration ? granted : [])
        say(answer, "")
        if isRegistration { registrations.put(true) }
    }

    /// A line of a message that begins with a name; several of it are never sent here.
    private static func field(_ name: String, of message: String) -> String? {
        message.split(separator: "\r\n").first { $0.hasPrefix(name + ":") }.map(String.init)
    }

    private func say(_ head: [String], _ body: String) {
        guard let client = line.client else { return }
        let text = (head + ["Content-Length: \(body.utf8.count)", "", body]).joined(separator: "\r\n")
        try? line.socket?.send(Array(text.utf8), to: client)
    }

    private func request(_ method: String, _ number: Int, _ fields: [String] = [], _ body: String = "") {
        let head = [
            "\(method) \(line.contact) SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1:\(port);branch=z9hG4bK\(method)\(number);rport",
            "Max-Forwards: 70",
            "From: <sip:alice@ims.test>;tag=caller",
            line.answeredTo.isEmpty ? "To: <sip:bob@ims.test>" : line.answeredTo,
            "Call-ID: foreign@127.0.0.1",
            "CSeq: \(number) \(method)",
        ]
        say(head + fields, body)
    }

    /// Invites whoever has registered, and takes the answer.
    ///
    /// - Parameter description: The offer.
    /// - Returns: The final response, whole.
    /// - Throws: `CancellationError` if there is none.
    package func invite(_ description: String) async throws -> String {
        _ = try await registrations.next()
        try await onLoop { [self] in
            let fields = [
                "Contact: <sip:alice@127.0.0.1:\(port)>", "P-Asserted-Identity: <sip:alice@ims.test>",
                "Content-Type: application/sdp",
            ]
            request("INVITE", 1, fields, description)
        }
        let response = try await responses.next()
        try await onLoop { [self] in
            line.answeredTo = Self.field("To", of: response) ?? ""
            request("ACK", 1)
        }
        return response
    }

    /// Ends the call, and waits until the other side has said that it knows.
    package func hangUp() async throws {
        try await onLoop { [self] in request("BYE", 2) }
        while !(try await responses.next()).contains("\r\nCSeq: 2 BYE") {}
    }

    // MARK: - Media

    /// Connects to a port of this machine.
    package func connect(to port: UInt16) async throws -> ForeignConnection {
        let loop = loop
        return try await onLoop { ForeignConnection(to: .loopback(port: port), on: loop) }
    }
}

/// A connection on which a test says what it likes, and waits for what it hears.
package final class ForeignConnection: Sendable {
    private let events = Inbox<StreamConnection.Event>()
    private let loop: EventLoop
    private let kept: Kept

    private final class Kept: @unchecked Sendable {
        let connection: StreamConnection
        /// What was heard and not waited for yet.
        var heard = ""

        init(_ connection: StreamConnection) { self.connection = connection }
    }

    fileprivate init(to address: SocketAddress, on loop: EventLoop) {
        self.loop = loop
        kept = Kept(StreamConnection(to: address, on: loop) { [events] in events.put($0) })
    }

    package func say(_ bytes: [UInt8]) async throws {
        try await Task(executorPreference: loop) { [kept] in try kept.connection.send(bytes) }.value
    }

    /// Waits until something was heard; it need not be the next.
    package func hears(_ text: String) async throws {
        while !kept.heard.contains(text) {
            switch try await events.next() {
            case .received(let bytes): kept.heard += String(decoding: bytes, as: UTF8.self)
            case .connected, .drained: continue
            case .ended, .closed: throw CancellationError()
            }
        }
    }
}
