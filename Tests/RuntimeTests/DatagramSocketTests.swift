import TestSupport
import Testing

@testable import Runtime

@Suite("Datagram socket", .timeLimit(.minutes(1)))
struct DatagramSocketTests {
    @Test(arguments: [SocketAddress.Family.ipv4, .ipv6])
    func `a datagram arrives whole with the address of its sender`(
        _ family: SocketAddress.Family
    ) async throws {
        try await withEventLoop { loop in
            let inbox = Inbox<DatagramSocket.Event>()
            let receiver = try DatagramSocket(bind: .loopback(family), on: loop) { inbox.put($0) }
            let sender = try DatagramSocket(bind: .loopback(family), on: loop) { _ in }
            for size in [0, 1, 60_000] {
                let bytes = [UInt8](repeating: UInt8(size % 251), count: size)
                try sender.send(bytes, to: receiver.local)
                guard case .received(let received, let from) = try await inbox.next() else {
                    Issue.record("no datagram of \(size) bytes")
                    return
                }
                #expect(received == bytes)
                #expect(from == sender.local)
            }
            sender.close()
            receiver.close()
            #expect(throws: SocketError.closed) { try sender.send([1], to: receiver.local) }
        }
    }

    @Test(arguments: [false, true])
    func `a datagram to a port where nobody listens is reported as refused`(_ isConnected: Bool) async throws
    {
        try await withEventLoop { loop in
            let dead = try DatagramSocket.deaf(on: loop)
            let (inbox, target) = (Inbox<DatagramSocket.Event>(), dead.local)
            let sender = try DatagramSocket(bind: .loopback(), remote: isConnected ? target : nil, on: loop) {
                inbox.put($0)
            }
            // The error belongs to the datagram before: each is sent all the same.
            for _ in 0..<3 {
                try sender.send([1], to: target)
                guard case .failed(.refused, let to) = try await inbox.next() else {
                    Issue.record("not refused")
                    return
                }
                #expect(to == target)
            }
            sender.close()
            dead.close()
        }
    }

    @Test func `a refusal by one peer does not hinder what goes to another`() async throws {
        try await withEventLoop { loop in
            let dead = try DatagramSocket.deaf(on: loop)
            let inbox = Inbox<DatagramSocket.Event>()
            let alive = try DatagramSocket(bind: .loopback(), on: loop) { inbox.put($0) }
            let sender = try DatagramSocket(bind: .loopback(), on: loop) { _ in }
            try sender.send([1], to: dead.local)
            try sender.send([2], to: alive.local)
            guard case .received([2], from: sender.local) = try await inbox.next() else {
                Issue.record("not received")
                return
            }
            for socket in [dead, alive, sender] { socket.close() }
        }
    }

    @Test func `a datagram larger than UDP takes is refused by type`() async throws {
        try await withEventLoop { loop in
            let socket = try DatagramSocket(bind: .loopback(), on: loop) { _ in }
            #expect(throws: SocketError.messageTooLarge) {
                try socket.send([UInt8](repeating: 0, count: 70_000), to: socket.local)
            }
            socket.close()
        }
    }

    @Test func `a port that is taken is refused by type`() async throws {
        try await withEventLoop { loop in
            let socket = try DatagramSocket(bind: .loopback(), on: loop) { _ in }
            #expect(throws: SocketError.addressInUse) {
                try DatagramSocket(bind: socket.local, on: loop) { _ in }
            }
            socket.close()
        }
    }
}

@Suite("Socket address")
struct SocketAddressTests {
    @Test func `numeric addresses are read in canonical form and names are not`() {
        #expect(SocketAddress(host: "127.0.0.1", port: 5060)?.description == "127.0.0.1:5060")
        #expect(SocketAddress(host: "[::1]", port: 5060)?.description == "[::1]:5060")
        #expect(SocketAddress(host: "2001:DB8:0:0::1", port: 1)?.host == "2001:db8::1")
        #expect(SocketAddress(host: "fe80::1%lo", port: 1)?.host == "fe80::1%lo")
        for host in [
            "", "pcscf.ims.test", "127.0.0", "127.0.0.1\0", "::1%nothing", "[127.0.0.1", "1.2.3.4%lo",
        ] {
            #expect(SocketAddress(host: host, port: 0) == nil, "\(host)")
        }
    }

    @Test func `the local address towards a destination is one of this host`() throws {
        let (local, local6) = try (
            SocketAddress.local(towards: .loopback(port: 5060)),
            SocketAddress.local(towards: .loopback(.ipv6, port: 5060))
        )
        #expect(local == .loopback())
        #expect(local6 == .loopback(.ipv6))
    }
}

extension DatagramSocket {
    /// A socket that hears one peer only, which there is none of: to all others its port is one where nobody listens.
    static func deaf(on loop: EventLoop) throws(SocketError) -> DatagramSocket {
        try DatagramSocket(bind: .loopback(), remote: .loopback(port: 9), on: loop) { _ in }
    }
}
