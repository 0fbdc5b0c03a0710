import Lab
import Runtime
import SIP
import TestSupport
import Testing
import Wire

@Suite("Pocket core: sockets", .timeLimit(.minutes(1)))
struct LabServerTests {
    @Test func `requests are answered over UDP, TCP and TLS`() async throws {
        try await withEventLoop { loop in
            let certificates = CertificateBench()
            var configuration = LabConfiguration()
            configuration.port = 0
            configuration.certificate = (certificates.certificate, certificates.key)
            let server = try LabServer.start(on: loop, configuration)
            let tlsAddress = try #require(server.tlsAddress)
            let context = try TLSContext(trusting: .file(certificates.authority))
            for client in [
                try SocketClient("alice", udp: server.address, on: loop),
                SocketClient("bob", tcp: server.address, on: loop),
                SocketClient("carol", tcp: tlsAddress, tls: .init(context, name: "pcscf.ims.test"), on: loop),
            ] {
                client.send(client.phone.addressed(client.phone.options).serialized())
                let answer = try await client.next()
                #expect(answer.status == .ok)
                client.close()
            }
            server.stop()
        }
    }

    @Test func `two people register and write to each other, one over UDP and one over TCP`() async throws {
        try await withEventLoop { loop in
            var configuration = LabConfiguration()
            configuration.port = 0
            let server = try LabServer.start(on: loop, configuration)
            var alice = try SocketClient("alice", udp: server.address, on: loop)
            var bob = SocketClient("bob", tcp: server.address, on: loop)
            try await alice.register()
            try await bob.register()
            #expect(server.control("status").contains("bob: sip:bob@127.0.0.1"))
            alice.send(
                alice.phone.addressed(alice.phone.makeMessage("hi", to: "sip:bob@ims.test")).serialized()
            )
            let message = try await bob.next()
            #expect(message.body == "hi")
            bob.send(message.response(.ok).serialized())
            let answer = try await alice.next()
            #expect(answer.status == .ok)

            bob.close()
            alice.send(
                alice.phone.addressed(alice.phone.makeMessage("hi", to: "sip:carol@ims.test")).serialized()
            )
            let absent = try await alice.next()
            #expect(absent.status == .temporarilyUnavailable)
            alice.close()
            server.stop()
        }
    }

    @Test func `a ping is answered, and a connection that makes no sense is closed`() async throws {
        try await withEventLoop { loop in
            var configuration = LabConfiguration()
            configuration.port = 0
            let server = try LabServer.start(on: loop, configuration)
            let client = SocketClient(tcp: server.address, on: loop)
            client.send(Array("\r\n\r\n".utf8))
            let pong = try await client.bytes.next()
            #expect(pong == Array("\r\n".utf8))
            client.send(Array("what\u{0}ever \r\n\r\n".utf8))
            while let bytes = try await client.bytes.next() { #expect(!bytes.isEmpty) }
            client.close()
            server.stop()
        }
    }

    @Test func `a host that is none, a port that is taken and a certificate that is missing are told apart`()
        async throws
    {
        try await withEventLoop { loop in
            var configuration = LabConfiguration()
            configuration.host = "lab.ims.test"
            #expect(throws: LabServer.StartError.badHost("lab.ims.test")) {
                try LabServer.start(on: loop, configuration)
            }
            configuration.host = "127.0.0.1"
            configuration.port = 0
            let server = try LabServer.start(on: loop, configuration)
            configuration.port = server.address.port
            #expect(throws: LabServer.StartError.socket(.addressInUse, .tcp, server.address)) {
                try LabServer.start(on: loop, configuration)
            }
            configuration.port = 0
            configuration.certificate = ("/nonexistent", "/nonexistent")
            #expect {
                try LabServer.start(on: loop, configuration)
            } throws: { error in
                guard case .certificate = error as? LabServer.StartError else { return false }
                return true
            }
            server.stop()
        }
    }
}

/// A phone on a real socket.
private struct SocketClient: Sendable {
    /// What came in; `nil` for the end of a connection.
    let bytes = Inbox<[UInt8]?>()
    var phone: LabPhone
    let send: @Sendable ([UInt8]) -> Void
    let close: @Sendable () -> Void

    init(_ name: String = "alice", udp address: SocketAddress, on loop: EventLoop) throws {
        let inbox = bytes
        let socket = try DatagramSocket(bind: .loopback(), on: loop) { event in
            if case .received(let bytes, _) = event { inbox.put(bytes) }
        }
        phone = LabPhone(name, port: socket.local.port)
        send = { try? socket.send($0, to: address) }
        close = { socket.close() }
    }

    init(
        _ name: String = "alice",
        tcp address: SocketAddress,
        tls: StreamConnection.TLS? = nil,
        on loop: EventLoop
    ) {
        let inbox = bytes
        let connection = StreamConnection(to: address, tls: tls, on: loop) { event in
            switch event {
            case .received(let bytes): inbox.put(bytes)
            case .ended, .closed: inbox.put(nil)
            case .connected, .drained: break
            }
        }
        phone = LabPhone(name, port: 6000, transport: tls == nil ? .tcp : .tls)
        send = { try? connection.send($0) }
        close = { connection.abort() }
    }

    /// Waits for the next message; on loopback it comes in one piece.
    func next() async throws -> Message {
        let received = try #require(try await bytes.next())
        return try Message(parsing: ByteString(received))
    }

    mutating func register() async throws {
        var request = phone.makeRegister()
        phone.authenticator.authorize(&request)
        send(phone.addressed(request).serialized())
        var attempts = AuthenticationAttempts()
        let challenge = try await next()
        try phone.authenticator.answer(
            challenge,
            to: &request,
            attempts: &attempts,
            identifiers: &phone.identifiers
        )
        request.headers.set(CSeq(number: phone.nextSequence(), method: .register))
        send(phone.addressed(request).serialized())
        let answer = try await next()
        #expect(answer.status == .ok)
    }
}

extension LabPhone {
    fileprivate var options: Message {
        var phone = self
        return phone.makeRequest(.options, to: "sip:ims.test")
    }
}
