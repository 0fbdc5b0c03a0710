import SIP
import Testing

@Suite("INVITE server transaction, RFC 6026 figure 7")
struct InviteServerTransactionTests {
    typealias Bench = TransactionBench<InviteServerTransaction>

    @Test("100 goes out after 200 ms if the user has not answered", arguments: [true, false])
    func trying(isReliable: Bool) {
        var bench = Bench(isReliable: isReliable)
        bench.run(until: .seconds(1))
        #expect(bench.times(of: .sendTrying) == [0.2].seconds)
    }

    @Test("no 100 goes out if the user answers within 200 ms")
    func promptAnswer() {
        var bench = Bench(isReliable: false)
        bench.run(until: .milliseconds(100))
        bench.step(.respond(180))
        bench.run(until: .seconds(1))
        #expect(bench.times(of: .sendTrying).isEmpty)
        #expect(bench.times(of: .send) == [0.1].seconds)
    }

    @Test("a repeated INVITE is answered with the last provisional response, or with 100 if there is none")
    func retransmission() {
        var bench = Bench(isReliable: false)
        bench.step(.retransmission)
        #expect(bench.log.map(\.effect) == [.sendTrying])
        bench.step(.respond(180))
        bench.step(.retransmission)
        #expect(bench.log.map(\.effect) == [.sendTrying, .send, .resend])
        bench.run(until: .seconds(1))
        #expect(bench.log.count == 3)
    }

    @Test("timer G: repeats a refusal at T1, 2·T1, ... capped at T2; timer H: gives up after 64·T1")
    func unacknowledged() {
        var bench = Bench(isReliable: false)
        bench.step(.respond(486))
        bench.run(until: .seconds(100))
        #expect(
            bench.times(of: .resend) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5].seconds
        )
        #expect(bench.times(of: .finish(.unacknowledged)) == [32].seconds)
        #expect(bench.timers.isEmpty)
    }

    @Test("timers G and H with the values of TS 24.229")
    func unacknowledgedInIMS() {
        var bench = Bench(isReliable: false, timers: .ims)
        bench.step(.respond(486))
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .resend) == [2, 6, 14, 30, 46, 62, 78, 94, 110, 126].seconds)
        #expect(bench.times(of: .finish(.unacknowledged)) == [128].seconds)
    }

    @Test(
        "over a reliable transport timer G does not run and timer H does",
        arguments: [TimerValues.standard, .ims]
    )
    func unacknowledgedOverReliable(timers: TimerValues) {
        var bench = Bench(isReliable: true, timers: timers)
        bench.step(.respond(486))
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .resend).isEmpty)
        #expect(bench.times(of: .finish(.unacknowledged)) == [timers.t1 * 64])
    }

    @Test("a repeated INVITE after a refusal is answered with it again")
    func retransmissionAfterRefusal() {
        var bench = Bench(isReliable: true)
        bench.step(.respond(486))
        bench.step(.retransmission)
        #expect(bench.times(of: .resend) == [.zero])
    }

    @Test("timer I: absorbs repeated ACKs for T4", arguments: [TimerValues.standard, .ims])
    func acknowledged(timers: TimerValues) {
        var bench = Bench(isReliable: false, timers: timers)
        bench.step(.respond(404))
        bench.step(.acknowledgement)
        #expect(bench.machine.state == .confirmed)
        bench.step(.acknowledgement)
        bench.step(.retransmission)
        bench.run(until: .seconds(200))
        #expect(bench.log.map(\.effect) == [.send, .finish(.answered)])
        #expect(bench.times(of: .finish(.answered)) == [timers.t4])
    }

    @Test("timer I is zero over a reliable transport")
    func acknowledgedOverReliable() {
        var bench = Bench(isReliable: true)
        bench.step(.respond(404))
        bench.step(.acknowledgement)
        #expect(bench.times(of: .finish(.answered)) == [.zero])
        #expect(bench.timers.isEmpty)
    }

    @Test(
        "timer L: after a 2xx a repeated INVITE is absorbed and every ACK goes to the user, for 64·T1",
        arguments: [(false, TimerValues.standard), (true, .standard), (false, .ims), (true, .ims)]
    )
    func accepted(isReliable: Bool, timers: TimerValues) {
        var bench = Bench(isReliable: isReliable, timers: timers)
        bench.step(.respond(200))
        #expect(bench.machine.state == .accepted)
        bench.step(.retransmission)
        bench.step(.respond(200))
        bench.step(.respond(486))
        bench.step(.acknowledgement)
        bench.step(.acknowledgement)
        #expect(
            bench.log.map(\.effect) == [.send, .send, .deliverAcknowledgement, .deliverAcknowledgement]
        )
        bench.run(until: .seconds(200))
        #expect(bench.times(of: .finish(.answered)) == [timers.t1 * 64])
    }
}
