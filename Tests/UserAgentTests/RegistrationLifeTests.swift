import SIP
import Testing
import UserAgent
import Wire

@Suite("The life of a registration")
struct RegistrationLifeTests {
    @Test(
        "refreshes 600 s before the end if more than 1200 s were granted, else at half (TS 24.229 §5.1.1.4.1)",
        arguments: [(600_000, 599_400), (1201, 601), (1200, 600), (60, 30), (9, 4), (1, 1)]
    )
    func refreshTime(granted: Int, seconds: Int) throws {
        var bench = try RegistrationBench.registered(expires: granted)
        let expected = granted == 9 ? Duration.milliseconds(4500) : .seconds(seconds)
        bench.run(until: expected - .milliseconds(1))
        #expect(bench.sent.count == 1)
        bench.run(until: expected)
        #expect(bench.sent.count == 2)
        #expect(bench.field(.expires) == "600000")
    }

    @Test("a refresh that is asked for while a REGISTER is on its way waits for its answer")
    func oneAtATime() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.refresh()
        bench.start()
        bench.refresh()
        #expect(bench.sent.count == 1)
        bench.grant()
        #expect(bench.sent.count == 2)
        bench.grant()
        #expect(bench.sent.count == 2)
    }

    @Test("registering again while an attempt is under way shares it; while registered it refreshes")
    func shared() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.start()
        bench.grant()
        #expect(bench.sent.count == 1)
        bench.start()
        #expect(bench.sent.count == 2)
    }

    @Test("leaving the service registers anew without its tag, and coming back with it")
    func serviceOnly() throws {
        var bench = try RegistrationBench.registered()
        bench.unregister(serviceOnly: true)
        #expect(bench.field(.contact)?.contains("+g.oma.sip-im") == false)
        #expect(bench.field(.expires) == "600000")
        bench.grant()
        #expect(bench.lastStatus?.isServiceRegistered == false)
        #expect(bench.registration.isRegistered)
        bench.run(for: .seconds(3000))
        #expect(bench.field(.contact)?.contains("+g.oma.sip-im") == false)
        bench.grant()
        bench.start()
        #expect(bench.field(.contact)?.contains("+g.oma.sip-im") == true)
        bench.grant()
        #expect(bench.lastStatus?.isServiceRegistered == true)
    }

    @Test("the service cannot be left before it is registered")
    func serviceOnlyTooEarly() throws {
        var bench = try RegistrationBench()
        bench.unregister(serviceOnly: true)
        #expect(bench.failures == [.notRegistered] && bench.sent.isEmpty)
    }

    @Test("leaving removes this client's own binding with Expires 0, and answers a challenge to that")
    func leave() throws {
        var bench = try RegistrationBench.registered()
        bench.unregister()
        #expect(!bench.registration.isRegistered && bench.registration.hasBinding)
        #expect(bench.field(.expires) == "0")
        #expect(bench.field(.contact)?.hasPrefix("<sip:alice@127.0.0.1:5070;transport=udp>") == true)
        bench.challenge()
        #expect(bench.field(.expires) == "0")
        bench.answer(.ok)
        #expect(bench.endings == [.byUser])
        #expect(!bench.registration.hasBinding && bench.registration.nextDeadline == nil)
    }

    @Test("leaving while the first REGISTER is on its way waits for its answer, then leaves")
    func leaveEarly() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.unregister()
        #expect(bench.sent.count == 1)
        bench.challenge()
        bench.grant()
        #expect(bench.sent.count == 3 && bench.field(.expires) == "0")
        bench.answer(.ok)
        #expect(bench.endings == [.byUser])
    }

    @Test("leaving when nothing is registered, or when nobody can be told, is done at once")
    func leaveNothing() throws {
        var idle = try RegistrationBench()
        idle.unregister()
        #expect(idle.endings == [.byUser])

        var waiting = try RegistrationBench()
        waiting.start()
        waiting.unregister()
        waiting.openFlow()
        #expect(waiting.endings == [.byUser] && waiting.sent.isEmpty)

        var broken = try RegistrationBench.registered()
        broken.breakFlow()
        broken.unregister()
        #expect(broken.endings == [.byUser] && broken.sent.count == 1)
        #expect(broken.registration.nextDeadline == nil)
    }

    @Test("a leave that is refused or not answered is over all the same")
    func leaveFails() throws {
        var refused = try RegistrationBench.registered()
        refused.unregister()
        refused.answer(.serverInternalError)
        #expect(refused.failures.count == 1 && refused.endings == [.byUser])
        var silent = try RegistrationBench.registered()
        silent.unregister()
        silent.fail(.timedOut)
        #expect(silent.failures == [.noAnswer] && silent.endings == [.byUser])
        var broken = try RegistrationBench.registered()
        broken.unregister()
        broken.breakFlow()
        #expect(broken.endings == [.byUser])
        for bench in [refused, silent, broken] { #expect(bench.registration.nextDeadline == nil) }
    }

    @Test("registering while the leave is on its way registers after it")
    func comeBack() throws {
        var bench = try RegistrationBench.registered()
        bench.unregister()
        bench.start()
        #expect(bench.sent.count == 2)
        bench.answer(.ok)
        #expect(bench.sent.count == 3 && bench.field(.expires) == "600000")
    }

    @Test("a refresh that is refused for good ends the registration")
    func refusedRefresh() throws {
        var bench = try RegistrationBench.registered(expires: 600)
        bench.run(until: .seconds(300))
        bench.answer(.notFound)
        #expect(bench.failures.count == 1)
        #expect(bench.endings == [.byNetwork(event: "rejected")])
        #expect(!bench.registration.isRegistered)
    }

    @Test("a refresh that fails for now leaves the registration in place until it runs out")
    func failedRefresh() throws {
        var bench = try RegistrationBench.registered(expires: 600)
        bench.run(until: .seconds(300))
        bench.answer(.serverInternalError)
        #expect(bench.registration.isRegistered)
        while bench.now < .seconds(599) {
            bench.run(for: .milliseconds(500))
            if bench.sent.count > 2, bench.registration.nextDeadline != nil {
                bench.answer(.serverInternalError)
            }
        }
        #expect(bench.registration.isRegistered)
        bench.run(until: .seconds(600))
        #expect(bench.endings == [.expired])
        #expect(!bench.registration.isRegistered)
        bench.run(for: .seconds(1800))
        bench.grant()
        #expect(bench.registration.isRegistered)
    }
}

