import SIP
import Testing
import UserAgent
import Wire

@Suite("CRLF keep-alive, RFC 5626 §4.4.1")
struct KeepAliveTests {
    private let epoch = Instant.now
    private var random = IdentifierSource(seed: 7)

    @Test("pings within 80 to 100 % of the interval")
    mutating func interval() {
        for _ in 0..<50 {
            let keepAlive = KeepAlive(every: .seconds(120), expectsPong: true, at: epoch, using: &random)
            #expect((.seconds(96) ... .seconds(120)).contains(keepAlive.nextDeadline - epoch))
        }
    }

    @Test("a promised pong that does not come within 10 s means a dead flow")
    mutating func promised() {
        var keepAlive = KeepAlive(every: .seconds(120), expectsPong: true, at: epoch, using: &random)
        let pinged = keepAlive.nextDeadline
        #expect(keepAlive.fire(at: pinged, using: &random) == .ping)
        #expect(keepAlive.nextDeadline == pinged + .seconds(10))
        #expect(keepAlive.fire(at: pinged + .seconds(9), using: &random) == nil)
        #expect(keepAlive.fire(at: pinged + .seconds(10), using: &random) == .failed)
    }

    @Test("a pong in time lets the flow rest until the next ping")
    mutating func answered() {
        var keepAlive = KeepAlive(every: .seconds(120), expectsPong: true, at: epoch, using: &random)
        let pinged = keepAlive.nextDeadline
        _ = keepAlive.fire(at: pinged, using: &random)
        keepAlive.receivePong(at: pinged + .seconds(1), using: &random)
        #expect(keepAlive.fire(at: pinged + .seconds(11), using: &random) == nil)
        #expect(keepAlive.fire(at: keepAlive.nextDeadline, using: &random) == .ping)
    }

    @Test("a proxy that never answered and promised nothing is not taken for dead")
    mutating func silentProxy() {
        var keepAlive = KeepAlive(every: .seconds(30), expectsPong: false, at: epoch, using: &random)
        for _ in 0..<5 { #expect(keepAlive.fire(at: keepAlive.nextDeadline, using: &random) == .ping) }
    }

    @Test("a proxy that answered once is expected to answer again")
    mutating func learned() {
        var keepAlive = KeepAlive(every: .seconds(30), expectsPong: false, at: epoch, using: &random)
        _ = keepAlive.fire(at: keepAlive.nextDeadline, using: &random)
        keepAlive.receivePong(at: epoch + .seconds(30), using: &random)
        #expect(keepAlive.fire(at: keepAlive.nextDeadline, using: &random) == .ping)
        #expect(keepAlive.fire(at: keepAlive.nextDeadline, using: &random) == .failed)
    }
}
