import SIP
import Testing

@Suite("INVITE client transaction, RFC 6026 figure 5")
struct InviteClientTransactionTests {
    typealias Bench = TransactionBench<InviteClientTransaction>

    @Test("timer A: retransmits at T1, doubling without a cap; timer B: gives up after 64·T1")
    func silence() {
        var bench = Bench(isReliable: false)
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .send) == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5].seconds)
        #expect(bench.times(of: .finish(.timedOut)) == [32].seconds)
        #expect(bench.timers.isEmpty)
    }

    @Test("timers A and B with the values of TS 24.229: from 2 s, and 128 s")
    func silenceInIMS() {
        var bench = Bench(isReliable: false, timers: .ims)
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .send) == [0, 2, 6, 14, 30, 62, 126].seconds)
        #expect(bench.times(of: .finish(.timedOut)) == [128].seconds)
    }

    @Test("over a reliable transport the INVITE is sent once", arguments: [TimerValues.standard, .ims])
    func silenceOverReliable(timers: TimerValues) {
        var bench = Bench(isReliable: true, timers: timers)
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .send) == [.zero])
        #expect(bench.times(of: .finish(.timedOut)) == [timers.t1 * 64])
    }

    @Test("a provisional response ends retransmission and timer B")
    func provisional() {
        var bench = Bench(isReliable: false)
        bench.run(until: .seconds(1))
        bench.step(.response(180))
        bench.step(.response(183))
        #expect(bench.machine.state == .proceeding)
        bench.run(until: .seconds(1000))
        #expect(bench.times(of: .send) == [0, 0.5].seconds)
        #expect(bench.times(of: .deliver) == [1, 1].seconds)
        #expect(bench.log.count == 4)
    }

    @Test("timer D: acknowledges every repeated refusal for at least 32 s, and delivers the first only")
    func refusal() {
        var bench = Bench(isReliable: false)
        bench.step(.response(486))
        #expect(bench.machine.state == .completed)
        bench.run(until: .seconds(31))
        bench.step(.response(486))
        #expect(bench.times(of: .acknowledge) == [0, 31].seconds)
        #expect(bench.times(of: .deliver) == [0].seconds)
        bench.run(until: .seconds(40))
        #expect(bench.times(of: .finish(.answered)) == [32].seconds)
    }

    @Test("timer D is 128 s with the values of TS 24.229")
    func refusalInIMS() {
        var bench = Bench(isReliable: false, timers: .ims)
        bench.step(.response(180))
        bench.step(.response(603))
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .finish(.answered)) == [128].seconds)
    }

    @Test("a refusal over a reliable transport is acknowledged and ends the transaction at once")
    func refusalOverReliable() {
        var bench = Bench(isReliable: true)
        bench.step(.response(404))
        #expect(bench.log.map(\.effect) == [.send, .acknowledge, .deliver, .finish(.answered)])
        #expect(bench.timers.isEmpty)
    }

    @Test(
        "timer M: delivers every 2xx for 64·T1 and acknowledges none of them",
        arguments: [(false, TimerValues.standard), (true, .standard), (false, .ims), (true, .ims)]
    )
    func success(isReliable: Bool, timers: TimerValues) {
        var bench = Bench(isReliable: isReliable, timers: timers)
        bench.step(.response(200))
        #expect(bench.machine.state == .accepted)
        bench.run(until: timers.t1)
        bench.step(.response(200))
        bench.step(.response(180))
        bench.step(.response(486))
        #expect(bench.times(of: .deliver) == [.zero, timers.t1])
        #expect(bench.times(of: .acknowledge).isEmpty)
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .finish(.answered)) == [timers.t1 * 64])
        #expect(bench.times(of: .send) == [.zero])
    }

    @Test("a cancelled INVITE that stays without a final response ends after 64·T1 (§9.1)")
    func cancelled() {
        var bench = Bench(isReliable: false)
        bench.step(.response(180))
        bench.run(until: .seconds(5))
        bench.step(.cancelled)
        bench.run(until: .seconds(100))
        #expect(bench.times(of: .finish(.timedOut)) == [37].seconds)
    }

    @Test("the final response to a cancelled INVITE is handled like any other")
    func cancelledAndAnswered() {
        var bench = Bench(isReliable: false)
        bench.step(.response(180))
        bench.step(.cancelled)
        bench.step(.response(487))
        #expect(bench.machine.state == .completed)
        bench.run(until: .seconds(100))
        #expect(bench.times(of: .finish(.answered)) == [32].seconds)
    }

    @Test("a transport failure before the end is reported", arguments: [nil, 180, 486] as [StatusCode?])
    func transportFailure(after status: StatusCode?) {
        var bench = Bench(isReliable: false)
        if let status { bench.step(.response(status)) }
        bench.step(.transportFailed)
        #expect(bench.times(of: .finish(.unreachable)) == [.zero])
        #expect(bench.timers.isEmpty)
    }

    @Test("nothing moves a terminated transaction")
    func terminated() {
        var bench = Bench(isReliable: true)
        bench.step(.response(404))
        let count = bench.log.count
        let timers = InviteClientTransaction.Timer.allCases
        bench.step(.response(100))
        bench.step(.response(200))
        bench.step(.cancelled)
        bench.step(.transportFailed)
        for timer in timers { bench.step(.fired(timer)) }
        #expect(bench.log.count == count)
    }
}