@Suite("Recovery of the flow (RFC 5626 §4.5)")
struct RegistrationRecoveryTests {
    @Test("a broken flow is replaced within a second and the binding made anew over the new one")
    func recovers() throws {
        var bench = try RegistrationBench.registered()
        bench.breakFlow()
        #expect(!bench.registration.isRegistered)
        guard case .flowLost(let delay) = bench.reports.last else {
            Issue.record("\(bench.reports)")
            return
        }
        #expect(delay <= .milliseconds(500) && delay >= .milliseconds(250))
        #expect(bench.flowsWanted == 1)
        bench.run(for: .seconds(1))
        #expect(bench.flowsWanted == 2)
        bench.openFlow(.udp, port: 5090)
        #expect(bench.field(.contact)?.contains("127.0.0.1:5090") == true)
        bench.grant()
        #expect(bench.registration.isRegistered)
        #expect(bench.registration.contact?.port == 5090)
    }

    @Test("the same flow opened again is registered anew all the same")
    func sameFlow() throws {
        var bench = try RegistrationBench.registered()
        bench.breakFlow()
        bench.run(for: .seconds(1))
        bench.lastFlow -= 1
        bench.openFlow()
        #expect(bench.sent.count == 2)
    }

    @Test(
        "flows that cannot be opened are tried fast at first, then 30 s apart and doubling up to 30 minutes"
    )
    func backOff() throws {
        var bench = try RegistrationBench()
        bench.start()
        var waits: [Duration] = []
        for _ in 0..<15 {
            bench.breakFlow()
            guard case .failed(.unreachable, .some(let wait)) = bench.reports.last else {
                Issue.record("\(bench.reports)")
                return
            }
            waits.append(wait)
            bench.run(for: wait)
        }
        #expect(bench.flowsWanted == 16)
        let longest: [Double] = [0.5, 1, 2, 4, 8, 30, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800]
        for (wait, longest) in zip(waits, longest) {
            #expect(wait >= .seconds(longest) * 0.5 && wait <= .seconds(longest))
        }
        #expect(Set(waits.map { $0 / .seconds(1) }).count > 10)
    }

    @Test("success begins the count of failures anew")
    func successResets() throws {
        var bench = try RegistrationBench()
        bench.start()
        for _ in 0..<8 {
            bench.breakFlow()
            bench.run(for: .seconds(1800))
        }
        bench.openFlow()
        bench.grant()
        bench.breakFlow()
        guard case .flowLost(let delay) = bench.reports.last else {
            Issue.record("\(bench.reports)")
            return
        }
        #expect(delay <= .milliseconds(500))
    }

    @Test("silence is taken for a dead flow: another is asked for")
    func silence() throws {
        var bench = try RegistrationBench()
        bench.start()
        bench.openFlow()
        bench.fail(.timedOut)
        #expect(bench.failures == [.noAnswer])
        bench.run(for: .seconds(1))
        #expect(bench.flowsWanted == 2)
    }

    @Test("the failure of a transaction and that of its flow count as one")
    func oneFailure() throws {
        var bench = try RegistrationBench.registered(expires: 600)
        bench.run(until: .seconds(300))
        bench.fail(.unreachable)
        bench.breakFlow()
        #expect(bench.failures == [.unreachable])
        #expect(!bench.reports.contains { if case .flowLost = $0 { true } else { false } })
        bench.run(for: .seconds(1))
        #expect(bench.flowsWanted == 2)
    }

    @Test("a user who does not want to wait tries at once")
    func impatience() throws {
        var bench = try RegistrationBench()
        bench.start()
        for _ in 0..<7 {
            bench.breakFlow()
            bench.start()
        }
        #expect(bench.flowsWanted == 8)
    }

    @Test(
        "a flow that replaces one in use takes the registration over, and the end of the old one is ignored"
    )
    func moved() throws {
        var bench = try RegistrationBench.registered()
        bench.openFlow(.tcp, port: 5080)
        #expect(bench.sent.count == 2)
        #expect(bench.field(.contact)?.contains("5080;transport=tcp") == true)
        bench.grant()
        #expect(bench.registration.isRegistered)

        bench.refresh()
        bench.openFlow(.tcp, port: 5081)
        #expect(bench.sent.count == 3)
        bench.fail(.unreachable)
        #expect(bench.sent.count == 4 && bench.failures.isEmpty)
        #expect(bench.field(.contact)?.contains("5081") == true)
    }

    @Test("no moment is a deadline twice: an idle registration lets the time pass")
    func noSpinning() throws {
        var bench = try RegistrationBench.registered(expires: 600)
        bench.run(until: .seconds(300))
        let deadline = try #require(bench.registration.nextDeadline)
        #expect(deadline == bench.epoch + .seconds(600))
        bench.breakFlow()
        bench.run(for: .seconds(1))
        #expect(bench.registration.nextDeadline == bench.epoch + .seconds(600))
        bench.run(until: .seconds(700))
        #expect(bench.endings == [.expired])
        #expect(bench.registration.nextDeadline == nil)
    }
}
