import TestSupport
import Testing
import Wire

@testable import Runtime

@Suite("TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    private let authority = CertificateBench()

    @Test(arguments: ["pcscf.ims.test", "127.0.0.1", "::1"])
    func `a certificate for the name or address asked for is accepted`(_ name: String) async throws {
        let failure = try await handshake(name: name, trusting: .file(authority.authority))
        #expect(failure == nil)
    }

    @Test func `a certificate for another name is refused by type, with the certificate in words`()
        async throws
    {
        let trust = TLSContext.Trust.file(authority.authority)
        let failure = try #require(try await handshake(name: "evil.ims.test", trusting: trust))
        #expect(failure.reason == .nameMismatch(expected: "evil.ims.test"))
        #expect(failure.certificate?.subject == "CN=pcscf.ims.test,O=Lab")
        #expect(failure.certificate?.issuer == "CN=Lab authority")
        #expect(failure.certificate?.names.first == "pcscf.ims.test")
        #expect(
            failure.description.hasPrefix(
                "the certificate is not for evil.ims.test (subject CN=pcscf.ims.test"
            )
        )
    }

    @Test func `a certificate for another address is refused by type`() async throws {
        let trust = TLSContext.Trust.file(authority.authority)
        let failure = try await handshake(name: "127.0.0.2", trusting: trust)
        #expect(failure?.reason == .nameMismatch(expected: "127.0.0.2"))
    }

    @Test func `a certificate of an unknown authority is refused by type`() async throws {
        let failure = try await handshake(name: "pcscf.ims.test", trusting: .system)
        #expect(failure?.reason == .untrustedIssuer)
    }

    @Test func `a certificate that vouches for itself is refused by type`() async throws {
        let failure = try await handshake(
            name: "pcscf.ims.test",
            trusting: .system,
            certificate: (authority.authority, authority.authorityKey)
        )
        #expect(failure?.reason == .selfSigned)
    }

    @Test func `a certificate out of its time is refused by type`() async throws {
        let trust = TLSContext.Trust.file(authority.authority)
        let tooLate = Timestamp(microseconds: 4_000_000_000_000_000)
        let late = try await handshake(name: "pcscf.ims.test", trusting: trust, at: tooLate)
        #expect(late?.reason == .expired)
        let tooEarly = Timestamp(microseconds: 1_000_000_000_000_000)
        let early = try await handshake(name: "pcscf.ims.test", trusting: trust, at: tooEarly)
        #expect(early?.reason == .notYetValid)
    }

    @Test func `with verification turned off any certificate is accepted`() async throws {
        #expect(try await handshake(name: "evil.ims.test", trusting: .anyone) == nil)
    }

    @Test func `a peer that does not speak TLS is refused by type`() async throws {
        try await withEventLoop { loop in
            let bench = try StreamBench(on: loop)
            let context = try TLSContext(trusting: .anyone)
            _ = bench.connect(tls: .init(context, name: "pcscf.ims.test"))
            let server = try await bench.accepted()
            try server.send(Array("SIP/2.0 400 Bad Request\r\n\r\n".utf8))
            guard case .some(.some(.tls(let failure))) = try await bench.client.next().closedError,
                case .protocol = failure.reason
            else {
                Issue.record("no TLS failure")
                return
            }
            server.abort()
            bench.listener.close()
        }
    }

    @Test func `a peer that closes during the handshake is told apart from one that breaks it`() async throws
    {
        try await withEventLoop { loop in
            let bench = try StreamBench(on: loop)
            let context = try TLSContext(trusting: .anyone)
            _ = bench.connect(tls: .init(context, name: "pcscf.ims.test"))
            let server = try await bench.accepted()
            _ = try await bench.server.skipConnected().next()
            server.close()
            #expect(try await bench.client.next().closedError == .some(.tls(TLSFailure(.closedEarly))))
            bench.listener.close()
        }
    }

    @Test func `large writes pass through TLS whole, under back-pressure, and the end is told`() async throws
    {
        try await withEventLoop { loop in
            let bench = try StreamBench(on: loop, tls: authority.server())
            let context = try TLSContext(trusting: .file(authority.authority))
            let client = bench.connect(tls: .init(context, name: "pcscf.ims.test"))
            try client.send(Array("early".utf8))
            let server = try await bench.accepted()
            #expect(try await bench.client.next().isConnected)
            #expect(client.tlsSummary?.hasPrefix("TLSv1.3 ") == true)
            #expect(try await bench.server.skipConnected().collect(5) == Array("early".utf8))
            server.pauseReading()
            let bytes = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 / 977) }
            try client.send(bytes)
            server.resumeReading()
            let received = try await bench.server.collect(bytes.count)
            #expect(received == bytes)
            client.close()
            #expect(try await bench.server.skipDrained().isEnd)
            server.close()
            bench.listener.close()
        }
    }

    @Test func `files that are no certificate, key or authority are named`() throws {
        #expect(throws: TLSContext.SetupError.trust(file: "/nonexistent", "No such file or directory")) {
            try TLSContext(trusting: .file("/nonexistent"))
        }
        #expect {
            try TLSContext(certificate: "/nonexistent", key: "/nonexistent")
        } throws: { error in
            guard case .certificate("/nonexistent", _) = error as? TLSContext.SetupError else { return false }
            return true
        }
        #expect {
            try TLSContext(certificate: authority.certificate, key: authority.authorityKey)
        } throws: { error in
            guard case .key(authority.authorityKey, _) = error as? TLSContext.SetupError else {
                return false
            }
            return true
        }
    }

    /// Connects to a server with a certificate of the bench; returns why TLS failed, or `nil` if it did not.
    private func handshake(
        name: String,
        trusting trust: TLSContext.Trust,
        at time: Timestamp? = nil,
        certificate: (String, String)? = nil
    ) async throws -> TLSFailure? {
        try await withEventLoop { loop in
            let (file, key) = certificate ?? (authority.certificate, authority.key)
            let bench = try StreamBench(on: loop, tls: TLSContext(certificate: file, key: key))
            let client = bench.connect(tls: .init(try TLSContext(trusting: trust, at: time), name: name))
            let server = try await bench.accepted()
            let event = try await bench.client.next()
            // The server must see the same end of it: an alert, or the connection.
            let seen = try await bench.server.next()
            #expect(seen.isConnected == event.isConnected)
            client.abort()
            server.abort()
            bench.listener.close()
            guard !event.isConnected else { return nil }
            guard case .some(.some(.tls(let failure))) = event.closedError else {
                Issue.record("\(event)")
                return nil
            }
            return failure
        }
    }
}

extension StreamInbox {
    fileprivate func skipDrained() async throws -> StreamConnection.Event {
        let event = try await next()
        return event.isDrained ? try await next() : event
    }
}
