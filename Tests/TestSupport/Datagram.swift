import Foundation
import Glibc

/// Sends bytes to a port of this machine from a port of no importance.
package func sendDatagram(_ bytes: [UInt8], toPort port: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else { throw SpawnError(call: "socket", code: errno) }
    defer { close(descriptor) }
    var address = loopback(port)
    let sent = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            unsafe sendto(
                descriptor,
                bytes,
                bytes.count,
                0,
                generic,
                socklen_t(MemoryLayout<sockaddr_in>.size)
            )
        }
    }
    guard sent == bytes.count else { throw SpawnError(call: "sendto", code: errno) }
}

/// A port that nobody has at the moment, neither for UDP nor for TCP.
package func freePort() throws -> UInt16 {
    for _ in 0..<100 {
        let port = UInt16.random(in: 20_000..<32_000)
        if [SOCK_DGRAM, SOCK_STREAM].allSatisfy({ canBind(port, $0) }) { return port }
    }
    throw SpawnError(call: "no free port", code: EADDRINUSE)
}

private func canBind(_ port: UInt16, _ kind: __socket_type) -> Bool {
    let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = loopback(port)
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            unsafe bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}

/// Waits until somebody has the UDP port: a server that says nothing when it is ready.
package func waitUntilTaken(_ port: UInt16, within limit: Duration = .seconds(30)) async throws {
    // Looked up, not tried: to try it would take it from the one who is waited for.
    let entry = " 0100007F:" + String(UInt32(port) + 0x1_0000, radix: 16, uppercase: true).dropFirst() + " "
    try await onThread {
        let deadline = ContinuousClock.now + limit
        while try !String(contentsOfFile: "/proc/net/udp", encoding: .utf8).contains(entry) {
            guard ContinuousClock.now < deadline else {
                throw SpawnError(call: "port \(port)", code: ETIMEDOUT)
            }
            _ = ready([], within: .milliseconds(2))
        }
    }
}

/// A UDP port of this machine at which everything arrives and nothing is answered.
package final class SilentPort: Sendable {
    package let number: UInt16
    private let descriptor: Int32

    package init() throws {
        number = try freePort()
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = loopback(number)
        let result = unsafe withUnsafePointer(to: &address) { [descriptor] pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SpawnError(call: "bind", code: errno) }
    }

    deinit { close(descriptor) }
}
