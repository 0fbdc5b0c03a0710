import Runtime
import TestSupport
import Testing
import Wire

@testable import Engine

@Suite("MSRP transport", .timeLimit(.minutes(1)))
struct MSRPTransportTests {
    @Test(
        "of too many connections without a session the oldest is closed, and the others when their time is over"
    )
    func strangers() async throws {
        try await withEventLoop { loop in
            let transport = MSRPTransport(on: loop) { _, _ in
            } retry: { _ in
            } resume: { _ in
            }
            let address = try transport.listen(on: "127.0.0.1")
            let inbox = Inbox<StreamConnection.Event>()
            let oldest = StreamConnection(to: address, on: loop) { inbox.put($0) }
            guard case .connected = try await inbox.next() else {
                Issue.record("not connected")
                return
            }
            let others = (0..<MSRPTransport.strangers).map { _ in
                StreamConnection(to: address, on: loop) { _ in }
            }
            guard case .ended = try await inbox.next() else {
                Issue.record("not closed by the other side")
                return
            }
            #expect(transport.nextDeadline != nil)
            #expect(transport.fire(at: .now + MSRPTransport.patience).isEmpty)
            #expect(transport.nextDeadline == nil)
            for connection in others + [oldest] { connection.abort() }
            transport.closeAll()
        }
    }
}
