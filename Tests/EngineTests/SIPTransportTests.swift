import Runtime
import SIP
import TestSupport
import Testing

@testable import Engine

@Suite("SIP transport", .timeLimit(.minutes(1)))
struct SIPTransportTests {
    @Test("of too many connections that the P-CSCF opens beside a UDP flow the oldest gives way")
    func accepted() async throws {
        try await withEventLoop { loop in
            let transport = SIPTransport(on: loop) { _, _ in }
            let address = try #require(SocketAddress(host: "127.0.0.1", port: 9))
            let destination = SIPTransport.Destination(transport: .udp, address: address, name: "127.0.0.1")
            guard case .opened(let flow, _)? = transport.open(destination, from: nil, tls: nil).1,
                let local = SocketAddress(host: "127.0.0.1", port: flow.local.port)
            else {
                Issue.record("no flow")
                return
            }
            let inbox = Inbox<StreamConnection.Event>()
            let oldest = StreamConnection(to: local, on: loop) { inbox.put($0) }
            guard case .connected = try await inbox.next() else {
                Issue.record("not connected")
                return
            }
            let others = (0..<SIPTransport.acceptedStreams).map { _ in
                StreamConnection(to: local, on: loop) { _ in }
            }
            switch try await inbox.next() {
            case .ended, .closed: break
            default: Issue.record("not closed by the other side")
            }
            for connection in others + [oldest] { connection.abort() }
            transport.closeAll()
        }
    }
}
