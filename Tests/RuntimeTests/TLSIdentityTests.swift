import Foundation
import TestSupport
import Testing
import Wire

@testable import Runtime

@Suite("TLS between equals, RFC 8122", .timeLimit(.minutes(1)))
struct TLSIdentityTests {
    private static let day: Int64 = 86_400_000_000
    private let now = Timestamp.now

    // MARK: - The certificate

    @Test(
        "a certificate is made once, kept where its owner alone can read it, and replaced before it expires"
    )
    func kept() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/own.pem"
        let first = try TLSIdentity.kept(at: path, now: now)
        #expect(first.failure == nil)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["own.pem"])
        let soon = Timestamp(microseconds: now.microseconds + 330 * Self.day)
        #expect(try TLSIdentity.kept(at: path, now: soon).identity.encoded == first.identity.encoded)
        let late = Timestamp(microseconds: now.microseconds + 340 * Self.day)
        let second = try TLSIdentity.kept(at: path, now: late).identity
        #expect(second.encoded != first.identity.encoded)
        #expect(!second.isEnding(at: late))
        #expect(try TLSIdentity.kept(at: path, now: late).identity.encoded == second.encoded)
    }

    @Test("a key that others can read is made private, and one that cannot be kept serves this run")
    func permissions() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/own.pem"
        let made = try TLSIdentity.kept(at: path, now: now).identity
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(try TLSIdentity.kept(at: path, now: now).identity.encoded == made.encoded)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let lost = try TLSIdentity.kept(at: folder.path + "/no/own.pem", now: now)
        #expect(lost.failure == "No such file or directory")
        #expect(lost.identity.encoded != made.encoded)
    }

    @Test("openssl reads it: a P-256 key, a certificate of version 3 that names nobody")
    func readable() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            String(decoding: TLSIdentity.make(at: now).pem, as: UTF8.self),
            to: "own.pem"
        )
        let text = try RunningProgram.ended(
            "/usr/bin/openssl",
            ["x509", "-in", path, "-noout", "-text"]
        ).output
        #expect(text.contains("Version: 3"))
        #expect(text.contains("prime256v1"))
        #expect(text.contains("ecdsa-with-SHA256"))
        #expect(text.contains("Subject: CN = ims\n") || text.contains("Subject: CN=ims\n"))
    }

    @Test("what is no certificate, no key, or not the key of the certificate is named")
    func unusable() throws {
        let authority = CertificateBench()
        func bytes(_ files: String...) throws -> [UInt8] {
            try files.flatMap { try FileContents(path: $0).bytes }
        }
        #expect(throws: TLSContext.SetupError.self) { try TLSIdentity(pem: [], name: "x") }
        func isKey(_ error: any Error) -> Bool {
            if case .key("x", _) = error as? TLSContext.SetupError { true } else { false }
        }
        func isCertificate(_ error: any Error) -> Bool {
            if case .certificate("x", _) = error as? TLSContext.SetupError { true } else { false }
        }
        #expect { _ = try TLSIdentity(pem: bytes(authority.certificate), name: "x") } throws: { isKey($0) }
        #expect { _ = try TLSIdentity(pem: bytes(authority.key), name: "x") } throws: { isCertificate($0) }
        #expect {
            _ = try TLSIdentity(pem: bytes(authority.certificate, authority.authorityKey), name: "x")
        } throws: { isKey($0) }
        #expect(throws: Never.self) {
            try TLSIdentity(pem: bytes(authority.certificate, authority.authority, authority.key), name: "x")
        }
    }

    // MARK: - The handshake

    @Test("both sides show a certificate, and the one that connects judges before anything is said")
    func judged() async throws {
        try await withEventLoop { loop in
            let (one, other) = (try TLSIdentity.make(at: .now), try TLSIdentity.make(at: .now))
            let server = try TLSContext(between: other, trusting: .system)
            let client = try TLSContext(between: one, trusting: .system)
            let bench = try StreamBench(on: loop, tls: server)
            let expected = other.encoded
            let connection = bench.connect(
                tls: .init(
                    client,
                    name: "bob.ims.test",
                    judge: { $0 == expected ? nil : .selfSigned },
                    asksAuthority: false
                )
            )
            let accepted = try await bench.accepted()
            #expect(try await bench.client.next().isConnected)
            _ = try await bench.server.skipConnected()
            #expect(connection.peerCertificate == other.encoded)
            #expect(accepted.peerCertificate == one.encoded)
            // Nobody vouches for either, which is for the owner to judge.
            #expect(accepted.doubt(that: "alice.ims.test")?.reason == .selfSigned)
            connection.abort()
            accepted.abort()
            bench.listener.close()
        }
    }

    @Test("a certificate that is not the announced one ends the handshake with an alert, for both")
    func refused() async throws {
        try await withEventLoop { loop in
            let identity = try TLSIdentity.make(at: .now)
            let context = try TLSContext(between: identity, trusting: .system)
            let bench = try StreamBench(on: loop, tls: context)
            let reason = TLSFailure.Reason.fingerprint(expected: ["sha-256 00"], seen: "sha-256 FF")
            _ = bench.connect(tls: .init(context, name: "127.0.0.1", judge: { _ in reason }))
            _ = try await bench.accepted()
            guard case .some(.some(.tls(let failure))) = try await bench.client.next().closedError,
                case .some(.some(.tls(let alert))) = try await bench.server.next().closedError
            else {
                Issue.record("no TLS failure")
                return
            }
            #expect(failure.reason == reason)
            #expect(failure.description.contains("the fingerprint sha-256 FF, expected was sha-256 00"))
            #expect(failure.certificate?.subject == "CN=ims")
            guard case .protocol(let words) = alert.reason else {
                Issue.record("\(alert)")
                return
            }
            #expect(words.contains("bad certificate"))
            bench.listener.close()
        }
    }

    @Test("a certificate of an authority is known by its name, whoever connects", arguments: [true, false])
    func named(_ isRight: Bool) async throws {
        let authority = CertificateBench()
        try await withEventLoop { loop in
            let pem =
                try FileContents(path: authority.certificate).bytes
                + FileContents(path: authority.key).bytes
            let identity = try TLSIdentity(pem: pem, name: "server.pem")
            let context = try TLSContext(between: identity, trusting: .file(authority.authority))
            let bench = try StreamBench(on: loop, tls: context)
            let name = isRight ? "pcscf.ims.test" : "evil.ims.test"
            let connection = bench.connect(tls: .init(context, name: name))
            let accepted = try await bench.accepted()
            let event = try await bench.client.next()
            #expect(event.isConnected == isRight)
            if isRight {
                _ = try await bench.server.skipConnected()
                #expect(accepted.doubt(that: "pcscf.ims.test") == nil)
                #expect(accepted.doubt(that: "127.0.0.1") == nil)
                #expect(
                    accepted.doubt(that: "evil.ims.test")?.reason == .nameMismatch(expected: "evil.ims.test")
                )
            }
            connection.abort()
            accepted.abort()
            bench.listener.close()
        }
    }

    @Test("who shows no certificate is let in, and known by none")
    func anonymous() async throws {
        try await withEventLoop { loop in
            let context = try TLSContext(between: TLSIdentity.make(at: .now), trusting: .system)
            let bench = try StreamBench(on: loop, tls: context)
            let connection = bench.connect(tls: .init(try TLSContext(trusting: .anyone), name: "127.0.0.1"))
            let accepted = try await bench.accepted()
            _ = try await bench.server.skipConnected()
            #expect(accepted.peerCertificate == nil)
            #expect(accepted.doubt(that: "alice.ims.test")?.reason == .noCertificate)
            connection.abort()
            accepted.abort()
            bench.listener.close()
        }
    }
}
