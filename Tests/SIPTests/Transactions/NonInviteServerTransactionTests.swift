import SIP
import Testing

@Suite("Non-INVITE server transaction, RFC 3261 figure 8 with RFC 4320 and RFC 6026")
struct NonInviteServerTransactionTests {
    typealias Bench = TransactionBench<NonInviteServerTransaction>

    @Test("a repeated request is absorbed while there is no response")
    func trying() {
        var bench = Bench(isReliable: false)
        bench.step(.retransmission)
        #expect(bench.log.isEmpty)
        #expect(bench.machine.state == .trying)
    }

    @Test(
        "timer J: answers a repeated request with the same response for 64·T1",
        arguments: [TimerValues.standard, .ims]
    )
    func completed(timers: TimerValues) {
        var bench = Bench(isReliable: false, timers: timers)
        bench.run(until: .seconds(1))
        bench.step(.respond(200))
        bench.step(.retransmission)
        bench.step(.respond(500))
        #expect(bench.times(of: .send) == [1].seconds)
        #expect(bench.times(of: .resend) == [1].seconds)
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .finish(.answered)) == [.seconds(1) + timers.t1 * 64])
        #expect(bench.timers.isEmpty)
    }

    @Test("timer J is zero over a reliable transport")
    func completedOverReliable() {
        var bench = Bench(isReliable: true)
        bench.step(.respond(200))
        #expect(bench.log.map(\.effect) == [.send, .finish(.answered)])
        #expect(bench.timers.isEmpty)
    }

    @Test(
        "100 goes out by itself once timer E of the client has reached T2, whatever the transport",
        arguments: [
            (false, TimerValues.standard, 3.5), (true, .standard, 3.5), (false, .ims, 14), (true, .ims, 14),
        ]
    )
    func provisional(isReliable: Bool, timers: TimerValues, delay: Double) {
        var bench = Bench(isReliable: isReliable, timers: timers)
        bench.run(until: .seconds(20))
        #expect(bench.times(of: .sendTrying) == [delay].seconds)
        bench.step(.retransmission)
        #expect(bench.times(of: .resend) == [20].seconds)
    }

    @Test("over UDP the user's 100 is not sent before timer E of the client has reached T2")
    func earlyTrying() {
        var bench = Bench(isReliable: false)
        bench.step(.respond(100))
        #expect(bench.log.isEmpty)
        #expect(bench.machine.state == .trying)
    }

    @Test("over a reliable transport the user's 100 is sent at once, and then no other by itself")
    func earlyTryingOverReliable() {
        var bench = Bench(isReliable: true)
        bench.step(.respond(100))
        bench.run(until: .seconds(10))
        #expect(bench.times(of: .send) == [.zero])
        #expect(bench.times(of: .sendTrying).isEmpty)
    }

    @Test("no provisional response but 100 is ever sent", arguments: [true, false])
    func otherProvisional(isReliable: Bool) {
        var bench = Bench(isReliable: isReliable)
        bench.step(.respond(180))
        bench.run(until: .seconds(5))
        bench.step(.respond(183))
        #expect(bench.times(of: .send).isEmpty)
    }

    @Test("408 is never sent")
    func requestTimeout() {
        var bench = Bench(isReliable: true)
        bench.step(.respond(408))
        #expect(bench.times(of: .send).isEmpty)
        #expect(bench.machine.state == .trying)
    }

    @Test("a response after the client has given up is not sent", arguments: [TimerValues.standard, .ims])
    func late(timers: TimerValues) {
        var bench = Bench(isReliable: false, timers: timers)
        bench.run(until: timers.t1 * 64)
        #expect(bench.times(of: .finish(.unanswered)) == [timers.t1 * 64])
        bench.step(.respond(200))
        #expect(bench.times(of: .send).isEmpty)
        #expect(bench.timers.isEmpty)
    }

    @Test("a final response after 100 completes the transaction")
    func proceeding() {
        var bench = Bench(isReliable: false)
        bench.run(until: .seconds(5))
        #expect(bench.machine.state == .proceeding)
        bench.step(.respond(200))
        #expect(bench.machine.state == .completed)
        bench.run(until: .seconds(100))
        #expect(bench.times(of: .finish(.answered)) == [37].seconds)
    }
}
