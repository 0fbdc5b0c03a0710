import Foundation
import Runtime

/// Somebody on the way of the signalling over UDP who changes what the requests or the answers say.
///
/// It is where the client thinks its P-CSCF is, and passes everything on, both ways.
package final class ForgingProxy: Sendable {
    package let port: UInt16
    private let loop: EventLoop

    /// The two sockets, touched on the loop's thread only.
    private final class Exchange: @unchecked Sendable {
        var client: SocketAddress?
        var upstream: DatagramSocket?
        var downstream: DatagramSocket?
    }

    /// One that lets the client hear of nobody that the network vouches for them.
    package static func withoutAssertions(before proxy: String) async throws -> ForgingProxy {
        try await ForgingProxy(
            before: proxy,
            forgeAnswers: { $0.replacing(/P-Asserted-Identity:[^\r]*\r\n/, with: "") }
        )
    }

    /// Begins to pass on.
    ///
    /// - Parameters:
    ///   - proxy: The address and port of the P-CSCF.
    ///   - forgeRequests: Changes what comes from the client.
    ///   - forgeAnswers: Changes what goes to it.
    /// - Throws: `SocketError` when there is no port for it.
    package init(
        before proxy: String,
        forgeRequests: @escaping @Sendable (String) -> String = { $0 },
        forgeAnswers: @escaping @Sendable (String) -> String = { $0 }
    ) async throws {
        let (port, loop, exchange) = (try freePort(), EventLoop(), Exchange())
        (self.port, self.loop) = (port, loop)
        let parts = proxy.split(separator: ":")
        guard parts.count == 2, let target = UInt16(parts[1]),
            let core = SocketAddress(host: String(parts[0]), port: target)
        else { throw CancellationError() }
        let thread = Thread { loop.run() }
        thread.start()
        try await Task(executorPreference: loop) {
            exchange.upstream = try DatagramSocket(bind: .loopback(), on: loop) { event in
                guard case .received(let bytes, _) = event, let client = exchange.client else { return }
                try? exchange.downstream?.send(Self.change(bytes, forgeAnswers), to: client)
            }
            exchange.downstream = try DatagramSocket(bind: .loopback(port: port), on: loop) { event in
                guard case .received(let bytes, let source) = event else { return }
                exchange.client = source
                try? exchange.upstream?.send(Self.change(bytes, forgeRequests), to: core)
            }
        }.value
    }

    deinit { loop.stop() }

    private static func change(_ bytes: [UInt8], _ forge: (String) -> String) -> [UInt8] {
        Array(forge(String(decoding: bytes, as: UTF8.self)).utf8)
    }
}
