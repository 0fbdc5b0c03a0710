import SIP
import Testing
import UserAgent
import Wire

@Suite("Subscription, whatever comes")
struct SubscriptionPropertyTests {
    @Test("any mixture of inputs keeps the promises of the machine", arguments: 1...40 as ClosedRange<UInt64>)
    func anything(seed: UInt64) throws {
        var random = IdentifierSource(seed: seed)
        var bench = SubscriptionBench(
            expires: .seconds([0, 60, 600_000].randomElement(using: &random) ?? 60)
        )
        bench.subscribe()
        for _ in 0..<200 {
            try step(&bench, using: &random)
            // Whatever waits has a deadline: nothing hangs for ever.
            let isWaiting = bench.subscription.state != .idle
            #expect(!isWaiting || bench.subscription.nextDeadline != nil)
        }
        let times = bench.sent.map(\.time)
        let isPaced = zip(times, times.dropFirst(40)).allSatisfy { $1 - $0 >= .seconds(30) }
        #expect(isPaced)
        bench.unsubscribe()
        for _ in 0..<3 { bench.run(until: bench.now + .seconds(2_000_000)) }
        let count = bench.sent.count
        bench.unsubscribe()
        bench.run(until: bench.now + .seconds(2_000_000))
        #expect(bench.subscription.state == .idle || bench.sent.count > count)
    }

    private func step(_ bench: inout SubscriptionBench, using random: inout IdentifierSource) throws {
        let seconds = ["0", "1", "30", "3600", "4294967295", "x"].randomElement(using: &random) ?? "0"
        switch Int.random(in: 0..<14, using: &random) {
        case 0..<4:
            let codes = [100, 200, 202, 204, 302, 401, 404, 423, 480, 481, 489, 500, 503, 603]
            guard let status = StatusCode(codes.randomElement(using: &random) ?? 200) else { return }
            try bench.respond(status, ["Expires": seconds, "Min-Expires": seconds, "Retry-After": seconds])
        case 4..<8:
            let states = [
                "active", "pending", "terminated", "terminated;reason=deactivated", "odd", ";",
                "active;expires=x",
            ]
            let state =
                (states.randomElement(using: &random) ?? "active")
                + ";expires=\(seconds);retry-after=\(seconds)"
            try bench.notify(
                state,
                from: Bool.random(using: &random) ? "as" : "other",
                cseq: [1, 500, 4_294_967_295].randomElement(using: &random)
            )
        case 8: bench.fail(Bool.random(using: &random) ? .timedOut : .unreachable)
        case 9: bench.subscribe()
        case 10 where Int.random(in: 0..<4, using: &random) == 0: bench.unsubscribe()
        default: bench.run(until: bench.now + .seconds(Int.random(in: 0..<120, using: &random)))
        }
    }
}
