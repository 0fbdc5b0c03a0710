import SIP
import Testing

@Suite("Non-INVITE client transaction, RFC 3261 figure 6")
struct NonInviteClientTransactionTests {
    typealias Bench = TransactionBench<NonInviteClientTransaction>

    @Test("timer E: retransmits at T1, 2·T1, ... capped at T2; timer F: gives up after 64·T1")
    func silence() {
        var bench = Bench(isReliable: false)
        bench.run(until: .seconds(200))
        #expect(
            bench.times(of: .send)
                == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5].seconds
        )
        #expect(bench.times(of: .finish(.timedOut)) == [32].seconds)
        #expect(bench.timers.isEmpty)
    }

    @Test("timers E and F with the values of TS 24.229: 2, 4, 8, 16, 16 s, and 128 s")
    func silenceInIMS() {
        var bench = Bench(isReliable: false, timers: .ims)
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .send) == [0, 2, 6, 14, 30, 46, 62, 78, 94, 110, 126].seconds)
        #expect(bench.times(of: .finish(.timedOut)) == [128].seconds)
    }

    @Test("over a reliable transport the request is sent once", arguments: [TimerValues.standard, .ims])
    func silenceOverReliable(timers: TimerValues) {
        var bench = Bench(isReliable: true, timers: timers)
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .send) == [.zero])
        #expect(bench.times(of: .finish(.timedOut)) == [timers.t1 * 64])
    }

    @Test("a provisional response slows retransmission to T2 and does not stop timer F")
    func provisional() {
        var bench = Bench(isReliable: false)
        bench.run(until: .seconds(1))
        bench.step(.response(100))
        #expect(bench.machine.state == .proceeding)
        bench.run(until: .seconds(10))
        #expect(bench.times(of: .send) == [0, 0.5, 1.5, 5.5, 9.5].seconds)
        #expect(bench.times(of: .deliver) == [1].seconds)
        bench.run(until: .seconds(40))
        #expect(bench.times(of: .finish(.timedOut)) == [32].seconds)
    }

    @Test("timer K: absorbs repeated final responses for T4", arguments: [TimerValues.standard, .ims])
    func repeatedFinal(timers: TimerValues) {
        var bench = Bench(isReliable: false, timers: timers)
        bench.step(.response(200))
        #expect(bench.machine.state == .completed)
        bench.step(.response(200))
        #expect(bench.times(of: .deliver) == [.zero])
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .finish(.answered)) == [timers.t4])
        #expect(bench.times(of: .send) == [.zero])
    }

    @Test("a final response over a reliable transport ends the transaction at once")
    func finalOverReliable() {
        var bench = Bench(isReliable: true)
        bench.step(.response(404))
        #expect(bench.times(of: .deliver) == [.zero])
        #expect(bench.times(of: .finish(.answered)) == [.zero])
        #expect(bench.timers.isEmpty)
    }

    @Test(
        "a transport failure ends the transaction, before or after a provisional",
        arguments: [false, true]
    )
    func transportFailure(afterProvisional: Bool) {
        var bench = Bench(isReliable: false)
        if afterProvisional { bench.step(.response(100)) }
        bench.step(.transportFailed)
        #expect(bench.times(of: .finish(.unreachable)) == [.zero])
        #expect(bench.timers.isEmpty)
    }

    @Test("a transport failure after the final response changes nothing")
    func lateTransportFailure() {
        var bench = Bench(isReliable: false)
        bench.step(.response(200))
        bench.step(.transportFailed)
        #expect(bench.machine.state == .completed)
        #expect(bench.times(of: .finish(.unreachable)).isEmpty)
    }

    @Test("nothing moves a terminated transaction")
    func terminated() {
        var bench = Bench(isReliable: true)
        bench.step(.response(200))
        let count = bench.log.count
        for input: NonInviteClientTransaction.Input in [
            .response(100), .response(200), .transportFailed, .fired(.e), .fired(.f), .fired(.k),
        ] {
            bench.step(input)
        }
        #expect(bench.log.count == count)
        #expect(bench.machine.state == .terminated)
    }
}
